"""Rough bodies while the footage is still being read: good enough to watch, each frame on its own."""

from dataclasses import dataclass

import numpy as np

from ..body.files import load_body
from ..body.model import forward_kinematics, rest_joints
from ..body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from ..fitting.body_keypoints import attach_keypoints
from ..fitting.focal_length import USUAL
from ..fitting.initial import initial_state
from ..fitting.observations import BodyState, observe
from ..fitting.view import camera_poses
from ..fitting.world import World, body_in_world, on_floor, world_from_up
from ..known_camera import KnownCamera
from ..people.keypoints import PoseObservation
from ..people.person import TRUSTED

SEEN, ENOUGH = 0.2, 6
"""A keypoint's confidence from which it counts as seen, and how many must be for a body to be placed."""
TURN_SECONDS = 0.06
PATH_SECONDS = np.array([0.06, 0.06, 0.4])
"""Time constants of the smoothing, for turns and for x, y and z from the camera: a frame tells little of depth."""
FORGET_SECONDS = 0.5
"""After this long without being seen somebody appears where they are, and does not glide there."""
LEVEL = np.array([0.0, -1.0, 0.0])


@dataclass
class _Seen:
    """One person as last shown, in camera space: rotations (24, 3, 3) and translation (3,)."""

    frame: int
    rotations: np.ndarray
    trans: np.ndarray


class LivePreview:
    """Mean free bodies in a rough world: the camera level, the first body seen standing near the origin.

    `focal_length` is in pixels, None where it is not known; `fps` is 0 for a picture. A known camera says more:
    its lens, and if it has frames, where it is in the user's world, which then is the world of the bodies.
    """

    def __init__(
        self, width: int, height: int, fps: float, focal_length: float | None, camera: KnownCamera | None
    ) -> None:
        self._body = load_body("free")
        self._keypoints = attach_keypoints(self._body, self._body)
        self._pelvis = rest_joints(self._body, np.zeros(10))[0]
        self._principal_point = np.array([(width - 1) / 2, (height - 1) / 2])
        self._focal_length = focal_length or USUAL * max(width, height)
        if camera is not None:
            smaller = np.array([width / camera.width, height / camera.height])
            self._principal_point = (camera.principal_point + 0.5) * smaller - 0.5
            self._focal_length = camera.focal_length * smaller[0]
        self._camera = camera if camera is not None and len(camera.frames) else None
        self._fps = max(fps, 1.0)
        self._world: World | None = None
        self._before: dict[int, _Seen] = {}

    def people(self, frame: int, seen: list[tuple[int, PoseObservation]]) -> list[dict]:
        """Who is seen in a frame: id, pose (72 numbers, as in Motion.poses) and trans (3), for JSON."""
        shown = [(who, found) for who, found in seen if _can_be_placed(found)]
        if not shown:
            return []
        state = self._states([found for _, found in shown])
        for row, (who, _) in enumerate(shown):
            self._smooth(who, frame, state.rotations[row], state.trans[row])
        world = self._world_at(frame, state)
        poses = matrix_to_axis_angle(state.rotations)
        poses[:, 0], trans = body_in_world(world, state.rotations[:, 0], state.trans, self._pelvis)
        return [
            {
                "id": who,
                "pose": poses[row].reshape(-1).round(4).tolist(),
                "trans": trans[row].round(4).tolist(),
            }
            for row, (who, _) in enumerate(shown)
        ]

    def _states(self, found: list[PoseObservation]) -> BodyState:
        """Everybody's body in camera space, as if they were frames of one clip."""
        observations = observe(
            np.array([o.keypoints for o in found]),
            np.array([o.joints_3d for o in found]),
            np.array([o.crop_centre for o in found]),
            self._focal_length,
            self._principal_point,
            self._fps,
        )
        return initial_state(self._body, self._keypoints, observations)

    def _smooth(self, who: int, frame: int, rotations: np.ndarray, trans: np.ndarray) -> None:
        """Draws a state towards the last one shown, in place."""
        last = self._before.get(who)
        seconds = FORGET_SECONDS if last is None else (frame - last.frame) / self._fps
        if last is not None and 0 < seconds < FORGET_SECONDS:
            turns = matrix_to_axis_angle(last.rotations.swapaxes(1, 2) @ rotations)
            share = 1 - np.exp(-seconds / TURN_SECONDS)
            rotations[:] = last.rotations @ axis_angle_to_matrix(share * turns)
            trans[:] = last.trans + (1 - np.exp(-seconds / PATH_SECONDS)) * (trans - last.trans)
        self._before[who] = _Seen(frame, rotations.copy(), trans.copy())

    def _world_at(self, frame: int, state: BodyState) -> World:
        if self._camera is not None:
            rotations, translations = camera_poses(self._camera, np.array([frame]))
            return World(rotations[0], translations[0])
        self._world = self._world or self._rough_world(state)
        return self._world

    def _rough_world(self, state: BodyState) -> World:
        """A world with the origin on the floor under the first body."""
        first = state.slice(slice(0, 1))
        poses = matrix_to_axis_angle(first.rotations)
        world = on_floor(self._body, world_from_up(LEVEL, np.zeros(3)), poses, first.betas, first.trans)
        _, joints = forward_kinematics(first.rotations, rest_joints(self._body, first.betas))
        x, y, _ = world.to_world(joints[0, 0] + first.trans[0])
        return World(world.rotation, world.to_camera(np.array([x, y, 0.0])))


def _can_be_placed(found: PoseObservation) -> bool:
    return bool(found.confidence >= TRUSTED and (found.keypoints[:, 2] > SEEN).sum() >= ENOUGH)
