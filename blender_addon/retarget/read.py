"""The user's armature, in numbers; nothing of it is changed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bpy
import numpy as np

from ...inference_server.errors import RecoveryError
from .skeleton import Skeleton, Skin

LOWEST = 0.15
"""The share of a character's height whose skin is read: what can touch the floor."""
MOST_POINTS = 4000
MOST_BONES = 4
"""That a point of the skin is taken to follow, those that it follows most."""


def read_skeleton(rig: bpy.types.Object) -> Skeleton:
    """All bones of an armature object at rest, and the skin near its floor.

    The world is that of the object where it stands now. Raises RecoveryError("no_armature", "rig_scale").
    """
    if rig.type != "ARMATURE" or not rig.data.bones:
        raise RecoveryError(
            "no_armature", f"{rig.name} has no bones.", "Choose the armature that moves your character."
        )
    bones = sorted(rig.data.bones, key=lambda bone: len(bone.parent_recursive))
    number = {bone.name: index for index, bone in enumerate(bones)}
    skeleton = Skeleton(
        names=tuple(number),
        parents=np.array([number[bone.parent.name] if bone.parent else -1 for bone in bones]),
        rest=np.array([bone.matrix_local for bone in bones], dtype=np.float64),
        tails=np.array([bone.tail_local for bone in bones], dtype=np.float64),
        to_world=np.array(rig.matrix_world, dtype=np.float64),
        deforms=np.array([bone.use_deform for bone in bones]),
        inherits_rotation=np.array([bone.use_inherit_rotation for bone in bones]),
        local_location=np.array([bone.use_local_location for bone in bones]),
        connected=np.array([bone.use_connect for bone in bones]),
    )
    assert np.isfinite(skeleton.turn).all()  # refuses an object that is scaled to nothing
    return replace(skeleton, skin=_skin(rig, skeleton))


def _skin(rig: bpy.types.Object, skeleton: Skeleton) -> Skin | None:
    """The lowest part of the meshes that the rig deforms."""
    found = [(mesh, _points_in_world(mesh)) for mesh in meshes_of(rig)]
    heights = [points[:, 2] for _, points in found]
    if not heights:
        return None
    low, high = min(map(np.min, heights)), max(map(np.max, heights))
    from_world = np.linalg.inv(skeleton.to_world)
    points, followed = [], []
    for mesh, places in found:
        chosen = np.flatnonzero(places[:, 2] <= low + LOWEST * (high - low))
        chosen = chosen[:: 1 + len(chosen) // MOST_POINTS]
        points.append(places[chosen] @ from_world[:3, :3].T + from_world[:3, 3])
        followed.append(_followed(mesh, chosen, skeleton.index))
    bones, weights = (np.concatenate(parts) for parts in zip(*followed, strict=True))
    return Skin(np.concatenate(points), bones, weights)


def meshes_of(rig: bpy.types.Object) -> list[bpy.types.Object]:
    """The meshes that an armature deforms, those with vertices."""
    return [made for made in _bound(rig) if len(made.data.vertices)]


def _bound(rig: bpy.types.Object) -> Iterator[bpy.types.Object]:
    for made in bpy.data.objects:
        if made.type == "MESH" and made.users_scene:
            modifiers = [modifier for modifier in made.modifiers if modifier.type == "ARMATURE"]
            by_parent = made.parent == rig and made.parent_type == "ARMATURE"
            if by_parent or any(modifier.object == rig for modifier in modifiers):
                yield made


def _points_in_world(mesh: bpy.types.Object) -> np.ndarray:
    """(V, 3) the vertices at rest, with the shape keys that are set."""
    points = _places(mesh.data.vertices)
    keys = mesh.data.shape_keys
    for key in keys.key_blocks if keys is not None and keys.use_relative else ():
        if key.value and not key.mute and key != key.relative_key:
            share = _weights(mesh, key.vertex_group) if key.vertex_group in mesh.vertex_groups else 1.0
            points += key.value * share * (_places(key.data) - _places(key.relative_key.data))
    to_world = np.array(mesh.matrix_world, dtype=np.float64)
    return points @ to_world[:3, :3].T + to_world[:3, 3]


def _places(points: Any) -> np.ndarray:
    """(V, 3) of vertices, or of a shape key's points."""
    places = np.empty(len(points) * 3, dtype=np.float32)
    points.foreach_get("co", places)
    return places.reshape(-1, 3).astype(np.float64)


def _weights(mesh: bpy.types.Object, name: str) -> np.ndarray:
    """(V, 1) of the vertices in a group."""
    number = mesh.vertex_groups[name].index
    return np.array(
        [[sum(g.weight for g in vertex.groups if g.group == number)] for vertex in mesh.data.vertices]
    )


def _followed(
    mesh: bpy.types.Object, chosen: np.ndarray, index: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(N, W) the bones that each of the chosen vertices follows most, -1 for none, and how much."""
    bones = {group.index: index[group.name] for group in mesh.vertex_groups if group.name in index}
    found = np.full((len(chosen), MOST_BONES), -1, dtype=np.int64)
    weights = np.zeros((len(chosen), MOST_BONES))
    for row, vertex in enumerate(chosen.tolist()):
        followed = [
            (group.weight, bones[group.group])
            for group in mesh.data.vertices[vertex].groups
            if group.group in bones and group.weight > 0
        ]
        for column, (weight, bone) in enumerate(sorted(followed, reverse=True)[:MOST_BONES]):
            found[row, column], weights[row, column] = bone, weight
    return found, weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
