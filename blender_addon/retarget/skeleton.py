"""A rig at rest, in numbers."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...inference_server.errors import RecoveryError

SMALLEST_SCALE = 1e-9
"""Of an axis of the armature object: below it the rig is flat or a point, and no direction in it means anything."""


@dataclass(frozen=True)
class Skin:
    """Points of the character's surface at rest."""

    points: np.ndarray
    """(V, 3) armature space."""
    bones: np.ndarray
    """(V, W) int64 the bones that each follows, -1 for none."""
    weights: np.ndarray
    """(V, W) how much it follows them, 0 for none; the sum is 1, or 0 for a point that follows none."""


@dataclass(frozen=True)
class Skeleton:
    """B bones at rest. Bones stand after their parents."""

    names: tuple[str, ...]
    parents: np.ndarray
    """(B,) int64, -1 for roots."""
    rest: np.ndarray
    """(B, 4, 4) bone space (Y along the bone) to armature space, in the armature's own unit, without scale."""
    tails: np.ndarray
    """(B, 3) armature space."""
    to_world: np.ndarray
    """(4, 4) armature space to the world: Z up, metres. Any scale and turn."""
    deforms: np.ndarray
    """(B,) bool: the bones that carry skin."""
    inherits_rotation: np.ndarray
    """(B,) bool: False where a bone keeps its rest's orientation in the armature whatever its parent does."""
    local_location: np.ndarray
    """(B,) bool: False where a bone's location is counted in the armature's axes, not in its own rest's."""
    skin: Skin | None = None
    connected: np.ndarray | None = None
    """(B,) bool: the bones that Blender keeps at their parent's tail, so that they take no location; None for none."""

    @cached_property
    def index(self) -> dict[str, int]:
        """A bone's name -> its number."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Of each bone."""
        below: list[list[int]] = [[] for _ in self.names]
        for bone, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                below[parent].append(bone)
        return tuple(tuple(bones) for bones in below)

    @cached_property
    def heads(self) -> np.ndarray:
        """(B, 3) where the bones' joints are, world."""
        return self.in_world(self.rest[:, :3, 3])

    @cached_property
    def ends(self) -> np.ndarray:
        """(B, 3) where the bones' tails are, world."""
        return self.in_world(self.tails)

    @cached_property
    def turn(self) -> np.ndarray:
        """(3, 3) the orthogonal part of `to_world`, a mirror image where the object is mirrored.

        Raises RecoveryError("rig_scale") where the object is scaled to nothing.
        """
        left, scales, right = np.linalg.svd(self.to_world[:3, :3])
        if not np.isfinite(scales).all() or scales.min() < SMALLEST_SCALE:
            raise RecoveryError(
                "rig_scale",
                "The armature object is scaled to nothing.",
                "Give it a scale other than 0 on every axis.",
            )
        return left @ right

    @cached_property
    def evenly_to_world(self) -> np.ndarray:
        """(4, 4) `to_world`, as if the object were scaled by the same on all axes: all that is solved is solved there.

        Where it is not, Blender stretches the character and its motion alike: feet that stand go on standing.
        """
        even = self.to_world.copy()
        even[:3, :3] = self.turn * np.cbrt(abs(np.linalg.det(self.to_world[:3, :3])))
        return even

    def in_world(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the armature, in the world of `evenly_to_world`."""
        return points @ self.evenly_to_world[:3, :3].T + self.evenly_to_world[:3, 3]

    def ancestors(self, bone: int) -> list[int]:
        """The bone itself, its parent, and so on to its root."""
        path = []
        while bone >= 0:
            path.append(bone)
            bone = int(self.parents[bone])
        return path
