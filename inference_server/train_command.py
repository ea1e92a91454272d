"""`recover-mesh train i2l-meshnet DATA... --work FOLDER`. What it runs needs torch, and is imported only then."""

import argparse
from pathlib import Path

from .argument_types import count, natural, several
from .errors import RecoveryError

DEVICES = ("auto", "cpu", "cuda")
SETS = """\
DATA are folders of these, told apart by what is in them; several may be mixed:
  rendered figures (0000.jpg, 0000.npz, ...)      as scripts/render_examples.py writes them
  COCO             annotations/person_keypoints_train2017.json, train2017/; coco_smplifyx_train.json if it is there
  Human3.6M        annotations/Human36M_subject*_data.json, images/   \\
  MuCo-3DHP        MuCo-3DHP.json, smpl_param.json                     > as I2L-MeshNet's authors publish them
  3DPW             3DPW_train.json, imageFiles/                       /
  FreiHAND         training_xyz.json, training_verts.json, training_K.json, training/rgb/: a hand's network
The sets' licences are between you and their owners. SMPL's fits teach SMPL alone, rendered figures' the free body
alone; joints teach every body.
A training that was stopped goes on from the last epoch in FOLDER when the same command is given again."""


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `train` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser("train", help="train a network (needs torch)")
    commands = parser.add_subparsers(dest="train_command", required=True)
    i2l = commands.add_parser(
        "i2l-meshnet", help="I2L-MeshNet with its paper's losses", epilog=SETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    i2l.add_argument("data", nargs="+", type=Path, metavar="DATA", help="see below")
    i2l.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help="for snapshot_N.pth.tar and curve.csv"
    )
    i2l.add_argument(
        "--body",
        default="free",
        metavar="free|FILE",
        help="whose mesh is learnt: the free body, or your SMPL file",
    )
    i2l.add_argument("--hand", type=Path, metavar="FILE", help="your MANO_RIGHT.pkl, for a hand's network")
    i2l.add_argument(
        "--trunk",
        type=Path,
        metavar="FILE",
        help="parameters of a ResNet-50 (.pth) to start both trunks from",
    )
    i2l.add_argument("--epochs", type=count, metavar="N", help="for the lixels (default: 13; a hand's 25)")
    i2l.add_argument("--parameter-epochs", type=natural, metavar="N", help="for pose and shape (default: 5)")
    i2l.add_argument("--steps", type=count, metavar="N", help="batches an epoch (default: everybody once)")
    i2l.add_argument(
        "--batch", type=several, default=16, metavar="N", help="people a batch, at least 2 (default: 16)"
    )
    i2l.add_argument(
        "--workers", type=natural, default=0, metavar="N", help="processes that make batches ahead"
    )
    i2l.add_argument("--seed", type=natural, default=0, metavar="N")
    i2l.add_argument("--device", default="auto", choices=DEVICES)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code 0. Raises RecoveryError."""
    try:
        from .training.i2l_meshnet.run import run as train
    except ImportError as error:
        raise RecoveryError(
            "training",
            f"Training needs packages that are not installed here: {error}.",
            "Install the extra `train`, in a checkout of the project.",
        ) from error
    train(options)
    return 0
