"""From the tracks of people in one piece of footage to their motions in one world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import numpy as np
from threadpoolctl import threadpool_limits

from .body.files import load_body
from .body.model import Body, rest_joints
from .body.rotation import matrix_to_axis_angle
from .errors import RecoveryError
from .fitting.body_keypoints import BodyKeypoints, attach_keypoints
from .fitting.clip import solve_clip
from .fitting.confidence import joint_confidence
from .fitting.focal_length import estimate_focal_length
from .fitting.grounding import find_world, solved_joints, stand_in
from .fitting.initial import in_own_proportions, place
from .fitting.observations import BodyState, Observations, observe
from .fitting.pose_prior import load_pose_prior
from .fitting.scene_scale import scale_hint
from .fitting.shape import clearest_frames, solve_shape
from .fitting.terms import Problem
from .fitting.view import View, views_of
from .fitting.world import World, body_in_world
from .hands.poses import with_fingers
from .known_camera import KnownCamera
from .methods.method import Recovered, Running
from .methods.predicted import predicted_pose
from .methods.registry import METHODS
from .motion import Camera, Motion
from .people.predictions import Prediction
from .people.seen_hands import SeenHands
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
    camera: KnownCamera | None = None
    """The camera that took the footage: its lens, and if it has frames, its places in the user's own world, in which
    the people are then recovered.
    """
    device: str = "auto"
    """For methods with a network of their own, and for that of the hands."""
    fingers: bool = False
    """Whether to recover the fingers, too."""


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
    on_solved: Callable[[int, int], None] = lambda done, total: None,
    on_step: Callable[[], None] = lambda: None,
    warnings: list[str] | None = None,
    predictions: Sequence[Prediction] = (),
    hands: Sequence[SeenHands] = (),
) -> list[Motion]:
    """A motion for every track, the most important person (the first) deciding where the floor is.

    `on_solved` is told how many solves are done, of how many: one a person, with feet that are held another, and with
    fingers another;
    `on_step` is called several times a second, and what it raises ends
    the work. What the user should know is added to `warnings`. `predictions` are what the method's network said of
    each track, where it looks at the pictures, and `hands` what was seen of each one's hands, where fingers are to be
    solved. Raises RecoveryError for an unreadable body.
    """
    if not tracks:
        return []
    seen_hands = hands[: len(tracks)] if settings.fingers else ()
    solved = _counter(on_solved, len(tracks) * (2 if _holds_feet(settings, footage) else 1) + len(seen_hands))
    # The solves' matrices are small: a second BLAS thread costs more in waiting than it computes.
    with threadpool_limits(1, user_api="blas"):
        motions = _solve_people(
            tracks, footage, settings, solved, on_step, [] if warnings is None else warnings, predictions
        )
        for index, seen in enumerate(seen_hands):
            motions[index] = with_fingers(motions[index], seen, settings.smoothing, on_step)
            solved()
        return motions


def _solve_people(
    tracks: list[Track],
    footage: Footage,
    settings: SolveSettings,
    solved: Callable[[], None],
    on_step: Callable[[], None],
    warnings: list[str],
    predictions: Sequence[Prediction],
) -> list[Motion]:
    body = load_body(settings.body)
    keypoints = attach_keypoints(body, load_body("free"))
    known_length, principal_point = _lens(footage, settings)
    observed_at = partial(_observed, footage.fps, principal_point)
    problem_of = partial(_problem, body, keypoints)
    focal_length = known_length or _focal_length(
        lambda track, focal: problem_of(observed_at(track, focal)), tracks, footage
    )
    observed = [observed_at(track, focal_length) for track in tracks]
    for index, prediction in enumerate(predictions):
        predicted = predicted_pose(prediction, tracks[index].frames, focal_length, principal_point)
        observed[index] = replace(observed[index], predicted=predicted)
    problems = [problem_of(seen) for seen in observed]
    known_world, views = _known_world(settings.camera, tracks)
    contact = _holds_feet(settings, footage)
    running = Running(settings.device, on_step)
    states: list[BodyState] = []
    for index, problem in enumerate(problems):
        recovered = METHODS[settings.method].recover(body, keypoints, observed[index], running)
        problem = _guided(problem, recovered)
        problems[index], state = _first_solution(
            problem, recovered.state, views[index], settings.smoothing, on_step
        )
        states.append(state)
        solved()
    if known_world is None:
        world = find_world(problems, states, settings.smoothing, contact, on_step, solved)
    else:
        world = known_world
        _tell_scale(problems, states, warnings)
        if contact:
            stand_in(world, problems, states, settings.smoothing, on_step, solved)
    if not all(np.isfinite(state.trans).all() and np.isfinite(state.rotations).all() for state in states):
        raise RecoveryError(
            "fit_failed",
            f"No body could be fitted to what was seen in {footage.path}.",
            "Choose other frames, or footage in which the person is seen more clearly.",
        )
    lens = Camera(focal_length, principal_point, footage.width, footage.height)
    return [
        _motion(problem, state, track, world, lens, settings, footage, person)
        for person, (problem, state, track) in enumerate(zip(problems, states, tracks, strict=True), start=1)
    ]


def _holds_feet(settings: SolveSettings, footage: Footage) -> bool:
    return settings.foot_contact and footage.fps > 0


def _lens(footage: Footage, settings: SolveSettings) -> tuple[float | None, np.ndarray]:
    """The focal length, None where it is not known, and the principal point (2,), in pixels of the footage."""
    known = settings.camera
    if known is None:
        return settings.focal_length, footage.principal_point
    smaller = np.array([footage.width / known.width, footage.height / known.height])
    return known.focal_length * smaller[0], (known.principal_point + 0.5) * smaller - 0.5


def _known_world(camera: KnownCamera | None, tracks: list[Track]) -> tuple[World | None, list[View | None]]:
    """The world that the camera's places are in, if it has any, and every person's view of it."""
    if camera is None or not len(camera.frames):
        return None, [None] * len(tracks)
    return views_of(camera, [track.frames for track in tracks])


def _counter(on_solved: Callable[[int, int], None], total: int) -> Callable[[], None]:
    """A function that is to be called after every solve; says at once how many there will be."""
    on_solved(0, total)
    numbers = count(1)
    return lambda: on_solved(next(numbers), total)


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


def _observed(fps: float, principal_point: np.ndarray, track: Track, focal_length: float) -> Observations:
    return observe(track.keypoints, track.joints_3d, track.crop_centres, focal_length, principal_point, fps)


def _problem(body: Body, keypoints: BodyKeypoints, seen: Observations) -> Problem:
    return Problem(body, keypoints, in_own_proportions(body, keypoints, seen), load_pose_prior())


def _guided(problem: Problem, recovered: Recovered) -> Problem:
    """The problem with what a method has found out; nothing is counted twice."""
    seen = replace(problem.seen, joints_3d=None) if recovered.has_used_3d else problem.seen
    return replace(problem, target=recovered.target, seen=seen)


def _first_solution(
    problem: Problem, start: BodyState, view: View | None, smoothing: float, on_step: Callable[[], None]
) -> tuple[Problem, BodyState]:
    """The clip solved without a floor: shape from its clearest frames, then every frame.

    What comes back is in camera space, or where the camera moves in the view's fixed space.
    """
    on_step()
    clear = clearest_frames(problem.seen.confidence)
    shaped = solve_shape(problem.slice(clear), start.slice(clear))
    state = replace(start, betas=shaped.betas)
    state = replace(state, trans=place(problem.body, problem.keypoints, problem.seen, state))
    if view is not None:
        target = None if problem.target is None else view.fix_target(problem.target)
        problem, state = replace(problem, target=target, view=view), view.fix(problem.body, state)
    return problem, solve_clip(problem, state, smoothing, on_step)


def _tell_scale(problems: list[Problem], states: list[BodyState], warnings: list[str]) -> None:
    scale = scale_hint(problems, states)
    if scale is not None:
        warnings.append(
            f"The tracked scene seems to be too {'small' if scale > 1 else 'large'} for its people: {scale:.2g} "
            "times its size would fit them. Set the scale in the Movie Clip editor and recover again."
        )


def _motion(
    problem: Problem,
    state: BodyState,
    track: Track,
    world: World,
    lens: Camera,
    settings: SolveSettings,
    footage: Footage,
    person: int,
) -> Motion:
    poses = matrix_to_axis_angle(state.rotations)
    pelvis = rest_joints(problem.body, state.betas)[0]
    poses[:, 0], trans = body_in_world(world, state.rotations[:, 0], state.trans, pelvis)
    return Motion(
        poses=poses.astype(np.float32),
        betas=state.betas.astype(np.float32),
        trans=trans.astype(np.float32),
        fps=footage.fps,
        frames=track.frames,
        camera=_camera(lens, world, problem.view),
        confidence=joint_confidence(problem, state).astype(np.float32),
        joints=problem.to_camera(solved_joints(problem, state)).astype(np.float32),
        keypoints_2d=track.keypoints.astype(np.float32),
        body=settings.body,
        source=footage.path,
        person=person,
    )


def _camera(lens: Camera, world: World, view: View | None) -> Camera:
    """The camera with its place in the world, or its places."""
    if view is None:
        return replace(lens, rotation=world.rotation, translation=world.translation)
    translations = view.to_camera(np.tile(world.translation, (len(view.rotations), 1, 1)))[:, 0]
    return replace(lens, rotation=view.rotations @ world.rotation, translation=translations)
