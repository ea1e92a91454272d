"""`recover-mesh recover INPUT... --output OUT`."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from . import outputs, preview
from .argument_types import count, frame, positive, rate
from .errors import Cancelled, RecoveryError
from .methods.catalogue import CATALOGUE, DEFAULT_METHOD
from .people.networks import Networks, load_networks
from .pipeline import Progress, Recovery, Settings, recover
from .solve import SolveSettings
from .targets import Target, plan

DEVICES = ("auto", "cpu", "cuda", "directml", "coreml")
STAGES = {
    "people": ("finding people", "frame"),
    "find": ("finding people", "frame"),
    "look": ("recovering poses", "frame"),
    "hands": ("looking at hands", "frame"),
    "fit": ("fitting bodies", "solve"),
}
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `recover` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser(
        "recover", help="photos and videos to bodies", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Several people in a format that holds one (.npz, .bvh) go to OUT-1, OUT-2, ...\n"
        "Of several inputs, each is written to a file of its own, named OUT-NAME.\n"
        "Exit codes: 0 done, 1 at least one input or output failed, 2 a wrong call, 130 stopped with Ctrl-C.",
    )  # fmt: skip
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="INPUT", help="a picture, a video or a folder of frames"
    )
    parser.add_argument(
        "--output", "-o", required=True, type=Path, action="append", metavar="OUT",
        help=".blend, .glb, .fbx, .bvh or .npz; may be given several times",
    )  # fmt: skip
    methods = "; ".join(f"{entry.name}: {entry.summary}. {entry.needs}" for entry in CATALOGUE.values())
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=CATALOGUE, help=methods)
    parser.add_argument(
        "--body", default="free", metavar="free|FILE", help="the free body, or your SMPL file"
    )
    parser.add_argument(
        "--fingers", action=argparse.BooleanOptionalAction, default=True,
        help="recover fingers where hands are large enough (on, unless --no-fingers says otherwise)",
    )  # fmt: skip
    parser.add_argument(
        "--people", type=count, metavar="N", help="how many to keep at most, the most prominent first"
    )
    parser.add_argument("--start", type=frame, default=0, metavar="F", help="first frame, from 0")
    parser.add_argument("--end", type=frame, metavar="F", help="last frame")
    parser.add_argument(
        "--fps", type=rate, metavar="R",
        help="frame rate of a folder of frames (24 if left out), or to resample a video's motion to",
    )  # fmt: skip
    parser.add_argument(
        "--focal",
        type=positive,
        metavar="PX",
        help="focal length, if known, in pixels of the picture or video",
    )
    parser.add_argument("--device", default="auto", choices=DEVICES, help="where the networks run")
    parser.add_argument(
        "--preview", type=Path, metavar="FILE", help="the mesh drawn over the footage: .mp4, .png or .jpg"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code, an input's error being said on stderr.

    Raises RecoveryError for what concerns all inputs.
    """
    if options.end is not None and options.end < options.start:
        raise RecoveryError(
            "bad_range",
            f"--end {options.end} lies before --start {options.start}.",
            "Swap them, or leave one out.",
        )
    targets = plan(options.inputs, options.output, options.preview, options.body)
    networks = load_networks(options.device)
    failed = 0
    with _stoppable() as stopped:
        for target in targets:
            if len(targets) > 1:
                print(f"{target.source}:", file=sys.stderr)
            try:
                _recover_one(options, target, stopped, networks)
            except RecoveryError as error:
                print(f"recover-mesh: {error}", file=sys.stderr)
                failed = 1
            if stopped:
                left = len(targets) - 1 - targets.index(target)
                if left:
                    print(f"{left} of {len(targets)} inputs were not looked at.", file=sys.stderr)
                return INTERRUPTED
    return failed


def _recover_one(
    options: argparse.Namespace, target: Target, stopped: list[bool], networks: Networks
) -> None:
    """Raises RecoveryError; what could be written until then stays."""
    settings = Settings(
        SolveSettings(
            options.method, options.body, options.focal, device=options.device, fingers=options.fingers
        ),
        options.people,
        options.start,
        options.end,
        options.fps if target.source.is_dir() else None,
        options.device,
    )
    with _bars() as show:
        recovery = recover(target.source, settings, show, lambda: bool(stopped), networks)
    for warning in recovery.warnings:
        print(f"Note: {warning}", file=sys.stderr)
    outputs.write_all(recovery.motions, target.outputs, options.fps)
    _report(recovery)
    if target.preview:
        _preview(recovery, target.preview, stopped)


def _preview(recovery: Recovery, path: Path, stopped: list[bool]) -> None:
    """Draws the preview, unless the user stops it."""
    with tqdm(desc="drawing the preview", unit="frame", disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if stopped:
                raise Cancelled

        try:
            if stopped:
                raise Cancelled
            preview.write_preview(recovery.source, recovery.motions, path, show)
        except Cancelled:
            print(f"The preview {path} was left out.", file=sys.stderr)
            return
    print(path, flush=True)


def _report(recovery: Recovery) -> None:
    """One line a person: what an artist would check first."""
    for motion in recovery.motions:
        confidence = "" if motion.confidence is None else f", confidence {motion.confidence.mean():.0%}"
        first, last = int(motion.frames[0]), int(motion.frames[-1])
        frames = f"frame {first}" if first == last else f"frames {first} to {last}"
        print(f"Person {motion.person}: {frames}{confidence}", file=sys.stderr)
    if recovery.stopped_at is not None:
        print(
            f"Stopped at frame {recovery.stopped_at}; the {recovery.frame_count} frames up to it were recovered and "
            f"written.",
            file=sys.stderr,
        )


@contextmanager
def _bars() -> Iterator:
    """A function that shows progress as a bar a stage, with its rate and the time left."""
    bars: dict[str, tqdm] = {}

    def show(progress: Progress) -> None:
        if progress.stage not in bars:
            for bar in bars.values():
                bar.close()
            title, unit = STAGES[progress.stage]
            bars[progress.stage] = tqdm(total=progress.total, desc=title, unit=unit, disable=None)
        bar = bars[progress.stage]
        bar.total = progress.total
        bar.update(progress.done - bar.n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


@contextmanager
def _stoppable() -> Iterator[list[bool]]:
    """A list that the first Ctrl-C makes true, so that what was seen is kept; the second ends the program."""
    stopped: list[bool] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(True)
        print(
            "\nStopping; what was recovered so far is kept. Press Ctrl-C again to drop it.", file=sys.stderr
        )

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
