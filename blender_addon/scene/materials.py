"""What the bodies look like: soft clay, a colour a person; and the colours of their confidence."""

import bpy

from ...inference_server.colours import PALETTE
from .. import compat
from . import marks

CONFIDENCE = "Confidence"


def clay(person: int) -> bpy.types.Material:
    """The material of the person at place `person`, from 0; made once and shared after that."""
    name = f"Clay {person % len(PALETTE) + 1}"
    if existing := marks.find(bpy.data.materials, name):
        return existing
    material = _matt(name, PALETTE[person % len(PALETTE)])
    shader = _shader(material)
    shader["Subsurface Weight"].default_value = 0.12
    shader["Subsurface Scale"].default_value = 0.02
    return material


def confidence(attribute: str, plain: str) -> bpy.types.Material:
    """Shows the colour attribute of that name; `plain` in sRGB where there are only plain colours. Made once."""
    if existing := marks.find(bpy.data.materials, CONFIDENCE):
        return existing
    material = _matt(CONFIDENCE, plain)
    colours = material.node_tree.nodes.new("ShaderNodeVertexColor")
    colours.layer_name = attribute
    colours.location = (-300, 300)
    material.node_tree.links.new(colours.outputs["Color"], _shader(material)["Base Color"])
    return material


def linear(hexadecimal: str) -> tuple[float, float, float, float]:
    """An sRGB colour such as #6c9bd2 as linear light (IEC 61966-2-1), with an alpha of 1."""
    red, green, blue = (int(hexadecimal[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return (_linear(red), _linear(green), _linear(blue), 1.0)


def _matt(name: str, hexadecimal: str) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    marks.mark(material, name)
    compat.use_nodes(material)
    material.diffuse_color = linear(hexadecimal)
    material.roughness = 0.6
    shader = _shader(material)
    shader["Base Color"].default_value = linear(hexadecimal)
    shader["Roughness"].default_value = 0.55
    return material


def _shader(material: bpy.types.Material) -> bpy.types.bpy_prop_collection:
    """The inputs of the node that says what light does."""
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED").inputs


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
