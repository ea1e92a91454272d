"""Reads bodies from files: the free body that comes with the program, and the user's own SMPL."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import RecoveryError
from .fingers import build_fingers, linear
from .model import BETA_COUNT, Body
from .pickles import read_pickle
from .skeleton import PARENTS
from .stand_ins import as_array

FREE_BODY: Final = Path(__file__).resolve().with_name("free_body.npz")
"""The body that comes with the program; FREE_BODY_LICENSE.md beside it says where it is from."""
FREE_FINGERS: Final = FREE_BODY.with_name("free_fingers.npz")
"""Its fingers; of the same origin and licence."""
FREE_LICENCE: Final = "CC0 1.0 (public domain): derived from MakeHuman's CC0 data. Free for every use."
USER_LICENCE: Final = "The user's own file: the licence is between the user and the owner of the body model."

UNREADABLE: Final = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip
"""What the values of a made-up or damaged file can raise when they are turned into arrays."""
OTHER_MODELS: Final = {
    5: "a FLAME head",
    16: "a MANO hand",
    24: "SMPL, a whole body",
    33: "SMAL, an animal",
    35: "SMAL, an animal",
    52: "SMPL-H, which has fingers",
    55: "SMPL-X, which has fingers and a face",
}
"""Number of joints -> the relatives of SMPL that users download by mistake."""
SMPL_HINT: Final = "Choose SMPL's own file: SMPL_NEUTRAL.pkl or basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl."


@dataclass(frozen=True)
class Form:
    """What a file is to be."""

    name: str
    parents: tuple[int, ...]
    hint: str


SMPL: Final = Form("SMPL", tuple(PARENTS.tolist()), SMPL_HINT)
MANO: Final = Form(
    "MANO",
    (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14),
    "Choose MANO's own file of the right hand: MANO_RIGHT.pkl.",
)
"""A right hand (Romero 2017): the wrist, then index, middle, little, ring finger and thumb, of three joints each."""


def load_body(source: str | Path = "free") -> Body:
    """`"free"`, or the path of a user's SMPL file (.pkl as its owner publishes it, or .npz) -> the body.

    Of more than 10 betas the first 10 are kept. A body is read once, and again when its file has changed.
    Raises RecoveryError "body_file" where the file is missing, damaged, or no SMPL body, and
    "body_file_unsafe" where it could run a program.
    """
    return _load(FREE_BODY if source == "free" else Path(source).expanduser().resolve(), SMPL)


def load_hand(source: str | Path) -> Body:
    """The path of a user's MANO file of the right hand (.pkl as its owner publishes it, or .npz) -> the hand, as a
    body of 16 joints. Raises RecoveryError as `load_body` does.
    """
    return _load(Path(source).expanduser().resolve(), MANO)


def _load(path: Path, form: Form) -> Body:
    try:
        status = path.stat()
    except OSError as error:
        message = f"The body {path} cannot be read: {error.strerror}."
        raise RecoveryError("body_file", message, form.hint) from error
    if not path.is_file():
        raise RecoveryError("body_file", f"{path} is a folder, not a body's file.", form.hint)
    return _read(path, form, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, form: Form, _modified: int, _size: int) -> Body:
    """The time and the size are there as the cache's key only."""
    if not zipfile.is_zipfile(path):
        return build_body(path, read_pickle(path), form)
    try:
        with np.load(path, allow_pickle=False) as archive:
            body = build_body(path, archive, form)
        return _with_fingers(body) if path == FREE_BODY else body
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise RecoveryError("body_file", f"{path} is damaged: {error}.", "Download it again.") from error


def _with_fingers(body: Body) -> Body:
    joints = linear(body.joint_template, body.joint_shape_directions)
    with np.load(FREE_FINGERS, allow_pickle=False) as content:
        fingers = build_fingers(content, body.template, body.shape_directions, joints, body.weights)
    return replace(body, fingers=fingers)


def build_body(path: Path, content: Mapping[str, Any], form: Form = SMPL) -> Body:
    """The body of a file's content, by the names of SMPL's files. Raises RecoveryError "body_file" if it is no such."""
    parents = np.array(form.parents, dtype=np.int64)

    def array(key: str, *shape: int | None) -> NDArray[np.float64]:
        return _array(path, content, form, key, *shape)

    joint_count, vertex_count = array("J_regressor", None, None).shape
    if joint_count != len(parents):
        what = OTHER_MODELS.get(joint_count, "another model")
        message = f"{path} has {joint_count} joints: it is {what}, not {form.name}, which has {len(parents)}."
        raise RecoveryError("body_file", message, form.hint)
    if "kintree_table" in content:
        given = array("kintree_table", 2, joint_count)[0, 1:]
        if not np.array_equal(given, parents[1:]):
            message = f"The joints of {path} are not linked as {form.name}'s are."
            raise RecoveryError("body_file", message, form.hint)
    faces = array("f", None, 3).astype(np.int64)
    if faces.min(initial=0) < 0 or faces.max(initial=0) >= vertex_count:
        raise RecoveryError("body_file", f"'f' in {path} names vertices that it does not have.", form.hint)
    shape_directions = array("shapedirs", vertex_count, 3, None)
    beta_count = shape_directions.shape[2]
    if beta_count < BETA_COUNT:
        message = f"{path} has {beta_count} betas; {BETA_COUNT} are needed."
        raise RecoveryError("body_file", message, form.hint)
    pose_directions = None
    if "posedirs" in content:
        pose_directions = array("posedirs", vertex_count, 3, (joint_count - 1) * 9)
    is_free = path == FREE_BODY
    return Body(
        name="free" if is_free else path.stem,
        template=array("v_template", vertex_count, 3),
        faces=faces,
        shape_directions=np.ascontiguousarray(shape_directions[..., :BETA_COUNT]),
        pose_directions=pose_directions,
        joint_regressor=array("J_regressor", joint_count, vertex_count),
        weights=array("weights", vertex_count, joint_count),
        licence=FREE_LICENCE if is_free else USER_LICENCE,
        parents=parents,
    )


def _array(
    path: Path, content: Mapping[str, Any], form: Form, key: str, *shape: int | None
) -> NDArray[np.float64]:
    """One array of the file, as float64, checked to be of the shape; None stands for any length."""
    if key not in content:
        raise RecoveryError("body_file", f"{path} has no '{key}': it is no {form.name} body.", form.hint)
    try:
        values = np.ascontiguousarray(as_array(content[key]), dtype=np.float64)
    except UNREADABLE as error:
        raise RecoveryError("body_file", f"'{key}' in {path} cannot be read: {error}.", form.hint) from error
    if values.ndim != len(shape) or any(s not in (None, n) for s, n in zip(shape, values.shape, strict=True)):
        wanted = " x ".join("any" if length is None else str(length) for length in shape)
        have = " x ".join(map(str, values.shape))
        raise RecoveryError("body_file", f"'{key}' in {path} is {have}; it should be {wanted}.", form.hint)
    if not np.all(np.isfinite(values)):
        raise RecoveryError("body_file", f"'{key}' in {path} holds values that are no numbers.", form.hint)
    return values
