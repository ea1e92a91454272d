"""How far each bone of a rig is turned, whatever the number of bones that it has for a spine, a neck or a limb."""

import numpy as np

from .humanoid import SPINE, HumanMotion, Mapping
from .posed import Chain
from .skeleton import Skeleton
from .turns import Array, between


def spread(
    motion: HumanMotion,
    skeleton: Skeleton,
    mapping: Mapping,
    chain: Chain,
    left: np.ndarray,
    right: dict[str, np.ndarray],
) -> Array:
    """(F, n, 3, 3) the turns of a chain's bones, `left` G `right` with G the source's.

    `left` is (3, 3); `right` has (3, 3) for each of the hub's bones. A spine or a neck takes its share of the
    source's at each of its bones; of a split limb the first bone turns, the others go with it. A bone that the
    source does not have goes with its parent, and so does every bone between.
    """
    own = _sources(motion, skeleton, mapping)
    turns = np.empty((len(motion.rotations), len(chain.bones), 3, 3))
    for number, bone in enumerate(chain.bones):
        parent = chain.parents[number]
        if bone in own:
            name, turned = own[bone]
            turns[:, number] = left @ turned @ right[name]
        elif parent >= 0 and skeleton.inherits_rotation[bone]:
            turns[:, number] = turns[:, parent]
        else:
            turns[:, number] = np.eye(3)
    return turns


def _sources(motion: HumanMotion, skeleton: Skeleton, mapping: Mapping) -> dict[int, tuple[str, Array]]:
    """The rig's bones -> the hub's name and the source's turns (F, 3, 3) that they take over."""
    source = {name: motion.rotations[:, number] for number, name in enumerate(motion.bones)}
    spine = [(part, bone) for part in SPINE for bone in mapping.bones.get(part, ())]
    knots = [source[name] for name in ("hips", *SPINE) if name in source]
    found = _shared(spine, knots)
    neck = [("neck", bone) for bone in mapping.bones.get("neck", ())]
    if "neck" in source:
        found |= _shared(neck, [knots[-1], source["neck"]])
    elif "head" in source:
        # what the neck does not reach is the head's
        found |= _shared([*neck, ("head", "")], [knots[-1], source["head"]])
    for name, bones in mapping.bones.items():
        if bones and name in source and name not in (*SPINE, "neck"):
            found[bones[0]] = (name, source[name])
    return {skeleton.index[bone]: taken for bone, taken in found.items() if bone}


def _shared(bones: list[tuple[str, str]], knots: list[Array]) -> dict[str, tuple[str, Array]]:
    """Bones one after the other, each with its share of the turns between the first knot and the last."""
    step = (len(knots) - 1) / max(len(bones), 1)
    return {bone: (part, between(knots, number * step)) for number, (part, bone) in enumerate(bones, start=1)}
