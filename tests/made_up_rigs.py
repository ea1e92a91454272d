"""Made-up rigs: a person's joints as bones, in any rest pose, of any names, rolled, scaled and turned."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from human_mesh_recovery.blender_addon.retarget.humanoid import BONES, PARENTS, SIDES
from human_mesh_recovery.blender_addon.retarget.retargeted import Retargeted
from human_mesh_recovery.blender_addon.retarget.rig_source import usual_joints
from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.blender_addon.retarget.tables import FOLDER, hub_bones, sides_of
from human_mesh_recovery.blender_addon.retarget.turns import UP, about, swing, unit

Names = dict[str, tuple[str, ...]]
HEIGHT = 0.955
"""Metres of the pelvis over the floor."""


def table_files() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def names_of_table(path: Path) -> Names:
    """The hub's bones -> a rig's, by the first of each of a table's names, with the side as it writes it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    prefix = {"character_creator": "CC_Base_", "biped": "Bip01 "}
    names: Names = {}
    for part, bones in content["bones"].items():
        for side in sides_of(part):
            token = content["sides"][SIDES.index(side)] if side else ""
            written = [prefix.get(path.stem, "") + bone.split("|")[0].replace("*", token) for bone in bones]
            names |= hub_bones(part, side, written)
    return names


def plain_names(without: tuple[str, ...] = (), **more: tuple[str, ...]) -> Names:
    """VRM's names, but for those that contain a word of `without`; `more` in place of single ones."""
    names = {bone: (bone,) for bone in BONES if not any(word in bone for word in without)}
    return names | more


def posed_joints(pose: Mapping[str, tuple[float, float, float]]) -> dict[str, np.ndarray]:
    """The joints of a person who stands and faces -Y.

    `pose`: degrees that left bones are turned by about X, then Y, then Z, mirrored on the right.
    """
    straight = usual_joints()
    turned: dict[str, np.ndarray] = {}
    joints: dict[str, np.ndarray] = {}
    for bone in BONES:
        above = PARENTS[bone]
        if above is None:
            joints[bone], turned[bone] = straight[bone] + HEIGHT * UP, np.eye(3)
            continue
        joints[bone] = joints[above] + turned[above] @ (straight[bone] - straight[above])
        side = "right" if bone.startswith("right") else "left"
        angles = np.radians(pose.get(bone.removeprefix(side), (0, 0, 0))) * (
            1 if side == "left" else [1, -1, -1]
        )
        own = about(np.eye(3)[2], angles[2]) @ about(np.eye(3)[1], angles[1]) @ about(np.eye(3)[0], angles[0])
        turned[bone] = turned[above] @ own
    return joints


def made_up_rig(
    names: Names,
    pose: Mapping[str, tuple[float, float, float]] | None = None,
    rolls: int | None = None,
    root: str | None = None,
    stretch: Callable[[str, np.ndarray], np.ndarray] | None = None,
) -> Skeleton:
    """A rig of these names; `rolls` seeds how its bones are rolled about themselves, None for not at all.

    `stretch` may move a joint by its hub name.
    """
    joints = posed_joints(pose or {})
    if stretch is not None:
        joints = {bone: stretch(bone, joint) for bone, joint in joints.items()}
    bones: list[tuple[str, int, np.ndarray]] = [] if root is None else [(root, -1, np.zeros(3))]
    last: dict[str, int] = {}
    for hub in BONES:
        if not names.get(hub):
            continue
        above = PARENTS[hub]
        while above is not None and above not in last:
            above = PARENTS[above]
        parent = len(bones) - 1 if above is None else last[above]
        start, end = joints[hub], _end(joints, names, hub)
        for number, name in enumerate(names[hub]):
            bones.append(
                (
                    name,
                    parent if number == 0 else len(bones) - 1,
                    start + (end - start) * number / len(names[hub]),
                )
            )
        last[hub] = len(bones) - 1
    return _skeleton(bones, rolls)


def _end(joints: dict[str, np.ndarray], names: Names, hub: str) -> np.ndarray:
    """Where the next bone of the hub's begins."""
    following = [bone for bone in BONES if PARENTS[bone] == hub]
    while following and not any(names.get(bone) for bone in following):
        following = [bone for bone in BONES if PARENTS[bone] in following]
    middle = [bone for bone in following if names.get(bone) and not bone.startswith(SIDES)]
    ends = middle or [bone for bone in following if names.get(bone)]
    return joints[ends[0]] if ends else joints[hub] + 0.05 * UP


