"""TFLite -> ONNX, for float networks of fixed size with weights in single or half precision.

The operators' meaning is TensorFlow's: https://www.tensorflow.org/mlir/tfl_ops
"""

from collections.abc import Callable

import numpy as np
import tflite
from numpy.typing import NDArray

from ...errors import RecoveryError
from .graph import GraphBuilder, Value
from .tflite_reader import Operator, TfliteNetwork, read_tflite


class _Conversion:
    """A network half way: the source, the graph so far, and the value of each source tensor."""

    def __init__(self, network: TfliteNetwork) -> None:
        self.network = network
        self.graph = GraphBuilder()
        self.values = {index: Value(data=tensor.data) for index, tensor in enumerate(network.tensors)}

    def shape(self, index: int) -> tuple[int, ...]:
        return self.network.tensors[index].shape

    def data(self, operator: Operator, position: int) -> NDArray:
        """The constant input of an operator; layers whose weights are computed are not supported."""
        data = self.values[operator.inputs[position]].data
        if data is None:
            raise RecoveryError("conversion", f"The layer {operator.name} has computed weights.")
        return data


def _activation(conversion: _Conversion, value: Value, code: int) -> Value:
    kinds = tflite.ActivationFunctionType
    if code == kinds.NONE:
        return value
    if code == kinds.RELU:
        return conversion.graph.elementwise("Relu", [value])
    if code == kinds.RELU6:
        return conversion.graph.clip(value, 0, 6)
    raise RecoveryError("conversion", f"The activation number {code} of a layer is not supported.")


