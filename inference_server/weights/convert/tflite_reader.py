"""Reading a TFLite file: the flat buffer as plain dataclasses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from ...errors import RecoveryError

Table = Any  # a table of the flat buffer; the annotations of the generated classes are wrong

ELEMENT_TYPES = {
    tflite.TensorType.FLOAT32: "<f4",
    tflite.TensorType.FLOAT16: "<f2",
    tflite.TensorType.INT32: "<i4",
    tflite.TensorType.INT64: "<i8",
}
OPERATOR_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
# Operators whose attributes are read, and the table of the schema that holds them.
OPTION_TABLES = {
    "ADD": tflite.AddOptions,
    "CONV_2D": tflite.Conv2DOptions,
    "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "FULLY_CONNECTED": tflite.FullyConnectedOptions,
    "MAX_POOL_2D": tflite.Pool2DOptions,
    "MEAN": tflite.ReducerOptions,
    "RESIZE_BILINEAR": tflite.ResizeBilinearOptions,
}


@dataclass(frozen=True)
class Tensor:
    """A tensor's name, shape (channels last) and, for a constant, its values."""

    name: str
    shape: tuple[int, ...]
    data: NDArray | None


@dataclass(frozen=True)
class Operator:
    """One step: its name in the schema, its tensors by index (-1: left out), its attributes."""

    name: str
    inputs: list[int]
    outputs: list[int]
    options: Any


@dataclass(frozen=True)
class TfliteNetwork:
    """The first subgraph of a TFLite file."""

    tensors: list[Tensor]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]


def _read_tensor(model: Table, table: Table) -> Tensor:
    shape = tuple(int(size) for size in table.ShapeAsNumpy()) if table.ShapeLength() else ()
    buffer = model.Buffers(table.Buffer())
    name = (table.Name() or b"").decode()
    if buffer is None or not buffer.DataLength():
        return Tensor(name, shape, None)
    if table.Type() not in ELEMENT_TYPES or table.Sparsity() is not None:
        raise RecoveryError(
            "conversion",
            f"The constant '{name}' is stored in a way that is not supported (type {table.Type()}).",
            "Quantised and sparse TFLite files cannot be converted.",
        )
    data = np.frombuffer(buffer.DataAsNumpy().tobytes(), ELEMENT_TYPES[table.Type()])
    return Tensor(name, shape, data.reshape(shape))


def _read_operator(model: Table, table: Table) -> Operator:
    code = model.OperatorCodes(table.OpcodeIndex())
    # Old files store the number in a byte of its own; the newer field is 0 there.
    name = OPERATOR_NAMES.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "unknown")
    options = None
    if name in OPTION_TABLES and table.BuiltinOptions() is not None:
        options = OPTION_TABLES[name]()
        options.Init(table.BuiltinOptions().Bytes, table.BuiltinOptions().Pos)
    inputs = [int(index) for index in table.InputsAsNumpy()]
    return Operator(name, inputs, [int(index) for index in table.OutputsAsNumpy()], options)


def read_tflite(contents: bytes) -> TfliteNetwork:
    """Read the contents of a .tflite file.

    Raises RecoveryError (code "conversion") if this is not one or it holds constants of an unsupported kind.
    """
    if contents[4:8] != b"TFL3":
        raise RecoveryError("conversion", "This is not a TFLite file.", "Fetch the network's file again.")
    model: Table = tflite.Model.GetRootAsModel(contents, 0)
    graph = model.Subgraphs(0)
    return TfliteNetwork(
        tensors=[_read_tensor(model, graph.Tensors(index)) for index in range(graph.TensorsLength())],
        operators=[_read_operator(model, graph.Operators(index)) for index in range(graph.OperatorsLength())],
        inputs=[int(index) for index in graph.InputsAsNumpy()],
        outputs=[int(index) for index in graph.OutputsAsNumpy()],
    )
