"""Two-bone inverse kinematics of a leg: hip and foot given, the three rotations in between found."""

from dataclasses import dataclass

import numpy as np

from .turns import Array

LONGEST = 0.9985
"""The share of its full length to which a leg may stretch; beyond it the knee would snap."""


@dataclass(frozen=True)
class Leg:
    """A leg of the rest pose: its hip, knee and ankle joint, (3,) each."""

    hip: Array
    knee: Array
    ankle: Array

    @property
    def lengths(self) -> tuple[float, float]:
        return float(np.linalg.norm(self.knee - self.hip)), float(np.linalg.norm(self.ankle - self.knee))


def solve_leg(
    leg: Leg, pelvis: Array, hip: Array, ankle: Array, foot: Array, forward: Array
) -> tuple[Array, Array, Array]:
    """Local rotations (3, 3) of hip, knee and ankle.

    pelvis, foot: global rotations of the pelvis and of the foot; hip, ankle: global positions; forward: the
    direction to which the knee points. A target out of reach is approached with an almost straight leg.
    """
    thigh_length, shank_length = leg.lengths
    reach = ankle - hip
    distance = min(float(np.linalg.norm(reach)), LONGEST * (thigh_length + shank_length))
    direction = reach / np.linalg.norm(reach)
    cosine = (thigh_length**2 + distance**2 - shank_length**2) / (2 * thigh_length * distance)
    cosine = float(np.clip(cosine, -1, 1))
    sideways = _unit(forward - direction * (forward @ direction))
    thigh = direction * cosine + sideways * np.sqrt(1 - cosine**2)
    shank = _unit(hip + direction * distance - (hip + thigh * thigh_length))
    hinge = np.cross(sideways, -direction)
    hinge = hinge * np.sign(np.dot(hinge, pelvis[:, 0]))
    thigh_global = _align(leg.knee - leg.hip, thigh, hinge)
    shank_global = _align(leg.ankle - leg.knee, shank, hinge)
    return pelvis.T @ thigh_global, thigh_global.T @ shank_global, shank_global.T @ foot


def _align(rest: Array, current: Array, hinge: Array) -> Array:
    """The rotation that takes a bone's rest direction to the current one, and the body's +X to the hinge."""
    return _basis(hinge, _unit(current)) @ _basis(np.array([1.0, 0, 0]), _unit(rest)).T


def _basis(side: Array, along: Array) -> Array:
    side = _unit(side - along * (side @ along))
    return np.stack([side, along, np.cross(side, along)], axis=1)


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)
