"""What the joints of the published sets are called here: SMPL's and COCO's names, wherever they mean the same.

Which of them are the same is as I2L-MeshNet's authors take it, who go by the names, too.
"""

from ...body.skeleton import JOINT_NAMES, KEYPOINT_NAMES

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
BODY_JOINTS = JOINT_NAMES + FACE
"""The 29 that I2L-MeshNet finds on a body."""
COCO = KEYPOINT_NAMES[:17]
HUMAN36M = (
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "spine1", "neck",
    "nose", "head_top", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
MUCO = (
    "head_top", "thorax", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "pelvis", "spine2", "head",
    "right_hand", "left_hand", "right_foot", "left_foot",
)  # fmt: skip
LEEDS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
)  # fmt: skip
"""Leeds Sports Pose's 14, which the papers measure by."""
MPII = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "neck",
    "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
MPI_INF_3DHP = (
    "chest", "upper_chest", "waist", "back", "pelvis", "neck", "head", "head_top", "left_clavicle", "left_shoulder",
    "left_elbow", "left_wrist", "left_knuckles", "right_clavicle", "right_shoulder", "right_elbow", "right_wrist",
    "right_knuckles", "left_hip", "left_knee", "left_ankle", "left_instep", "left_toe", "right_hip", "right_knee",
    "right_ankle", "right_instep", "right_toe",
)  # fmt: skip
MPI_INF_3DHP_TEST = (
    "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "pelvis", "back", "head",
)  # fmt: skip
HAND_JOINTS = ("wrist",) + tuple(
    f"{finger}{number}"
    for finger in ("thumb", "index", "middle", "ring", "little")
    for number in (1, 2, 3, 4)
)
"""The 21 of a hand; the fourth of a finger is its tip."""


def other_side(name: str) -> str:
    """The name of the joint that takes this one's place in a mirrored picture."""
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name
