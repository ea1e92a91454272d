"""The result: one person's recovered motion, and its `.npz` file."""

import struct
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .body.skeleton import FINGER_NAMES
from .errors import RecoveryError
from .whole_file import whole_file

HAND_FREE_JOINTS = 22
"""Joints that SMPL, SMPL-H and SMPL-X share in number and order: all of SMPL's but the two hands."""
FIRST_FINGER = {156: 22, 165: 25}
"""Where the joints of the fingers begin, by the numbers a frame: SMPL-X has a jaw and eyes before them."""


@dataclass
class Camera:
    """A pinhole camera. A world point X is seen at R X + t (OpenCV: x right, y down, z forward).

    It stands still, or has a place of its own in each of the motion's F frames.
    """

    focal_length: float
    """Pixels, the same in x and y."""
    principal_point: np.ndarray
    """(2,) pixels."""
    width: int
    height: int
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    """(3, 3) world to camera, or (F, 3, 3)."""
    translation: np.ndarray = field(default_factory=lambda: np.zeros(3))
    """(3,) metres, world to camera, or (F, 3)."""

    @property
    def moves(self) -> bool:
        """Whether it has a place of its own in every frame."""
        return self.rotation.ndim == 3

    def at(self, row: int) -> "Camera":
        """The camera that stands where this one is in the motion's frame number `row`, from 0."""
        if not self.moves:
            return self
        return replace(self, rotation=self.rotation[row], translation=self.translation[row])

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) in metres, Z up, in camera space (..., 3); (F, ..., 3) where the camera moves."""
        if self.moves:
            rows = points.reshape(len(points), -1, 3) @ self.rotation.swapaxes(1, 2)
            return (rows + self.translation[:, None]).reshape(points.shape)
        return points @ self.rotation.T + self.translation

    def to_world(self, points: np.ndarray) -> np.ndarray:
        """Camera space (..., 3) in metres to the world (..., 3), Z up; (F, ..., 3) where the camera moves."""
        if self.moves:
            rows = points.reshape(len(points), -1, 3) - self.translation[:, None]
            return (rows @ self.rotation).reshape(points.shape)
        return (points - self.translation) @ self.rotation

    def project(self, points: np.ndarray) -> np.ndarray:
        """Camera-space points (..., 3) in metres to pixels (..., 2)."""
        return points[..., :2] / points[..., 2:] * self.focal_length + self.principal_point


@dataclass
class Motion:
    """One person over F frames. World: Z up, metres. Pose conventions are SMPL's (Loper 2015), as in AMASS.

    `vertices = pose_body(body, poses, betas, trans, hand_poses)` gives the mesh in the world: the root turns about
    its rest joint, so the pelvis stands at `rest_joints(body, betas)[0] + trans`.
    """

    poses: np.ndarray
    """(F, 24, 3) axis-angle in radians; the first joint's is the orientation in the world."""
    betas: np.ndarray
    """(10,) shape."""
    trans: np.ndarray
    """(F, 3) metres, world."""
    fps: float
    frames: np.ndarray
    """(F,) numbers of the source's frames, from 0."""
    camera: Camera | None = None
    confidence: np.ndarray | None = None
    """(F, 24) between 0 and 1, a joint."""
    joints: np.ndarray | None = None
    """(F, 24, 3) metres, camera space."""
    keypoints_2d: np.ndarray | None = None
    """(F, K, 3) x and y in pixels and a confidence: what the body was fitted to."""
    vertices: np.ndarray | None = None
    """(F, V, 3) metres, camera space, where the method predicts a mesh itself."""
    hand_poses: np.ndarray | None = None
    """(F, 30, 3) axis-angle of the finger joints (skeleton.FINGER_NAMES), each from straight, where they are known."""
    body: str = "free"
    """"free", or the path of the user's body file."""
    gender: str = "neutral"
    source: str = ""
    """Path of the picture, video or folder that this was recovered from."""
    person: int = 1


