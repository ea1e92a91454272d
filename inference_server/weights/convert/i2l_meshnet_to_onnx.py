"""I2L-MeshNet's parameters -> ONNX, with numpy and the ONNX package alone.

Batch norms become part of the layers before them. The joints are never drawn into a volume: see `draw`.
"""

import numpy as np
from numpy.typing import NDArray

from ...lixel_layout.kinds import CROP, GRID
from ...lixel_layout.layers import SIGMA, SMALLEST_VARIANCE, UPSAMPLINGS, WIDTH
from ...resnet_layout import STAGES, STEM
from .graph import GraphBuilder, Value
from .torch_layers import LayerWriter, Parameters, single


def convert_i2l_meshnet(parameters: Parameters, joint_regressor: NDArray | None, description: str) -> bytes:
    """Contents of an .onnx file from the authors' parameters, by name.

    Input "image" (N, 3, 256, 256), RGB from 0 to 1. Outputs, in lixels: "joints" (N, J, 3), "joint_spread",
    "vertices" (N, V, 3), "vertex_spread"; with the joint regressor (J, V) of the parameter stage also "rotation_6d"
    (N, T, 6), each turned joint's first two columns interleaved, relative to its parent, and "betas" (N, 10).
    """
    graph = GraphBuilder()
    network = _Network(graph, parameters)
    features = network.stem(
        "pose_backbone.", graph.plain(graph.add_input("image", ["people", 3, CROP, CROP]))
    )
    joints, joint_spread = network.lixels("pose_net", network.stages("pose_backbone.", features, STAGES))
    drawn = network.draw(features, joints)
    vertices, vertex_spread = network.lixels("mesh_net", network.stages("mesh_backbone.", drawn, STAGES))
    vertex_count = len(parameters["mesh_net.conv_x.0.bias"])
    outputs: dict[str, tuple[str, list[int]]] = {
        "joints": (joints, [network.joint_count, 3]),
        "joint_spread": (joint_spread, [network.joint_count, 3]),
        "vertices": (vertices, [vertex_count, 3]),
        "vertex_spread": (vertex_spread, [vertex_count, 3]),
    }
    if joint_regressor is not None:
        of_vertices = graph.node("MatMul", [graph.constant(single(joint_regressor)), vertices])
        rotations, betas = network.regress(of_vertices)
        outputs["rotation_6d"] = (rotations, [network.turned_count, 6])
        outputs["betas"] = (betas, [len(parameters["param_regressor.fc_shape.0.bias"])])
    for name, (tensor, shape) in outputs.items():
        graph.add_output(name, Value(plain=tensor), ["people", *shape])
    return graph.model_bytes(description)


