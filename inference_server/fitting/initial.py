"""A first pose from 3D keypoints in closed form: every bone turned along its line."""

from dataclasses import replace

import numpy as np

from ..body.model import Body
from ..body.skeleton import JOINT_INDEX, KEYPOINT_INDEX
from .body_keypoints import BodyKeypoints
from .kinematics import keypoint_positions
from .observations import HIPS, BodyState, Observations

TORSO = [KEYPOINT_INDEX[n] for n in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
FACE = [KEYPOINT_INDEX[n] for n in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
LEAST_BEND = np.radians(15)
"""Below this bend the plane of an elbow or a knee says nothing of the limb's twist."""
LIMBS = {
    # joint chain, the keypoints along it, and the axis about which the middle joint bends at rest
    "arm": (
        ("shoulder", "elbow", "wrist"),
        ("shoulder", "elbow", "wrist", "index"),
        np.array([0.0, -1.0, 0.0]),
    ),
    "leg": (("hip", "knee", "ankle"), ("hip", "knee", "ankle", "toe"), np.array([1.0, 0.0, 0.0])),
}


def initial_state(body: Body, keypoints: BodyKeypoints, seen: Observations) -> BodyState:
    """Rotations from `seen.joints_3d`, translation from the 2D; the mean shape."""
    points = seen.joints_3d
    assert points is not None
    rotations = np.tile(np.eye(3), (len(points), 24, 1, 1))
    rotations[:, 0] = kabsch(keypoints.rest[TORSO], points[:, TORSO])
    head = kabsch(keypoints.rest[FACE], points[:, FACE])
    # the neck and the head share the head's turn, so that it stays possible
    relative = rotations[:, 0].swapaxes(1, 2) @ head
    half = _halve(relative)
    rotations[:, JOINT_INDEX["neck"]] = half
    rotations[:, JOINT_INDEX["head"]] = half
    for side in ("left", "right"):
        for joints, marks, hinge in LIMBS.values():
            mirrored = hinge * (1, -1, 1) if side == "right" and hinge[1] else hinge
            chain = [JOINT_INDEX[f"{side}_{name}"] for name in joints]
            line = [KEYPOINT_INDEX[f"{side}_{name}"] for name in marks]
            _pose_limb(rotations, chain, keypoints.rest[line], points[:, line], mirrored)
    state = BodyState(rotations, np.zeros(10), np.zeros((len(points), 3)))
    return BodyState(rotations, state.betas, place(body, keypoints, seen, state))


def in_own_proportions(body: Body, keypoints: BodyKeypoints, seen: Observations) -> Observations:
    """`seen` with its 3D points moved to where the mean body's bones would have them, each bone kept in direction.

    The network's skeleton has bones of its own lengths; taken as it is, it makes people too small and bends their
    knees to shorten the legs.
    """
    if seen.joints_3d is None:
        return seen
    state = initial_state(body, keypoints, seen)
    points = keypoint_positions(body, keypoints, state.rotations, state.betas, state.trans)
    return replace(seen, joints_3d=points - points[:, HIPS].mean(axis=1, keepdims=True))


def place(body: Body, keypoints: BodyKeypoints, seen: Observations, state: BodyState) -> np.ndarray:
    """The translations (F, 3) under which the posed keypoints project best: linear least squares.

    A point X + t is seen at the ray u where (X + t)_xy = u (X + t)_z, which is linear in t.
    """
    posed = keypoint_positions(body, keypoints, state.rotations, state.betas, np.zeros_like(state.trans))
    weights = seen.confidence / seen.extent[:, None]
    rows = np.zeros((*posed.shape[:2], 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1
    rows[..., 2] = -seen.rays
    right = seen.rays * posed[..., 2:] - posed[..., :2]
    rows = (rows * weights[..., None, None]).reshape(len(posed), -1, 3)
    right = (right * weights[..., None]).reshape(len(posed), -1, 1)
    normal = rows.swapaxes(1, 2) @ rows + 1e-9 * np.eye(3)
    trans = np.linalg.solve(normal, rows.swapaxes(1, 2) @ right)[..., 0]
    return _fill(trans, (seen.confidence > 0.2).sum(axis=1) >= 4)


def kabsch(rest: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3), (F, N, 3) -> (F, 3, 3): the rotations that best carry the first to the second (Kabsch 1976)."""
    centred = points - points.mean(axis=1, keepdims=True)
    covariance = centred.swapaxes(1, 2) @ (rest - rest.mean(axis=0))
    u, _, vt = np.linalg.svd(covariance)
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return u @ vt


def _pose_limb(
    rotations: np.ndarray, chain: list[int], rest: np.ndarray, points: np.ndarray, hinge: np.ndarray
) -> None:
    """Turns the chain's three joints so that its bones lie along `points` (F, 4, 3); `rest` (4, 3) at rest."""
    body_frame = rotations[:, 0].swapaxes(1, 2)
    bones = np.diff(points, axis=1) @ body_frame.swapaxes(1, 2)
    bones /= np.linalg.norm(bones, axis=2, keepdims=True) + 1e-9
    straight = np.diff(rest, axis=0)
    straight /= np.linalg.norm(straight, axis=1, keepdims=True)

    swing = _shortest_turn(straight[0], bones[:, 0])
    normal = np.cross(bones[:, 0], bones[:, 1])
    bend = np.linalg.norm(normal, axis=1, keepdims=True)
    seen = np.clip(bend / np.sin(LEAST_BEND) - 1, 0, 1)
    normal = seen * normal / (bend + 1e-9) + (1 - seen) * (swing @ hinge)
    upper = _frame(bones[:, 0], normal) @ _frame(straight[None, 0], hinge[None]).swapaxes(1, 2)
    rotations[:, chain[0]] = upper
    lower = upper @ _shortest_turn(straight[1], np.einsum("fba,fb->fa", upper, bones[:, 1]))
    rotations[:, chain[1]] = upper.swapaxes(1, 2) @ lower
    rotations[:, chain[2]] = _halve(_shortest_turn(straight[2], np.einsum("fba,fb->fa", lower, bones[:, 2])))


def _frame(along: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(F, 3), (F, 3) -> (F, 3, 3): orthonormal columns: along, the normal made square to it, their product."""
    normal = normal - (normal * along).sum(axis=1, keepdims=True) * along
    normal = normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9)
    return np.stack([along, normal, np.cross(along, normal)], axis=2)


def _shortest_turn(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(3,), (F, 3) unit vectors -> (F, 3, 3): the smallest rotations that carry one to the other."""
    axis = np.cross(start, end)
    cosine = np.clip(end @ start, -0.999, 1)[:, None, None]
    x, y, z = axis.T
    zero = np.zeros_like(x)
    cross = np.stack(
        [np.stack([zero, -z, y], 1), np.stack([z, zero, -x], 1), np.stack([-y, x, zero], 1)], axis=1
    )
    return np.eye(3) + cross + cross @ cross / (1 + cosine)


def _halve(rotations: np.ndarray) -> np.ndarray:
    """(F, 3, 3) -> rotations about the same axes by half the angle: the direction half way, made square again."""
    u, _, vt = np.linalg.svd(rotations + 1.001 * np.eye(3))
    return u @ vt


def _fill(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(F, C) with the rows that are not known interpolated between those that are."""
    if known.all() or not known.any():
        return values
    frames = np.arange(len(values))
    return np.stack([np.interp(frames, frames[known], column[known]) for column in values.T], axis=1)
