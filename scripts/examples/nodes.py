"""Short hands for writing Blender's shader nodes: a socket or a number goes in, a socket comes out."""

from collections.abc import Sequence

import bpy

Colour = Sequence[float]
Socket = bpy.types.NodeSocket


class Shader:
    """The node tree of one new material, with a Principled BSDF as its surface."""

    def __init__(self, name: str, roughness: float = 0.8) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.surface = self.tree.nodes["Principled BSDF"]
        self.surface.inputs["Roughness"].default_value = roughness

    def place(self) -> Socket:
        """Where a vertex lies on the mean body (a part's `template`)."""
        node = self.tree.nodes.new("ShaderNodeAttribute")
        node.attribute_name = "place"
        return node.outputs["Vector"]

    def position(self) -> Socket:
        """Where the surface lies in the world."""
        return self.tree.nodes.new("ShaderNodeNewGeometry").outputs["Position"]

    def separate(self, vector: Socket) -> tuple[Socket, Socket, Socket]:
        node = self.tree.nodes.new("ShaderNodeSeparateXYZ")
        self.tree.links.new(vector, node.inputs[0])
        return node.outputs[0], node.outputs[1], node.outputs[2]

    def math(self, operation: str, *values: Socket | float, clamp: bool = False) -> Socket:
        node = self.tree.nodes.new("ShaderNodeMath")
        node.operation, node.use_clamp = operation, clamp
        for socket, value in zip(node.inputs, values, strict=False):
            self._connect(value, socket)
        return node.outputs[0]

    def mix(self, factor: Socket | float, one: Socket | Colour, other: Socket | Colour) -> Socket:
        """Colour `one` where the factor is 0, `other` where it is 1."""
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type = "RGBA"
        for index, value in ((0, factor), (6, one), (7, other)):
            self._connect(value, node.inputs[index])
        return node.outputs[2]

    def scaled(self, vector: Socket, scale: Sequence[float]) -> Socket:
        node = self.tree.nodes.new("ShaderNodeMapping")
        node.inputs["Scale"].default_value = scale
        self.tree.links.new(vector, node.inputs["Vector"])
        return node.outputs[0]

    def noise(self, vector: Socket, scale: float, detail: float = 4.0) -> Socket:
        node = self.tree.nodes.new("ShaderNodeTexNoise")
        node.inputs["Scale"].default_value = scale
        node.inputs["Detail"].default_value = detail
        self.tree.links.new(vector, node.inputs["Vector"])
        return node.outputs[0]

    def ellipsoid(
        self, place: Socket, centre: Sequence[float], radii: Sequence[float], soft: float
    ) -> Socket:
        """1 inside of an ellipsoid, 0 outside; its twin across x = 0 counts as well."""
        total: Socket | float = 0.0
        for axis, (value, middle, radius) in enumerate(zip(self.separate(place), centre, radii, strict=True)):
            coordinate = self.math("ABSOLUTE", value) if axis == 0 else value
            share = self.math("DIVIDE", self.math("SUBTRACT", coordinate, middle), radius)
            total = self.math("ADD", self.math("MULTIPLY", share, share), total)
        return self.math("DIVIDE", self.math("SUBTRACT", 1 + soft / 2, total), soft, clamp=True)

    def between(self, value: Socket, low: float, high: float) -> Socket:
        """1 where low < value < high."""
        return self.math(
            "MULTIPLY", self.math("GREATER_THAN", value, low), self.math("LESS_THAN", value, high)
        )

    def bump(self, height: Socket, strength: float, distance: float) -> None:
        node = self.tree.nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value = strength
        node.inputs["Distance"].default_value = distance
        self.tree.links.new(height, node.inputs["Height"])
        self.tree.links.new(node.outputs[0], self.surface.inputs["Normal"])

    def finish(self, colour: Socket | Colour) -> bpy.types.Material:
        self._connect(colour, self.surface.inputs["Base Color"])
        return self.material

    def _connect(self, value: "Socket | float | Colour", socket: Socket) -> None:
        if isinstance(value, Socket):
            self.tree.links.new(value, socket)
        elif isinstance(value, (int, float)):
            socket.default_value = value
        else:
            socket.default_value = (*value, 1.0)
