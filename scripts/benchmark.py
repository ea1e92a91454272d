#!/usr/bin/env python3
"""How long a frame takes, stage by stage, what share lies outside the networks, and how much memory it takes;
how long a mesh takes to become a pose; and what HMR takes, and adds to its network.

    .venv/bin/python scripts/benchmark.py [--video FILE] [--output out/benchmark]

Each measurement is a process of its own: on one CPU thread, and on each accelerator that ONNX Runtime offers.
The video's frames are repeated, forwards and backwards, until there are enough. Writes OUTPUT.md and .json.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from human_mesh_recovery.inference_server.media import Frame, open_source, read_frames
from human_mesh_recovery.inference_server.motion import save_motion
from human_mesh_recovery.inference_server.people.networks import load_networks
from human_mesh_recovery.inference_server.pipeline import Settings, recover
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights.sessions import available_devices

ROOT = Path(__file__).resolve().parent.parent
TIMED_FRAMES = 200
MEMORY_FRAMES = (100, 1000)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Measured:
    """One run over a whole video."""

    device: str
    frames: int
    people: int
    seconds: dict[str, float]
    """By stage: decode, networks, people (cropping and tracking), fit, write."""
    network_seconds: dict[str, float]
    network_runs: dict[str, int]
    peak_bytes: int
    """Largest resident memory of the process."""

    @property
    def outside_share(self) -> float:
        """The time outside the networks as a share of the networks' own."""
        return (sum(self.seconds.values()) - self.seconds["networks"]) / self.seconds["networks"]


def main() -> int:
    """Measures, writes and prints the report; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--video", type=Path, default=ROOT / "examples" / "walk.mp4")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "benchmark")
    parser.add_argument("--child", nargs=2, metavar=("VIDEO", "DEVICE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(asdict(measure(Path(arguments.child[0]), arguments.child[1]))))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        videos = {count: Path(scratch, f"{count}.mp4") for count in {TIMED_FRAMES, *MEMORY_FRAMES}}
        for count, path in videos.items():
            _write_repeated(arguments.video, count, path)
        timed = [_measure_apart(videos[TIMED_FRAMES], device) for device in available_devices()]
        memory = [_measure_apart(videos[count], "cpu") for count in MEMORY_FRAMES]
    machine = f"{_processor()}, {os.cpu_count()} cores"
    report = _report(machine, arguments.video.name, timed, memory) + "\n" + _vertex_fits() + "\n" + _hmr()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": machine, "timed": list(map(asdict, timed)), "memory": list(map(asdict, memory))}
    arguments.output.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    arguments.output.with_suffix(".md").write_text(report, encoding="utf-8")
    print(report)
    return 0


def measure(video: Path, device: str) -> Measured:
    """Recovers `video` here and now, on one thread, and saves the motions as the command line would."""
    cv2.setNumThreads(1)
    networks = load_networks(device, threads=1)
    recovery = recover(
        video,
        Settings(SolveSettings(device=device, fingers=True), device=device, threads=1),
        networks=networks,
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        for motion in recovery.motions:
            save_motion(motion, Path(scratch, f"{motion.person}.npz"))
    return Measured(
        device=device,
        frames=recovery.frame_count,
        people=len(recovery.motions),
        seconds={**recovery.timings, "write": time.perf_counter() - start},
        network_seconds=dict(networks.seconds),
        network_runs=dict(networks.runs),
        peak_bytes=_peak_bytes(),
    )


def _measure_apart(video: Path, device: str) -> Measured:
    """`measure` in a process of its own, so that memory and threads are its own."""
    print(f"{video.stem} frames on {device} ...", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--child", str(video), device]
    environment = {**os.environ, **ONE_THREAD}
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(child.stdout.splitlines()[-1]))


def _vertex_fits() -> str:
    """`vertex_fits.py` in a process of its own, on one thread."""
    print("fits of meshes ...", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).with_name("vertex_fits.py"))]
    environment = {**os.environ, **ONE_THREAD}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def _hmr() -> str:
    """`measure_hmr.py` in a process of its own, on two threads."""
    print("HMR ...", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).with_name("measure_hmr.py"))]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _write_repeated(video: Path, count: int, path: Path) -> None:
    """Writes `count` frames of `video`, forwards and backwards in turn, so that nobody jumps."""
    source = open_source(video)
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"mp4v"), source.fps, (source.width, source.height)
    )
    for _, frame in zip(range(count), _to_and_fro(list(read_frames(source))), strict=False):
        writer.write(frame.image[..., ::-1])
    writer.release()


def _to_and_fro(frames: list[Frame]) -> Iterator[Frame]:
    while True:
        yield from frames
        yield from reversed(frames)


def _peak_bytes() -> int:
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return getattr(psutil.Process().memory_info(), "peak_wset")  # noqa: B009 - there on Windows only
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _report(machine: str, video: str, timed: list[Measured], memory: list[Measured]) -> str:
    """The figures as Markdown."""
    names = list(timed[0].seconds)
    networks = list(timed[0].network_seconds)
    lines = [
        f"{machine}, Python {platform.python_version()}. {video}, repeated to {timed[0].frames} frames; "
        f"{timed[0].people} people. Milliseconds a frame:",
        "",
        f"| device | {' | '.join(names)} | sum | outside the networks / networks |",
        "|---" * (len(names) + 3) + "|",
    ]
    for run in timed:
        cells = [f"{1000 * run.seconds[name] / run.frames:.2f}" for name in names]
        total = 1000 * sum(run.seconds.values()) / run.frames
        lines.append(f"| {run.device} | {' | '.join(cells)} | {total:.2f} | {run.outside_share:.1%} |")
    lines += ["", "| network | runs a frame | ms a run, CPU |", "|---|---|---|"]
    for name in networks:
        runs, seconds = timed[-1].network_runs[name], timed[-1].network_seconds[name]
        lines.append(f"| {name} | {runs / timed[-1].frames:.2f} | {1000 * seconds / runs:.1f} |")
    lines += ["", "| frames | peak memory, MB |", "|---|---|"]
    lines += [f"| {run.frames} | {run.peak_bytes / 1e6:.0f} |" for run in memory]
    more_memory = memory[-1].peak_bytes / memory[0].peak_bytes
    more_frames = memory[-1].frames / memory[0].frames
    lines.append(f"\n{more_memory:.2f} times the memory for {more_frames:.0f} times the frames.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
