"""The body's mesh: shape keys for the betas and the pose's corrections, weights, the link to the rig."""

import bpy
import numpy as np

from ...inference_server.body.fingers import Fingers
from ...inference_server.body.model import Body
from ...inference_server.body.skeleton import RIG_NAMES

BETA_RANGE = 5.0
LARGEST_BETA = 10.0
"""Blender's own limit for a shape key's range."""
CORRECTIVE_RANGE = 2.0
"""What a pose feature, an entry of a rotation matrix minus the identity, can be at most."""


def build_mesh(
    name: str, body: Body, betas: np.ndarray, rig: bpy.types.Object, with_fingers: bool = False
) -> bpy.types.Object:
    """The mesh object, parented to `rig`, in SMPL's axes as the rig's data are; in no collection yet.

    Its base is the template and each beta has a shape key, "Shape 1" to "Shape 10", at the person's value.
    A body with pose corrections has a key more for each, "Pose 1" to "Pose 207", at 0. with_fingers: as the rig.
    """
    figure = bpy.data.objects.new(name, _surface(name, body, with_fingers))
    figure.parent = rig
    _give_keys(figure, body, betas, with_fingers)
    _weigh(figure, body, with_fingers)
    modifier = figure.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    # dual quaternions are not SMPL's skinning
    modifier.use_deform_preserve_volume = False
    return figure


def reshape_mesh(figure: bpy.types.Object, betas: np.ndarray) -> None:
    """Gives the figure other betas; all else of its mesh stays."""
    keys = figure.data.shape_keys.key_blocks
    for index, value in enumerate(betas):
        if f"Shape {index + 1}" in keys:
            _set_beta(keys[f"Shape {index + 1}"], float(value))


def replace_mesh(figure: bpy.types.Object, body: Body, betas: np.ndarray, with_fingers: bool = False) -> None:
    """Gives the figure another body's mesh, or its own with or without fingers, in the materials of its own."""
    materials = list(figure.data.materials)
    figure.vertex_groups.clear()
    figure.data = _surface(figure.data.name, body, with_fingers)
    for material in materials:
        figure.data.materials.append(material)
    _give_keys(figure, body, betas, with_fingers)
    _weigh(figure, body, with_fingers)


def corrective_count(body: Body) -> int:
    """How many pose corrections the body has: 207, or none."""
    if body.pose_directions is None or not np.any(body.pose_directions):
        return 0
    return body.pose_directions.shape[2]


def _form(body: Body, with_fingers: bool) -> Body | Fingers:
    """What the mesh is at rest: with straight fingers, where they are to bend."""
    return body.fingers if with_fingers and body.fingers is not None else body


def _surface(name: str, body: Body, with_fingers: bool) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(_form(body, with_fingers).template, [], body.faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), dtype=bool))
    mesh.update()
    return mesh


def _give_keys(figure: bpy.types.Object, body: Body, betas: np.ndarray, with_fingers: bool) -> None:
    form = _form(body, with_fingers)
    figure.shape_key_add(name="Basis")
    for index, value in enumerate(betas):
        key = _shape_key(figure, form, f"Shape {index + 1}", form.shape_directions[:, :, index])
        _set_beta(key, float(value))
    for index in range(corrective_count(body)):
        assert body.pose_directions is not None
        key = _shape_key(figure, form, f"Pose {index + 1}", body.pose_directions[:, :, index])
        key.slider_min, key.slider_max = -CORRECTIVE_RANGE, CORRECTIVE_RANGE
        key.value = 0.0


def _set_beta(key: bpy.types.ShapeKey, value: float) -> None:
    reach = min(LARGEST_BETA, max(BETA_RANGE, abs(value)))
    key.slider_min, key.slider_max = -reach, reach
    key.value = value


def _shape_key(
    figure: bpy.types.Object, form: Body | Fingers, name: str, offsets: np.ndarray
) -> bpy.types.ShapeKey:
    key = figure.shape_key_add(name=name, from_mix=False)
    key.points.foreach_set("co", (form.template + offsets).astype(np.float32).ravel())
    return key


def _weigh(figure: bpy.types.Object, body: Body, with_fingers: bool) -> None:
    """A vertex group a joint. Vertices that share a weight are set together."""
    all_weights = _form(body, with_fingers).weights
    for joint, name in enumerate(RIG_NAMES[: all_weights.shape[1]]):
        group = figure.vertex_groups.new(name=name)
        weights = all_weights[:, joint]
        vertices = np.flatnonzero(weights)
        if not len(vertices):
            continue  # a hand whose fingers carry all of it
        values, place = np.unique(weights[vertices], return_inverse=True)
        order = np.argsort(place, kind="stable")
        parts = np.split(vertices[order], np.cumsum(np.bincount(place, minlength=len(values)))[:-1])
        for value, part in zip(values, parts, strict=True):
            group.add(part.tolist(), float(value), "REPLACE")
