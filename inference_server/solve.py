"""From the tracks of people in one piece of footage to their motions in one world."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from .body.files import load_body
from .body.model import Body, forward_kinematics, rest_joints
from .body.rotation import matrix_to_axis_angle
from .errors import RecoveryError
from .fitting.body_keypoints import BodyKeypoints, attach_keypoints
from .fitting.clip import solve_clip
from .fitting.confidence import joint_confidence
from .fitting.contacts import OTHER_FLOOR, pin_feet
from .fitting.focal_length import estimate_focal_length
from .fitting.initial import in_own_proportions, place
from .fitting.observations import BodyState, observe
from .fitting.pose_prior import load_pose_prior
from .fitting.shape import clearest_frames, solve_shape
from .fitting.terms import Problem
from .fitting.world import (
    World,
    body_in_world,
    estimate_up,
    on_floor,
    soles_on_floor,
    world_from_up,
)
from .methods import METHODS
from .motion import Camera, Motion
from .people.tracks import Track

PEOPLE_FOR_FOCAL_LENGTH = 3
FRAMES_FOR_FOCAL_LENGTH = 8
"""Of each; perspective is faint, and more frames of one person err alike."""


@dataclass(frozen=True)
class SolveSettings:
    """What may be changed without running the networks again."""

    method: str = "keypoints"
    body: str = "free"
    """"free", or the path of the user's body file."""
    focal_length: float | None = None
    """Pixels; None to estimate it."""
    smoothing: float = 1.0
    """Scales the time constants; 0 leaves every frame to itself."""
    foot_contact: bool = True


@dataclass(frozen=True)
class Footage:
    """What the solve needs to know of the source."""

    width: int
    height: int
    fps: float
    """0 for a still."""
    path: str

    @property
    def principal_point(self) -> np.ndarray:
        """(2,) the middle of the picture; pixel centres lie at whole numbers."""
        return np.array([(self.width - 1) / 2, (self.height - 1) / 2])


def solve_people(
    tracks: list[Track],
    footage: Footage,
    settings: SolveSettings,
    on_person: Callable[[int], None] = lambda done: None,
) -> list[Motion]:
    """A motion for every track, the most important person (the first) deciding where the floor is.

    `on_person` is told how many people are done. Raises RecoveryError for an unreadable body.
    """
    if not tracks:
        return []
    # The solves' matrices are small: a second BLAS thread costs more in waiting than it computes.
    with threadpool_limits(1, user_api="blas"):
        return _solve_people(tracks, footage, settings, on_person)


def _solve_people(
    tracks: list[Track], footage: Footage, settings: SolveSettings, on_person: Callable[[int], None]
) -> list[Motion]:
    body = load_body(settings.body)
    keypoints = attach_keypoints(body, load_body("free"))
    problem_at = partial(_problem, body, keypoints, footage)
    focal_length = settings.focal_length or _focal_length(problem_at, tracks, footage)
    problems = [problem_at(track, focal_length) for track in tracks]
    states: list[BodyState] = []
    for index, problem in enumerate(problems):
        recovered = METHODS[settings.method].recover(body, keypoints, problem.seen)
        problems[index] = replace(problem, target=recovered.target)
        states.append(_first_solution(problems[index], recovered.state, settings.smoothing))
        on_person(len(states))
    joints = [_joints(body, state) for state in states]
    world = world_from_up(estimate_up(joints), np.zeros(3))
    world = on_floor(body, world, *_in_axis_angle(states[0]))
    if settings.foot_contact and footage.fps:
        world = _plant_feet(problems, states, world, settings.smoothing)
        world = soles_on_floor(body, world, *_in_axis_angle(states[0]))
    floors = [on_floor(body, world, *_in_axis_angle(state)) for state in states[1:]]
    world = _on_the_ground(
        world, np.array([0.0, *(world.to_world(floor.translation)[2] for floor in floors)])
    )
    if not all(np.isfinite(state.trans).all() and np.isfinite(state.rotations).all() for state in states):
        raise RecoveryError(
            "fit_failed",
            f"No body could be fitted to what was seen in {footage.path}.",
            "Choose other frames, or footage in which the person is seen more clearly.",
        )
    world = _centred(world, _joints(body, states[0])[0, 0])
    camera = Camera(
        focal_length,
        footage.principal_point,
        footage.width,
        footage.height,
        world.rotation,
        world.translation,
    )
    return [
        _motion(problem, state, track, camera, settings, footage, person)
        for person, (problem, state, track) in enumerate(zip(problems, states, tracks, strict=True), start=1)
    ]


