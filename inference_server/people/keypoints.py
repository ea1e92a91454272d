"""One person's keypoints in one image: MoveNet Thunder and BlazePose heavy, combined.

Their errors differ: their mean is better than either, and where they disagree neither is to be trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import boxes
from .blazepose import Landmarks, aligned_region, landmarks
from .crop import Picture, Region
from .movenet import thunder
from .networks import Networks

FROM_BLAZEPOSE: Final = np.array(
    [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 19, 20, 17, 18]
)
"""(25,) the BlazePose landmark of each keypoint."""
_COCO: Final = 17
_CARRIED_BY: Final = np.array([15, 16, 15, 16, 9, 10, 9, 10])
"""The ankle or wrist that heels, toes and knuckles, which only BlazePose sees, hang from."""
_DISAGREEMENT: Final = 0.06
_BOX_MARGIN: Final = 1.25
# Thunder wants its person larger in the crop than BlazePose does; measured on the four-camera clip.
_THUNDER_SHARE: Final = 0.8
_NOBODY: Final = 0.15
_SHOULDERS, _HIPS = [5, 6], [11, 12]


@dataclass(frozen=True)
class PoseObservation:
    """A person in one frame.

    keypoints (25,3) x, y in pixels and confidence 0 to 1; joints_3d (25,3) BlazePose's metres from the middle
    of the hips, x right, y down, z away from the camera along the ray through crop_centre (2,) pixels; box (4,)
    around the keypoints; confidence, 0 to 1, that of the limbs' joints within the image; region, where to look
    in the next frame.
    """

    keypoints: np.ndarray
    joints_3d: np.ndarray
    crop_centre: np.ndarray
    box: np.ndarray
    confidence: float
    region: Region


def box_region(box: np.ndarray) -> Region:
    """The upright region in which to look for the person of a detector's box (4,)."""
    centre, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
    return Region(centre[0], centre[1], max(side, 8.0) * _BOX_MARGIN)


def estimate_anew(
    networks: Networks, picture: Picture, region: Region, rotations: Iterable[float] = (0.0,), runs: int = 2
) -> PoseObservation | None:
    """Somebody within a region, turned by whichever of the rotations shows Thunder most; None if nobody.

    BlazePose runs more than once for its own region to settle, in which Thunder then looks again.
    """
    turned = [Region(region.x, region.y, region.side, rotation) for rotation in rotations]
    coco = max((thunder(networks, picture, r) for r in turned), key=lambda c: c[5:, 2].mean())
    if coco[5:, 2].mean() < _NOBODY and coco[:, 2].max() < 2 * _NOBODY:
        return None
    settled = _region_from_coco(coco, region)
    for _ in range(runs - 1):
        settled = landmarks(networks, picture, settled).next_region
    return estimate_again(networks, picture, settled)


def estimate_again(networks: Networks, picture: Picture, region: Region) -> PoseObservation:
    """The person whom the last frame's observation left in `region`, or who was found there."""
    closer = Region(region.x, region.y, region.side * _THUNDER_SHARE, region.rotation)
    coco = thunder(networks, picture, closer)
    return _observation(coco, landmarks(networks, picture, region), region, picture)


def fuse(found: Landmarks, coco: np.ndarray) -> np.ndarray:
    """BlazePose's landmarks and Thunder's coco (17,3) as keypoints (25,3).

    Both trusted: their mean; else weighted by trust. The confidence is their mean trust, less the further
    apart they are, measured against the person's size.
    """
    keypoints = np.column_stack([found.points, found.visibility])[FROM_BLAZEPOSE]
    body = keypoints[:_COCO]
    size = max(np.ptp(body[:, :2], axis=0).max(), 1.0)
    apart = np.linalg.norm(coco[:, :2] - body[:, :2], axis=1) / size
    trust_coco = np.clip(1.5 * coco[:, 2], 0.02, 1)
    trust_blaze = np.clip(body[:, 2], 0.02, 1)
    share = np.where(np.minimum(trust_coco, trust_blaze) > 0.15, 0.5, trust_coco / (trust_coco + trust_blaze))
    body[:, :2] += share[:, None] * (coco[:, :2] - body[:, :2])
    body[:, 2] = (trust_coco + trust_blaze) / 2 * np.exp(-0.5 * (apart / _DISAGREEMENT) ** 2)
    keypoints[_COCO:, 2] = 0.9 * np.minimum(keypoints[_COCO:, 2], keypoints[_CARRIED_BY, 2] + 0.1)
    return keypoints


def confidence_within(keypoints: np.ndarray, width: int, height: int) -> float:
    """The mean confidence of the limbs' joints that lie within the image; 0 if they are fewer than three.

    A person cut off by the image's edge is as sure as what is seen of them.
    """
    joints = keypoints[5:_COCO]
    inside = ((joints[:, :2] >= 0) & (joints[:, :2] < [width, height])).all(axis=1)
    return float(joints[inside, 2].mean()) if inside.sum() >= 3 else 0.0


def _observation(coco: np.ndarray, found: Landmarks, region: Region, picture: Picture) -> PoseObservation:
    keypoints = fuse(found, coco)
    height, width = picture.image.shape[:2]
    return PoseObservation(
        keypoints,
        found.world[FROM_BLAZEPOSE],
        region.centre,
        boxes.around(keypoints[:, :2], 0.05),
        confidence_within(keypoints, width, height),
        found.next_region,
    )


def _region_from_coco(coco: np.ndarray, region: Region) -> Region:
    """BlazePose's region from Thunder's keypoints (17,3); `region` where hips and shoulders are unseen."""
    if coco[_HIPS, 2].max() < 0.2 and coco[_SHOULDERS, 2].max() < 0.2:
        return region
    hips, shoulders = coco[_HIPS, :2].mean(axis=0), coco[_SHOULDERS, :2].mean(axis=0)
    seen = coco[coco[:, 2] > 0.2, :2]
    reach = 1.12 * np.linalg.norm(seen - hips, axis=1).max()
    up = (shoulders - hips) / max(np.linalg.norm(shoulders - hips), 1e-6)
    return aligned_region(hips, hips + reach * up)
