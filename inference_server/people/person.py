"""Somebody being followed: what was seen so far, and where to look for them next."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from . import appearance
from .association import centre, motion_cost
from .crop import Region
from .keypoints import PoseObservation

TRUSTED: Final = 0.3
"""The confidence from which an observation is a person's; a fainter one is kept only for a moment."""
_MOMENTUM: Final = 0.3  # seconds that a person who is not seen is taken to keep moving
_CLOTHES: Final = 1.5
_COLOURS_A_SECOND: Final = 5.0


@dataclass
class Person:
    """What was seen of one person: numbers of frames, and an observation for each.

    `colours` holds descriptions (2,B) of the person's clothes and `coloured` the frames that they are from,
    a few a second and only from when nobody stood near.
    """

    id: int
    rate: float  # frames a second, 1 for a still
    frames: list[int] = field(default_factory=list)
    seen: list[PoseObservation] = field(default_factory=list)
    coloured: list[int] = field(default_factory=list)
    colours: list[np.ndarray] = field(default_factory=list)
    usual: np.ndarray | None = None  # the running mean of colours
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2))  # pixels a frame
    last_sure: int = 0

    def unseen(self, frame: int) -> float:
        """Seconds since the last observation, however faint."""
        return (frame - self.frames[-1]) / self.rate

    def faint(self, frame: int) -> float:
        """Seconds since the last observation to be trusted."""
        return (frame - self.last_sure) / self.rate

    def _moved(self, frame: int) -> np.ndarray:
        return self.velocity * min(frame - self.frames[-1], _MOMENTUM * self.rate)

    def expected_pose(self, frame: int) -> np.ndarray:
        """The last keypoints (25,3), carried on by the person's motion."""
        keypoints = self.seen[-1].keypoints.copy()
        keypoints[:, :2] += self._moved(frame)
        return keypoints

    def expected_region(self, frame: int) -> Region:
        last, moved = self.seen[-1].region, self._moved(frame)
        return Region(last.x + moved[0], last.y + moved[1], last.side, last.rotation)

    def motion_cost(self, frame: int, found: PoseObservation) -> float:
        return motion_cost(self.expected_pose(frame), found.keypoints, self.unseen(frame))

    def cost(self, frame: int, found: PoseObservation, colours: np.ndarray) -> float:
        """How unlike this person an observation is, by motion and clothes; about 1.6 is the limit."""
        clothes = 0.0 if self.usual is None else appearance.distance(self.usual, colours)
        return self.motion_cost(frame, found) + _CLOTHES * clothes

    def add(self, frame: int, found: PoseObservation) -> None:
        """Takes an observation as this person's."""
        sure = found.confidence >= TRUSTED
        if self.seen and sure and self.last_sure == self.frames[-1]:
            moved = (centre(found.keypoints) - centre(self.seen[-1].keypoints)) / (frame - self.frames[-1])
            self.velocity = 0.5 * self.velocity + 0.5 * moved
        if sure or not self.seen:
            self.last_sure = frame
        self.frames.append(frame)
        self.seen.append(found)

    def wants_colours(self, frame: int) -> bool:
        return not self.coloured or frame - self.coloured[-1] >= self.rate / _COLOURS_A_SECOND

    def add_colours(self, frame: int, colours: np.ndarray) -> None:
        self.coloured.append(frame)
        self.colours.append(colours)
        self.usual = colours if self.usual is None else 0.8 * self.usual + 0.2 * colours
