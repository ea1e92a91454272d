"""TensorFlow's StridedSlice, which numpy's x[a:b, c, None] compiles to.

Its meaning: https://www.tensorflow.org/api_docs/python/tf/raw_ops/StridedSlice
"""

from collections.abc import Callable

import numpy as np

from ...errors import RecoveryError
from .graph import GraphBuilder, Value
from .tfjs_image_operators import constant
from .tfjs_reader import Node

TO_THE_END = 2**31 - 1


def strided_slice(graph: GraphBuilder, node: Node, inputs: list[Value]) -> Value:
    """x[begin:end] along the leading axes: a bit of a mask per axis says how it is meant."""

    def is_set(mask: str, axis: int) -> bool:
        return bool((node.attributes.get(mask) or 0) >> axis & 1)

    strides = constant(node, inputs, 3)
    if node.attributes.get("ellipsis_mask") or np.any(strides != 1):
        raise RecoveryError("conversion", f"StridedSlice '{node.name}' has an ellipsis or a step.")
    if inputs[1].data is None or inputs[2].data is None:
        return _computed_slice(graph, node, inputs, is_set)
    begins, ends, axes, squeezed, added = [], [], [], [], []
    for position, (begin, end) in enumerate(zip(inputs[1].data, inputs[2].data, strict=True)):
        if is_set("new_axis_mask", position):
            added.append(position - len(squeezed))
            continue
        axes.append(position - len(added))
        begins.append(0 if is_set("begin_mask", position) else begin)
        ends.append(TO_THE_END if is_set("end_mask", position) else end)
        if is_set("shrink_axis_mask", position):
            squeezed.append(axes[-1])
            begins[-1], ends[-1] = begin, begin + 1 if begin != -1 else TO_THE_END
    limits = [graph.integers(*begins), graph.integers(*ends), graph.integers(*axes)]
    output = graph.node("Slice", [graph.plain(inputs[0]), *limits])
    if squeezed:
        output = graph.node("Squeeze", [output, graph.integers(*squeezed)])
    if added:
        output = graph.node("Unsqueeze", [output, graph.integers(*added)])
    return Value(plain=output)


def _computed_slice(
    graph: GraphBuilder, node: Node, inputs: list[Value], is_set: Callable[[str, int], bool]
) -> Value:
    if node.attributes.get("new_axis_mask") or node.attributes.get("shrink_axis_mask"):
        raise RecoveryError("conversion", f"StridedSlice '{node.name}' has computed limits and other axes.")
    count = len(constant(node, inputs, 3))
    limits = []
    for value, mask, limit in ((inputs[1], "begin_mask", 0), (inputs[2], "end_mask", TO_THE_END)):
        ignored = graph.constant(np.array([is_set(mask, axis) for axis in range(count)]))
        limits.append(graph.node("Where", [ignored, graph.integers(*[limit] * count), graph.plain(value)]))
    return Value(plain=graph.node("Slice", [graph.plain(inputs[0]), *limits, graph.integers(*range(count))]))
