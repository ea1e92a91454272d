"""What the bodies look like: soft clay, a colour a person."""

import bpy

from ...inference_server.colours import PALETTE, srgb
from .. import compat
from . import marks


def clay(person: int) -> bpy.types.Material:
    """The material of the person at place `person`, from 0; made once and shared after that."""
    name = f"Clay {person % len(PALETTE) + 1}"
    if existing := marks.find(bpy.data.materials, name):
        return existing
    material = bpy.data.materials.new(name)
    marks.mark(material, name)
    compat.use_nodes(material)
    linear = (*(_linear(value / 255) for value in srgb(person)), 1.0)
    material.diffuse_color = linear
    material.roughness = 0.6
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED").inputs
    shader["Base Color"].default_value = linear
    shader["Roughness"].default_value = 0.55
    shader["Subsurface Weight"].default_value = 0.12
    shader["Subsurface Scale"].default_value = 0.02
    return material


def _linear(value: float) -> float:
    """An sRGB value between 0 and 1 as linear light (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
