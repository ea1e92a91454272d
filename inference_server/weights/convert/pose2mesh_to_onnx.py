"""Pose2Mesh's parameters and the mesh's graphs -> ONNX, with numpy and the ONNX package alone.

Batch norms become part of the layers before them, Laplacians constants. With the weights W0, W1, W2 of a layer's
three Chebyshev polynomials 1, L, 2 L L - 1 it is, for features x,

    x (W0 - W2) + L x W1 + L L x 2 W2  =  x (W0 - W2) + L (x W1 + L (x 2 W2))

and the form is taken in which L is multiplied by fewer columns.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...mesh_graphs.coarsening import MeshGraphs
from ...mesh_graphs.layers import CHANNELS, LAYERS, LIFTER_STAGES, ORDER
from .graph import GraphBuilder, Value
from .pose2mesh_levels import Level, network_levels
from .torch_layers import Parameters, norm_at_rest, single

Weights = list[NDArray]
"""Of x, L x and L L x, (width before, width after) each."""
Product = Callable[[str, int], str]
"""Multiplies the features of that name (people, nodes, width), of that width, with a Laplacian."""


def convert_pose2mesh(parameters: Parameters, graphs: MeshGraphs, description: str) -> bytes:
    """Contents of an .onnx file from the authors' parameters, by name.

    Input "pose2d" (N, J, 2); outputs "pose3d_mm" (N, J, 3) and "cam_mesh" (N, V, 3) in metres.
    """
    graph = GraphBuilder()
    joint_count = len(graphs.joints)
    pose = graph.plain(graph.add_input("pose2d", ["people", joint_count, 2]))
    lifted = _lift(graph, parameters, graph.node("Reshape", [pose, graph.integers(-1, 2 * joint_count)]))
    lifted = graph.node("Reshape", [lifted, graph.integers(-1, joint_count, 3)])
    metres = graph.node("Mul", [lifted, graph.constant(np.float32(0.001))])
    joints = graph.node("Concat", [pose, metres], axis=2)
    network = _GraphNetwork(graph, parameters)
    levels, vertices = network_levels(graphs)
    mesh = network.run(joints, graphs.joints, levels)
    mesh = graph.node("Gather", [mesh, graph.constant(vertices)], axis=1)
    graph.add_output("pose3d_mm", Value(plain=lifted), ["people", joint_count, 3])
    graph.add_output("cam_mesh", Value(plain=mesh), ["people", len(vertices), 3])
    return graph.model_bytes(description)


def _lift(graph: GraphBuilder, parameters: Parameters, pose: str) -> str:
    """(N, 2 J) -> (N, 3 J)."""

    def layer(name: str, features: str, norm: str = "") -> str:
        weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        if norm:
            scale, shift = norm_at_rest(parameters, norm)
            weight, bias = weight * scale[:, None], bias * scale + shift
        return graph.node("Gemm", [features, graph.constant(single(weight.T)), graph.constant(single(bias))])

    features = layer("pose_lifter.w1", pose)
    for number in range(LIFTER_STAGES):
        stage = f"pose_lifter.linear_stages.{number}"
        scale, shift = norm_at_rest(parameters, f"{stage}.batch_norm1")
        inner = graph.node("Mul", [features, graph.constant(single(scale))])
        inner = graph.node("Relu", [graph.node("Add", [inner, graph.constant(single(shift))])])
        inner = graph.node("Relu", [layer(f"{stage}.w1", inner, f"{stage}.batch_norm2")])
        features = graph.node("Add", [features, layer(f"{stage}.w2", inner)])
    return layer("pose_lifter.w2", features)


class _GraphNetwork:
    """The graph network being written: its layers are numbered through all blocks."""

    def __init__(self, graph: GraphBuilder, parameters: Parameters) -> None:
        self.graph = graph
        self.parameters = parameters
        self.layer = 0

    def run(self, joints: str, joint_laplacian: NDArray, levels: list[Level]) -> str:
        """(N, J, 5) -> (N, nodes of the last level, 3)."""
        graph = self.graph
        dense = graph.constant(single(joint_laplacian))
        count = len(joint_laplacian)
        features = self._block(joints, count, lambda x, _: graph.node("MatMul", [dense, x]), CHANNELS[0])
        features = self._grow(features, count, levels[0])
        for number, level in enumerate(levels):
            if number:
                features = graph.node("Gather", [features, graph.constant(level.parents)], axis=1)
            channels = CHANNELS[1 + number]
            inner = self._block(features, level.size, self._product(level), channels)
            led_around = features
            if channels[0] != channels[-1]:
                mixing = graph.constant(_interpolation(channels[0], channels[-1]))
                led_around = graph.node("MatMul", [features, mixing])
            features = graph.node("Add", [inner, led_around])
        return self._block(features, levels[-1].size, self._product(levels[-1]), CHANNELS[-1])

    def _grow(self, features: str, joint_count: int, level: Level) -> str:
        """The joints' features, all together -> those of the coarsest level's nodes."""
        width = CHANNELS[1][0]
        weight, bias = self.parameters["pose2mesh.fc.weight"], self.parameters["pose2mesh.fc.bias"]
        weight = weight.reshape(-1, width, weight.shape[1])[level.parents].reshape(-1, weight.shape[1])
        bias = bias.reshape(-1, width)[level.parents].ravel()
        flat = self._reshape(features, joint_count * CHANNELS[0][-1])
        constants = [self.graph.constant(single(weight.T)), self.graph.constant(single(bias))]
        return self._reshape(self.graph.node("Gemm", [flat, *constants]), level.size, width)

    def _product(self, level: Level) -> Product:
        """Multiplies with the level's Laplacian."""
        neighbours, pieces = self.graph.constant(level.neighbours), self.graph.constant(level.pieces)

        def multiply(features: str, width: int) -> str:
            gathered = self.graph.node("Gather", [features, neighbours], axis=1)
            return self._reshape(self.graph.node("MatMul", [pieces, gathered]), level.size, width)

        return multiply

    def _block(self, features: str, size: int, multiply: Product, channels: tuple[int, ...]) -> str:
        """As many layers as `channels` has steps: (N, size, channels[0]) -> (N, size, channels[-1])."""
        for before, after in pairwise(channels):
            weights, bias = self._layer(before)
            if after < before:
                features = self._narrow(features, size, multiply, weights, bias)
            else:
                features = self._widen(features, size, multiply, weights, bias)
            if self.layer < len(LAYERS):
                features = self.graph.node("Relu", [features])
        return features

    def _narrow(self, features: str, size: int, multiply: Product, weights: Weights, bias: NDArray) -> str:
        """A layer whose result is multiplied with L."""
        before, after = weights[0].shape
        together = self.graph.constant(single(np.concatenate(weights, axis=1)))
        mixed = self.graph.node("MatMul", [self._reshape(features, before), together])
        parts = self._reshape(mixed, size, ORDER * after)
        plain, once, twice = self.graph.nodes("Split", [parts], ORDER, axis=2)
        once = self.graph.node("Add", [once, multiply(twice, after)])
        plain = self.graph.node("Add", [plain, multiply(once, after)])
        return self.graph.node("Add", [plain, self.graph.constant(single(bias))])

    def _widen(self, features: str, size: int, multiply: Product, weights: Weights, bias: NDArray) -> str:
        """A layer whose input is multiplied with L."""
        before, after = weights[0].shape
        together = self.graph.constant(single(np.concatenate(weights, axis=0)))
        once = multiply(features, before)
        basis = self.graph.node("Concat", [features, once, multiply(once, before)], axis=2)
        flat = self._reshape(basis, ORDER * before)
        mixed = self.graph.node("Gemm", [flat, together, self.graph.constant(single(bias))])
        return self._reshape(mixed, size, after)

    def _layer(self, width: int) -> tuple[Weights, NDArray]:
        """The next layer's weights, `width` its width before, and its bias, the batch norm in them."""
        name = f"pose2mesh.cl.{self.layer}"
        weight, bias = self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"]
        norm = f"pose2mesh.bn.{self.layer}"
        if f"{norm}.weight" in self.parameters:
            scale, shift = norm_at_rest(self.parameters, norm)
            weight, bias = weight * scale[:, None], bias * scale + shift
        self.layer += 1
        zeroth, first, second = weight.reshape(-1, width, ORDER).transpose(2, 1, 0)
        return [zeroth - second, first, 2 * second], bias

    def _reshape(self, features: str, *shape: int) -> str:
        return self.graph.node("Reshape", [features, self.graph.integers(-1, *shape)])


def _interpolation(before: int, after: int) -> NDArray[np.float32]:
    """(before, after): channels interpolated linearly, the first and the last kept as they are beyond the ends."""
    at = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    return single(np.maximum(0, 1 - np.abs(np.arange(before)[:, None] - at)))
