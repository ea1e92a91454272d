"""A strip of a real video of two people, and a file in which they are recovered."""

from . import footage
from .blender_window import BlenderWindow
from .recover_tab import bodies, press_recover

FIRST, SKIP, FRAMES = 11, 75, 32
"""The strip begins at the scene's frame 11, leaves out 75 of the video's frames, and shows 32. In the first of them the
woman comes out from behind a tree, where she is guessed.
"""
KEPT = "two_people.blend"


def show_strip(window: BlenderWindow, video: str) -> None:
    window.ask(footage.strips([video], FIRST, SKIP, FRAMES))


def keep(window: BlenderWindow) -> None:
    """Saves the file for those that need a recovery and don't mind whose."""
    window.save(KEPT)


def open_recovered(window: BlenderWindow, video: str) -> None:
    """Opens the file that was kept; where there is none, presses the button first."""
    if not (window.run.folder / KEPT).exists():
        show_strip(window, video)
        press_recover(window)
        bodies(window, 2)
        keep(window)
    window.open(KEPT)
