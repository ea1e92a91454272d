"""`recover-mesh train i2l-meshnet|hmr DATA... --work FOLDER`. What they run needs torch, and is imported only then."""

import argparse
from importlib import import_module
from pathlib import Path

from .argument_types import count, natural, several
from .errors import RecoveryError

DEVICES = ("auto", "cpu", "cuda")
SETS = """\
DATA are folders of these, told apart by what is in them; several may be mixed:
  rendered figures (0000.jpg, 0000.npz, ...)      as scripts/render_examples.py writes them
  COCO             annotations/person_keypoints_train2017.json, train2017/; coco_smplifyx_train.json if it is there
  Leeds Sports Pose, and its extension            joints.mat, images/
  MPII             annotations/mpii_human_pose_v1_u12_1.mat, images/
  MPI-INF-3DHP     S1/Seq1/annot.mat, camera.calibration, imageFrames/video_0/frame_000001.jpg, ...
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
    _add_i2l_meshnet(commands)
    _add_hmr(commands)
    parser.set_defaults(run=run)


def _add_i2l_meshnet(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    i2l = _command(commands, "i2l-meshnet", "I2L-MeshNet with its paper's losses", "snapshot_N.pth.tar", 16)
    i2l.add_argument("--hand", type=Path, metavar="FILE", help="your MANO_RIGHT.pkl, for a hand's network")
    i2l.add_argument("--epochs", type=count, metavar="N", help="for the lixels (default: 13; a hand's 25)")
    i2l.add_argument("--parameter-epochs", type=natural, metavar="N", help="for pose and shape (default: 5)")
    i2l.set_defaults(training="i2l_meshnet")


def _add_hmr(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    hmr = _command(commands, "hmr", "HMR with its paper's losses and prior", "checkpoint_N.pt, best.pt", 64)
    hmr.add_argument(
        "--motion",
        type=Path,
        metavar="FILE",
        help="poses of people who are in no picture (.npz, of scripts/gather_motion.py), for the prior; "
        "without it there is none",
    )
    hmr.add_argument(
        "--validate",
        nargs="+",
        type=Path,
        default=[],
        metavar="DATA",
        help="sets to measure the PA-MPJPE with after every epoch, and nothing else",
    )
    hmr.add_argument("--epochs", type=count, metavar="N", help="default: 75")
    hmr.add_argument(
        "--small-epochs",
        type=natural,
        default=0,
        metavar="N",
        help="of these the first N on small crops, which take a tenth to a quarter of the time (default: 0)",
    )
    hmr.set_defaults(training="hmr")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    written: str,
    batch: int,
) -> argparse.ArgumentParser:
    """With what all trainings take."""
    parser = commands.add_parser(
        name, help=summary, epilog=SETS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="see below")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help=f"for {written} and curve.csv"
    )
    parser.add_argument(
        "--body",
        default="free",
        metavar="free|FILE",
        help="whose body is learnt: the free body, or your SMPL file",
    )
    parser.add_argument(
        "--trunk", type=Path, metavar="FILE", help="parameters of a ResNet-50 (.pth) to start from"
    )
    parser.add_argument("--steps", type=count, metavar="N", help="batches an epoch (default: everybody once)")
    parser.add_argument(
        "--batch",
        type=several,
        default=batch,
        metavar="N",
        help="people a batch, at least 2 (default: %(default)s)",
    )
    parser.add_argument(
        "--workers", type=natural, default=0, metavar="N", help="processes that make batches ahead"
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    return parser


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code 0. Raises RecoveryError."""
    try:
        training = import_module(f".training.{options.training}.run", __package__)
    except ImportError as error:
        raise RecoveryError(
            "training",
            f"Training needs packages that are not installed here: {error}.",
            "Run `pip install torch==2.13.0` with the Python that this ran with.",
        ) from error
    training.run(options)
    return 0
