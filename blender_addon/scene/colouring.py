"""Bodies in the colours of their confidence: a Geometry Nodes modifier that blends the joints' by the weights.

Drivers bring the bones' values into its nodes, so the colours follow the timeline without a handler, also where
the add-on is switched off. Taking the modifier away leaves the body as it was.
"""

from typing import Any

import bpy

from ...inference_server.body.skeleton import FINGER_NAMES, JOINT_NAMES
from . import marks, materials
from .armature import has_fingers
from .build import Person
from .confidence import has_confidence, path_of

NAME = "Confidence"
"""Of the colour attribute, the modifier, its nodes and the material."""
ACTIVE_COLOUR = "human_mesh_recovery_active_colour"
"""On the mesh: which colour attribute of the user's viewports showed before."""
RAMP = ((0.0, "#7a1010"), (0.25, "#d6421a"), (0.5, "#f5a03c"), (0.7, "#8ea3bc"))
"""Confidence and sRGB. Blue-grey against orange, and red that darkens, are told apart by colour-blind eyes too."""


def colour(person: Person) -> None:
    """Shows the person's confidence at each frame, if it is known; over what was shown before."""
    uncolour(person.figure)
    if not has_confidence(person.rig):
        return
    tree = bpy.data.node_groups.new(NAME, "GeometryNodeTree")
    marks.mark(tree, NAME)
    _build(tree, has_fingers(person.rig))
    for joint in JOINT_NAMES:
        _drive(tree, joint, person.rig)
    modifier = person.figure.modifiers.new(NAME, "NODES")
    modifier.node_group = tree
    modifier.show_expanded = False
    attributes = person.figure.data.attributes
    person.figure.data[ACTIVE_COLOUR] = attributes.active_color_name
    attributes.active_color_name = NAME


def uncolour(figure: bpy.types.Object) -> None:
    """Shows the figure in its own colours, and removes what `colour` made."""
    made = made_for(figure)
    for modifier in [each for each in figure.modifiers if _is_ours(each)]:
        figure.modifiers.remove(modifier)
    marks.remove_unused(made)
    if ACTIVE_COLOUR in figure.data:
        figure.data.attributes.active_color_name = figure.data.pop(ACTIVE_COLOUR)


def is_coloured(figure: bpy.types.Object) -> bool:
    return any(_is_ours(modifier) for modifier in figure.modifiers)


def made_for(figure: bpy.types.Object) -> list[Any]:
    """The nodes and the material that colour the figure: to be removed after it, where nobody else uses them."""
    trees = [modifier.node_group for modifier in figure.modifiers if _is_ours(modifier)]
    shown = marks.find(bpy.data.materials, materials.CONFIDENCE) if trees else None
    return [*trees, *([shown] if shown is not None else [])]


def _is_ours(modifier: Any) -> bool:
    return modifier.type == "NODES" and modifier.node_group is not None and _made_here(modifier.node_group)


def _made_here(tree: Any) -> bool:
    return tree.get(marks.MADE) == NAME


def _build(tree: Any, with_fingers: bool) -> None:
    """Geometry in, geometry out: with the colours, and in the material that shows them."""
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    blended = None
    for row, joint in enumerate(JOINT_NAMES):
        side = joint.removesuffix("_hand")
        fingers = [name for name in FINGER_NAMES if name.startswith(f"{side}_")] if with_fingers else []
        weight = _weight(tree, [joint, *fingers] if side != joint else [joint], -400 + 200 * row)
        part = _node(tree, "ShaderNodeMath", (-200 + 200 * row, 0), operation="MULTIPLY_ADD", name=joint)
        part.label = joint
        tree.links.new(weight, part.inputs[0])
        part.inputs[2].default_value = 0.0
        if blended is not None:
            tree.links.new(blended, part.inputs[2])
        blended = part.outputs[0]
    right = 200 * len(JOINT_NAMES)
    ramp = _node(tree, "ShaderNodeValToRGB", (right, 0))
    _fill(ramp.color_ramp)
    store = _node(
        tree, "GeometryNodeStoreNamedAttribute", (right + 300, 200), data_type="FLOAT_COLOR", domain="POINT"
    )
    store.inputs["Name"].default_value = NAME
    look = _node(tree, "GeometryNodeSetMaterial", (right + 500, 200))
    look.inputs["Material"].default_value = materials.confidence(NAME, RAMP[-1][1])
    start = _node(tree, "NodeGroupInput", (right, 200))
    end = _node(tree, "NodeGroupOutput", (right + 700, 200))
    for out, into in (
        (blended, ramp.inputs["Fac"]),
        (ramp.outputs["Color"], store.inputs["Value"]),
        (start.outputs["Geometry"], store.inputs["Geometry"]),
        (store.outputs["Geometry"], look.inputs["Geometry"]),
        (look.outputs["Geometry"], end.inputs["Geometry"]),
    ):
        tree.links.new(out, into)


def _weight(tree: Any, groups: list[str], x: float) -> Any:
    """The sum of the vertex groups of those names: fingers are as sure as their hand."""
    total = None
    for row, group in enumerate(groups):
        weight = _node(tree, "GeometryNodeInputNamedAttribute", (x, -300 - 150 * row), data_type="FLOAT")
        weight.inputs["Name"].default_value = group
        own = weight.outputs["Attribute"]
        if total is not None:
            both = _node(tree, "ShaderNodeMath", (x + 200, -300 - 150 * row), operation="ADD")
            tree.links.new(total, both.inputs[0])
            tree.links.new(own, both.inputs[1])
            own = both.outputs[0]
        total = own
    return total


def _node(tree: Any, kind: str, place: tuple[float, float], **options: Any) -> Any:
    node = tree.nodes.new(kind)
    node.location = place
    for name, value in options.items():
        setattr(node, name, value)
    return node


def _fill(ramp: Any) -> None:
    elements = ramp.elements
    while len(elements) < len(RAMP):
        elements.new(1.0)
    for element, (position, hexadecimal) in zip(elements, RAMP, strict=True):
        element.position, element.color = position, materials.linear(hexadecimal)


def _drive(tree: Any, joint: str, rig: bpy.types.Object) -> None:
    """The bone's value as it is; no expression, which Blender might refuse to run in a file from elsewhere."""
    driver = tree.driver_add(f'nodes["{joint}"].inputs[1].default_value').driver
    driver.type = "AVERAGE"
    variable = driver.variables.new()
    variable.targets[0].id = rig
    variable.targets[0].data_path = path_of(joint)
