"""A robot of rounded boxes, with Mixamo's names of bones: somebody to be retargeted onto, in the README's picture."""

from pathlib import Path

import bpy
import numpy as np

from human_mesh_recovery.tests.made_up_characters import build_character

SIZE = 1.15
"""Times as large as the free body."""
THICK = {
    "Hips": (0.15, 0.1), "Spine": (0.11, 0.08), "Spine1": (0.13, 0.09), "Spine2": (0.17, 0.11), "Neck": (0.045, 0.045),
    "Head": (0.09, 0.1), "Shoulder": (0.05, 0.05), "Arm": (0.055, 0.055), "ForeArm": (0.045, 0.045),
    "Hand": (0.05, 0.025), "UpLeg": (0.085, 0.085), "Leg": (0.065, 0.065), "Foot": (0.05, 0.035),
    "ToeBase": (0.05, 0.03),
}  # fmt: skip
"""Half of a box's width and depth, in metres."""
LONGER = {"Head": 2.2, "Hand": 1.6}
"""Times as long as the bone."""
PELVIS, UPRIGHT = 0.13, np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
PAINT, JOINT = (0.85, 0.3, 0.06, 1.0), 0.012
"""Linear red, green, blue, opaque; metres between two boxes."""
CORNERS = np.array(list(np.ndindex(2, 2, 2))) * 2 - 1
FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 2, 6, 4), (1, 5, 7, 3), (0, 4, 5, 1), (2, 3, 7, 6))


def write_robot(path: Path) -> None:
    """Writes the robot as a .glb, in place of whatever is open."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = build_character("Robot", SIZE)
    skin = next(made for made in bpy.data.objects if made.type == "MESH")
    skin.vertex_groups.clear()
    points, faces = [], []
    for bone in rig.data.bones:
        name = bone.name.removeprefix("Left").removeprefix("Right")
        width, depth = THICK[name]
        length = bone.length * LONGER.get(name, 1.0)
        sizes = np.array([width * SIZE, length / 2 - JOINT, depth * SIZE])
        matrix = np.array(bone.matrix_local)
        if name == "Hips":  # the bone points to a thigh
            length, matrix[:3, :3] = PELVIS, UPRIGHT
            matrix[2, 3] -= PELVIS / 2
        start = len(points)
        points += ((CORNERS * sizes + (0, length / 2, 0)) @ matrix[:3, :3].T + matrix[:3, 3]).tolist()
        faces += [[start + corner for corner in face] for face in FACES]
    mesh = bpy.data.meshes.new("Robot Skin")
    mesh.from_pydata(points, [], faces)
    mesh.materials.append(_paint())
    skin.data = mesh
    for number, bone in enumerate(rig.data.bones):
        corners = range(len(CORNERS) * number, len(CORNERS) * (number + 1))
        skin.vertex_groups.new(name=bone.name).add(list(corners), 1.0, "REPLACE")
    rounded = skin.modifiers.new("Bevel", "BEVEL")
    rounded.width, rounded.segments = 0.02, 3
    skin.modifiers.move(len(skin.modifiers) - 1, 0)
    bpy.ops.export_scene.gltf(filepath=str(path), export_apply=True)


def _paint() -> bpy.types.Material:
    paint = bpy.data.materials.new("Paint")
    paint.use_nodes = True
    paint.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = PAINT
    return paint
