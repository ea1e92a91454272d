"""What a retargeting is asked for, and what comes out of it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Feet = Literal["auto", "always", "never", "grounding"]
Root = Literal["hips", "root", "in_place"]
Place = Literal["character", "source"]


@dataclass(frozen=True)
class Settings:
    """How to retarget."""

    feet: Feet = "auto"
    """Feet that stand are held where they are found to stand (auto), a foot always stands (always), nothing is held
    and limbs point exactly as the source's (never), or the lower foot is on the floor and may slide (grounding)."""
    root: Root = "hips"
    """What carries the way over the floor: the hips, the rig's root bone (else the hips), or nothing."""
    place: Place = "character"
    """Whether the motion goes the character's own way, from where it stands and ahead where it looks at rest, or
    the source's, over the same floor."""
    scale: float = 1.0
    """The length of the steps, over what suits the legs' length."""
    hands: bool = False
    """Hands that touch the own body or the floor are led there."""


@dataclass(frozen=True)
class Retargeted:
    """What is to be keyed: `matrix_basis` of K pose bones, F frames. Bones stand after their parents."""

    bones: tuple[str, ...]
    rotations: np.ndarray
    """(F, K, 3, 3)."""
    moved: tuple[str, ...]
    """The M bones that get a location too: the hips, the root bone."""
    locations: np.ndarray
    """(F, M, 3) in the axes and the unit that Blender counts the bone's location in."""
    frames: np.ndarray
    """(F,) the scene's frames that the keys belong on."""
    world_joints: dict[str, np.ndarray]
    """The hub's name -> (F, 3) where its joint comes to be, world: for control rigs' targets."""
    world_turns: dict[str, np.ndarray]
    """The hub's name -> (F, 3, 3) how far it is turned from its rest, world."""
