"""What is to be learnt: a body's or a hand's joints, mesh, and how the joints follow from the mesh."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...body.files import load_body
from ...body.model import Body
from ...body.pickles import read_pickle
from ...body.skeleton import KEYPOINT_INDEX
from ...body.stand_ins import as_array
from ...errors import RecoveryError
from ...fitting.body_keypoints import attach_keypoints
from ...lixel_layout.kinds import BODY, HAND, LixelKind, whole_joint_regressor
from ..pictures.joint_names import BODY_JOINTS, FACE, HAND_JOINTS
from ..reading import reading


@dataclass(frozen=True, eq=False)
class Form:
    kind: LixelKind
    names: tuple[str, ...]
    """(J,) of the joints, the root first."""
    faces: NDArray[np.int64]
    """(T, 3)."""
    joint_regressor: NDArray[np.float32]
    """(J, V)."""
    body: Body | None
    """None of a hand's, of which the pose and shape are not learnt."""

    @property
    def vertex_count(self) -> int:
        return self.joint_regressor.shape[1]


def form_of_body(body: Body) -> Form:
    """For SMPL with the authors' vertices for nose, eyes and ears, for another mesh with those that lie nearest."""
    if len(body.template) == BODY.vertex_count:
        return Form(BODY, BODY_JOINTS, body.faces, whole_joint_regressor(BODY, body.joint_regressor), body)
    places = attach_keypoints(body, load_body("free")).rest[[KEYPOINT_INDEX[name] for name in FACE]]
    skin = np.linalg.norm(body.template - places[:, None], axis=2).argmin(axis=1)
    regressor = np.concatenate([body.joint_regressor, np.eye(len(body.template))[skin]])
    return Form(BODY, BODY_JOINTS, body.faces, regressor.astype(np.float32), body)


def form_of_hand(path: Path) -> Form:
    """Of the user's MANO_RIGHT.pkl. Raises RecoveryError "bad_data", or "body_file_unsafe"."""
    with reading(path, "a MANO hand"):
        content = read_pickle(path)
        faces = as_array(content["f"]).astype(np.int64)
        regressor = as_array(content["J_regressor"]).astype(np.float64)
        shape = (HAND.turned_count, HAND.vertex_count)
        if regressor.shape != shape or faces.shape[1:] != (3,) or faces.max() >= HAND.vertex_count:
            raise RecoveryError("bad_data", f"its joints are {regressor.shape}, not {shape}")
    return Form(HAND, HAND_JOINTS, faces, whole_joint_regressor(HAND, regressor), None)
