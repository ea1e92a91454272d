"""What a pickle of arrays may be made of: classes that keep what they are given, and run nothing."""

import pickle
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAXIMUM_JOINTS: Final = 1000
"""More rows than any body's regressor has: a sparse matrix's claimed size is not to be trusted."""
MAXIMUM_VERTICES: Final = 1_000_000
NUMBER_CODE: Final = re.compile(r"[<>|=]?[biuf][1248]")


class StandIn:
    """Keeps the arguments and the state that a pickle gives an object, and does nothing with them.

    Every name that a pickle may use leads to such a class. A pickle that sets state on the class itself, and
    not on an object, fails for want of an argument: so none can change this module.
    """

    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Any:
        made = object.__new__(cls)
        made.arguments = arguments
        made.state = None
        return made

    def __setstate__(self, state: Any) -> None:
        self.state = state


class PickledDtype(StandIn):
    """numpy.dtype(code, align, copy); state (version, byte order, ...)."""


class PickledArray(StandIn):
    """numpy.ndarray; state (version, shape, dtype, is Fortran order, bytes)."""


class PickledBuffer(StandIn):
    """numpy's _frombuffer(bytes, dtype, shape, order), which pickle protocol 5 names."""


class PickledScalar(StandIn):
    """numpy's scalar(dtype, bytes)."""


class PickledSparseColumns(StandIn):
    """scipy.sparse.csc_matrix; state: its attributes."""


class PickledSparseRows(StandIn):
    """scipy.sparse.csr_matrix; state: its attributes."""


class PickledChumpy(StandIn):
    """Any chumpy expression; state: its terms."""


class Ignored(StandIn):
    """Python's `object`, which old pickles name as the base of what they rebuild, and the sets that chumpy keeps."""


class Rebuild(StandIn):
    """copy_reg's _reconstructor(class, base, state), numpy's _reconstruct(class, shape, code): an object."""

    def __new__(cls, kind: Any = None, *arguments: Any) -> Any:
        if not (isinstance(kind, type) and issubclass(kind, StandIn)):
            raise pickle.UnpicklingError("rebuilds something that is no array")
        return StandIn.__new__(kind)


class Encode(StandIn):
    """_codecs.encode(text, "latin1"): how Python 3 writes bytes for Python 2."""

    def __new__(cls, text: Any = None, encoding: Any = None) -> Any:
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            raise pickle.UnpicklingError("encodes something other than bytes")
        return text.encode("latin-1")


def as_array(value: Any) -> NDArray[Any]:
    """A value of a read pickle -> a numeric array. Raises ValueError where it holds none."""
    if isinstance(value, PickledChumpy):
        return _chumpy_array(value)
    if isinstance(value, PickledSparseColumns | PickledSparseRows):
        return _dense(value)
    if isinstance(value, PickledArray):
        _version, shape, dtype, is_fortran, data = value.state
        return _numbers(data, dtype).reshape(shape, order="F" if is_fortran else "C")
    if isinstance(value, PickledBuffer):
        data, dtype, shape, order = value.arguments
        return _numbers(data, dtype).reshape(shape, order=order)
    if isinstance(value, PickledScalar):
        dtype, data = value.arguments
        return _numbers(data, dtype).reshape(())
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError("it is not an array of numbers")
    return array


def _numbers(data: Any, dtype_stand_in: Any) -> NDArray[Any]:
    code = dtype_stand_in.arguments[0]
    if not isinstance(code, str) or not NUMBER_CODE.fullmatch(code):
        raise ValueError(f"its elements are not numbers ({code!r})")
    dtype = np.dtype(code)
    order = dtype_stand_in.state[1] if dtype_stand_in.state else "="
    # Python 2's bytes arrive as latin-1 text
    data = data.encode("latin-1") if isinstance(data, str) else data
    return np.frombuffer(data, dtype.newbyteorder(order) if order in ("<", ">") else dtype)


def _chumpy_array(value: PickledChumpy) -> NDArray[Any]:
    """A constant (x), or a selection (idxs of the flattened a, in preferred_shape)."""
    terms = value.state if isinstance(value.state, dict) else {}
    if "x" in terms:
        return as_array(terms["x"])
    if "a" in terms and "idxs" in terms:
        selected = as_array(terms["a"]).ravel()[as_array(terms["idxs"])]
        shape = terms.get("preferred_shape")
        return selected if shape is None else selected.reshape(_plain_shape(shape))
    raise ValueError("it is a chumpy expression of a kind that SMPL's files do not use")


def _plain_shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(length) for length in np.atleast_1d(as_array(shape)))


def _dense(value: PickledSparseColumns | PickledSparseRows) -> NDArray[np.float64]:
    terms = value.state
    rows, columns = _plain_shape(terms["_shape"] if "_shape" in terms else terms["shape"])
    if not (0 < rows <= MAXIMUM_JOINTS and 0 < columns <= MAXIMUM_VERTICES):
        raise ValueError(f"its size is {rows} x {columns}")
    starts, minor, data = (as_array(terms[name]) for name in ("indptr", "indices", "data"))
    if starts[0] != 0 or starts[-1] != len(data) or np.any(np.diff(starts) < 0):
        raise ValueError("its sparse index does not fit its data")
    major = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    dense = np.zeros((rows, columns))
    where = (minor, major) if isinstance(value, PickledSparseColumns) else (major, minor)
    np.add.at(dense, where, data)
    return dense