def _same_padding(conversion: _Conversion, operator: Operator, kernel, strides, dilations) -> list[int]:
    """Explicit paddings (top, left, bottom, right) of TensorFlow's SAME: the odd pixel goes to the end."""
    if operator.options.Padding() == tflite.Padding.VALID:
        return [0, 0, 0, 0]
    before, after = [], []
    for axis in (0, 1):
        size = conversion.shape(operator.inputs[0])[1 + axis]
        output = conversion.shape(operator.outputs[0])[1 + axis]
        total = max((output - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - size, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return before + after


def _convolution(conversion: _Conversion, operator: Operator, weights: NDArray, group: int) -> Value:
    """`weights` (out, in / group, height, width), as ONNX has them."""
    options, graph = operator.options, conversion.graph
    kernel = list(weights.shape[2:])
    strides = [options.StrideH(), options.StrideW()]
    dilations = [options.DilationHFactor(), options.DilationWFactor()]
    inputs = [graph.channels_first(conversion.values[operator.inputs[0]]), graph.weight(weights)]
    if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
        inputs.append(graph.weight(conversion.data(operator, 2)))
    pads = _same_padding(conversion, operator, kernel, strides, dilations)
    output = graph.node(
        "Conv", inputs, kernel_shape=kernel, strides=strides, dilations=dilations, pads=pads, group=group
    )
    return _activation(conversion, Value(channels_first=output), options.FusedActivationFunction())


def _conv_2d(conversion: _Conversion, operator: Operator) -> Value:
    return _convolution(conversion, operator, conversion.data(operator, 1).transpose(0, 3, 1, 2), group=1)


def _depthwise_conv_2d(conversion: _Conversion, operator: Operator) -> Value:
    channels = conversion.shape(operator.inputs[0])[3]
    weights = conversion.data(operator, 1).transpose(3, 0, 1, 2)
    return _convolution(conversion, operator, weights, group=channels)


def _add(conversion: _Conversion, operator: Operator) -> Value:
    total = conversion.graph.elementwise("Add", [conversion.values[index] for index in operator.inputs])
    return _activation(conversion, total, operator.options.FusedActivationFunction())


def _max_pool_2d(conversion: _Conversion, operator: Operator) -> Value:
    options, graph = operator.options, conversion.graph
    kernel, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
    pads = _same_padding(conversion, operator, kernel, strides, (1, 1))
    image = graph.channels_first(conversion.values[operator.inputs[0]])
    output = graph.node("MaxPool", [image], kernel_shape=kernel, strides=strides, pads=pads)
    return Value(channels_first=output)


def _pad(conversion: _Conversion, operator: Operator) -> Value:
    graph, amounts = conversion.graph, conversion.data(operator, 1)[[0, 3, 1, 2]]
    image = graph.channels_first(conversion.values[operator.inputs[0]])
    return Value(channels_first=graph.pad(image, amounts))


def _resize_bilinear(conversion: _Conversion, operator: Operator) -> Value:
    options, graph = operator.options, conversion.graph
    mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
    mode = "align_corners" if options.AlignCorners() else mode
    batch, height, width, channels = conversion.shape(operator.outputs[0])
    sizes = graph.integers(batch, channels, height, width)
    image = graph.channels_first(conversion.values[operator.inputs[0]])
    output = graph.node("Resize", [image, "", "", sizes], mode="linear", coordinate_transformation_mode=mode)
    return Value(channels_first=output)


def _reshape(conversion: _Conversion, operator: Operator) -> Value:
    graph = conversion.graph
    sizes = graph.integers(*conversion.shape(operator.outputs[0]))
    return Value(plain=graph.node("Reshape", [graph.plain(conversion.values[operator.inputs[0]]), sizes]))


def _logistic(conversion: _Conversion, operator: Operator) -> Value:
    return conversion.graph.elementwise("Sigmoid", [conversion.values[operator.inputs[0]]])


def _mean(conversion: _Conversion, operator: Operator) -> Value:
    axes = [int(axis) for axis in np.ravel(conversion.data(operator, 1))]
    image = conversion.graph.plain(conversion.values[operator.inputs[0]])
    keep = int(operator.options.KeepDims())
    return Value(plain=conversion.graph.node("ReduceMean", [image], axes=axes, keepdims=keep))


def _fully_connected(conversion: _Conversion, operator: Operator) -> Value:
    graph, weights = conversion.graph, conversion.data(operator, 1)
    rows = [graph.plain(conversion.values[operator.inputs[0]]), graph.integers(-1, weights.shape[1])]
    inputs = [graph.node("Reshape", rows), graph.weight(weights), graph.weight(conversion.data(operator, 2))]
    output = Value(plain=graph.node("Gemm", inputs, transB=1))
    return _activation(conversion, output, operator.options.FusedActivationFunction())


def _dequantize(conversion: _Conversion, operator: Operator) -> Value:
    """Half-precision weights to single precision: nothing to compute, the graph stores what fits in half."""
    return Value(data=conversion.data(operator, 0))


OPERATORS: dict[str, Callable[[_Conversion, Operator], Value]] = {
    "ADD": _add,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "DEQUANTIZE": _dequantize,
    "FULLY_CONNECTED": _fully_connected,
    "LOGISTIC": _logistic,
    "MAX_POOL_2D": _max_pool_2d,
    "MEAN": _mean,
    "PAD": _pad,
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize_bilinear,
}


def convert_tflite(contents: bytes, output_names: tuple[str, ...], description: str) -> bytes:
    """Convert the contents of a .tflite file to those of an .onnx file.

    The one input is called "image"; the outputs keep their order and layout and get `output_names`.
    Raises RecoveryError (code "conversion") for anything that is not supported.
    """
    network = read_tflite(contents)
    conversion = _Conversion(network)
    for index in network.inputs:
        conversion.values[index] = conversion.graph.add_input("image", list(network.tensors[index].shape))
    for operator in network.operators:
        if operator.name not in OPERATORS:
            raise RecoveryError("conversion", f"The TFLite operator {operator.name} is not supported.")
        conversion.values[operator.outputs[0]] = OPERATORS[operator.name](conversion, operator)
    for name, index in zip(output_names, network.outputs, strict=True):
        conversion.graph.add_output(name, conversion.values[index], list(network.tensors[index].shape))
    return conversion.graph.model_bytes(description)
