"""Reads checkpoints that torch wrote, without running what may be in them."""

import contextlib
import zipfile
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
ZIP, PICKLE = b"PK\x03\x04", b"\x80"
"""What torch's files begin with, today's and those of before 1.6."""
UNSAFE = "Weights only load failed"
"""So begins advice of torch's which would open unsafe files."""


def load_torch_file(path: Path, hint: str) -> Any:
    """What the file holds. Raises RecoveryError "checkpoint"."""
    try:
        with path.open("rb") as file:
            start = file.read(len(ZIP))
        if not start.startswith((ZIP, PICKLE)):
            raise ValueError("it is no file of PyTorch's")
        if start == ZIP and not zipfile.is_zipfile(path):
            raise ValueError("it ends too early, and was not copied as a whole")
        with _numpy_numbers():
            return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise RecoveryError("checkpoint", f"{path} cannot be read: {error.strerror}.", hint) from error
    except Exception as error:  # what torch raises for a damaged file depends on the bytes
        reason = _reason(error)
        message = f"{path} is no checkpoint that can be read safely: {reason}."
        raise RecoveryError("checkpoint", message, hint) from error


def _reason(error: Exception) -> str:
    """In our words: torch's are of its own inside."""
    if str(error).startswith(UNSAFE):
        return "it holds more than numbers, or is damaged"
    return str(error) if type(error) is ValueError else "it is damaged, or no file of PyTorch's"


def _numpy_numbers() -> contextlib.AbstractContextManager:
    """Lets single numbers of numpy through, under the names that its versions gave to what rebuilds them."""
    scalar: Any = type(np.float64(0)).__reduce__(np.float64(0))[0]
    names = [(scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    return torch.serialization.safe_globals([*LOG_NUMBERS, *names])


def take(path: Path, state: Mapping[str, Any], shapes: Shapes, hint: str) -> dict[str, NDArray[np.float32]]:
    """The tensors or arrays of those names, checked to be of those shapes and to be numbers.

    Raises RecoveryError "checkpoint".
    """
    taken = {}
    for name, shape in shapes.items():
        value = state.get(name)
        known = isinstance(value, torch.Tensor | np.ndarray)
        if not known or tuple(value.shape) != shape:
            have = f"is {tuple(value.shape)}" if known else "is missing"
            message = f"{path} is not as its authors' code makes it: {name} should be {shape}, and {have}."
            raise RecoveryError("checkpoint", message, hint)
        taken[name] = np.asarray(value.float() if isinstance(value, torch.Tensor) else value, np.float32)
        if not np.isfinite(taken[name]).all():
            message = (
                f"{path} holds values that are no numbers, in {name}: its training failed, or it is damaged."
            )
            raise RecoveryError("checkpoint", message, hint)
    return taken