def save_motion(motion: Motion, path: str | Path) -> None:
    """Writes `motion` under AMASS's key names (Mahmood 2019), and the rest beside them.

    The file appears whole or not at all. Raises RecoveryError("unwritable") where it can't be written.
    """
    path = Path(path)
    arrays: dict[str, np.ndarray] = {
        "poses": motion.poses.reshape(len(motion.poses), -1),
        "betas": motion.betas,
        "trans": motion.trans,
        "mocap_framerate": np.array(motion.fps, dtype=np.float64),
        "gender": np.array(motion.gender),
        "frames": np.asarray(motion.frames),
        "body": np.array(motion.body),
        "source": np.array(motion.source),
        "person": np.array(motion.person),
    }
    for name in OPTIONAL:
        value = getattr(motion, name)
        if value is not None:
            arrays[name] = value
    if motion.camera is not None:
        camera = motion.camera
        arrays["camera_focal_length"] = np.array(camera.focal_length, dtype=np.float64)
        arrays["camera_principal_point"] = camera.principal_point
        arrays["camera_size"] = np.array([camera.width, camera.height])
        arrays["camera_rotation"] = camera.rotation
        arrays["camera_translation"] = camera.translation
    with whole_file(path, "The result") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def load_motion(path: str | Path) -> Motion:
    """Reads a file of `save_motion`, or an AMASS file of SMPL, SMPL-H or SMPL-X.

    Of SMPL-H and SMPL-X, whose hands have joints of their own, the 22 body joints and the fingers are taken and
    the two hand joints left straight; of more than 10 betas, the first 10. Raises RecoveryError("motion_file").
    """
    path = Path(path)
    arrays = _read(path)
    missing = [name for name in ("poses", "trans") if name not in arrays]
    if missing:
        raise RecoveryError(
            "motion_file",
            f"{path} is no motion file: it has no {' and no '.join(missing)}.",
            "Use a result of this program, or a file with AMASS's names.",
        )
    poses = _smpl_poses(arrays["poses"], path)
    count = len(poses)
    try:
        betas = _ten_betas(arrays.get("betas", np.zeros(0, dtype=np.float32)))
        motion = Motion(
            poses=poses,
            betas=betas,
            trans=arrays["trans"],
            fps=float(arrays.get("mocap_framerate", arrays.get("mocap_frame_rate", np.array(30.0)))),
            frames=arrays.get("frames", np.arange(count)),
            camera=_camera(arrays, count),
            confidence=arrays.get("confidence"),
            joints=arrays.get("joints"),
            keypoints_2d=arrays.get("keypoints_2d"),
            vertices=arrays.get("vertices"),
            hand_poses=arrays.get("hand_poses", _finger_poses(arrays["poses"])),
            body=_text(arrays, "body", "free"),
            gender=_text(arrays, "gender", "neutral"),
            source=_text(arrays, "source", ""),
            person=int(arrays.get("person", np.array(1))),
        )
        _check(motion)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise RecoveryError(
            "motion_file",
            f"{path} is damaged: its members do not fit together ({error}).",
            "Recover the motion again, or take another copy of the file.",
        ) from error
    return motion


