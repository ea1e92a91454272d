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
ZIP = b"PK\x03\x04"
UNSAFE = "Weights only load failed"
"""So begins advice of torch's which would open unsafe files; the reason stands in the last line but one."""


def load_torch_file(path: Path, hint: str) -> Any:
    """What the file holds. Raises RecoveryError "checkpoint"."""
    try:
        with path.open("rb") as file:
            is_zip = file.read(len(ZIP)) == ZIP
        if is_zip and not zipfile.is_zipfile(path):
            raise ValueError("it ends too early, and was not copied as a whole.")
        with _numpy_numbers():
            return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise RecoveryError("checkpoint", f"{path} cannot be read: {error.strerror}.", hint) from error
    except Exception as error:  # what it raises for a damaged file depends on the bytes
        said = [line for line in str(error).splitlines() if line] or [type(error).__name__]
        reason = said[-2] if said[0].startswith(UNSAFE) and len(said) > 1 else said[0]
        message = f"{path} is no checkpoint that can be read safely: {reason}"
        raise RecoveryError("checkpoint", message, hint) from error


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
