"""Recovers one person whose box in a still picture is known, by any of the methods."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..body.rotation import matrix_to_axis_angle
from ..media import open_source, read_frames
from ..motion import Motion
from ..people.crop import Picture
from ..people.keypoints import box_region, estimate_again, estimate_anew
from ..people.networks import Networks
from ..people.person import Person as Seen
from ..people.track_files import SeenPeople
from ..people.tracks import to_track
from ..pictures import stored_size
from ..pipeline import Settings, look_again, solve_seen
from ..training.pictures.person import Person


@dataclass(frozen=True)
class Found:
    """One person in one picture."""

    motion: Motion
    """Of one frame, as the whole method recovers it."""
    said: tuple[NDArray, NDArray] | None
    """Pose (24, 3) axis-angle and betas (10,) as the method's network says them of its crop, where it looks at
    pictures: what the papers measure, before the body is fitted to the keypoints. The root's is relative to a camera
    that looks at the crop.
    """


def recover_person(person: Person, settings: Settings, networks: Networks) -> Found:
    """The keypoints are looked for in the person's box, and no one is looked for elsewhere. Raises RecoveryError."""
    source = open_source(person.picture)
    image = next(read_frames(source, 0, 0)).image
    reduction = max(source.width, source.height) / max(stored_size(person.picture))
    left, top, width, height = person.box * reduction
    picture, region = Picture(image), box_region(np.array([left, top, left + width, top + height]))
    observation = estimate_anew(networks, picture, region) or estimate_again(networks, picture, region)
    seen = Seen(0, 1.0)
    seen.add(0, observation)
    people = SeenPeople(
        [to_track(seen)],
        str(person.picture),
        source.width,
        source.height,
        0.0,
        source.focal_length,
        reduction,
        1,
        None,
        (),
    )
    people = look_again(source, people, settings.solve)
    motion = solve_seen(people, settings.solve, [])[0]
    motion = replace(motion, frames=np.zeros(1, dtype=np.int64))
    if not people.predictions or not len(people.predictions[0].frames):
        return Found(motion, None)
    prediction = people.predictions[0]
    pose = matrix_to_axis_angle(prediction.rotations[0].astype(np.float64))
    return Found(motion, (pose, prediction.betas[0].astype(np.float64)))
