"""Every difference between Blender 4.2 and 5.2 that the add-on meets; no other file knows one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

PARTS = 4
"""Curves that a path may have, those of a quaternion."""


@dataclass(frozen=True)
class Curves:
    """The F-curves and groups that one data-block's action holds for it."""

    curves: Any
    groups: Any

    def curve(self, path: str, index: int = 0, group: str | None = None) -> Any:
        """The F-curve for `path[index]`; an empty one, in the group of that name, where there is none."""
        existing = self.curves.find(path, index=index)
        if existing is not None:
            return existing
        if group is not None:
            return self.new(path, index, group)
        return self.curves.new(path, index=index)

    def new(self, path: str, index: int, group: str) -> Any:
        """A new F-curve for `path[index]`, of which there must be none, in the group of that name."""
        curve = self.curves.new(path, index=index)
        curve.group = self.groups.get(group) or self.groups.new(group)
        return curve

    def clear(self) -> None:
        """Removes all F-curves and groups."""
        self.curves.clear()
        for group in list(self.groups):
            self.groups.remove(group)

    def remove(self, path: str) -> None:
        """Removes the F-curves for `path`, if there are any."""
        for index in range(PARTS):
            existing = self.curves.find(path, index=index)
            if existing is not None:
                self.curves.remove(existing)


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


def own_action(owner: Any, name: str) -> Curves:
    """The action that animates `owner` and nothing else, as it is; a new one where there is none."""
    data = owner.animation_data
    action = data and data.action
    if action is None or action.users - action.use_fake_user > 1:
        return new_action(owner, name)
    if not hasattr(action, "slots"):
        return Curves(action.fcurves, action.groups)
    if data.action_slot is None or not action.layers or not action.layers[0].strips:
        return new_action(owner, name)
    bag = action.layers[0].strips[0].channelbag(data.action_slot, ensure=True)
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


def slot_of(owner: Any) -> str:
    """By which the slot that animates `owner` is known in its action; "" before there were slots."""
    slot = getattr(owner.animation_data, "action_slot", None)
    return "" if slot is None else slot.identifier


def give_action(owner: Any, action: bpy.types.Action | None, slot: str = "") -> None:
    """Has an action, or none, animate `owner`, by the slot of that name where there are slots."""
    data = owner.animation_data
    if action is None:
        if data is not None:
            data.action = None
        return
    data = data or owner.animation_data_create()
    data.action = action
    give_slot(data, action, slot)


def give_slot(user: Any, action: bpy.types.Action, slot: str) -> None:
    """Has the user of an action, an animation data or a strip, follow the slot of that name; as it is before 4.4."""
    if slot and hasattr(action, "slots") and slot in action.slots:
        user.action_slot = action.slots[slot]


def playing_strips(owner: Any) -> list[Any]:
    """The strips of actions in `owner`'s tracks that are not muted."""
    data = owner.animation_data
    if data is None or not data.use_nla:
        return []
    tracks = [track for track in data.nla_tracks if not track.mute]
    return [
        strip for track in tracks for strip in track.strips if strip.action is not None and not strip.mute
    ]


def animated_paths(owner: Any) -> set[str]:
    """The paths of all that `owner`'s action and the strips of its tracks animate."""
    found = {curve.data_path for curve in curves_of(owner)}
    return found.union(
        *({curve.data_path for curve in _all_curves(strip.action)} for strip in playing_strips(owner))
    )


def _all_curves(action: bpy.types.Action) -> list[Any]:
    """The F-curves of all that an action animates."""
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return [curve for bag in bags for curve in bag.fcurves]


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


@dataclass(frozen=True)
class StripSpan:
    """Where a strip lies in the scene's time. Frames of the scene; each `last` and `end` is the one after."""

    first: float
    """What is on show, from handle to handle."""
    last: float
    start: float
    """The content, which the handles cut off or, beyond it, hold still."""
    end: float
    offsets: tuple[float, float]
    """From the content's start and end to the handles."""
    skipped_first: int
    """Frames of the file that were trimmed off the content itself."""
    skipped_last: int


def strip_span(strip: Any) -> StripSpan:
    """Where a strip lies. Its properties have other names since 5.2, where the old ones warn."""
    if hasattr(strip, "content_start"):
        first, last = strip.left_handle, strip.right_handle
        start, offsets = strip.content_start, (strip.left_handle_offset, strip.right_handle_offset)
        skipped = "content_trim_start", "content_trim_end"
    else:
        first, last = strip.frame_final_start, strip.frame_final_end
        start, offsets = strip.frame_start, (strip.frame_offset_start, strip.frame_offset_end)
        skipped = "animation_offset_start", "animation_offset_end"
    # effects have no content to trim
    return StripSpan(first, last, start, last + offsets[1], offsets, *(getattr(strip, n, 0) for n in skipped))


def strips_of(owner: Any) -> Any:
    """The strips of a sequence editor or of a meta strip, without those inside of other meta strips."""
    return owner.strips if hasattr(owner, "strips") else owner.sequences


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene | None:
    """The scene whose strips the sequencer shows; since 5.0 it need not be the window's."""
    workspace = context.workspace
    return getattr(workspace, "sequencer_scene", None) or context.scene


RETIMING_ENDS_BEFORE = 1 if bpy.app.version < (5, 0, 0) else 0
"""A strip's last speed key lies on its last frame, and since 5.0 after it."""


def frames_on_show(index: np.ndarray) -> np.ndarray:
    """(N,) the whole frames that a strip shows where its content has come to `index` (N,), one after another.

    They are the nearest; but since 5.0 Blender keeps a picture as long as the index lies before the next frame.
    """
    nearest = np.floor(index + 0.5)
    if bpy.app.version < (5, 0, 0):
        return nearest
    _, firsts, groups = np.unique(np.floor(index), return_index=True, return_inverse=True)
    return nearest[firsts][groups]


def select_bones(rig: bpy.types.Object, names: Sequence[str]) -> None:
    """Selects these bones of a rig in pose mode and no others; the first that is there becomes the active one."""
    for bone in rig.pose.bones:
        # since 5.0 it is the pose's
        (bone if hasattr(bone, "select") else bone.bone).select = bone.name in names
    rig.data.bones.active = next((rig.data.bones[name] for name in names if name in rig.data.bones), None)


@contextmanager
def writing_png(scene: bpy.types.Scene) -> Iterator[None]:
    """Within, what the scene renders is written as PNG of 8 bits; afterwards as the user set it."""
    settings = scene.render.image_settings
    names = ["file_format", "color_mode", "color_depth"]
    if hasattr(settings, "media_type"):  # since 5.0, and to be set before the others
        names.insert(0, "media_type")
    kept = {name: getattr(settings, name) for name in names}
    wanted = {"media_type": "IMAGE", "file_format": "PNG", "color_mode": "RGB", "color_depth": "8"}
    try:
        for name in names:
            setattr(settings, name, wanted[name])
        yield
    finally:
        for name in names:
            setattr(settings, name, kept[name])
