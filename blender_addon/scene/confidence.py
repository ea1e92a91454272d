"""How sure the recovery is of each joint: a custom property on its bone, with a curve over the clip."""

import bpy
import numpy as np

from ...inference_server import resampling
from ...inference_server.body.skeleton import JOINT_NAMES
from ...inference_server.motion import Motion
from .. import compat
from .animation import write_keys
from .timeline import Timeline

PROPERTY = "confidence"
GROUP = "Confidence"
"""Of the curves: apart from the rotations', so that all can be hidden or muted at once."""
DESCRIPTION = "How well this joint was seen: 1 is sure, below 0.5 it is rather guessed"
CURVE_COLOUR = (0.95, 0.55, 0.15)


def path_of(joint: str) -> str:
    """The property's path from the rig."""
    return f'pose.bones["{joint}"]["{PROPERTY}"]'


def note_confidence(rig: bpy.types.Object, motion: Motion, timeline: Timeline) -> None:
    """Gives the bones the motion's confidence, a key a frame, or the value alone of a still.

    What an earlier motion left is replaced; a motion without confidence takes the property away.
    """
    curves = compat.own_action(rig, rig.name)
    values = frames = None
    if motion.confidence is not None:
        samples = resampling.resample_confidence(motion, timeline.positions)
        frames, values = samples[0] + timeline.first_frame, samples[1]
    for joint, name in enumerate(JOINT_NAMES):
        bone, path = rig.pose.bones.get(name), path_of(name)
        if bone is None:
            continue
        if frames is None or values is None:
            curves.remove(path)
            bone.pop(PROPERTY, None)
            continue
        bone[PROPERTY] = float(values[0, joint])
        bone.id_properties_ui(PROPERTY).update(
            min=0.0, max=1.0, soft_min=0.0, soft_max=1.0, default=1.0, description=DESCRIPTION
        )
        if len(motion.poses) == 1:
            curves.remove(path)
            continue
        curve = curves.curve(path, group=GROUP)
        curve.color_mode, curve.color = "CUSTOM", CURVE_COLOUR
        write_keys(curve, frames, values[:, joint])


def has_confidence(rig: bpy.types.Object) -> bool:
    return any(PROPERTY in bone for bone in rig.pose.bones)


def read_confidence(rig: bpy.types.Object) -> tuple[int, np.ndarray] | None:
    """The first frame and (F, 24) the confidence from there on, as the curves are now; one row for a still.

    Joints whose bones have none count as sure. None where no bone has any.
    """
    if not has_confidence(rig):
        return None
    joints = {path_of(name): joint for joint, name in enumerate(JOINT_NAMES)}
    keys: dict[int, np.ndarray] = {}
    for curve in compat.curves_of(rig):
        joint = joints.get(curve.data_path)
        if joint is not None and len(curve.keyframe_points):
            flat = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
            curve.keyframe_points.foreach_get("co", flat)
            keys[joint] = flat.reshape(-1, 2)
    first = round(min((each[0, 0] for each in keys.values()), default=0))
    last = round(max((each[-1, 0] for each in keys.values()), default=0))
    values = np.ones((last - first + 1, len(JOINT_NAMES)))
    for joint, name in enumerate(JOINT_NAMES):
        if joint in keys:
            values[:, joint] = np.interp(np.arange(first, last + 1), keys[joint][:, 0], keys[joint][:, 1])
        elif name in rig.pose.bones:
            values[:, joint] = rig.pose.bones[name].get(PROPERTY, 1.0)
    return first, values
