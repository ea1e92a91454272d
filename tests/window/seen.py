"""Whether the bodies in the viewport lie where the people are in the footage."""

import time
from dataclasses import dataclass

import cv2
import numpy as np

from .blender_window import BlenderWindow

LIMBS = slice(5, 17)
"""Of the keypoints: shoulders, elbows, wrists, hips, knees and ankles."""
CONFIDENT = 0.5
CHANGED = 12
"""Levels of 255 by which a body's pixel differs from the same pixel without it."""

TRIES = 20
"""How often the screen is looked at until it is drawn: software takes a while over a video's frame."""

SHOW = """
for figure in figures():
    figure.hide_set(figure.name not in {names!r})
for rig in bpy.context.scene.objects:
    if rig.type == 'ARMATURE':
        rig.hide_set(True)
area('VIEW_3D').tag_redraw()
"""


@dataclass(frozen=True)
class Frame:
    """The camera's picture on the screen, in the screen's pixels."""

    left: float
    top: float
    width: float
    height: float

    def on_screen(self, points: np.ndarray, width: int, height: int) -> np.ndarray:
        """Pixels (N, 2) of a source of that size, as places on the screen (N, 2)."""
        shares = (points + 0.5) / (width, height)
        return shares * (self.width, self.height) + (self.left, self.top)


def camera_frame(window: BlenderWindow) -> Frame:
    """Where the active camera's picture is, in a viewport that looks through it."""
    return Frame(*window.ask("camera_frame()"))


def show_only(window: BlenderWindow, figures: list[str], name: str) -> np.ndarray:
    """The screen with these bodies and no others, and no rigs."""
    window.ask(SHOW.format(names=figures))
    before = window.screenshot(name)
    for _ in range(TRIES):
        time.sleep(0.5)
        shown = window.screenshot(name)
        if (shown == before).all():
            return shown
        before = shown
    raise TimeoutError(f"the window never came to rest: {name}")


def body_mask(window: BlenderWindow, shown: np.ndarray, without: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of the viewport that a body covers, from the screen with it and without it."""
    box = window.ask("region('VIEW_3D', 'WINDOW')")
    changed = np.abs(shown.astype(int) - without).max(axis=2) > CHANGED
    inside = np.zeros_like(changed)
    part = (slice(box["top"], box["top"] + box["height"]), slice(box["left"], box["left"] + box["width"]))
    inside[part] = changed[part]
    # single pixels are the drawing's noise
    return cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def covered_share(mask: np.ndarray, points: np.ndarray, reach: int) -> float:
    """The share of places (N, 2) that lie on the mask or at most `reach` pixels beside it."""
    size = 2 * reach + 1
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8))
    rounded = np.round(points).astype(int)
    return float(grown[rounded[:, 1], rounded[:, 0]].mean())


def share_in_box(mask: np.ndarray, points: np.ndarray, margin: float) -> float:
    """The share of the mask's pixels within the box of `points`, grown by a share of its larger side."""
    low, high = points.min(axis=0), points.max(axis=0)
    grow = margin * (high - low).max()
    y, x = np.nonzero(mask)
    within = (x > low[0] - grow) & (x < high[0] + grow) & (y > low[1] - grow) & (y < high[1] + grow)
    return float(within.mean())
