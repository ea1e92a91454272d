"""Why a server ended, in words, and what to do about it."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

AGAIN = "Press the button again. If it happens again, use Check in the add-on's preferences."
NOT_FOUND = 127
"""The exit status of a shell that knows no such command."""
NO_CONNECTION = 255
"""The exit status of ssh itself."""
SSH = (
    # what ssh says, what that means, and what to do about it
    ("Could not resolve hostname", "There is no machine of that name",
     "Check the name in the preferences; a short name of your own belongs in ~/.ssh/config."),
    ("Host key verification failed", "ssh does not know the other machine yet, or its key has changed",
     "Connect to it once with ssh in a terminal and accept its key; then press the button again."),
    ("Permission denied", "The other machine did not let you in with a key alone",
     "Copy your ssh key to it (ssh-copy-id). A key with a passphrase has to be in your ssh agent; a key of another "
     "name belongs in ~/.ssh/config."),
    ("Connection refused", "The other machine takes no ssh connections",
     "Is ssh switched on there? A port other than 22 belongs in ~/.ssh/config."),
    ("timed out", "The other machine does not answer",
     "Is it switched on, and can it be reached from this network?"),
    ("No route to host", "The other machine can't be reached",
     "Is it switched on, and can it be reached from this network?"),
    ("Network is unreachable", "The other machine can't be reached", "Check this machine's network."),
)  # fmt: skip


@dataclass(frozen=True)
class Ending:
    """Why a server is no more."""

    message: str
    hint: str


def in_words(code: int, log: Path, remote: bool) -> Ending:
    """`code`: its exit status, or that of ssh; `log`: what it wrote to stderr."""
    said = _last_line(log)
    if remote:
        return _of_ssh(code, said, log)
    why = said or f"exit status {code}"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        why = f"it was ended from outside or ran out of memory ({name})"
    return Ending(f"The recovery process ended unexpectedly: {why}.", f"{AGAIN} Its notes are in {log}.")


def _of_ssh(code: int, said: str, log: Path) -> Ending:
    if code == NOT_FOUND or "is not recognized" in said:
        return Ending(
            f"The other machine has no such program: {said or 'the command was not found'}.",
            "Install Human Mesh Recovery there, and give the program's full path as the command in the preferences.",
        )
    if code == NO_CONNECTION:
        for words, meaning, hint in SSH:
            if words in said:
                return Ending(f"{meaning} ({said}).", hint)
    if code < 0 or code == NO_CONNECTION:
        why = "ssh was ended from outside" if code < 0 else said or "no reason was given"
        return Ending(
            f"The connection to the other machine was lost, or the recovery ended there: {why}.",
            f"Check the network and that machine, then press the button again. More is in {log}.",
        )
    return Ending(
        f"The recovery on the other machine ended unexpectedly: {said or f'exit status {code}'}.",
        f"{AGAIN} Its notes are in {log}.",
    )


def _last_line(log: Path) -> str:
    """What the server said last: of a traceback the error, of ssh the reason."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4000))
            lines = file.read().decode(sys.getfilesystemencoding(), "replace").split("\n")
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].rstrip(".") if said else ""
