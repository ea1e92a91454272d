"""Building an ONNX graph from a network whose images are channels last.

TensorFlow's images are (N, H, W, C), ONNX's operators want (N, C, H, W). Every tensor is therefore a
`Value` that may exist in either layout; the other one is made by a `Transpose` only when an operator asks for
it. In a network of convolutions nobody does, so the transposes disappear.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)
SMALLEST_HALF_WEIGHT = 65  # smaller constants stay float32: a Cast node costs more than it saves
ELEMENT_TYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}


@dataclass
class Value:
    """One tensor of the source network.

    `plain` names it in its own order, `channels_first` names its (N, C, H, W) form; either may still be
    missing. A constant holds its `data` instead and gets a name when it is used.
    """

    plain: str | None = None
    channels_first: str | None = None
    data: NDArray | None = None


class GraphBuilder:
    """Collects nodes and constants in a fixed order: the same network always gives the same bytes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._zero_padded: dict[str, tuple[str, list[int]]] = {}

    def node(self, operator: str, inputs: list[str], **attributes) -> str:
        """Add a node with one output; returns the output's name."""
        return self.nodes(operator, inputs, 1, **attributes)[0]

    def nodes(self, operator: str, inputs: list[str], output_count: int, **attributes) -> list[str]:
        """Add a node with several outputs; returns their names."""
        name = f"{operator}_{len(self._nodes)}"
        outputs = [name] if output_count == 1 else [f"{name}_{index}" for index in range(output_count)]
        self._nodes.append(helper.make_node(operator, inputs, outputs, name=name, **attributes))
        return outputs

    def constant(self, array) -> str:
        """Store an array as it is, each different one once; returns its name."""
        array = np.asarray(array, order="C")
        key = (array.dtype.str, array.shape, hashlib.sha256(array.data).digest())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"constant_{len(self._constants)}")
        return self._constants[key].name

    def integers(self, *values: int) -> str:
        """A one-dimensional int64 constant, as ONNX wants for axes, sizes and paddings."""
        return self.constant(np.array(values, np.int64))

    def weight(self, array: NDArray) -> str:
        """Store a float array, in half precision where that loses nothing; returns its float32 name."""
        single = array.astype(np.float32)
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if array.size >= SMALLEST_HALF_WEIGHT and np.array_equal(half.astype(np.float32), single):
            return self.node("Cast", [self.constant(half)], to=TensorProto.FLOAT)
        return self.constant(single)

    def _stored(self, data: NDArray) -> str:
        return self.weight(data) if np.issubdtype(data.dtype, np.floating) else self.constant(data)

    def plain(self, value: Value) -> str:
        """Name of the tensor in its own order, channels last for an image."""
        if value.plain is None:
            if value.channels_first is not None:
                value.plain = self.node("Transpose", [value.channels_first], perm=TO_CHANNELS_LAST)
            else:
                assert value.data is not None, "a value without a tensor"
                value.plain = self._stored(value.data)
        return value.plain

    def channels_first(self, value: Value) -> str:
        """Name of the (N, C, H, W) form of an image."""
        if value.channels_first is None:
            if value.data is not None:
                shape = (1,) * (4 - value.data.ndim) + value.data.shape
                value.channels_first = self._stored(value.data.reshape(shape).transpose(TO_CHANNELS_FIRST))
            else:
                value.channels_first = self.node("Transpose", [self.plain(value)], perm=TO_CHANNELS_FIRST)
        return value.channels_first

    def elementwise(self, operator: str, values: list[Value], extra: tuple = (), **attributes) -> Value:
        """An operator that treats every element alike, in whichever layout its inputs already have.

        Inputs broadcast as in numpy; `extra` names further scalar inputs, e.g. the limits of Clip.
        """
        has_image = any(value.channels_first is not None and value.data is None for value in values)
        if has_image and all(value.channels_first is not None or value.data is not None for value in values):
            names = [self.channels_first(value) for value in values]
            return Value(channels_first=self.node(operator, [*names, *extra], **attributes))
        return Value(plain=self.node(operator, [*map(self.plain, values), *extra], **attributes))

    def clip(self, value: Value, low: float, high: float) -> Value:
        """Limit every element to [low, high]."""
        limits = (self.constant(np.float32(low)), self.constant(np.float32(high)))
        return self.elementwise("Clip", [value], extra=limits)

    def pad(self, tensor: str, amounts: NDArray, filling: tuple[str, ...] = ()) -> str:
        """Put zeros, or the scalar named in `filling`, around a tensor; `amounts` (axes, 2)."""
        padded = self.node("Pad", [tensor, self.integers(*amounts[:, 0], *amounts[:, 1]), *filling])
        if not filling and len(amounts) == 4 and not amounts[:2].any():
            self._zero_padded[padded] = (tensor, [int(amount) for amount in amounts[2:].T.ravel()])
        return padded

    def without_zeros(self, image: str) -> tuple[str, list[int]]:
        """The (N, C, H, W) image before zeros were put around it, and how many: top, left, bottom, right.

        A convolution that takes both pads for nothing; the `Pad` that nobody needs then is left out.
        """
        return self._zero_padded.get(image, (image, [0, 0, 0, 0]))

    def add_input(self, name: str, shape: list[int | str], channels_first: bool = False) -> Value:
        """Declare a float32 input of the whole network; a word in `shape` is a size that is free."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return Value(channels_first=name) if channels_first else Value(plain=name)

    def add_output(self, name: str, value: Value, shape: Sequence[int | str]) -> None:
        """Declare a float32 output of the whole network, in the tensor's own order."""
        self._nodes.append(helper.make_node("Identity", [self.plain(value)], [name], name=f"output_{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model_bytes(self, description: str) -> bytes:
        """The finished, checked network as the contents of an .onnx file."""
        used = {output.name for output in self._outputs}
        nodes = []
        for node in reversed(self._nodes):
            if used.intersection(node.output):
                used.update(node.input)
                nodes.append(node)
        constants = [tensor for tensor in self._constants.values() if tensor.name in used]
        graph = helper.make_graph(nodes[::-1], "network", self._inputs, self._outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.graph.initializer.extend(constants)  # here, as either call before would copy them
        model.ir_version = IR_VERSION
        model.producer_name = "human-mesh-recovery"
        model.doc_string = description
        contents = model.SerializeToString(deterministic=True)
        del model
        onnx.checker.check_model(contents)
        return contents
