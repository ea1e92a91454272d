"""A result for good: an action of its own, which a strip or an asset may be made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from .. import compat
from . import apply
from .channels import Channel, simplified


@dataclass(frozen=True)
class Tolerance:
    """By how much straight interpolation between fewer keys may be off."""

    degrees: float
    millimetres: float


def bake(
    rig: bpy.types.Object,
    channels: Sequence[Channel],
    name: str,
    output: str = "ACTION",
    tolerance: Tolerance | None = None,
) -> bpy.types.Action:
    """Writes the keys into a new action; the one of before, and all others, stay in the file as they are.

    output: "ACTION", "NLA" or "ASSET" as in choices.OUTPUTS. tolerance: also leave out keys that are not needed.
    """
    if tolerance is not None:
        metre = 1 / float(np.cbrt(abs(np.linalg.det(np.array(rig.matrix_world)[:3, :3]))))
        distance = tolerance.millimetres / 1000 * metre
        channels = [simplified(channel, tolerance.degrees, distance) for channel in channels]
    before = apply.keep(rig)
    compat.new_action(rig, name)
    if before is not None and before.users == 0:  # which saving would drop
        before.use_fake_user = True
    apply.write(rig, channels)
    action = rig.animation_data.action
    if output == "NLA":
        _as_strip(rig, action)
    elif output == "ASSET":
        action.asset_mark()
    return action


def _as_strip(rig: bpy.types.Object, action: bpy.types.Action) -> None:
    data = rig.animation_data
    slot = compat.slot_of(rig)
    track = data.nla_tracks.new()
    track.name = action.name
    start = action.frame_range[0]
    strip = track.strips.new(action.name, int(start), action)
    compat.give_slot(strip, action, slot)
    strip.extrapolation = "HOLD_FORWARD"
    strip.blend_type = "REPLACE"
    data.action = None
