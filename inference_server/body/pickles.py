"""Reads the arrays out of SMPL's pickles without running anything that is in them.

SMPL's files are Python 2 pickles of numpy arrays, chumpy arrays and scipy.sparse matrices. Unpickling can
call any function that a file names, so here every name that a file may use leads to a stand-in class that
only keeps what it is given; a file that names anything else is refused. Not even numpy's own code rebuilds an
array: it trusts the flags that the file gives it.
"""

import pickle
from pathlib import Path
from typing import Any, Final

from ..errors import RecoveryError
from . import stand_ins


def _known_names() -> dict[tuple[str, str], type[stand_ins.StandIn]]:
    names: dict[tuple[str, str], type[stand_ins.StandIn]] = {
        ("numpy", "ndarray"): stand_ins.PickledArray,
        ("numpy", "dtype"): stand_ins.PickledDtype,
        ("_codecs", "encode"): stand_ins.Encode,
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = stand_ins.Rebuild
        names[f"{core}.multiarray", "scalar"] = stand_ins.PickledScalar
        names[f"{core}.numeric", "_frombuffer"] = stand_ins.PickledBuffer
    for module in ("scipy.sparse.", "scipy.sparse._"):
        names[f"{module}csc", "csc_matrix"] = stand_ins.PickledSparseColumns
        names[f"{module}csr", "csr_matrix"] = stand_ins.PickledSparseRows
    for copy_module, builtin_module in (("copy_reg", "__builtin__"), ("copyreg", "builtins")):
        names[copy_module, "_reconstructor"] = stand_ins.Rebuild
        names[builtin_module, "object"] = stand_ins.Ignored
        names[builtin_module, "set"] = stand_ins.Ignored
    return names


KNOWN_NAMES: Final = _known_names()


class _UnsafeName(Exception):
    """The pickle names something that is no array."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name.split(".")[0] == "chumpy" and global_name.isidentifier():
            return stand_ins.PickledChumpy
        try:
            return KNOWN_NAMES[module_name, global_name]
        except KeyError:
            raise _UnsafeName(f"{module_name}.{global_name}") from None


def read_pickle(path: Path) -> dict[str, Any]:
    """A pickled dictionary -> what it holds; `stand_ins.as_array` turns a value of it into an array.

    Raises RecoveryError "body_file_unsafe" where the file names anything that is not an array, and
    "body_file" where it is not a whole pickled dictionary.
    """
    try:
        with path.open("rb") as file:
            content = _Unpickler(file, encoding="latin1").load()
    except _UnsafeName as error:
        raise RecoveryError(
            "body_file_unsafe",
            f"{path} was not opened: it asks for {error}, which no body model needs and which could run a "
            "program hidden in the file.",
            "Download the body model again from its owner's site.",
        ) from None
    except OSError as error:
        raise RecoveryError("body_file", f"{path} cannot be read: {error.strerror}.") from error
    except Exception as error:  # the bytes decide which of a dozen exceptions a broken pickle raises
        raise RecoveryError(
            "body_file",
            f"{path} is damaged, cut short, or not a pickle: {error}.",
            "Download it again, and unzip it if it came in an archive.",
        ) from error
    if not isinstance(content, dict):
        raise RecoveryError("body_file", f"{path} is a pickle, but holds no body.", "Choose SMPL's file.")
    return {key: value for key, value in content.items() if isinstance(key, str)}