def _read(path: Path) -> dict[str, np.ndarray]:
    """The known members of a file; the others, some of which hold Python objects in AMASS, are left unread."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in MEMBERS if name in archive.files}
    except FileNotFoundError as error:
        raise RecoveryError("motion_file", f"There is no file {path}.", "Check the path.") from error
    except UNREADABLE as error:
        raise RecoveryError(
            "motion_file",
            f"{path} can't be read as a motion file: it is damaged, or of another format than .npz.",
            "Recover the motion again, or take another copy of the file.",
        ) from error


def _ten_betas(given: np.ndarray) -> np.ndarray:
    """(10,) the first of however many a file holds, zeros where it has fewer."""
    given = np.atleast_1d(given).reshape(-1)[:10]
    betas = np.zeros(10, dtype=given.dtype if given.dtype.kind == "f" else np.float32)
    betas[: len(given)] = given
    return betas


def _check(motion: Motion) -> None:
    """Raises ValueError where a member's shape or numbers can't be."""
    count = len(motion.poses)
    if motion.trans.shape != (count, 3):
        raise ValueError(f"trans has the shape {motion.trans.shape}, but there are {count} poses")
    if motion.frames.shape != (count,) or motion.frames.dtype.kind not in "iu":
        raise ValueError(f"frames are not {count} whole numbers")
    if (np.diff(motion.frames) <= 0).any():
        raise ValueError("frames do not ascend")
    for name in OPTIONAL:
        value = getattr(motion, name)
        if value is not None and (len(value) != count or value.dtype.kind != "f"):
            raise ValueError(f"{name} has the shape {value.shape}, but there are {count} poses")
    if motion.confidence is not None and motion.confidence.shape != (count, 24):
        raise ValueError(f"confidence has the shape {motion.confidence.shape}, but there are {count} poses")
    if motion.hand_poses is not None and motion.hand_poses.shape != (count, len(FINGER_NAMES), 3):
        raise ValueError(f"hand_poses has the shape {motion.hand_poses.shape}, but there are {count} poses")
    if motion.hand_poses is not None and not np.isfinite(motion.hand_poses).all():
        raise ValueError("hand_poses hold numbers that are not finite")
    if not 0 <= motion.fps < np.inf:
        raise ValueError(f"the frame rate is {motion.fps}")
    if not (np.isfinite(motion.trans).all() and np.isfinite(motion.betas).all()):
        raise ValueError("trans or betas hold numbers that are not finite")


OPTIONAL = ("confidence", "joints", "keypoints_2d", "vertices", "hand_poses")
"""Arrays of a frame each that a motion may have."""
MEMBERS = (
    "poses", "betas", "trans", "mocap_framerate", "mocap_frame_rate", "gender", "frames", "body", "source", "person",
    *OPTIONAL, "camera_focal_length", "camera_principal_point",
    "camera_size", "camera_rotation", "camera_translation",
)  # fmt: skip
UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, EOFError, NotImplementedError, RuntimeError, SyntaxError,
    MemoryError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy's and Python's readers raise on damaged files."""


def _smpl_poses(poses: np.ndarray, path: Path) -> np.ndarray:
    """(F, 24, 3) from (F, 24, 3), (F, 72), or SMPL-H's and SMPL-X's (F, 156) and (F, 165)."""
    flat = poses.reshape(len(poses), -1) if poses.ndim >= 2 and len(poses) else poses
    known = flat.ndim == 2 and flat.shape[1] in (66, 72, 156, 165) and flat.dtype.kind == "f" and len(flat)
    if not known or not np.isfinite(flat).all():
        raise RecoveryError(
            "motion_file",
            f"{path}: poses has the shape {poses.shape}, or holds what is no finite number; "
            "72 (SMPL), 156 (SMPL-H) or 165 (SMPL-X) numbers a frame are known.",
            "Use a motion of one of these bodies.",
        )
    if flat.shape[1] == 72:
        return flat.reshape(-1, 24, 3)
    whole = np.zeros((len(flat), 24, 3), dtype=flat.dtype)
    whole[:, :HAND_FREE_JOINTS] = flat[:, : HAND_FREE_JOINTS * 3].reshape(-1, HAND_FREE_JOINTS, 3)
    return whole


def _finger_poses(poses: np.ndarray) -> np.ndarray | None:
    """(F, 30, 3) of SMPL-H's and SMPL-X's poses that were checked; None of SMPL's."""
    flat = poses.reshape(len(poses), -1)
    first = FIRST_FINGER.get(flat.shape[1])
    if first is None:
        return None
    return flat[:, first * 3 : (first + len(FINGER_NAMES)) * 3].reshape(len(flat), -1, 3)


def _camera(arrays: dict[str, np.ndarray], count: int) -> Camera | None:
    """The camera of a motion of `count` frames."""
    if "camera_focal_length" not in arrays:
        return None
    moves = arrays["camera_rotation"].ndim == 3
    places = (count,) if moves else ()
    shapes = {"principal_point": (2,), "size": (2,), "rotation": (*places, 3, 3), "translation": (*places, 3)}
    for name, shape in shapes.items():
        if arrays[f"camera_{name}"].shape != shape:
            raise ValueError(f"camera_{name} is not of the shape {shape}")
    width, height = (int(value) for value in arrays["camera_size"])
    return Camera(
        focal_length=float(arrays["camera_focal_length"]),
        principal_point=arrays["camera_principal_point"],
        width=width,
        height=height,
        rotation=arrays["camera_rotation"],
        translation=arrays["camera_translation"],
    )


def _text(arrays: dict[str, np.ndarray], name: str, default: str) -> str:
    """A string member; AMASS's older files hold `gender` as bytes."""
    if name not in arrays:
        return default
    value = arrays[name].item()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