def _skeleton(bones: list[tuple[str, int, np.ndarray]], rolls: int | None) -> Skeleton:
    random = np.random.default_rng(rolls)
    heads = np.array([head for _, _, head in bones])
    parents = np.array([parent for _, parent, _ in bones])
    rest = np.tile(np.eye(4), (len(bones), 1, 1))
    tails = np.empty_like(heads)
    for number, head in enumerate(heads):
        children = np.flatnonzero(parents == number)
        along = heads[children].mean(axis=0) - head if len(children) else head - heads[parents[number]]
        if np.linalg.norm(along) < 1e-6:
            along = 0.05 * UP
        tails[number] = head + along
        turn = swing(np.array([0.0, 1.0, 0.0]), along)
        if rolls is not None:
            turn = about(along, random.uniform(-np.pi, np.pi)) @ turn
        rest[number, :3, :3], rest[number, :3, 3] = turn, head
    yes = np.ones(len(bones), dtype=bool)
    return Skeleton(tuple(name for name, _, _ in bones), parents, rest, tails, np.eye(4), yes, yes, yes)


def disguised(
    skeleton: Skeleton, scale: float, turn: np.ndarray, shift: np.ndarray, axes: np.ndarray | None = None
) -> Skeleton:
    """The rig in another object: the same in the world, but for a `turn` (3, 3) and a `shift` (3,) of the world.

    The armature's unit is `scale` of a metre, and its axes are `axes` (3, 3) of those it had.
    """
    axes = np.eye(3) if axes is None else axes
    inner = np.eye(4)
    inner[:3, :3] = axes.T / scale
    outer = np.eye(4)
    outer[:3, :3], outer[:3, 3] = turn @ axes * scale, shift
    rest = skeleton.rest.copy()
    rest[:, :3, :3] = axes.T @ rest[:, :3, :3]
    rest[:, :3, 3] = rest[:, :3, 3] @ inner[:3, :3].T
    return replace(skeleton, rest=rest, tails=skeleton.tails @ inner[:3, :3].T, to_world=outer)


def world_poses(skeleton: Skeleton, moved: Retargeted) -> np.ndarray:
    """(F, B, 4, 4) where Blender puts the bones that have these keys."""
    rotations = {bone: moved.rotations[:, number] for number, bone in enumerate(moved.bones)}
    places = {bone: moved.locations[:, number] for number, bone in enumerate(moved.moved)}
    poses = np.empty((len(moved.frames), len(skeleton.names), 4, 4))
    for number, name in enumerate(skeleton.names):
        parent = int(skeleton.parents[number])
        above = poses[:, parent] if parent >= 0 else np.eye(4)[None]
        offset = (
            np.linalg.inv(skeleton.rest[parent]) @ skeleton.rest[number]
            if parent >= 0
            else skeleton.rest[number]
        )
        place = (above @ offset)[..., :3, 3]
        way = places.get(name, np.zeros((len(poses), 3)))
        axes = (above @ offset if skeleton.local_location[number] else above)[..., :3, :3]
        turn = (
            (above @ offset)[..., :3, :3]
            if skeleton.inherits_rotation[number]
            else skeleton.rest[number, :3, :3]
        )
        poses[:, number] = np.eye(4)
        poses[:, number, :3, :3] = turn @ rotations.get(name, np.eye(3))
        poses[:, number, :3, 3] = place + (axes @ way[..., None])[..., 0]
    return skeleton.to_world @ poses


def world_joints(skeleton: Skeleton, names: Names, moved: Retargeted) -> dict[str, np.ndarray]:
    """The hub's names -> (F, 3) where Blender puts the joints of the first of each one's bones."""
    poses = world_poses(skeleton, moved)
    return {hub: poses[:, skeleton.index[bones[0]], :3, 3] for hub, bones in names.items() if bones}


def angles_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Degrees between vectors (..., 3)."""
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(unit(one) - unit(other), axis=-1) / 2, 0, 1)))
