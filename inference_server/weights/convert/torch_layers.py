"""Layers of torch networks written into an ONNX graph, batch norms in the layers before them; a ResNet-50's, too."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...resnet_layout import Stages
from .graph import GraphBuilder

Parameters = Mapping[str, NDArray]
EPSILON = 1e-5
"""Added to a batch norm's variance, torch's default."""


class LayerWriter:
    """Writes layers by the names of their parameters; images are (N, C, H, W)."""

    def __init__(self, graph: GraphBuilder, parameters: Parameters) -> None:
        self.graph = graph
        self.parameters = parameters

    def stem(self, prefix: str, image: str) -> str:
        """A ResNet-50's first layers: (N, 3, H, W) -> (N, 64, H/4, W/4); `prefix` is empty or ends with a point."""
        features = self.convolve(f"{prefix}conv1", image, f"{prefix}bn1", strides=[2, 2], pads=[3] * 4)
        features = self.graph.node("Relu", [features])
        return self.graph.node("MaxPool", [features], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)

    def stages(self, prefix: str, features: str, stages: Stages) -> str:
        """The rest: (N, 64, H, W) -> (N, 2048, H/8, W/8)."""
        for number, (_, block_count, stride) in enumerate(stages, start=1):
            for index in range(block_count):
                features = self._block(f"{prefix}layer{number}.{index}", features, 1 if index else stride)
        return features

    def _block(self, name: str, features: str, stride: int) -> str:
        graph, strides = self.graph, [stride, stride]
        led_around = features
        if f"{name}.downsample.0.weight" in self.parameters:
            led_around = self.convolve(
                f"{name}.downsample.0", features, f"{name}.downsample.1", strides=strides
            )
        inner = graph.node("Relu", [self.convolve(f"{name}.conv1", features, f"{name}.bn1")])
        inner = self.convolve(f"{name}.conv2", inner, f"{name}.bn2", strides=strides, pads=[1] * 4)
        inner = self.convolve(f"{name}.conv3", graph.node("Relu", [inner]), f"{name}.bn3")
        return graph.node("Relu", [graph.node("Add", [inner, led_around])])

    def convolve(self, name: str, features: str, norm: str = "", **attributes: Any) -> str:
        weight, bias = self.layer(name, norm)
        constants = [self.graph.constant(weight), self.graph.constant(bias)]
        return self.graph.node("Conv", [features, *constants], **attributes)

    def dense(self, name: str, features: str, norm: str = "") -> str:
        """(N, F) -> (N, G)."""
        weight, bias = self.layer(name, norm)
        return self.affine(features, weight.reshape(len(weight), -1), bias)

    def affine(self, features: str, weight: NDArray, bias: NDArray) -> str:
        """(N, F) -> (N, G), with a weight (G, F) and a bias (G,)."""
        constants = [self.graph.constant(single(weight)), self.graph.constant(single(bias))]
        return self.graph.node("Gemm", [features, *constants], transB=1)

    def layer(
        self, name: str, norm: str = "", axis: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A layer's weight and bias with the batch norm in them; the channels that it makes lie along `axis`."""
        weight = self.parameters[f"{name}.weight"]
        bias = self.parameters.get(f"{name}.bias", np.zeros(weight.shape[axis], np.float32))
        if not norm:
            return weight, bias
        scale, shift = norm_at_rest(self.parameters, norm)
        along = scale.reshape([-1 if place == axis else 1 for place in range(weight.ndim)])
        return single(weight * along), single(bias * scale + shift)

    def reshape(self, features: str, *shape: int) -> str:
        """(N, ...) -> (N, *shape)."""
        return self.graph.node("Reshape", [features, self.graph.integers(-1, *shape)])


def norm_at_rest(parameters: Parameters, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A batch norm as a factor and what is added, both (F,)."""
    gain, shift, mean, variance = (
        parameters[f"{name}.{key}"].astype(np.float64)
        for key in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + EPSILON)
    return scale, shift - mean * scale


def single(values: NDArray) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32)
