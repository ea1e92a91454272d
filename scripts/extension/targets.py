"""The platforms and Pythons that the extension brings a runtime for, and which packages that is.

The packages are those that recovering needs, pinned in pyproject.toml. What a package declares to need and never
imports here (ONNX Runtime's protobuf and flatbuffers, tqdm's colorama) stays out.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The names of pip's platforms that each may use. Blender 4.2 itself needs glibc 2.28; ONNX Runtime needs macOS 14.
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64",),
}
# Blender's own builds have 3.11 (4.2 to 5.0) and 3.13 (from 5.1); Linux distributions build it with others.
OFFICIAL_PYTHONS = ("3.11", "3.13")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

NUMPY = {"3.13": "numpy==2.2.6", "3.14": "numpy==2.3.5"}  # 1.26 has no wheels for these
# What onnx and tflite need: only where networks are converted, on the user's machine.
CONVERTING = (
    "flatbuffers==25.12.19",
    "ml-dtypes==0.5.4",
    "onnx",
    "protobuf==7.36.2",
    "tflite",
    "typing-extensions==4.16.0",
)
# ONNX Runtime needs a newer C++ library than many a Windows has.
WINDOWS = ("msvc-runtime==14.44.35112",)


@dataclass(frozen=True)
class Target:
    """One platform, as Blender calls it, and one Python ("3.11")."""

    platform: str
    python: str

    @property
    def tag(self) -> str:
        """The Python as wheels call it: cp311."""
        return "cp" + self.python.replace(".", "")

    @property
    def name(self) -> str:
        """The key in parts.json: linux-x64-cp311."""
        return f"{self.platform}-{self.tag}"

    def requirements(self, converting: bool) -> list[str]:
        """What to install, as "numpy==1.26.4", sorted; `converting`: also what converts networks."""
        pins = [NUMPY.get(self.python, pin) if pin.startswith("numpy==") else pin for pin in _pins()]
        pins = [pin for pin in pins if pin.partition("==")[0] not in CONVERTING or converting]
        pins += [pin for pin in CONVERTING if "==" in pin and converting]
        return sorted([*pins, *(WINDOWS if self.platform == "windows-x64" else ())])


TARGETS = tuple(Target(platform, python) for platform in PLATFORMS for python in PYTHONS)


def version() -> str:
    """The project's version."""
    return _settings()["version"]


def _pins() -> list[str]:
    return _settings()["dependencies"]


def _settings() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
