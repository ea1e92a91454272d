"""HMR's parameters -> ONNX, with numpy and the ONNX package alone.

Batch norms become part of the layers before them, where there is one. The regressor's iterations are written one
after the other; of their first layer, what the picture's features give is computed once. SPIN's form has no ReLU
between its layers: all of its iterations are one matrix, see `_rounds`.
"""

import numpy as np
from numpy.typing import NDArray

from ...hmr_layout import BETAS, CAMERA, CROP, FEATURES, ITERATIONS, TURNED
from ...resnet_layout import STAGES
from .graph import GraphBuilder, Value
from .torch_layers import LayerWriter, Parameters, norm_at_rest, single

HEADS = ("decpose", "decshape", "deccam")
STARTS = ("init_pose", "init_shape", "init_cam")


def convert_spin(parameters: Parameters, description: str, iterations: int = ITERATIONS) -> bytes:
    """Contents of an .onnx file from the parameters of SPIN's form, by name.

    Input "image" (N, 3, 224, 224), RGB, less ImageNet's mean and over its deviation. Outputs: "rotation_6d"
    (N, 24, 6), each joint's first two columns interleaved, relative to its parent; "betas" (N, 10); "camera" (N, 3).
    """
    graph = GraphBuilder()
    network = LayerWriter(graph, parameters)
    features = network.stages("", network.stem("", _image(graph)), STAGES)
    theta = network.affine(_pooled(graph, features), *_rounds(parameters, iterations))
    pose, betas, camera = _split(graph, theta, [6 * TURNED, BETAS, CAMERA])
    return _finish(graph, description, "rotation_6d", pose, betas, camera)


def convert_original(parameters: Parameters, description: str, iterations: int = ITERATIONS) -> bytes:
    """Contents of an .onnx file from the parameters of the authors' form, by name.

    As `convert_spin`, but for "image" from -1 to 1, and "axis_angle" (N, 24, 3) in the place of "rotation_6d".
    """
    graph = GraphBuilder()
    network = _Original(graph, parameters)
    theta = network.regress(_pooled(graph, network.features(_image(graph))), iterations)
    camera, pose, betas = _split(graph, theta, [CAMERA, 3 * TURNED, BETAS])
    return _finish(graph, description, "axis_angle", pose, betas, camera)


class _Original(LayerWriter):
    """The authors' network being written: a ResNet-50 of version 2, and its regressor."""

    def features(self, image: str) -> str:
        """(N, 3, 224, 224) -> (N, 2048, 7, 7)."""
        features = self.convolve("conv1", image, strides=[2, 2], pads=[3] * 4)
        features = self.graph.node(
            "MaxPool", [features], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]
        )
        for number, (_, unit_count, _) in enumerate(STAGES, start=1):
            for index in range(1, unit_count + 1):
                stride = STAGES[number][2] if index == unit_count and number < len(STAGES) else 1
                features = self._unit(f"block{number}.unit_{index}", features, stride)
        return self._normed("postnorm", features)

    def _unit(self, name: str, features: str, stride: int) -> str:
        graph, strides = self.graph, [stride, stride]
        normed = self._normed(f"{name}.preact", features)
        led_around = features
        if f"{name}.shortcut.weight" in self.parameters:
            led_around = self.convolve(f"{name}.shortcut", normed, strides=strides)
        elif stride > 1:
            led_around = graph.node("MaxPool", [features], kernel_shape=[1, 1], strides=strides)
        inner = graph.node("Relu", [self.convolve(f"{name}.conv1", normed, f"{name}.norm1")])
        inner = self.convolve(f"{name}.conv2", inner, f"{name}.norm2", strides=strides, pads=[1] * 4)
        inner = self.convolve(f"{name}.conv3", graph.node("Relu", [inner]))
        return graph.node("Add", [inner, led_around])

    def _normed(self, name: str, features: str) -> str:
        """A batch norm before which there is no layer, and a ReLU."""
        scale, shift = (self.graph.constant(single(part)) for part in norm_at_rest(self.parameters, name))
        mean = self.graph.constant(np.zeros(len(self.parameters[f"{name}.weight"]), np.float32))
        variance = self.graph.constant(np.ones(len(self.parameters[f"{name}.weight"]), np.float32))
        normed = self.graph.node("BatchNormalization", [features, scale, shift, mean, variance], epsilon=0.0)
        return self.graph.node("Relu", [normed])

    def regress(self, features: str, iterations: int) -> str:
        """(N, 2048) -> (N, 85)."""
        graph = self.graph
        weight, bias = self.layer("fc1")
        seen = self.affine(features, weight[:, :FEATURES], bias)
        of_theta = graph.constant(single(weight[:, FEATURES:].T))
        theta = graph.constant(self.parameters["mean_param"])
        for _ in range(iterations):
            hidden = graph.node("Relu", [graph.node("Add", [seen, graph.node("MatMul", [theta, of_theta])])])
            hidden = graph.node("Relu", [self.dense("fc2", hidden)])
            theta = graph.node("Add", [theta, self.dense("fc3", hidden)])
        return theta


def _rounds(parameters: Parameters, iterations: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A weight (157, 2048) and a bias (157,) from the features to the parameters after so many iterations.

    One adds A f + B p + c to the parameters p, with f the features: it is affine, and so are several.
    """
    exact = {name: value.astype(np.float64) for name, value in parameters.items() if name.startswith(HEADS)}
    weight, bias = (
        np.concatenate([exact[f"{head}.{part}"] for head in HEADS]) for part in ("weight", "bias")
    )
    for layer in ("fc2", "fc1"):
        bias = bias + weight @ parameters[f"{layer}.bias"].astype(np.float64)
        weight = weight @ parameters[f"{layer}.weight"].astype(np.float64)
    of_features, again = weight[:, :FEATURES], np.eye(len(weight)) + weight[:, FEATURES:]
    total, added = np.zeros_like(of_features), np.concatenate([parameters[name][0] for name in STARTS])
    for _ in range(iterations):
        total, added = again @ total + of_features, again @ added + bias
    return total, added


def _image(graph: GraphBuilder) -> str:
    return graph.plain(graph.add_input("image", ["people", 3, CROP, CROP]))


def _pooled(graph: GraphBuilder, features: str) -> str:
    """(N, 2048, 7, 7) -> (N, 2048)."""
    return graph.node("Flatten", [graph.node("GlobalAveragePool", [features])])


def _split(graph: GraphBuilder, theta: str, widths: list[int]) -> list[str]:
    return graph.nodes("Split", [theta, graph.integers(*widths)], len(widths), axis=1)


def _finish(graph: GraphBuilder, description: str, name: str, pose: str, betas: str, camera: str) -> bytes:
    width = {"rotation_6d": 6, "axis_angle": 3}[name]
    pose = graph.node("Reshape", [pose, graph.integers(-1, TURNED, width)])
    graph.add_output(name, Value(plain=pose), ["people", TURNED, width])
    graph.add_output("betas", Value(plain=betas), ["people", BETAS])
    graph.add_output("camera", Value(plain=camera), ["people", CAMERA])
    return graph.model_bytes(description)
