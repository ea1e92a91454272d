"""Where a camera that moves is, seen from the fixed space in which a clip is solved."""

from dataclasses import dataclass, replace

import numpy as np

from ..body.model import Body, rest_joints
from ..body.rotation import matrix_to_quaternion, quaternion_to_matrix, slerp
from ..known_camera import KnownCamera
from .between import rows_between
from .observations import BodyState, PoseTarget
from .world import World

STILL = 1e-6
"""Metres, and parts of one: a camera that moves by less stands still."""


@dataclass(frozen=True)
class View:
    """A camera in F frames: a point X of the fixed space lies at rotation X + translation in camera space."""

    rotations: np.ndarray
    """(F, 3, 3)."""
    translations: np.ndarray
    """(F, 3) metres."""

    def slice(self, frames: slice | np.ndarray) -> "View":
        return View(self.rotations[frames], self.translations[frames])

    @property
    def centres(self) -> np.ndarray:
        """(F, 3) where the camera is, in the fixed space."""
        return -(self.rotations.swapaxes(1, 2) @ self.translations[..., None])[..., 0]

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """(F, N, 3) fixed space -> (F, N, 3) camera space."""
        return points @ self.rotations.swapaxes(1, 2) + self.translations[:, None]

    def fix(self, body: Body, state: BodyState) -> BodyState:
        """A state in camera space, carried to the fixed space."""
        pelvis = rest_joints(body, state.betas)[0]  # SMPL's root turns about it
        back = self.rotations.swapaxes(1, 2)
        trans = (back @ (state.trans + pelvis - self.translations)[..., None])[..., 0] - pelvis
        return replace(state, rotations=self._turned_back(state.rotations), trans=trans)

    def fix_target(self, target: PoseTarget) -> PoseTarget:
        """A pose in camera space, carried to the fixed space."""
        return replace(target, rotations=self._turned_back(target.rotations))

    def _turned_back(self, rotations: np.ndarray) -> np.ndarray:
        turned = rotations.copy()
        turned[:, 0] = self.rotations.swapaxes(1, 2) @ rotations[:, 0]
        return turned


def camera_poses(camera: KnownCamera, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (F, 3, 3) and translations (F, 3), world to camera, in `frames` (F,) of the source.

    Between the known frames the camera turns and moves evenly; before and after them it stands still.
    """
    known = np.asarray(camera.frames)
    before, after, share = rows_between(known, frames)
    quaternions = matrix_to_quaternion(camera.rotations)
    rotations = quaternion_to_matrix(slerp(quaternions[before], quaternions[after], share))
    places = -(camera.rotations.swapaxes(1, 2) @ camera.translations[..., None])[..., 0]
    places = places[before] + (places[after] - places[before]) * share[:, None]
    return rotations, -(rotations @ places[..., None])[..., 0]


def views_of(camera: KnownCamera, frames: list[np.ndarray]) -> tuple[World, list[View | None]]:
    """The camera's world as the fixed space sees it, and a view for every person's frames (F,) of the source.

    The fixed space is the camera space of the first person's middle frame, so that its axes are what the
    solve is used to: y down, z away. The views are None where the camera stands still.
    """
    middle = frames[0][len(frames[0]) // 2]
    rotation, translation = (values[0] for values in camera_poses(camera, np.array([middle])))
    views: list[View | None] = []
    still = True
    for own in frames:
        rotations, translations = camera_poses(camera, own)
        turns = rotations @ rotation.T
        moves = translations - turns @ translation
        still &= bool(np.abs(turns - np.eye(3)).max() < STILL and np.abs(moves).max() < STILL)
        views.append(View(turns, moves))
    return World(rotation, translation), [None] * len(frames) if still else views
