"""A rig in motion: how far its bones are turned and where their joints are, and what Blender is told of it."""

from dataclasses import dataclass

import numpy as np

from .humanoid import PARENTS, Mapping
from .skeleton import Skeleton
from .turns import Array


@dataclass(frozen=True)
class Chain:
    """The n bones of a rig that move with a person: the mapped ones, and all that those hang from."""

    bones: tuple[int, ...]
    """The rig's numbers; parents stand before children."""
    parents: tuple[int, ...]
    """The numbers, in the chain, of the bones that they go with; -1 for what the rig hangs from."""
    loose: frozenset[int]
    """The numbers, in the chain, of bones that hang from another bone in the rig than in a person: a hand from the
    rig's root, say. They are brought to their place."""
    named: dict[str, int]
    """The hub's names -> the number, in the chain, of the first of the rig's bones."""
    offsets: np.ndarray
    """(n, 3) from the parent's joint to the bone's, at rest, world; of those without a parent, from the origin."""


def build_chain(skeleton: Skeleton, mapping: Mapping) -> Chain:
    """`mapping`'s part of the rig."""
    mapped = [skeleton.index[bone] for bones in mapping.bones.values() for bone in bones]
    if mapping.root is not None:
        mapped.append(skeleton.index[mapping.root])
    needed = sorted({above for bone in mapped for above in skeleton.ancestors(bone)})
    order = _parents_first(skeleton, mapping, needed)
    place = {bone: number for number, (bone, _) in enumerate(order)}
    parents, loose, offsets = [], set(), []
    for number, (bone, parent) in enumerate(order):
        parents.append(place.get(parent, -1))
        if parent != skeleton.parents[bone]:
            loose.add(number)
        offsets.append(skeleton.heads[bone] - (skeleton.heads[parent] if parent >= 0 else 0.0))
    named = {name: place[skeleton.index[bones[0]]] for name, bones in mapping.bones.items() if bones}
    return Chain(tuple(place), tuple(parents), frozenset(loose), named, np.array(offsets))


def _parents_first(skeleton: Skeleton, mapping: Mapping, needed: list[int]) -> list[tuple[int, int]]:
    """The bones, each with the one that it goes with, which stands before it."""
    goes_with = {bone: int(skeleton.parents[bone]) for bone in needed}
    for name, bones in mapping.bones.items():
        above = PARENTS.get(name)
        while above is not None and not mapping.bones.get(above):
            above = PARENTS[above]
        if bones and above is not None:
            bone, parent = skeleton.index[bones[0]], skeleton.index[mapping.bones[above][-1]]
            hub_parents = {skeleton.index[part] for part in mapping.bones[above]}
            if not hub_parents & set(skeleton.ancestors(bone)):
                goes_with[bone] = parent
    order: list[tuple[int, int]] = []
    done: set[int] = {-1}
    waiting = needed
    while waiting:
        ready = [bone for bone in waiting if goes_with[bone] in done]
        if not ready:  # a mapping that goes in circles: as the rig has it
            goes_with = {bone: int(skeleton.parents[bone]) for bone in needed}
            order, done, waiting = [], {-1}, needed
            continue
        order += [(bone, goes_with[bone]) for bone in ready]
        done |= set(ready)
        waiting = [bone for bone in waiting if bone not in done]
    return order


@dataclass
class Posed:
    """F frames of a chain in the world. Its arrays are changed in place while it is solved."""

    chain: Chain
    turns: np.ndarray
    """(F, n, 3, 3) how far each bone is turned from its rest."""
    joints: np.ndarray
    """(F, n, 3) metres."""

    def turn(self, name: str) -> Array:
        """(F, 3, 3) of a bone by the hub's name."""
        return self.turns[:, self.chain.named[name]]

    def joint(self, name: str) -> Array:
        """(F, 3) of a bone by the hub's name."""
        return self.joints[:, self.chain.named[name]]

    def has(self, *names: str) -> bool:
        """Whether the rig has all of these bones of the hub's."""
        return all(name in self.chain.named for name in names)

    def move(self, way: np.ndarray) -> None:
        """Moves the hips and all that goes with them by (F, 3)."""
        moving = self.below(self.chain.named["hips"])
        self.joints[:, moving] += way[:, None]

    def place(self) -> None:
        """Puts every joint where the turns of the bones that it hangs from take it; the hips stay."""
        hips = self.chain.named["hips"]
        for number, parent in enumerate(self.chain.parents):
            if parent >= 0 and number != hips:
                step = self.turns[:, parent] @ self.chain.offsets[number]
                self.joints[:, number] = self.joints[:, parent] + step

    def below(self, number: int) -> list[int]:
        """A bone of the chain's and all that go with it."""
        found = {number}
        for bone, parent in enumerate(self.chain.parents):
            if parent in found:
                found.add(bone)
        return sorted(found)


