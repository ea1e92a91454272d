"""The room around the figure: floor boards, a wall with pictures, a rug, and its lights. World: Z up, metres."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Vector

from .nodes import Colour, Shader


@dataclass(frozen=True)
class Room:
    """What differs between rooms: colours (linear RGB), and where the wall stands (metres behind the origin)."""

    wall: Colour
    boards: Colour
    rug: Colour | None
    wall_distance: float = 2.6


def build_room(room: Room) -> None:
    _plane("floor", (16, 12), (0, 0, 0), (0, 0, 0), _boards(room.boards))
    upright = (np.pi / 2, 0, 0)
    distance = room.wall_distance
    _plane("wall", (16, 5), (0, distance, 2.5), upright, _plaster(room.wall))
    if room.rug:
        _plane("rug", (2.6, 1.8), (0.45, 0.1, 0.004), (0, 0, 0), _rug(room.rug))
    dark = Shader("frame", 0.5).finish([0.05, 0.045, 0.04])
    pictures = ((-1.75, 0.95, 0.68, [0.14, 0.30, 0.26]), (1.95, 0.62, 0.85, [0.50, 0.22, 0.09]))
    for number, (x, width, height, colour) in enumerate(pictures):
        _plane("frame", (width + 0.11, height + 0.11), (x, distance - 0.03, 1.62), upright, dark)
        shader = Shader("picture", 0.9)
        paint = shader.mix(shader.noise(shader.position(), 3.0 + number, 2), colour, [0.8, 0.75, 0.6])
        _plane("picture", (width, height), (x, distance - 0.05, 1.62), upright, shader.finish(paint))
    _light_room()


def _boards(colour: Colour) -> bpy.types.Material:
    shader = Shader("boards", 0.38)
    position = shader.position()
    brick = shader.tree.nodes.new("ShaderNodeTexBrick")
    brick.offset = 0.37
    values = {"Scale": 1.0, "Brick Width": 1.6, "Row Height": 0.16, "Mortar Size": 0.004}
    shades = {"Color1": 1.0, "Color2": 0.72, "Mortar": 0.18}
    for name, value in values.items():
        brick.inputs[name].default_value = value
    for name, factor in shades.items():
        brick.inputs[name].default_value = (*(value * factor for value in colour), 1.0)
    shader.tree.links.new(position, brick.inputs["Vector"])
    grain = shader.math("MULTIPLY", shader.noise(shader.scaled(position, (1.2, 22, 1)), 2.0, 3), 0.5)
    return shader.finish(shader.mix(grain, brick.outputs[0], [value * 0.4 for value in colour]))


def _plaster(colour: Colour) -> bpy.types.Material:
    shader = Shader("plaster", 0.9)
    position = shader.position()
    _, _, height = shader.separate(position)
    painted = shader.mix(shader.noise(position, 1.3, 2), [value * 0.93 for value in colour], colour)
    return shader.finish(shader.mix(shader.math("LESS_THAN", height, 0.11), painted, [0.75, 0.74, 0.71]))


def _rug(colour: Colour) -> bpy.types.Material:
    shader = Shader("rug", 0.95)
    position = shader.position()
    _, depth, _ = shader.separate(position)
    woven = shader.mix(shader.noise(position, 8, 2), [value * 0.8 for value in colour], colour)
    bands = shader.math("GREATER_THAN", shader.math("FRACT", shader.math("MULTIPLY", depth, 4.0)), 0.8)
    return shader.finish(shader.mix(bands, woven, [0.55, 0.51, 0.44]))


def _plane(
    name: str,
    size: Sequence[float],
    place: Sequence[float],
    turn: Sequence[float],
    material: bpy.types.Material,
) -> None:
    mesh = bpy.data.meshes.new(name)
    x, y = size[0] / 2, size[1] / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    item = bpy.data.objects.new(name, mesh)
    item.location, item.rotation_euler = place, turn
    bpy.context.scene.collection.objects.link(item)


def _light_room() -> None:
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.75, 0.82, 1.0, 1.0)
    background.inputs["Strength"].default_value = 0.28
    _area_light((-3.4, -3.2, 3.6), 1.6, 190, (1, 0.93, 0.82))
    _area_light((3.6, -2.0, 2.4), 2.0, 45, (0.8, 0.88, 1))
    _area_light((1.2, 2.2, 3.2), 1.0, 60, (1, 1, 1))


def _area_light(place: Sequence[float], size: float, watts: float, colour: Colour) -> None:
    light = bpy.data.lights.new("light", "AREA")
    light.size, light.energy, light.color = size, watts, colour
    item = bpy.data.objects.new("light", light)
    item.location = place
    item.rotation_euler = (Vector((0, 0, 1)) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(item)
