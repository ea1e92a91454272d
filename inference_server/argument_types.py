"""Numbers of the command line: what is out of their range is told in the user's words (argparse's `type`)."""

import argparse
from collections.abc import Callable
from typing import TypeVar

N = TypeVar("N", int, float)


def positive(text: str) -> float:
    return _number(text, float, lambda value: 0 < value < 1e6, "a number above 0")


def rate(text: str) -> float:
    """Up to 1000, the most that a scene takes."""
    return _number(text, float, lambda value: 0 < value <= 1000, "a frame rate above 0 and up to 1000")


def count(text: str) -> int:
    return _number(text, int, lambda value: value >= 1, "a whole number of at least 1")


def several(text: str) -> int:
    return _number(text, int, lambda value: value >= 2, "a whole number of at least 2")


def natural(text: str) -> int:
    return _number(text, int, lambda value: value >= 0, "a whole number of at least 0")


def frame(text: str) -> int:
    return _number(text, int, lambda value: value >= 0, "a frame's number; the first frame is 0")


def _number(text: str, kind: Callable[[str], N], allowed: Callable[[N], bool], meant: str) -> N:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not allowed(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {meant}")
    return value
