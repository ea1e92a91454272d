"""A person's motion as the motion of any rig: all frames at once, without Blender.

With G how far a bone of the source is turned from its T-pose, which faces -Y, H the heading that the rig has at rest,
and C what takes the rig's rest to that T-pose (`t_pose`), a bone of the rig is turned by H G C H^T from its rest.
"""

import numpy as np

from ...inference_server.errors import RecoveryError
from .contacts import always_standing, leg_length, legs_length, stances
from .feet import ground_feet, hold_feet
from .hands import bring_hands
from .humanoid import BONES, OWN, HumanMotion, Mapping, as_seen, require_limbs
from .places import Ground
from .posed import Posed, build_chain, locations_of_keys, rotations_of_keys
from .proportions import adapt
from .retargeted import Retargeted, Settings
from .skeleton import Skeleton
from .soles import find_floor, find_soles
from .spread import spread
from .t_pose import corrections
from .travel import Stand, find_carrier, find_path, find_stand, hip_centre, move_root
from .turns import AHEAD


def retarget(
    motion: HumanMotion, skeleton: Skeleton, mapping: Mapping, settings: Settings | None = None
) -> Retargeted:
    """What to key on the rig so that it moves as `motion` does.

    Raises RecoveryError: "motion_empty", "motion_damaged", "bones_missing", "rig_scale".
    """
    settings = settings or Settings()
    _check(motion)
    require_limbs(mapping)
    mapping = as_seen(mapping, skeleton.to_world)
    source = dict(zip(motion.bones, motion.rest_joints, strict=True))
    stand = find_stand(skeleton, mapping, motion, settings)
    back = stand.facing.T @ stand.base
    turns = corrections({name: stand.facing.T @ joint for name, joint in stand.joints.items()}, source)
    right = {name: turns[name] @ back if name in turns else back for name in BONES}
    chain = build_chain(skeleton, mapping)
    joints = np.tile(skeleton.heads[list(chain.bones)], (len(motion.frames), 1, 1))
    posed = Posed(chain, spread(motion, skeleton, mapping, chain, stand.goes, right), joints)
    posed.place()
    if settings.feet != "never":
        adapt(posed, motion, stand.goes)
    path = find_path(motion, stand, settings)
    posed.move(path - hip_centre(posed))
    travel = (settings.scale - 1) * (path - path[0]) * [1, 1, 0]
    _set_feet(posed, motion, skeleton, mapping, stand, settings, travel)
    if settings.hands:
        floor = find_floor(skeleton, mapping, stand.joints, stand.base)
        bring_hands(posed, motion, stand.goes, stand.scale, leg_length(motion), floor)
    move_root(posed, skeleton, mapping, path + travel, stand, settings)
    return _keys(posed, skeleton, mapping, settings, motion)


def _check(motion: HumanMotion) -> None:
    if not len(motion.frames):
        raise RecoveryError("motion_empty", "The motion has no frame.", "Choose another motion.")
    if not (np.isfinite(motion.rotations).all() and np.isfinite(motion.joints).all()):
        raise RecoveryError(
            "motion_damaged", "The motion holds numbers that are not finite.", "Choose another motion."
        )


def _set_feet(
    posed: Posed,
    motion: HumanMotion,
    skeleton: Skeleton,
    mapping: Mapping,
    stand: Stand,
    settings: Settings,
    travel: np.ndarray,
) -> None:
    """Feet as the settings ask for them.

    `travel` (F, 3) is what the character goes further than the legs' length suits.
    """
    if settings.feet == "never":
        posed.move(travel)
        return
    stands = stances(motion)
    if settings.feet == "always":
        stands = always_standing(stands, motion)
    heights = {}
    for part in stands:
        number = motion.bones.index(part)
        heights[part] = stand.scale * (motion.joints[:, number, 2] - motion.rest_joints[number, 2])
    leg = legs_length(stand.joints)
    soles = find_soles(skeleton, mapping, posed.chain, stand.joints, stand.base, leg)
    ground = Ground(soles, stand.base, stand.joints, heights, leg, stand.facing @ AHEAD)
    if settings.feet == "grounding":
        posed.move(travel)
        ground_feet(posed, ground)
    else:
        hold_feet(posed, stands, ground, motion.fps, travel)


def _keys(
    posed: Posed,
    skeleton: Skeleton,
    mapping: Mapping,
    settings: Settings,
    motion: HumanMotion,
) -> Retargeted:
    known = {name: bones for name, bones in mapping.bones.items() if name not in OWN or name in motion.bones}
    mapped = {skeleton.index[bone] for bones in known.values() for bone in bones}
    numbers = [number for number, bone in enumerate(posed.chain.bones) if bone in mapped]
    moved = {number for number in numbers if number in posed.chain.loose} | {find_carrier(posed, skeleton)}
    if settings.root == "root" and mapping.root is not None:
        moved.add(posed.chain.bones.index(skeleton.index[mapping.root]))
    moved = sorted(moved)

    def names(chosen: list[int]) -> tuple[str, ...]:
        return tuple(skeleton.names[posed.chain.bones[number]] for number in chosen)

    return Retargeted(
        bones=names(numbers),
        rotations=rotations_of_keys(posed, skeleton, numbers),
        moved=names(moved),
        locations=locations_of_keys(posed, skeleton, moved),
        frames=motion.frames,
        world_joints={name: posed.joint(name).copy() for name in posed.chain.named},
        world_turns={name: posed.turn(name).copy() for name in posed.chain.named},
    )
