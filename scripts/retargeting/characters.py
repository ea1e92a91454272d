"""The characters that retargeting is measured on: how each is opened, and which of its bones are where.

What is written here of their bones is read by the measuring alone, so that it is independent of what it measures.
"""

from dataclasses import dataclass
from pathlib import Path

import addon_utils
import bpy

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "characters"
PARTS = ("upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toes", "index", "pinky")
"""Of each side. The last two are the first knuckles; "" where a rig has none."""


@dataclass(frozen=True)
class Character:
    """A character of the folder, or a Rigify rig that is generated."""

    name: str
    parts: tuple[str, ...]
    """The bones of PARTS, `{}` being the side."""
    sides: tuple[str, str]
    hips: str


UNREAL = ("upperarm_{}", "lowerarm_{}", "hand_{}", "thigh_{}", "calf_{}", "foot_{}", "ball_{}",
          "index_01_{}", "pinky_01_{}")  # fmt: skip
MIXAMO = tuple(f"mixamorig:{{}}{part}" for part in ("Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase",
                                                    "HandIndex1", "HandPinky1"))  # fmt: skip
CMU = ("{}Arm", "{}ForeArm", "{}Hand", "{}UpLeg", "{}Leg", "{}Foot", "{}ToeBase", "", "")
KENNEY = (*CMU[:6], "{}Toes", "", "")
MAKEHUMAN = ("upperarm01.{}", "lowerarm01.{}", "wrist.{}", "upperleg01.{}", "lowerleg01.{}", "foot.{}", "toe3-1.{}",
             "finger2-1.{}", "finger5-1.{}")  # fmt: skip
KAYKIT = (
    "upperarm.{}",
    "lowerarm.{}",
    "wrist.{}",
    "upperleg.{}",
    "lowerleg.{}",
    "foot.{}",
    "toes.{}",
    "",
    "",
)
VOXELS = ("{} arm", "{} elbow", "{} wrist", "{} leg", "{} knee", "{} ankle", "{} toe", "IndexFinger1_{}",
          "LittleFinger1_{}")  # fmt: skip
RIGIFY = (
    "ORG-upper_arm.{}", "DEF-forearm.{}", "DEF-hand.{}", "DEF-thigh.{}", "DEF-shin.{}", "DEF-foot.{}", "DEF-toe.{}",
    "DEF-f_index.01.{}", "DEF-f_pinky.01.{}",
)  # fmt: skip
"""The deforming bones; but of the upper arm those are twisted little by little, so that none has its hinge."""
WORDS, LETTERS, SMALL = ("Left", "Right"), ("L", "R"), ("l", "r")
RIGIFY_NAME = "rigify"

CHARACTERS = (
    Character("mpfb_mixamo.blend", MIXAMO, WORDS, "mixamorig:Hips"),
    Character("mpfb_game_engine.blend", UNREAL, SMALL, "pelvis"),
    Character("mpfb_default.blend", MAKEHUMAN, LETTERS, "root"),
    Character("mpfb_cmu_mb.blend", CMU, WORDS, "Hips"),
    Character("m2m_human-male.glb", UNREAL, SMALL, "pelvis"),
    Character("m2m_human-female.glb", UNREAL, SMALL, "pelvis"),
    Character("m2m_human-zombie.glb", (*UNREAL[:8], ""), SMALL, "pelvis"),
    Character("m2m_human-bunny.glb", UNREAL, SMALL, "pelvis"),
    Character("m2m_human-kenney.glb", KENNEY, WORDS, "Hips"),
    Character("m2m_rig-human.blend", UNREAL, SMALL, "pelvis"),
    Character("m2m_male_vrm0.vrm", UNREAL, SMALL, "pelvis"),
    Character("m2m_male_vrm1.vrm", UNREAL, SMALL, "pelvis"),
    Character("cryptovoxels.vrm", VOXELS, WORDS, "Hips"),
    Character("kaykit_knight.glb", KAYKIT, SMALL, "hips"),
    Character(RIGIFY_NAME, RIGIFY, LETTERS, "DEF-spine"),
)


def bones_of(character: Character) -> dict[str, str]:
    """By "left_hand", "right_toes", "hips", ... the bone; those that the rig has."""
    found = {"hips": character.hips}
    for side, said in zip(("left", "right"), character.sides, strict=True):
        for part, pattern in zip(PARTS, character.parts, strict=True):
            # one rig writes its fingers with the letter of the side
            word = said[0] if pattern.endswith("Finger1_{}") else said
            if pattern:
                found[f"{side}_{part}"] = pattern.format(word)
    return found


def open_character(character: Character) -> bpy.types.Object:
    """Opens it in place of all that is open: its armature."""
    if character.name == RIGIFY_NAME:
        return _rigify()
    path = FOLDER / character.name
    if path.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    else:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        bpy.ops.import_scene.gltf(filepath=str(path))
    return next(made for made in bpy.data.objects if made.type == "ARMATURE")


def _rigify() -> bpy.types.Object:
    """A human Rigify rig, generated. The process must end with os._exit after it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    metarig = bpy.data.objects["metarig"]
    rig = next(made for made in bpy.data.objects if made.type == "ARMATURE" and made != metarig)
    bpy.data.objects.remove(metarig)
    return rig
