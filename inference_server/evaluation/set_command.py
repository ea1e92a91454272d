"""`recover-mesh evaluate-set SET FOLDER`: how far a method is from the truth over a set of pictures.

What it runs reads sets as the trainings do, which the packaged program is without, and is imported only then.
"""

import argparse
from importlib import import_module
from pathlib import Path

from ..argument_types import count
from ..errors import RecoveryError
from ..methods.catalogue import CATALOGUE, DEFAULT_METHOD
from .picture_sets import PICTURE_SETS

SETS = "SET and what has to be in its FOLDER:\n" + "\n".join(
    f"  {name:13} {entry.label}: {entry.needs}" for name, entry in PICTURE_SETS.items()
)
NOTES = """
The person of every picture is looked for in the box that the set gives, as the papers have it; keypoints and all that
follows are the program's own. Human3.6M is measured by both protocols: over all cameras, and over the frontal one.
The joints are the 14 of Leeds Sports Pose. The papers take SMPL's by Human3.6M's regressor (--regressor); without it
they are the body's own, and lie up to centimetres from where a set has them. The sets' licences are between you and
their owners.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `recover-mesh evaluate-set`."""
    parser.epilog, parser.formatter_class = SETS + NOTES, argparse.RawDescriptionHelpFormatter
    parser.add_argument("set", choices=PICTURE_SETS, metavar="SET", help=", ".join(PICTURE_SETS))
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the set is")
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=CATALOGUE, help="default: %(default)s")
    parser.add_argument(
        "--body",
        default="free",
        metavar="free|FILE",
        help="the free body, or your SMPL file: of a network, the one it was made for (default: free)",
    )
    parser.add_argument(
        "--regressor",
        type=Path,
        metavar="FILE",
        help="J_regressor_h36m.npy, for SMPL's joints as the papers take them",
    )
    parser.add_argument(
        "--every",
        type=count,
        metavar="N",
        help="one of so many people (default: 64 of Human3.6M's, else all)",
    )
    parser.add_argument("--device", default="auto", help="where networks run (default: auto)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code 0. Raises RecoveryError."""
    try:
        set_run = import_module(".set_run", __package__)
    except ImportError as error:
        raise RecoveryError(
            "evaluation",
            f"Measuring over a set needs packages that are not installed here: {error}.",
            "Run it in a checkout of the project.",
        ) from error
    return set_run.run(options)
