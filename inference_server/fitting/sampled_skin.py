"""Some of a body's vertices, posed over many frames, and the normal equations of their distance to a mesh."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..body.model import Body, forward_kinematics, rest_joints
from .observations import BodyState
from .terms import Normal

SHARE = 8
"""One vertex in so many is fitted."""
LEAST = 24
"""Vertices fitted a joint, as far as the joint carries so many."""
NEIGHBOURS = 64
"""Vertices a neighbourhood."""
PRECISION = np.float32
"""Of the derivatives: twice as fast, and the residuals that they multiply stay exact."""


@dataclass(frozen=True)
class SampledSkin:
    """N of a body's vertices, in planes of N numbers."""

    body: Body
    chosen: np.ndarray
    """(N,) indices."""
    weights: np.ndarray
    """(J, N) skin weights."""
    pose_directions: np.ndarray | None
    """(J - 1, 9, 3 N): by joint and by entry of its rotation."""

    @property
    def joint_count(self) -> int:
        """J: 24 of SMPL's form, 16 of MANO's."""
        return len(self.body.parents)

    @property
    def turns(self) -> int:
        """How many of a frame's unknowns are turns of joints, each about its own three axes; three more, the
        translation, come after them: D in all, 75 of SMPL's form.
        """
        return 3 * self.joint_count

    @property
    def carries(self) -> np.ndarray:
        """(J, J) 1 where the first joint carries the second, or is it."""
        return _carries(tuple(self.body.parents.tolist()))

    def shaped(self, betas: np.ndarray) -> np.ndarray:
        """(3, N) the surface at rest, without what the pose does to it."""
        return (self.body.template[self.chosen] + self.body.shape_directions[self.chosen] @ betas).T

    @cached_property
    def pairs(self) -> "SkinPairs":
        touched = (self.weights > 0).astype(np.float64)
        first, second = np.nonzero(np.triu(touched @ touched.T))
        products = (self.weights[first] * self.weights[second]).T
        return SkinPairs(
            first, second, products.astype(PRECISION), self.weights.T.astype(PRECISION), self.carries
        )


@dataclass(frozen=True)
class SkinPairs:
    """Which joints share vertices of a skin."""

    first: np.ndarray
    """(P,) joints."""
    second: np.ndarray
    """(P,) joints, each the same as the first or after it."""
    products: np.ndarray
    """(N, P) of a vertex's two weights."""
    weights: np.ndarray
    """(N, J)."""
    carries: np.ndarray
    """(J, J), as the skin's."""


@dataclass(frozen=True)
class PosedSkin:
    """The sampled vertices in F frames."""

    turned: np.ndarray
    """(F, 24, 3, 3) the joints' rotations relative to the frame of `positions`."""
    joints: np.ndarray
    """(F, 24, 3)."""
    rest: np.ndarray
    """(24, 3) the joints at rest."""
    surface: np.ndarray
    """(1 or F, 3, N) the vertices at rest, with what the pose does to them."""
    blended: np.ndarray
    """(F, 3, 3, N) what turns each vertex: its joints' rotations, blended."""
    positions: np.ndarray
    """(F, 3, N)."""


