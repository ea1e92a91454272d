"""The dressed figure as Blender objects, posed by the truth itself: a Motion and the body it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from human_mesh_recovery.inference_server.body import model, rotation
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX as J
from human_mesh_recovery.inference_server.motion import Motion

from . import clothes, hair, shoes
from .materials import Palette, make_materials
from .parts import Part, whole_body
from .turns import Array

EYE_TOP, EYE_BOTTOM, EYE_RADIUS = 0.655, 0.617, 0.0185


@dataclass(frozen=True)
class Look:
    """Everything about a figure but its pose."""

    betas: tuple[float, ...]
    palette: Palette
    style: hair.HairStyle
    wear: clothes.Cut = field(default_factory=clothes.Cut)


Pose = Callable[[Motion, int], None]


def build_figure(body: model.Body, look: Look, rounded: bool = True) -> Pose:
    """Adds the figure's objects to the scene. -> a function that gives them the pose of one frame of a Motion.

    rounded: subdivides the surfaces, which takes half of a small picture's time.
    """
    betas = np.array(look.betas)
    joints = model.rest_joints(body, betas)
    surface = whole_body(body, betas)
    parts = [
        clothes.uncovered_body(surface, look.wear),
        clothes.shirt(surface, look.wear),
        clothes.trousers(surface, look.wear),
    ]
    parts += [shoes.shoe(surface, joints, side) for side in ("left", "right")]
    materials = make_materials(look.palette)
    objects = [_add_part(part, materials, rounded) for part in parts]
    strands = _add_hair(hair.grow(surface, look.style, seed=3), materials["hair"])

    def pose(motion: Motion, frame: int) -> None:
        rotations = rotation.axis_angle_to_matrix(motion.poses[frame])
        turned, positions = model.forward_kinematics(rotations, joints)
        shifts = positions + motion.trans[frame] - np.einsum("jab,jb->ja", turned, joints)
        for part, item in zip(parts, objects, strict=True):
            blended = np.einsum("nj,jab->nab", part.weights, turned)
            vertices = np.einsum("nab,nb->na", blended, part.rest) + part.weights @ shifts
            item.data.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
            item.data.update()
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = turned[J["head"]], shifts[J["head"]]
        strands.matrix_world = Matrix(matrix)

    return pose


def _add_part(part: Part, materials: dict[str, bpy.types.Material], rounded: bool) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(part.name)
    mesh.from_pydata(part.rest.tolist(), [], part.faces.tolist())
    place = mesh.attributes.new("place", "FLOAT_VECTOR", "POINT")
    place.data.foreach_set("vector", part.template.astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(part.faces), dtype=bool))
    mesh.materials.append(materials[part.material])
    if part.material == "skin":
        mesh.materials.append(materials["eye"])
        mesh.polygons.foreach_set("material_index", _on_eyeball(part).astype(np.int32))
    item = bpy.data.objects.new(part.name, mesh)
    bpy.context.scene.collection.objects.link(item)
    if part.thickness:
        solid = item.modifiers.new("Thickness", "SOLIDIFY")
        solid.thickness, solid.offset = part.thickness, -1
    if rounded:
        finer = item.modifiers.new("Round", "SUBSURF")
        finer.levels = finer.render_levels = 1
    return item


def _on_eyeball(part: Part) -> NDArray[np.bool_]:
    """(M,) which triangles belong to the two eyeballs: small closed pieces of the mesh inside of the sockets."""
    faces, count = part.faces, len(part.template)
    links = coo_matrix(
        (np.ones(len(faces) * 2), (faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel())), (count, count)
    )
    _, piece = connected_components(links, directed=False)
    sizes = np.bincount(piece)
    small = sizes[piece] < 200
    x, y = np.abs(part.template[:, 0]), part.template[:, 1]
    ball = small & (np.abs(x - 0.030) < EYE_RADIUS) & (y > EYE_BOTTOM) & (y < EYE_TOP)
    return ball[faces[:, 0]]


def _add_hair(strands: Array, material: bpy.types.Material) -> bpy.types.Object:
    count, points = strands.shape[:2]
    curves = bpy.data.hair_curves.new("hair")
    curves.add_curves([points] * count)
    curves.position_data.foreach_set("vector", strands.astype(np.float32).ravel())
    radius = curves.attributes.new("radius", "FLOAT", "POINT")
    taper = np.linspace(0.0008, 0.0003, points, dtype=np.float32)
    radius.data.foreach_set("value", np.tile(taper, count))
    curves.materials.append(material)
    item = bpy.data.objects.new("hair", curves)
    bpy.context.scene.collection.objects.link(item)
    return item
