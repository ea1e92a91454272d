"""The two figures, their rooms and cameras: one for the still, one for the video."""

from .figure import Look
from .hair import BOB, SHORT
from .materials import Palette
from .room import Room

DANCER = Look(
    betas=(-0.2, -0.7, 1.2, 0, 0, 0, 0, 0, 0, 0),
    palette=Palette(
        skin=[0.50, 0.27, 0.17],
        hair=[0.045, 0.018, 0.008],
        shirt=[0.55, 0.13, 0.05],
        stripes=None,
        trousers=[0.06, 0.075, 0.10],
        shoes=[0.05, 0.09, 0.16],
    ),
    style=BOB,
)
DANCER_ROOM = Room(wall=[0.30, 0.42, 0.42], boards=[0.33, 0.20, 0.11], rug=None)

WALKER = Look(
    betas=(0.6, -1.1, 0.5, 0, 0, 0, 0, 0, 0, 0),
    palette=Palette(
        skin=[0.55, 0.32, 0.22],
        hair=[0.020, 0.012, 0.008],
        shirt=[0.07, 0.22, 0.45],
        stripes=[0.72, 0.70, 0.64],
        trousers=[0.16, 0.13, 0.09],
        shoes=[0.33, 0.035, 0.03],
    ),
    style=SHORT,
)
WALKER_ROOM = Room(wall=[0.66, 0.62, 0.54], boards=[0.30, 0.17, 0.085], rug=[0.16, 0.20, 0.26])
