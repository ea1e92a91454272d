"""A person and a character in a scene, the button, and what came of it; for the tests of retargeting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np

from human_mesh_recovery.blender_addon import compat
from human_mesh_recovery.blender_addon.retarget import choices
from human_mesh_recovery.blender_addon.scene import recovered
from human_mesh_recovery.blender_addon.scene.timeline import plan
from human_mesh_recovery.scripts.retargeting.contact_motion import ContactMotion
from human_mesh_recovery.scripts.retargeting.measures import measure
from human_mesh_recovery.scripts.retargeting.posed import read_posed
from human_mesh_recovery.tests import addon_session
from human_mesh_recovery.tests.made_up_characters import bones_of_character

FPS = 30
LIMITS = {"mean": 1.0, "p95": 3.0, "wrist %": 3.0, "ankle %": 3.0, "hinge": 5.0, "slide": 5.0, "sunk": 5.0}


@contextmanager
def session() -> Iterator[None]:
    """Within, the add-on is on, in an empty file at the motion's frame rate."""
    addon_session.switch_on()
    bpy.context.scene.render.fps = FPS
    yield
    addon_session.switch_off()


def add_person(source: ContactMotion) -> Any:
    """Recovers the person into the scene: the rig."""
    made = recovered.add_recovered(
        bpy.context.scene, "clip", [source.motion], plan([source.motion], FPS), False
    )
    return made.people[0].rig


def press(*selected: Any) -> Any:
    """Selects these, presses Retarget, and returns the panel's choices."""
    for made in bpy.context.view_layer.objects:
        made.select_set(made in selected)
    bpy.context.view_layer.objects.active = selected[-1]
    assert bpy.ops.human_mesh_recovery.retarget() == {"FINISHED"}
    return choices.of(bpy.context.scene)


def measured(source: ContactMotion, rig: Any, heading: np.ndarray | None = None) -> dict[str, float]:
    frames = np.arange(1, len(source.joints) + 1)
    return measure(source, read_posed(rig, bones_of_character(), frames)[0], heading)


def assert_follows(source: ContactMotion, rig: Any) -> None:
    found = measured(source, rig)
    assert {name: found[name] for name in LIMITS if not found[name] <= LIMITS[name]} == {}


def pose_of(rig: Any) -> np.ndarray:
    return np.array([bone.matrix_basis for bone in rig.pose.bones])


def keys_of(rig: Any) -> dict[tuple[str, int], np.ndarray]:
    found = {}
    for curve in compat.curves_of(rig):
        points = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", points)
        found[curve.data_path, curve.array_index] = points.reshape(-1, 2)
    return found
