"""What the methods are called and what each needs, for panels and help texts; standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MethodEntry:
    """A method as people choose it."""

    name: str
    label: str
    summary: str
    """What it does, in a few words."""
    needs: str
    """What it takes to use it, in a few words."""


KEYPOINTS = MethodEntry(
    "keypoints",
    "Keypoints",
    "Fits a body to the keypoints that networks see, over the whole clip",
    "Free for every use, needs nothing else",
)
POSE2MESH = MethodEntry(
    "pose2mesh",
    "Pose2Mesh",
    "Turns each frame's 2D keypoints into a mesh with the authors' network, and fits the body to it",
    "The authors' checkpoint and your SMPL file, imported once with recover-mesh; their licences hold",
)
I2L_MESHNET = MethodEntry(
    "i2l-meshnet",
    "I2L-MeshNet",
    "Turns each picture of a person into a mesh with the authors' network, and fits the body to it",
    "The authors' snapshot, imported once with recover-mesh; its licence and SMPL's hold",
)
HMR = MethodEntry(
    "hmr",
    "HMR",
    "Reads pose and shape off each picture of a person with the authors' network, or SPIN's",
    "The authors' or SPIN's checkpoint, imported once with recover-mesh; its licence holds",
)
CATALOGUE: dict[str, MethodEntry] = {entry.name: entry for entry in (KEYPOINTS, HMR, POSE2MESH, I2L_MESHNET)}
DEFAULT_METHOD = KEYPOINTS.name
