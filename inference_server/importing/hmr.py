"""Brings the user's HMR: its authors' TensorFlow checkpoint, SPIN's, mmhuman3d's, or one of the user's own training."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..body.files import build_body
from ..hmr_layout import FREE, ORIGINAL
from ..weights.fetch import announce
from .converted import LICENCE, Converted

if TYPE_CHECKING:
    from ..weights.convert.hmr_checkpoint import HmrCheckpoint

NAME = "hmr"
HINT = (
    "Run once `recover-mesh weights import models.tar.gz` with the checkpoint of HMR's authors, or with SPIN's "
    "model_checkpoint.pt."
)
OWN_LICENCE = "Whom it may be passed on to depends on what it learnt from."
KNOWS_FREE = "it knows the free body's pose and shape, and needs nothing else"
KNOWS_SMPL = (
    "it knows SMPL's pose and shape. With your SMPL file as the body (--body) both are used, on the free body the pose "
    "alone"
)


def convert(path: Path, checkpoint: "HmrCheckpoint", body_file: Path | None) -> Converted:
    """Says what it is and what it lacks. Raises RecoveryError "body_file" where the SMPL that it embeds is
    none, or "conversion" where what comes out is of no use.
    """
    from ..networks.self_test import check_hmr
    from ..weights.convert.hmr_checkpoint import OWN
    from ..weights.convert.hmr_to_onnx import convert_original, convert_spin

    if checkpoint.body:
        build_body(path, checkpoint.body)
    knows_free = checkpoint.betas_of == FREE
    licence = OWN_LICENCE if checkpoint.origin == OWN else LICENCE
    announce(f"{NAME}: HMR {checkpoint.origin}; {KNOWS_FREE if knows_free else KNOWS_SMPL}. {licence}")
    if body_file and not knows_free:
        announce(f"{NAME}: it has no mesh, and so no need of {body_file}; recover with --body {body_file}")
    description = (
        f"HMR (Kanazawa 2018) {checkpoint.origin}, converted from the user's own {path.name}. {licence}"
    )
    write = convert_original if checkpoint.form == ORIGINAL else convert_spin
    contents = write(checkpoint.parameters, description)
    check_hmr(path, contents, checkpoint.form, checkpoint.parameters)
    return Converted(
        NAME, contents, checkpoint.form, embedded_body=checkpoint.body, betas_of=checkpoint.betas_of
    )
