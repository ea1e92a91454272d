"""A network that was converted from what the user brought, before it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

LICENCE = (
    "The data sets that it learnt from, and SMPL, have licences of their own, most of them for research only. It stays "
    "on this machine, and is not to be passed on."
)
"""What holds beside the licence of the authors' code."""


@dataclass(frozen=True)
class Converted:
    """Its facts are those of `imported.ImportFacts`."""

    name: str
    """Under which it is kept."""
    contents: bytes
    """Of its .onnx file."""
    kind: str
    body_file: Path | None = None
    embedded_body: Mapping[str, NDArray] | None = None
    """The SMPL that came with it, by the names of SMPL's files, to be kept beside it, in the place of a `body_file`."""
    vertex_count: int = 0
    with_parameters: bool = False
    betas_of: str = ""
