"""TensorFlow's operators on images (N, H, W, C): convolution, pooling, resizing, padding, transposing.

Their meaning is TensorFlow's: https://www.tensorflow.org/api_docs/python/tf/raw_ops
"""

from typing import Any

import numpy as np

from ...errors import RecoveryError
from .graph import TO_CHANNELS_FIRST, TO_CHANNELS_LAST, GraphBuilder, Value
from .tfjs_reader import Node


def constant(node: Node, inputs: list[Value], position: int) -> np.ndarray:
    """The constant input at `position`; RecoveryError (code "conversion") if it is computed."""
    data = inputs[position].data
    if data is None:
        raise RecoveryError("conversion", f"{node.operator} '{node.name}' has a computed input {position}.")
    return data


def _automatic_padding(node: Node) -> str:
    kinds = {"SAME": "SAME_UPPER", "VALID": "VALID"}
    if node.attributes["padding"] not in kinds:
        raise RecoveryError("conversion", f"{node.operator} '{node.name}' has explicit padding.")
    return kinds[node.attributes["padding"]]


def convolution(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """Conv2D and DepthwiseConv2dNative, with the bias and the activation that were fused into them."""
    kernel = constant(node, inputs, 1)
    height, width, channels, _ = kernel.shape
    group = 1
    if "Depthwise" in node.operator:
        group = channels
        kernel = kernel.reshape(height, width, 1, -1)
    image = graph.channels_first(inputs[0])
    padding: dict[str, Any] = {"auto_pad": _automatic_padding(node)}
    if padding["auto_pad"] == "VALID":
        image, sides = graph.without_zeros(image)
        padding = {"pads": sides}
    names = [image, graph.weight(kernel.transpose(3, 2, 0, 1))]
    fused = node.attributes.get("fused_ops") or []
    if fused[:1] == ["BiasAdd"]:
        names.append(graph.weight(constant(node, inputs, 2)))
        fused = fused[1:]
    output = graph.node(
        "Conv",
        names,
        kernel_shape=[height, width],
        strides=node.attributes["strides"][1:3],
        dilations=node.attributes.get("dilations", [1, 1, 1, 1])[1:3],
        group=group,
        **padding,
    )
    value = Value(channels_first=output)
    if fused == ["Relu6"]:
        return graph.clip(value, 0, 6)
    if fused == ["Relu"]:
        return graph.elementwise("Relu", [value])
    if fused:
        raise RecoveryError("conversion", f"'{node.name}' is fused with {fused}, which is not supported.")
    return value


def max_pool(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """MaxPool."""
    output = graph.node(
        "MaxPool",
        [graph.channels_first(inputs[0])],
        kernel_shape=node.attributes["ksize"][1:3],
        strides=node.attributes["strides"][1:3],
        auto_pad=_automatic_padding(node),
    )
    return Value(channels_first=output)


def resize_bilinear(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """ResizeBilinear to the height and width of the second input, which may be computed."""
    image = graph.channels_first(inputs[0])
    shape = graph.node("Shape", [image])
    batch_and_channels = graph.node("Slice", [shape, graph.integers(0), graph.integers(2)])
    sizes = graph.node("Concat", [batch_and_channels, graph.plain(inputs[1])], axis=0)
    mode = "half_pixel" if node.attributes.get("half_pixel_centers") else "asymmetric"
    mode = "align_corners" if node.attributes.get("align_corners") else mode
    output = graph.node("Resize", [image, "", "", sizes], mode="linear", coordinate_transformation_mode=mode)
    return Value(channels_first=output)


def pad(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """Pad with zeros, PadV2 with the value of the third input."""
    amounts = constant(node, inputs, 1).reshape(-1, 2)
    filling = tuple(graph.plain(value) for value in inputs[2:])
    image = inputs[0].channels_first
    if image is None:
        return Value(plain=graph.pad(graph.plain(inputs[0]), amounts, filling))
    return Value(channels_first=graph.pad(image, amounts[list(TO_CHANNELS_FIRST)], filling))


def transpose(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """Transpose; between the two image layouts nothing has to move."""
    order = tuple(int(axis) for axis in constant(node, inputs, 1))
    if order == TO_CHANNELS_FIRST:
        return Value(plain=graph.channels_first(inputs[0]))
    if order == TO_CHANNELS_LAST:
        return Value(channels_first=graph.plain(inputs[0]))
    return Value(plain=graph.node("Transpose", [graph.plain(inputs[0])], perm=order))


def concatenate(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """ConcatV2: the last input is the axis."""
    axis, parts = int(constant(node, inputs, len(inputs) - 1)), inputs[:-1]
    if all(part.channels_first is not None for part in parts):
        names = [graph.channels_first(part) for part in parts]
        return Value(channels_first=graph.node("Concat", names, axis=TO_CHANNELS_FIRST.index(axis % 4)))
    return Value(plain=graph.node("Concat", [graph.plain(part) for part in parts], axis=axis))
