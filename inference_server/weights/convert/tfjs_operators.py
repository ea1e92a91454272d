"""The table of TensorFlow operators that can be converted, and those of them that are not about images.

Their meaning is TensorFlow's: https://www.tensorflow.org/api_docs/python/tf/raw_ops
TensorFlow's int32 is int64 in the ONNX graph, because ONNX wants int64 for shapes and indices.
"""

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from . import tfjs_image_operators as image
from .graph import GraphBuilder, Value
from .tfjs_image_operators import constant
from .tfjs_reader import Node
from .tfjs_slice import strided_slice

Convert = Callable[[GraphBuilder, Node, list[Value]], Value | list[Value]]
CAST_TYPES = {"DT_FLOAT": TensorProto.FLOAT, "DT_INT32": TensorProto.INT64, "DT_BOOL": TensorProto.BOOL}


def _elementwise(operator: str) -> Convert:
    return lambda graph, node, inputs: graph.elementwise(operator, inputs)


def _plain(operator: str) -> Convert:
    """The same operator with the same inputs, on tensors in their own order."""
    return lambda graph, node, inputs: Value(plain=graph.node(operator, list(map(graph.plain, inputs))))


def _leaky_relu(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    return graph.elementwise("LeakyRelu", inputs, alpha=float(node.attributes.get("alpha", 0.2)))


def _squared_difference(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    difference = graph.elementwise("Sub", inputs)
    return graph.elementwise("Mul", [difference, difference])


def _cast(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    return graph.elementwise("Cast", inputs, to=CAST_TYPES[node.attributes["DstT"]])


def _reshape(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    return Value(plain=graph.node("Reshape", [graph.plain(inputs[0]), graph.plain(inputs[1])]))


def _squeeze(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    axes = node.attributes.get("squeeze_dims")
    extra = [graph.integers(*axes)] if axes else []
    return Value(plain=graph.node("Squeeze", [graph.plain(inputs[0]), *extra]))


def _expand_dims(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    axis = graph.integers(int(np.ravel(constant(node, inputs, 1))[0]))
    return Value(plain=graph.node("Unsqueeze", [graph.plain(inputs[0]), axis]))


def _pack(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    axis = node.attributes.get("axis") or 0
    parts = [graph.node("Unsqueeze", [graph.plain(value), graph.integers(axis)]) for value in inputs]
    return Value(plain=graph.node("Concat", parts, axis=axis))


def _unpack(graph: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    axis, count = node.attributes.get("axis") or 0, node.attributes["num"]
    parts = graph.nodes("Split", [graph.plain(inputs[0]), graph.integers(*[1] * count)], count, axis=axis)
    return [Value(plain=graph.node("Squeeze", [part, graph.integers(axis)])) for part in parts]


def _split(graph: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    axis, count = int(constant(node, inputs, 0)), node.attributes["num_split"]
    return [Value(plain=name) for name in graph.nodes("Split", [graph.plain(inputs[1])], count, axis=axis)]


def _split_sizes(graph: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    sizes, axis = np.ravel(constant(node, inputs, 1)), int(constant(node, inputs, 2))
    names = [graph.plain(inputs[0]), graph.integers(*sizes)]
    return [Value(plain=name) for name in graph.nodes("Split", names, len(sizes), axis=axis)]


def _reduce(operator: str) -> Convert:
    def convert(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
        axes = [int(axis) for axis in np.ravel(constant(node, inputs, 1))]
        keep = int(bool(node.attributes.get("keep_dims")))
        if operator == "ReduceSum":  # the one whose axes are an input in this version of ONNX
            names = [graph.plain(inputs[0]), graph.integers(*axes)]
            return Value(plain=graph.node(operator, names, keepdims=keep))
        return Value(plain=graph.node(operator, [graph.plain(inputs[0])], axes=axes, keepdims=keep))

    return convert


def _argmax(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    axis = int(np.ravel(constant(node, inputs, 1))[0])
    return Value(plain=graph.node("ArgMax", [graph.plain(inputs[0])], axis=axis, keepdims=0))


def _top_k(graph: GraphBuilder, node: Node, inputs: list[Value]) -> list[Value]:
    count = graph.node("Reshape", [graph.plain(inputs[1]), graph.integers(1)])
    return [Value(plain=name) for name in graph.nodes("TopK", [graph.plain(inputs[0]), count], 2)]


def _fill(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    return Value(plain=graph.node("Expand", [graph.plain(inputs[1]), graph.plain(inputs[0])]))


def _sparse_to_dense(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    indices, shape, values, default = (constant(node, inputs, position) for position in range(4))
    dense = np.full(shape, default, values.dtype)
    dense[tuple(indices.reshape(-1, dense.ndim).T)] = values
    return Value(data=dense)


OPERATORS: dict[str, Convert] = {
    "Abs": _elementwise("Abs"),
    "Add": _elementwise("Add"),
    "AddN": _elementwise("Sum"),
    "AddV2": _elementwise("Add"),
    "ArgMax": _argmax,
    "Cast": _cast,
    "ConcatV2": image.concatenate,
    "Conv2D": image.convolution,
    "DepthwiseConv2dNative": image.convolution,
    "Equal": _elementwise("Equal"),
    "Exp": _elementwise("Exp"),
    "ExpandDims": _expand_dims,
    "Fill": _fill,
    "FloorDiv": _elementwise("Div"),  # the same for the indices and sizes here, which are never negative
    "FusedDepthwiseConv2dNative": image.convolution,
    "GatherNd": _plain("GatherND"),
    "Greater": _elementwise("Greater"),
    "GreaterEqual": _elementwise("GreaterOrEqual"),
    "Identity": lambda graph, node, inputs: inputs[0],
    "LeakyRelu": _leaky_relu,
    "Less": _elementwise("Less"),
    "LogicalAnd": _elementwise("And"),
    "Max": _reduce("ReduceMax"),
    "MaxPool": image.max_pool,
    "Maximum": _elementwise("Max"),
    "Minimum": _elementwise("Min"),
    "Mul": _elementwise("Mul"),
    "Pack": _pack,
    "Pad": image.pad,
    "PadV2": image.pad,
    "Range": _plain("Range"),
    "RealDiv": _elementwise("Div"),
    "Reciprocal": _elementwise("Reciprocal"),
    "Reshape": _reshape,
    "ResizeBilinear": image.resize_bilinear,
    "Select": _plain("Where"),
    "Shape": _plain("Shape"),
    "Sigmoid": _elementwise("Sigmoid"),
    "Size": _plain("Size"),
    "SparseToDense": _sparse_to_dense,
    "Split": _split,
    "SplitV": _split_sizes,
    "Sqrt": _elementwise("Sqrt"),
    "SquaredDifference": _squared_difference,
    "Squeeze": _squeeze,
    "StridedSlice": strided_slice,
    "Sub": _elementwise("Sub"),
    "Sum": _reduce("ReduceSum"),
    "Tile": _plain("Tile"),
    "TopKV2": _top_k,
    "Transpose": image.transpose,
    "Unpack": _unpack,
    "_FusedConv2D": image.convolution,
}
