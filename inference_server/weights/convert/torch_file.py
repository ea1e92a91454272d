"""Reads checkpoints that torch wrote, without running what may be in them."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import RecoveryError

Shapes = Mapping[str, tuple[int, ...]]
"""Of parameters, by name."""
LOG_NUMBERS = (np.dtype, *{type(np.dtype(kind)) for kind in (np.float32, np.float64)})
"""Besides tensors some files hold the training's log, in numpy's numbers."""


def load_torch_file(path: Path, hint: str) -> Any:
    """What the file holds. Raises RecoveryError "checkpoint"."""
    try:
        with _numpy_numbers():
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise RecoveryError("checkpoint", f"{path} cannot be read: {error.strerror}.", hint) from error
    except Exception as error:  # what it raises for a damaged file depends on the bytes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        message = f"{path} is no checkpoint that can be read safely: {reason}"
        raise RecoveryError("checkpoint", message, hint) from error


def _numpy_numbers() -> contextlib.AbstractContextManager:
    """Lets single numbers of numpy through, under the names that its versions gave to what rebuilds them."""
    scalar: Any = type(np.float64(0)).__reduce__(np.float64(0))[0]
    names = [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    return torch.serialization.safe_globals([*LOG_NUMBERS, *names])


def part_of(path: Path, content: Any, key: str, whose: str, hint: str) -> dict[str, Any]:
    """The parameters under that key. Raises RecoveryError "checkpoint" where it is not there."""
    state = content.get(key) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        held = ", ".join(map(str, content))[:200] if isinstance(content, dict) else type(content).__name__
        message = f"{path} has no '{key}', which {whose} checkpoints have; it holds {held}."
        raise RecoveryError("checkpoint", message, hint)
    return state


def take(path: Path, state: Mapping[str, Any], shapes: Shapes, hint: str) -> dict[str, NDArray[np.float32]]:
    """The parameters of those names, checked to be of those shapes and to be numbers."""
    taken = {}
    for name, shape in shapes.items():
        value = state.get(name)
        if not isinstance(value, torch.Tensor) or tuple(value.shape) != shape:
            have = f"is {tuple(value.shape)}" if isinstance(value, torch.Tensor) else "is missing"
            message = f"{path} is not as its authors' code makes it: {name} should be {shape}, and {have}."
            raise RecoveryError("checkpoint", message, hint)
        taken[name] = value.float().numpy()
        if not np.isfinite(taken[name]).all():
            message = (
                f"{path} holds values that are no numbers, in {name}: its training failed, or it is damaged."
            )
            raise RecoveryError("checkpoint", message, hint)
    return taken
