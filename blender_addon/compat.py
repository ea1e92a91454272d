"""Every difference between Blender 4.2 and 5.2 that the add-on meets; no other file knows one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy


@dataclass(frozen=True)
class Curves:
    """The F-curves and groups that one data-block's action holds for it."""

    curves: Any
    groups: Any

    def new(self, path: str, index: int = 0, group: str | None = None) -> Any:
        """An empty F-curve for `path[index]`, in the group of that name. Raises RuntimeError if there is one."""
        curve = self.curves.new(path, index=index)
        if group is not None:
            curve.group = self.groups.get(group) or self.groups.new(group)
        return curve


def new_action(owner: Any, name: str) -> Curves:
    """Gives `owner` (an object, shape keys, a camera's data, a node tree) a new action."""
    data = owner.animation_data or owner.animation_data_create()
    action = bpy.data.actions.new(name)
    if not hasattr(action, "slots"):  # before 4.4
        data.action = action
        return Curves(action.fcurves, action.groups)
    slot = action.slots.new(id_type=owner.id_type, name=owner.name)
    bag = action.layers.new("Layer").strips.new(type="KEYFRAME").channelbag(slot, ensure=True)
    # an action whose slot is not set animates nothing
    data.action, data.action_slot = action, slot
    return Curves(bag.fcurves, bag.groups)


def curves_of(owner: Any) -> Iterable[Any]:
    """The F-curves that animate `owner` now."""
    data = owner.animation_data
    if data is None or data.action is None:
        return ()
    if not hasattr(data.action, "slots"):
        return data.action.fcurves
    return [
        curve
        for layer in data.action.layers
        for strip in layer.strips
        for bag in [strip.channelbag(data.action_slot)]
        if bag is not None
        for curve in bag.fcurves
    ]


def use_nodes(owner: Any) -> None:
    """Materials and worlds always have nodes since 5.0, where asking for them warns."""
    if bpy.app.version < (5, 0, 0):
        owner.use_nodes = True


def new_compositor(scene: bpy.types.Scene) -> tuple[Any, Any]:
    """Gives `scene` an empty compositor: the node tree, and the input that takes the picture to write."""
    if bpy.app.version < (5, 0, 0):
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        return tree, tree.nodes.new("CompositorNodeComposite").inputs["Image"]
    tree = bpy.data.node_groups.new("Over the Source", "CompositorNodeTree")
    scene.compositing_node_group = tree
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return tree, tree.nodes.new("NodeGroupOutput").inputs["Image"]


def scale_to_render_size(tree: Any) -> Any:
    """A node that stretches a picture to the render's size."""
    node = tree.nodes.new("CompositorNodeScale")
    if bpy.app.version < (5, 0, 0):
        node.space = "RENDER_SIZE"
    else:
        node.inputs["Type"].default_value = "Render Size"
    return node


def alpha_over(tree: Any) -> tuple[Any, Any, Any]:
    """A node that lays one picture over another: its inputs for the lower and the upper, and its output."""
    node = tree.nodes.new("CompositorNodeAlphaOver")
    if bpy.app.version < (5, 0, 0):
        return node.inputs[1], node.inputs[2], node.outputs[0]
    return node.inputs["Background"], node.inputs["Foreground"], node.outputs[0]


def can_denoise() -> bool:
    """Whether this Blender was built with the denoiser; Linux distributions leave it out."""
    import _cycles

    return bool(_cycles.with_openimagedenoise)