def turn_limb(posed: Posed, names: list[str], upper: np.ndarray, lower: np.ndarray) -> None:
    """Turns a limb's upper and lower bone by (F, 3, 3) each; `names`, the hub's: both, and what keeps its turn."""
    first, second, third = (posed.chain.named[name] for name in names)
    for turn, start, stop in ((upper, first, second), (lower, second, third)):
        for number in _between(posed.chain, start, stop):
            posed.turns[:, number] = turn @ posed.turns[:, number]
    posed.place()


def _between(chain: Chain, first: int, stop: int) -> list[int]:
    """The chain's bones from `first` on, down to the one that `stop` hangs from."""
    path, bone = [], chain.parents[stop]
    while bone >= 0 and bone != first:
        path.append(bone)
        bone = chain.parents[bone]
    return [first, *path]


def rotations_of_keys(posed: Posed, skeleton: Skeleton, numbers: list[int]) -> Array:
    """(F, K, 3, 3) `matrix_basis` of those of the chain's bones.

    With W a bone's rest in the armature, and D and P how far it and its parent are turned there, it is W^T P^T D W:
    a pose bone's rotation counts from where its parent has taken its rest.
    """
    turned = _in_armature(posed.turns, skeleton)
    inner = {bone: number for number, bone in enumerate(posed.chain.bones)}
    keys = np.empty((len(turned), len(numbers), 3, 3))
    for row, number in enumerate(numbers):
        bone = posed.chain.bones[number]
        rest = skeleton.rest[bone, :3, :3]
        local = turned[:, number]
        parent = int(skeleton.parents[bone])
        if parent >= 0 and skeleton.inherits_rotation[bone]:
            local = turned[:, inner[parent]].swapaxes(-1, -2) @ local
        keys[:, row] = rest.T @ local @ rest
    return keys


def locations_of_keys(posed: Posed, skeleton: Skeleton, numbers: list[int]) -> Array:
    """(F, M, 3) the translations of `matrix_basis` that bring those of the chain's bones to their joints."""
    turned = _in_armature(posed.turns, skeleton)
    to_armature = np.linalg.inv(skeleton.evenly_to_world)
    joints = posed.joints @ to_armature[:3, :3].T + to_armature[:3, 3]
    inner = {bone: number for number, bone in enumerate(posed.chain.bones)}
    keys = np.empty((len(turned), len(numbers), 3))
    for row, number in enumerate(numbers):
        bone = posed.chain.bones[number]
        parent = int(skeleton.parents[bone])
        axes = skeleton.rest[bone, :3, :3] if skeleton.local_location[bone] else np.eye(3)
        rest = skeleton.rest[bone, :3, 3]
        if parent < 0:
            keys[:, row] = (joints[:, number] - rest) @ axes
            continue
        if not skeleton.local_location[bone]:
            axes = skeleton.rest[parent, :3, :3]
        above = turned[:, inner[parent]]
        carried = joints[:, inner[parent]] + above @ (rest - skeleton.rest[parent, :3, 3])
        way = joints[:, number] - carried
        keys[:, row] = (above.swapaxes(-1, -2) @ way[..., None])[..., 0] @ axes
    return keys


def _in_armature(turns: np.ndarray, skeleton: Skeleton) -> Array:
    """Turns in the world, (..., 3, 3), as turns in the armature's axes."""
    return skeleton.turn.T @ turns @ skeleton.turn
