"""Reading other people's files of annotations: what is of another form is told in words."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from ..errors import RecoveryError

USUAL_BETAS = 3.0
"""A fit whose betas go beyond these is taken to have the mean shape, as the authors of the fits take it."""
DAMAGED = (ValueError, TypeError, KeyError, IndexError, AttributeError)


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turns what a file of another form raises into RecoveryError("bad_data")."""
    try:
        yield
    except RecoveryError as error:
        if error.code == "bad_data":
            raise
        raise RecoveryError("bad_data", f"{path} is not {what}: {error.message}") from error
    except (OSError, *DAMAGED) as error:
        raise RecoveryError(
            "bad_data", f"{path} is not {what}: {error!r}.", "Is it of another set?"
        ) from error


def read_json(path: Path, what: str, kind: type = dict) -> Any:
    """A .json whose outermost value is of that kind. Raises RecoveryError("bad_data")."""
    with reading(path, what):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, kind):
            raise ValueError(f"it holds no {kind.__name__}")
        return content


def read_matlab(path: Path, what: str, squeezed: bool = False) -> dict[str, Any]:
    """What a .mat of MATLAB's versions 5 to 7.2 holds, by name, structures as objects. squeezed: lists of one become
    their one value. Raises RecoveryError("bad_data").
    """
    with reading(path, what):
        try:
            return loadmat(str(path), struct_as_record=False, squeeze_me=squeezed)
        except (NotImplementedError, MatReadError) as error:
            raise ValueError(str(error) or "it is empty") from error
