"""The start of the solve for methods whose network looked at the pictures."""

from typing import Final

import numpy as np

from ..body.model import Body
from ..fitting.between import slerp_between
from ..fitting.body_keypoints import BodyKeypoints
from ..fitting.initial import place
from ..fitting.observations import BodyState, Observations, PoseTarget, PredictedPose, turn_forward_to
from ..people.predictions import Prediction
from . import keypoints as from_keypoints
from .disagreement import disagreement
from .method import Recovered, Running

NOT_SEEN: Final = 1.0
"""Radians: how unsure the poses of frames are in which the network did not look."""

WRONG: Final = 0.6
"""Radians by which a joint is seen elsewhere from which what the keypoints tell of it takes the prediction's place:
the solve would not find from so far. HMR as it usually errs is off by a third of it, and by more in 1 to 3 joints of
a hundred.
"""


def predicted_pose(
    prediction: Prediction, frames: np.ndarray, focal_length: float, principal_point: np.ndarray
) -> PredictedPose | None:
    """The prediction in camera space at the frames (F,) of a track, None where the network never looked.

    A network sees a crop as if the camera looked straight at it (as `observe` has it). Frames that it did not see
    are turned evenly from one that it did to the next.
    """
    if not len(prediction.frames):
        return None
    rays = (prediction.centres - principal_point) / focal_length
    turns = turn_forward_to(np.concatenate([rays, np.ones((len(rays), 1))], axis=1))
    rotations = prediction.rotations.astype(np.float64)
    rotations[:, 0] = turns @ rotations[:, 0]
    known = np.isin(frames, prediction.frames)
    sigma = np.full((len(frames), rotations.shape[1]), NOT_SEEN)
    sigma[known] = prediction.sigma[np.isin(prediction.frames, frames)]
    betas = np.median(prediction.betas, axis=0)
    turned = slerp_between(prediction.frames, rotations, frames)
    return PredictedPose(turned, betas, sigma, bool(prediction.knows_free[0]))


def recover(body: Body, keypoints: BodyKeypoints, seen: Observations, running: Running) -> Recovered:
    """The predicted poses, placed by the keypoints. On another body than the network's the turns are carried over,
    and the shape starts from the mean. A joint that the keypoints see elsewhere is believed less, and taken from them
    where they see it far off; so is everything of somebody whom the network never saw.
    """
    predicted = seen.predicted
    if predicted is None:
        return from_keypoints.recover(body, keypoints, seen, running)
    own = predicted.knows_free == (body.name == "free")
    betas = predicted.betas if own else np.zeros_like(predicted.betas)
    state = BodyState(predicted.rotations, betas, np.zeros((len(predicted.rotations), 3)))
    state = BodyState(state.rotations, betas, place(body, keypoints, seen, state))
    doubt = disagreement(body, keypoints, seen, state)
    target = PoseTarget(predicted.rotations, np.hypot(predicted.sigma, doubt))
    wrong = doubt > WRONG
    if wrong.any():
        told = from_keypoints.recover(body, keypoints, seen, running).target
        assert told is not None
        rotations = np.where(wrong[..., None, None], told.rotations, target.rotations)
        target = PoseTarget(rotations, np.where(wrong, told.sigma, target.sigma))
        state = BodyState(rotations, betas, state.trans)
        state = BodyState(rotations, betas, place(body, keypoints, seen, state))
    return Recovered(state, target)