def _focal_length(
    problem_at: Callable[[Track, float], Problem], tracks: list[Track], footage: Footage
) -> float:
    """Estimated from a few clear frames of the most important people."""
    few = []
    for track in tracks[:PEOPLE_FOR_FOCAL_LENGTH]:
        clear = clearest_frames(track.keypoints[..., 2], FRAMES_FOR_FOCAL_LENGTH)
        few.append(
            replace(
                track,
                keypoints=track.keypoints[clear],
                joints_3d=track.joints_3d[clear],
                crop_centres=track.crop_centres[clear],
            )
        )
    return estimate_focal_length(
        lambda focal: [problem_at(track, focal) for track in few], footage.width, footage.height
    )


def _problem(
    body: Body, keypoints: BodyKeypoints, footage: Footage, track: Track, focal_length: float
) -> Problem:
    seen = observe(
        track.keypoints,
        track.joints_3d,
        track.crop_centres,
        focal_length,
        footage.principal_point,
        footage.fps,
    )
    return Problem(body, keypoints, in_own_proportions(body, keypoints, seen), load_pose_prior())


def _first_solution(problem: Problem, start: BodyState, smoothing: float) -> BodyState:
    """The clip solved without a world: shape from its clearest frames, then every frame."""
    clear = clearest_frames(problem.seen.confidence)
    shaped = solve_shape(problem.slice(clear), start.slice(clear))
    state = replace(start, betas=shaped.betas)
    state = replace(state, trans=place(problem.body, problem.keypoints, problem.seen, state))
    return solve_clip(problem, state, smoothing)


def _in_axis_angle(state: BodyState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Poses (F, 24, 3), betas (10,) and translations (F, 3), in camera space."""
    return matrix_to_axis_angle(state.rotations), state.betas, state.trans


def _plant_feet(problems: list[Problem], states: list[BodyState], world: World, smoothing: float) -> World:
    """Solves again with the standing feet held; the first person's feet say where the floor is."""
    floor_known = False
    for index, (problem, state) in enumerate(zip(problems, states, strict=True)):
        planted = pin_feet(problem, state, world, floor_known)
        if planted is None:
            continue
        pinned = replace(problem, pins=planted.pins)
        state = replace(state, trans=state.trans * planted.scale)
        if floor_known:
            clear = clearest_frames(problem.seen.confidence)
            state = replace(state, betas=solve_shape(pinned.slice(clear), state.slice(clear)).betas)
        states[index] = solve_clip(pinned, state, smoothing)
        world, floor_known = _on_the_ground(planted.world, planted.levels), True
    return world


def _on_the_ground(world: World, levels: np.ndarray) -> World:
    """`world` lowered to the lowest of the floors that somebody stands on: a roof is not to bury those below it."""
    lowest = levels.min()
    if lowest > -OTHER_FLOOR:
        return world
    ground = float(np.median(levels[levels < lowest + OTHER_FLOOR]))
    return World(world.rotation, world.to_camera(np.array([0.0, 0.0, ground])))


def _centred(world: World, pelvis: np.ndarray) -> World:
    """The same world with its origin on the floor under a point (3,) of camera space."""
    place = world.to_world(pelvis)
    return World(world.rotation, world.to_camera(np.array([place[0], place[1], 0.0])))


def _joints(body: Body, state: BodyState) -> np.ndarray:
    _, joints = forward_kinematics(state.rotations, rest_joints(body, state.betas))
    return joints + state.trans[:, None]


def _motion(
    problem: Problem,
    state: BodyState,
    track: Track,
    camera: Camera,
    settings: SolveSettings,
    footage: Footage,
    person: int,
) -> Motion:
    world = World(camera.rotation, camera.translation)
    poses = matrix_to_axis_angle(state.rotations)
    pelvis = rest_joints(problem.body, state.betas)[0]
    poses[:, 0], trans = body_in_world(world, state.rotations[:, 0], state.trans, pelvis)
    return Motion(
        poses=poses.astype(np.float32),
        betas=state.betas.astype(np.float32),
        trans=trans.astype(np.float32),
        fps=footage.fps,
        frames=track.frames,
        camera=camera,
        confidence=joint_confidence(problem, state).astype(np.float32),
        joints=_joints(problem.body, state).astype(np.float32),
        keypoints_2d=track.keypoints.astype(np.float32),
        body=settings.body,
        source=footage.path,
        person=person,
    )
