"""Reads Acclaim's pairs of skeleton (.asf) and motion (.amc), as the CMU Graphics Lab publishes its recordings.

The format: https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/ASF-AMC.html. A bone's rotation is in axes
of its own, C; from the skeleton's rest it is C R C^-1, with R about x, then y, then z of the fixed axes.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .sampling import every_thirtieth, frame_times, sample
from .skeleton import Recording, Skeleton

Array = NDArray[np.float64]

FPS = 120.0
"""CMU's; the files do not say."""
ROOT = "root"
POSITIONS_OF_ROOT = 3
"""Numbers of the root's line that come before its rotation."""


@dataclass(frozen=True)
class Bone:
    """One bone of the .asf, in the skeleton's rest."""

    vector: Array
    """(3,) from its beginning to its end."""
    axes: Array
    """(3,) degrees: the axes that it turns in."""
    turns: str
    """Which of them it turns about, such as "xz", in the order of the .amc's numbers."""


@dataclass(frozen=True)
class AcclaimSkeleton:
    """The .asf: a joint stands for the bone that begins there."""

    skeleton: Skeleton
    bones: tuple[Bone, ...]


def read_amc(path: Path) -> Recording:
    """With the .asf beside it: that of its own name, of the part before the last "_", or the only one.

    Raises ValueError where the pair is none.
    """
    candidates = [path.with_suffix(".asf"), path.with_name(path.stem.rpartition("_")[0] + ".asf")]
    beside = sorted(path.parent.glob("*.asf"))
    known = next((file for file in candidates if file.is_file()), beside[0] if len(beside) == 1 else None)
    if known is None:
        raise ValueError(f"its skeleton {candidates[1].name} is not beside it")
    body = read_asf(known)
    table = _read_frames(path, body)
    sampling = every_thirtieth(frame_times(len(table), FPS))
    return Recording(body.skeleton, sample(sampling, lambda rows: _quaternions(body, table[rows])))


@lru_cache(maxsize=4)
def read_asf(path: Path) -> AcclaimSkeleton:
    """Raises ValueError where it is none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if ":hierarchy" not in text or ":bonedata" not in text:
        raise ValueError(f"{path.name} has no :bonedata and :hierarchy")
    data, _, tree = text.partition(":hierarchy")
    bones = {ROOT: Bone(np.zeros(3), np.zeros(3), "xyz")}
    values: dict[str, list[str]] = {}
    for words in map(str.split, data.partition(":bonedata")[2].splitlines()):
        if words and words[0] == "end":
            vector = np.array(values["direction"][:3], float) * float(values["length"][0])
            turns = "".join(word[1] for word in values.get("dof", []) if word in ("rx", "ry", "rz"))
            bones[values["name"][0]] = Bone(vector, np.array(values["axis"][:3], float), turns)
        elif words and words[0] == "begin":
            values = {}
        elif words:
            values[words[0]] = words[1:]
    names, parents = [ROOT], [-1]
    for words in map(str.split, tree.splitlines()):
        if words and words[0] in names:
            for child in words[1:]:
                names.append(child)
                parents.append(names.index(words[0]))
    listed = tuple(bones[name] for name in names)
    offsets = np.array([listed[parent].vector if parent >= 0 else np.zeros(3) for parent in parents])
    tips = {joint: bone.vector for joint, bone in enumerate(listed) if joint not in parents}
    return AcclaimSkeleton(Skeleton(tuple(names), tuple(parents), offsets, tips), listed)


def _read_frames(path: Path, body: AcclaimSkeleton) -> Array:
    """(F, J, 3) degrees about each bone's own axes x, y and z."""
    joints = {name: joint for joint, name in enumerate(body.skeleton.names)}
    columns = [["xyz".index(axis) for axis in bone.turns] for bone in body.bones]
    frames: list[Array] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for words in map(str.split, lines):
            if len(words) == 1 and words[0].isdigit():
                frames.append(np.zeros((len(joints), 3)))
            elif frames and len(words) > 1:
                joint = joints[words[0]]
                skipped = POSITIONS_OF_ROOT if joint == 0 else 0
                frames[-1][joint, columns[joint]] = [float(word) for word in words[1 + skipped :]]
    if not frames:
        raise ValueError("it has no frame")
    return np.array(frames)


def _quaternions(body: AcclaimSkeleton, table: Array) -> Array:
    """Degrees (F, J, 3) -> (F, J, 4), each relative to the bone that it hangs from."""
    quaternions = np.empty((*table.shape[:2], 4))
    for joint, bone in enumerate(body.bones):
        axes = Rotation.from_euler("xyz", bone.axes, degrees=True)
        turns = axes * Rotation.from_euler("xyz", table[:, joint], degrees=True) * axes.inv()
        quaternions[:, joint] = np.roll(turns.as_quat(), 1, axis=-1)  # SciPy's have w last
    return quaternions