def sample_skin(body: Body) -> SampledSkin:
    """The same vertices every time, spread over the surface, of every joint's some."""
    counts = [min(len(part), max(LEAST, len(part) // SHARE)) for part in _parts(body)]
    spread = [part[_spread(body.template[part], n)] for part, n in zip(_parts(body), counts, strict=True)]
    return skin_of(body, np.sort(np.concatenate(spread)))


def whole_skin(body: Body) -> SampledSkin:
    """Every vertex."""
    return skin_of(body, np.arange(len(body.template)))


def neighbourhoods(body: Body) -> np.ndarray:
    """(V,) a number for each vertex, the same for those of a joint that lie within about 10 cm of each other."""
    numbers, count = np.empty(len(body.template), dtype=np.int64), 0
    for part in _parts(body):
        points = body.template[part]
        centres = points[_spread(points, -(-len(part) // NEIGHBOURS))]
        numbers[part] = (
            count + ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1) if len(part) else 0
        )
        count += len(centres)
    return numbers


def skin_of(body: Body, chosen: np.ndarray) -> SampledSkin:
    directions = None
    if body.pose_directions is not None:
        directions = body.pose_directions[chosen].transpose(2, 1, 0).reshape(len(body.parents) - 1, 9, -1)
    return SampledSkin(body, chosen, body.weights[chosen].T.copy(), directions)


def _parts(body: Body) -> list[np.ndarray]:
    """The vertices that each joint moves most."""
    owners = body.weights.argmax(axis=1)
    return [np.flatnonzero(owners == joint) for joint in range(len(body.parents))]


def _spread(points: np.ndarray, count: int) -> np.ndarray:
    """(P, 3) -> the indices of `count` of them, each the farthest from those before it (Gonzalez 1985)."""
    chosen = np.zeros(count, dtype=np.int64)
    nearest = np.full(len(points), np.inf)
    for place in range(1, count):
        nearest = np.minimum(nearest, ((points - points[chosen[place - 1]]) ** 2).sum(axis=1))
        chosen[place] = nearest.argmax()
    return chosen


def pose_skin(skin: SampledSkin, state: BodyState) -> PosedSkin:
    """The sampled vertices of a posed body (Loper 2015, equations 2-11)."""
    rest = rest_joints(skin.body, state.betas)
    turned, joints = forward_kinematics(state.rotations, rest, skin.body.parents)
    joints = joints + state.trans[:, None]
    count = len(joints)
    surface = skin.shaped(state.betas)[None]
    if skin.pose_directions is not None:
        features = (state.rotations[:, 1:] - np.eye(3)).reshape(count, -1)
        offsets = features @ skin.pose_directions.reshape(features.shape[1], -1)
        surface = surface + offsets.reshape(count, 3, -1)
    blended = (turned.reshape(count, skin.joint_count, 9).swapaxes(1, 2) @ skin.weights).reshape(
        count, 3, 3, -1
    )
    shifts = joints - (turned @ rest[:, :, None])[..., 0]
    positions = shifts.swapaxes(1, 2) @ skin.weights
    for axis in range(3):
        positions += blended[:, :, axis] * surface[:, None, axis]
    return PosedSkin(turned, joints, rest, surface, blended, positions)


def skin_rows(skin: SampledSkin, surface: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(1 or F, 3, N) at rest, (24, 3) -> (1 or F, 96, N): by what a joint's rotation and position are multiplied.

    A vertex is at the sum over the joints j of w_j (G_j (s - rest_j) + X_j), so the rows of a joint are
    w_j (s - rest_j) and w_j.
    """
    rows = np.empty((len(surface), skin.joint_count, 4, surface.shape[2]))
    np.subtract(surface[:, None], rest[:, :, None], out=rows[:, :, :3])
    rows[:, :, 3] = 1
    rows *= skin.weights[:, None]
    return rows.reshape(len(surface), 4 * skin.joint_count, -1)


def linearise_skin(
    skin: SampledSkin,
    state: BodyState,
    posed: PosedSkin,
    residual: np.ndarray,
    weights: np.ndarray,
) -> Normal:
    """The normal equations of residual (F, 3, N) = posed - mesh with weights (F, N), the betas' part with them.
    The cost is left 0.
    """
    count, turns, unknowns = len(residual), skin.turns, skin.turns + 3
    size = unknowns + len(state.betas)
    rows = np.empty((count, size + 1, 3, residual.shape[2]), dtype=PRECISION)
    _put_turns(rows[:, :turns], skin, posed)
    if skin.pose_directions is not None:
        _add_blendshapes(rows[:, 3:turns], skin, state, posed)
    rows[:, turns:unknowns] = np.eye(3)[..., None]
    rows[:, unknowns:size] = _betas_rows(skin, posed)
    rows[:, size] = residual
    rows *= np.sqrt(weights)[:, None, None].astype(PRECISION)
    flat = rows.reshape(count, size + 1, -1)
    products = (flat @ flat.swapaxes(1, 2)).astype(np.float64)

    # the turns were about the axes of the vertices' frame, and are to be about the joints' own
    products = to_own_axes(posed, to_own_axes(posed, products).swapaxes(1, 2))
    normal = Normal(np.zeros(count), products[:, :unknowns, size], products[:, :unknowns, :unknowns])
    normal.mixed = products[:, :unknowns, unknowns:size]
    normal.betas_hessian = products[:, unknowns:size, unknowns:size].sum(axis=0)
    normal.betas_gradient = products[:, unknowns:size, size].sum(axis=0)
    return normal


def _put_turns(rows: np.ndarray, skin: SampledSkin, posed: PosedSkin) -> None:
    """Fills (F, 72, 3, N): how a turn of each joint about each of the three axes moves the vertices.

    Turning joint k by d moves a vertex by d x a, where a is the sum of w_j (v_j - X_k) over the joints j that k
    carries, and v_j is where j alone would take the vertex.
    """
    count = len(posed.turned)
    joints = skin.joint_count
    carried = np.zeros((count, joints, 3, joints, 4))
    carried[..., :3] = posed.turned.transpose(0, 2, 1, 3)[:, None]
    carried[..., 3] = posed.joints.swapaxes(1, 2)[:, None] - posed.joints[..., None]
    carried *= skin.carries[:, None, :, None]
    carried = carried.reshape(count, skin.turns, 4 * joints).astype(PRECISION)
    arms = carried @ skin_rows(skin, posed.surface, posed.rest).astype(PRECISION)
    arms = arms.reshape(count, joints, 3, -1)
    by_axis = rows.reshape(count, joints, 3, 3, -1)
    for axis, after, last in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        by_axis[:, :, axis, axis] = 0
        by_axis[:, :, axis, last] = arms[:, :, after]
        np.negative(arms[:, :, last], out=by_axis[:, :, axis, after])


def _add_blendshapes(rows: np.ndarray, skin: SampledSkin, state: BodyState, posed: PosedSkin) -> None:
    """Adds to (F, 69, 3, N) what the turns do through the pose blendshapes."""
    assert skin.pose_directions is not None
    count = len(rows)
    # a turn d about the frame's axes changes the joint's own rotation R by R [G^T d]x
    own = np.cross(posed.turned[:, 1:, :, None], -np.eye(3))  # (F, 23, axis of d, row, column) of [G^T d]x
    features = (
        (state.rotations[:, 1:, None] @ own).reshape(count, skin.joint_count - 1, 3, 9).astype(PRECISION)
    )
    at_rest = (features @ skin.pose_directions.astype(PRECISION)).reshape(count, skin.turns - 3, 3, -1)
    blended = posed.blended.astype(PRECISION)
    for to, turn, moved in zip(rows, blended, at_rest, strict=True):  # a frame fits the processor's cache
        for axis in range(3):
            total = turn[axis, 0] * moved[:, 0]
            total += turn[axis, 1] * moved[:, 1]
            total += turn[axis, 2] * moved[:, 2]
            to[:, axis] += total


def _betas_rows(skin: SampledSkin, posed: PosedSkin) -> np.ndarray:
    """(F, 10, 3, N): how the vertices move with each beta."""
    moved = shifts_by_betas(skin, posed).transpose(0, 3, 2, 1) @ skin.weights
    surface = skin.body.shape_directions[skin.chosen].transpose(2, 1, 0)
    for axis in range(3):
        moved += posed.blended[:, None, :, axis] * surface[:, None, axis]
    return moved


def shifts_by_betas(skin: SampledSkin, posed: PosedSkin) -> np.ndarray:
    """(F, 24, 3, 10): how what each joint adds to a vertex, besides turning it, changes with each beta."""
    turned, directions = posed.turned, skin.body.joint_shape_directions
    joints = np.empty((*turned.shape[:3], directions.shape[-1]))
    joints[:, 0] = directions[0]
    for joint, parent in enumerate(skin.body.parents[1:], start=1):
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ (directions[joint] - directions[parent])
    return joints - turned @ directions


def to_own_axes(posed: PosedSkin, rows: np.ndarray) -> np.ndarray:
    """(F, D, C) whose turns are about the frame's axes -> about the joints' own."""
    count, _, size = rows.shape
    own = rows.copy()
    turning = 3 * posed.turned.shape[1]
    turns = posed.turned.swapaxes(2, 3) @ rows[:, :turning].reshape(count, -1, 3, size)
    own[:, :turning] = turns.reshape(count, turning, size)
    return own


@lru_cache(maxsize=4)
def _carries(parents: tuple[int, ...]) -> np.ndarray:
    carries = np.eye(len(parents))
    for joint, parent in enumerate(parents[1:], start=1):
        carries[:, joint] += carries[:, parent]
    return carries