class _Network(LayerWriter):
    """The network being written, part by part."""

    def __init__(self, graph: GraphBuilder, parameters: Parameters) -> None:
        super().__init__(graph, parameters)
        self.joint_count = len(parameters["pose_net.conv_x.0.bias"])

    @property
    def turned_count(self) -> int:
        return len(self.parameters["param_regressor.fc_pose.0.bias"]) // 6

    def lixels(self, name: str, features: str) -> tuple[str, str]:
        """(N, 2048, 8, 8) -> positions and their standard deviations, (N, P, 3) each."""
        graph = self.graph
        plane = features
        for number in UPSAMPLINGS:
            weight, bias = self.layer(f"{name}.deconv.{number}", f"{name}.deconv.{number + 1}", axis=1)
            constants = [graph.constant(weight), graph.constant(bias)]
            plane = graph.node("ConvTranspose", [plane, *constants], strides=[2, 2], pads=[1] * 4)
            plane = graph.node("Relu", [plane])
        along_z = graph.node("ReduceMean", [features], axes=[2, 3], keepdims=0)
        along_z = graph.node("Relu", [self.dense(f"{name}.conv_z_1.0", along_z, f"{name}.conv_z_1.1")])
        lines = {
            "conv_x": graph.node("ReduceMean", [plane], axes=[2], keepdims=0),
            "conv_y": graph.node("ReduceMean", [plane], axes=[3], keepdims=0),
            "conv_z_2": self.reshape(along_z, WIDTH, GRID),
        }
        offsets = np.arange(GRID) - (GRID - 1) / 2
        powers = graph.constant(single(np.stack([offsets, offsets**2], axis=1)))
        moments = []
        for layer, line in lines.items():
            heatmap = self.convolve(f"{name}.{layer}.0", line)
            moments.append(graph.node("MatMul", [graph.node("Softmax", [heatmap], axis=2), powers]))
        point_count = len(self.parameters[f"{name}.conv_x.0.bias"])
        pairs = self.reshape(graph.node("Concat", moments, axis=2), point_count, 3, 2)
        mean, square = (
            self.reshape(part, point_count, 3) for part in graph.nodes("Split", [pairs], 2, axis=3)
        )
        variance = graph.node("Sub", [square, graph.node("Mul", [mean, mean])])
        variance = graph.node("Max", [variance, graph.constant(np.float32(SMALLEST_VARIANCE))])
        middle = graph.constant(np.float32((GRID - 1) / 2))
        return graph.node("Add", [mean, middle]), graph.node("Sqrt", [variance])

    def draw(self, features: str, joints: str) -> str:
        """(N, 64, 64, 64) and joints (N, J, 3) -> (N, 64, 64, 64).

        With Gaussians g of the joints along the axes and weights W of a convolution over J x 64 slices:
        the sum over j, z, k, l of W[o, j, z, k, l] gz_j(z) gx_j(x + l) gy_j(y + k), one after the other.
        """
        graph = self.graph
        weight, bias = self.layer("pose2feat.conv.0", "pose2feat.conv.1")
        seen = graph.node(
            "Conv", [features, graph.constant(weight[:, :STEM]), graph.constant(bias)], pads=[1] * 4
        )
        weight = weight[:, STEM:].reshape(STEM, self.joint_count, GRID, 9).transpose(1, 2, 0, 3)
        coordinates = graph.nodes("Split", [graph.node("Unsqueeze", [joints, graph.integers(3)])], 3, axis=2)
        x, y = (self._gaussians(coordinate, (-1, 0, 1)) for coordinate in coordinates[:2])
        z = self._gaussians(coordinates[2], (0,))
        kernels = graph.node("MatMul", [z, graph.constant(weight.reshape(self.joint_count, GRID, STEM * 9))])
        kernels = self.reshape(kernels, self.joint_count, STEM * 3, 3)  # (N, J, o k, l)
        rows = self.reshape(graph.node("MatMul", [kernels, x]), self.joint_count, STEM, 3, GRID)
        rows = graph.node("Transpose", [rows], perm=[0, 2, 1, 3, 4])
        rows = self.reshape(rows, STEM, self.joint_count * 3, GRID)  # (N, o, j k, x)
        columns = graph.node("Transpose", [self.reshape(y, 1, self.joint_count * 3, GRID)], perm=[0, 1, 3, 2])
        return graph.node("Relu", [graph.node("Add", [seen, graph.node("MatMul", [columns, rows])])])

    def _gaussians(self, coordinate: str, shifts: tuple[int, ...]) -> str:
        """(N, J, 1, 1) -> (N, J, S, 64), each shifted by so many lixels, nothing outside of the grid."""
        graph = self.graph
        places = np.arange(GRID) + np.array(shifts)[:, None]
        inside = (places >= 0) & (places < GRID)
        away = graph.node("Sub", [coordinate, graph.constant(single(places))])
        scaled = graph.node("Mul", [away, graph.constant(np.float32(np.sqrt(0.5) / SIGMA))])
        line = graph.node("Exp", [graph.node("Neg", [graph.node("Mul", [scaled, scaled])])])
        return line if inside.all() else graph.node("Mul", [line, graph.constant(single(inside))])

    def regress(self, joints: str) -> tuple[str, str]:
        """The vertices' joints (N, J, 3) -> rotations (N, T, 6) and betas (N, 10)."""
        name = "param_regressor"
        features = self.reshape(joints, 3 * self.joint_count)
        for number in (0, 3):
            features = self.dense(f"{name}.fc.{number}", features, f"{name}.fc.{number + 1}")
            features = self.graph.node("Relu", [features])
        pose = self.reshape(self.dense(f"{name}.fc_pose.0", features), self.turned_count, 6)
        return pose, self.dense(f"{name}.fc_shape.0", features)
