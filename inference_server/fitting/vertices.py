"""From a mesh that a network predicts to pose and shape."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..body.model import Body, pose_body
from ..body.rotation import matrix_to_axis_angle
from ..errors import RecoveryError
from .observations import BodyState
from .sampled_skin import neighbourhoods, sample_skin, whole_skin
from .vertex_solve import Mesh, refine_betas, solve_betas, solve_poses, spreads
from .vertex_start import start_pose

CHUNK_FRAMES = 16
"""Frames solved at a time: bounds the working memory, about 3 MB each."""
ROUGH = 3e-4
"""Metres by which vertices are off in frames that are fitted to all of them: in others a sample says as much."""
FIRST_SHAPE_FRAMES = 8
"""Frames that the betas are taken from where vertices fit: they are one person's."""
SHAPE_FRAMES = 32
"""Frames that they are taken from where vertices are rough; still more say no more of them."""


@dataclass(frozen=True)
class FittedVertices:
    """A posed body over F frames, in the frame of the vertices that it was fitted to."""

    rotations: np.ndarray
    """(F, J, 3, 3) relative to the parent; the root's relative to the vertices' frame."""
    betas: np.ndarray
    """(10,)."""
    trans: np.ndarray
    """(F, 3) metres, added after posing."""
    residual: np.ndarray
    """(F,) mean distance of the vertices from the fitted body's, metres."""


def fit_vertices(
    body: Body,
    vertices: np.ndarray,
    weights: np.ndarray | None = None,
    noise: float = 0.0,
    on_frames: Callable[[int], None] = lambda done: None,
) -> FittedVertices:
    """The poses of a clip and the one person's betas that bring `body` nearest to `vertices` (F, V, 3) metres.

    The vertices may be in any frame; they are the body's own, in its order. `weights` (F, V) or (V,), from 0
    upwards, say how far each counts against the others, as one over its variance does; a frame must have some.
    Single vertices far off are found and left out in any case. `noise` is the standard deviation, in metres,
    with which the network usually misses a coordinate: 0 fits what is there as near as can be, more lets the pose
    prior rule out what no body does, as far as neighbouring vertices err alike and so do not average it away.
    The body may be a hand in MANO's form, which has 16 joints.
    Frames are free of each other but for the betas: motion is smoothed later, with all else that is known.
    `on_frames` is told how many frames are done.

    Raises RecoveryError "vertices" where the arrays do not fit the body or hold what is no number.
    """
    return fit_points(body, vertices, weights, noise, on_frames)


def fit_points(
    body: Body,
    vertices: np.ndarray,
    weights: np.ndarray | None,
    noise: float,
    on_frames: Callable[[int], None] = lambda done: None,
    first_scale: float = 0.0,
) -> FittedVertices:
    """`fit_vertices`, where the closed-form start may be off: points are lost as too far off only when they still are
    after some steps, the first of which take them to be exact to `first_scale` metres.
    """
    vertices = np.asarray(vertices)
    _check(body, vertices)
    frame_count, vertex_count = vertices.shape[:2]
    skin, whole, groups = sample_skin(body), whole_skin(body), neighbourhoods(body)
    certainty = np.ones(vertex_count) if weights is None else np.asarray(weights, dtype=np.float64)
    certainty = _checked_weights(certainty, frame_count, vertex_count, skin.chosen)

    def sampled(frames: np.ndarray) -> Mesh:
        points = vertices[frames[:, None], skin.chosen].astype(np.float64).swapaxes(1, 2)
        return Mesh(
            np.ascontiguousarray(points), certainty[frames[:, None], skin.chosen], noise, None, first_scale
        )

    def all_of(frames: np.ndarray) -> Mesh:
        points = vertices[frames].astype(np.float64).swapaxes(1, 2)
        return Mesh(np.ascontiguousarray(points), certainty[frames], noise, groups)

    few = _spread(frame_count, FIRST_SHAPE_FRAMES)
    mesh = sampled(few)
    state = solve_betas(skin, mesh, start_pose(skin, mesh.points, mesh.certainty, np.zeros(10)))
    if spreads(skin, mesh, state).max() > ROUGH:
        mesh = sampled(more := _spread(frame_count, SHAPE_FRAMES))
        state = solve_poses(skin, mesh, start_pose(skin, mesh.points, mesh.certainty, state.betas))
        state = refine_betas(skin, mesh, whole, all_of(more), state)
    betas = state.betas
    rotations, trans = np.empty((frame_count, len(body.parents), 3, 3)), np.empty((frame_count, 3))
    residual = np.empty(frame_count)
    for start in range(0, frame_count, CHUNK_FRAMES):
        frames = np.arange(start, min(start + CHUNK_FRAMES, frame_count))
        mesh = sampled(frames)
        state = solve_poses(skin, mesh, start_pose(skin, mesh.points, mesh.certainty, betas))
        if spreads(skin, mesh, state).max() > ROUGH:
            state = solve_poses(whole, all_of(frames), state)
        rotations[frames], trans[frames] = state.rotations, state.trans
        residual[frames] = _distances(body, state, vertices[frames])
        on_frames(int(frames[-1]) + 1)
    return FittedVertices(rotations, betas, trans, residual)


def _spread(frame_count: int, count: int) -> np.ndarray:
    return np.linspace(0, frame_count - 1, min(frame_count, count)).round().astype(int)


def _distances(body: Body, state: BodyState, vertices: np.ndarray) -> np.ndarray:
    """(F,) over all vertices, not only those that were fitted."""
    posed, _ = pose_body(body, matrix_to_axis_angle(state.rotations), state.betas, state.trans)
    return np.linalg.norm(posed - vertices, axis=2).mean(axis=1)


def _check(body: Body, vertices: np.ndarray) -> None:
    wanted = len(body.template)
    if vertices.ndim != 3 or not len(vertices) or vertices.shape[1:] != (wanted, 3):
        raise RecoveryError(
            "vertices",
            f"The mesh is {' x '.join(map(str, vertices.shape))}; the body '{body.name}' needs "
            f"frames x {wanted} x 3.",
            "A network's mesh fits only the body that it was trained on: choose that body's file.",
        )
    bad = np.flatnonzero(~np.isfinite(vertices.sum(axis=(1, 2), dtype=np.float64)))
    if len(bad):
        raise RecoveryError(
            "vertices",
            f"The mesh holds values that are no numbers, first in frame {bad[0]}.",
            "The network's weights may be damaged, or its device may lack precision: try the CPU.",
        )


def _checked_weights(
    weights: np.ndarray, frame_count: int, vertex_count: int, sample: np.ndarray
) -> np.ndarray:
    """(F, V) or (V,) -> (F, V), 1 at most: what the solve weighs against the vertices counts in them."""
    hint = "Leave the weights out to count every vertex alike."
    if weights.shape not in ((vertex_count,), (frame_count, vertex_count)):
        have = " x ".join(map(str, weights.shape))
        message = f"The vertices' weights are {have}, for {frame_count} frames of {vertex_count} vertices."
        raise RecoveryError("vertices", message, hint)
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise RecoveryError("vertices", "The vertices' weights are not all numbers from 0 upwards.", hint)
    every = np.broadcast_to(weights / max(weights.max(), 1e-300), (frame_count, vertex_count))
    empty = np.flatnonzero(~every[:, sample].any(axis=1))
    if len(empty):
        message = f"The vertices' weights leave nothing to fit, first in frame {empty[0]}."
        raise RecoveryError("vertices", message, hint)
    return every
