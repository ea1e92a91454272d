"""Where a character's bones are, read from Blender's evaluated scene."""

import bpy
import numpy as np

from human_mesh_recovery.blender_addon.retarget.read import meshes_of

from .measures import Posed

SKIN_STEP = 10
"""Every how many frames the skin is looked at."""
SOURCE_LEG = 0.82
"""Metres, of the free body: near enough for millimetres."""


def read_posed(rig: bpy.types.Object, names: dict[str, str], frames: np.ndarray) -> tuple[Posed, float]:
    """Where the bones `names` are at the scene's `frames` (F,), and how far the skin goes below the floor.

    The latter in mm over the legs' ratio; nan where there is no skin.
    """
    scene = bpy.context.scene
    world = np.array(rig.matrix_world)
    rest = {name: _placed(world, np.array(rig.data.bones[bone].matrix_local)) for name, bone in names.items()}
    joints = {name: np.empty((len(frames), 3)) for name in names}
    turns = {name: np.empty((len(frames), 3, 3)) for name in names}
    meshes = meshes_of(rig)
    floor = min((_lowest(mesh, evaluated=False) for mesh in meshes), default=0.0)
    lowest = np.inf
    for row, frame in enumerate(frames):
        scene.frame_set(int(frame))
        graph = bpy.context.evaluated_depsgraph_get()
        bones = rig.evaluated_get(graph).pose.bones
        for name, bone in names.items():
            joints[name][row], turns[name][row] = _placed(world, np.array(bones[bone].matrix))
        if row % SKIN_STEP == 0:
            lowest = min([lowest, *(_lowest(mesh, evaluated=True) for mesh in meshes)])
    posed = Posed(
        {name: place for name, (place, _) in rest.items()}, {name: turn for name, (_, turn) in rest.items()},
        joints, turns, floor,
    )  # fmt: skip
    leg = np.linalg.norm(posed.rest["left_shin"] - posed.rest["left_thigh"])
    leg += np.linalg.norm(posed.rest["left_foot"] - posed.rest["left_shin"])
    return posed, float(max(0.0, floor - lowest) * 1000 * SOURCE_LEG / leg) if meshes else float("nan")


def _placed(world: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bone's joint and its axes, orthogonal, in the world."""
    whole = world @ matrix
    left, _, right = np.linalg.svd(whole[:3, :3])
    return whole[:3, 3], left @ right


def _lowest(mesh: bpy.types.Object, evaluated: bool) -> float:
    """The lowest vertex of a mesh as it is now, or as it is modelled."""
    shown = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()) if evaluated else mesh
    points = np.empty(len(shown.data.vertices) * 3, dtype=np.float32)
    shown.data.vertices.foreach_get("co", points)
    world = np.array(shown.matrix_world)
    return float((points.reshape(-1, 3) @ world[2, :3] + world[2, 3]).min())
