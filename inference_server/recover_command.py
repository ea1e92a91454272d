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
from .errors import RecoveryError
from .methods import DEFAULT_METHOD, METHODS
from .people.networks import load_networks
from .pipeline import Progress, Recovery, Settings, recover
from .solve import SolveSettings

DEVICES = ("auto", "cpu", "cuda", "directml", "coreml")
STAGES = {"people": ("finding people", "frame"), "fit": ("fitting bodies", "person")}
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `recover` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser(
        "recover", help="photos and videos to bodies", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Several people in a format that holds one (.npz, .bvh) go to OUT-1, OUT-2, ...\n"
        "Of several inputs, each is written to a file of its own, named OUT-NAME.",
    )  # fmt: skip
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="INPUT", help="a picture, a video or a folder of frames"
    )
    parser.add_argument(
        "--output", "-o", required=True, type=Path, action="append", metavar="OUT",
        help=".blend, .glb, .fbx, .bvh or .npz; may be given several times",
    )  # fmt: skip
    methods = "; ".join(f"{method.name}: {method.summary}" for method in METHODS.values())
    parser.add_argument("--method", default=DEFAULT_METHOD, choices=METHODS, help=methods)
    parser.add_argument("--body", default="free", metavar="free|FILE", help="the free body, or your SMPL file")
    parser.add_argument("--people", type=_count, metavar="N", help="how many to keep at most, the most prominent first")
    parser.add_argument("--start", type=int, default=0, metavar="F", help="first frame, from 0")
    parser.add_argument("--end", type=int, metavar="F", help="last frame")
    parser.add_argument(
        "--fps", type=_positive, metavar="R",
        help="frame rate of a folder of frames (24 if left out), or to resample a video's motion to",
    )  # fmt: skip
    parser.add_argument("--focal", type=_positive, metavar="PX", help="focal length in pixels, if known")
    parser.add_argument("--device", default="auto", choices=DEVICES, help="where the networks run")
    parser.add_argument(
        "--preview", type=Path, metavar="FILE", help="the mesh drawn over the footage: .mp4, .png or .jpg"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Does what the parsed arguments say; returns the exit code. Raises RecoveryError for a single input."""
    for output in options.output:
        outputs.check_output(output)
    if options.preview:
        preview.check_preview_path(options.preview)
        outputs.check_folder(options.preview)
    if len(options.inputs) == 1:
        with _stoppable() as stopped:
            return _recover_one(options, options.inputs[0], "", stopped, None)
    networks = load_networks(options.device)
    failed = 0
    with _stoppable() as stopped:
        for path in options.inputs:
            print(f"{path}:", file=sys.stderr)
            try:
                code = _recover_one(options, path, f"-{path.stem}", stopped, networks)
            except RecoveryError as error:
                print(f"recover-mesh: {error}", file=sys.stderr)
                code = 1
            failed = failed or code
            if code == INTERRUPTED:
                break
    return failed


def _recover_one(options: argparse.Namespace, path: Path, suffix: str, stopped: list[bool], networks) -> int:
    settings = Settings(
        SolveSettings(options.method, options.body, options.focal),
        options.people,
        options.start,
        options.end,
        options.fps if path.is_dir() else None,
        options.device,
    )
    with _bars() as show:
        recovery = recover(path, settings, show, lambda: bool(stopped), networks)
    for warning in recovery.warnings:
        print(f"Note: {warning}", file=sys.stderr)
    names = [output.with_stem(output.stem + suffix) for output in options.output]
    try:
        for output in names:
            for written in outputs.write_outputs(recovery.motions, output, options.fps):
                print(written)
        if options.preview:
            _preview(recovery, options.preview.with_stem(options.preview.stem + suffix))
    except RecoveryError as error:
        kept = outputs.keep(recovery.motions)
        raise RecoveryError(error.code, error.message, f"{error.hint} What was recovered is kept in {kept}.") from error
    _report(recovery)
    if recovery.stopped_at is not None:
        print(
            f"Stopped at frame {recovery.stopped_at}; the {recovery.frame_count} frames up to it were recovered and "
            f"written.",
            file=sys.stderr,
        )
        return INTERRUPTED
    return 0


def _preview(recovery: Recovery, path: Path) -> None:
    with tqdm(desc="drawing the preview", unit="frame", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        preview.write_preview(recovery.source, recovery.motions, path, show)
    print(path)


def _report(recovery: Recovery) -> None:
    """One line a person: what an artist would check first."""
    for motion in recovery.motions:
        confidence = "" if motion.confidence is None else f", confidence {motion.confidence.mean():.0%}"
        first, last = int(motion.frames[0]), int(motion.frames[-1])
        frames = f"frame {first}" if first == last else f"frames {first} to {last}"
        print(f"Person {motion.person}: {frames}{confidence}", file=sys.stderr)


@contextmanager
def _bars() -> Iterator:
    """A function that shows progress as a bar a stage, with its rate and the time left."""
    bars: dict[str, tqdm] = {}

    def show(progress: Progress) -> None:
        if progress.stage not in bars:
            for bar in bars.values():
                bar.close()
            title, unit = STAGES[progress.stage]
            bars[progress.stage] = tqdm(total=progress.total, desc=title, unit=unit)
        bar = bars[progress.stage]
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
        print("\nStopping; what was seen so far is kept. Press Ctrl-C again to drop it.", file=sys.stderr)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of people")
    return value
