"""Rendered figures as samples to test with.

They are not learned from directly: of a few thousand a network soon knows each by heart, and those of other clips come
out no better.
"""

import numpy as np

from ...lifting.features import KEYPOINTS, lifter_input, seen_by
from .rendered import Rendered
from .samples import Batch


def as_batch(rendered: Rendered, with_3d: bool) -> Batch:
    """All of them as they are."""
    given = lifter_input(rendered.rays, rendered.confidence, rendered.joints_3d)
    if not with_3d:
        given.features[:, -3 * KEYPOINTS - 1 :] = 0
    rotations = rendered.rotations.copy()
    rotations[:, 0] = given.turns @ rotations[:, 0]
    places = seen_by(given.turns, rendered.keypoints)
    return Batch(
        given.features[:, None],
        given.sizes[:, None].astype(np.float32),
        rotations[:, None].astype(np.float32),
        rendered.betas.astype(np.float32),
        places[:, None].astype(np.float32),
    )
