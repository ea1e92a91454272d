"""Reads files and folders of motion, and writes them as one set to train on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ...body.rotation import matrix_to_axis_angle
from ...errors import RecoveryError
from ...whole_file import whole_file
from .acclaim_reader import read_amc
from .bvh_reader import read_bvh
from .clips import Clip, without_impossible
from .retarget import to_smpl
from .sampling import FPS
from .smpl_reader import read_npz

ENDINGS = (".npz", ".bvh", ".amc")


@dataclass
class Gathered:
    """What was read, and what was not."""

    clips: list[Clip] = field(default_factory=list)
    read: int = 0
    """Files."""
    left_out: int = 0
    """Frames in which a joint turns further than it can."""
    unread: list[tuple[Path, str]] = field(default_factory=list)
    """Files, and why."""

    @property
    def frames(self) -> int:
        return sum(len(clip.poses) for clip in self.clips)

    def summary(self) -> str:
        minutes = self.frames / FPS / 60
        lines = [
            f"{self.read} files: {len(self.clips)} clips, {self.frames} frames, {minutes:.1f} minutes.",
            f"{self.left_out} frames were left out, in which a joint turns further than it can.",
        ]
        lines += [f"Not read: {path}: {reason}." for path, reason in self.unread]
        return "\n".join(lines)


def gather(sources: Iterable[Path]) -> Gathered:
    """Reads all files of motion among `sources`, and in the folders among them. What can't be read is noted."""
    gathered = Gathered()
    files = list(_files(sources))
    for path, name in tqdm(files, unit="file"):
        try:
            clips = read_clips(path, name)
        except (ValueError, KeyError, IndexError, OSError) as error:
            gathered.unread.append((path, str(error) or type(error).__name__))
            continue
        gathered.read += 1
        for clip in clips:
            kept = without_impossible(clip)
            gathered.left_out += len(clip.poses) - sum(len(part.poses) for part in kept)
            gathered.clips += kept
    return gathered


def read_clips(path: Path, name: str) -> list[Clip]:
    """The clips of one file. Raises ValueError or OSError where it is none of those that are known."""
    if path.suffix.lower() == ".npz":
        return read_npz(path, name)
    recording = read_bvh(path) if path.suffix.lower() == ".bvh" else read_amc(path)
    return [Clip(name, matrix_to_axis_angle(to_smpl(recording)).astype(np.float32))]


def save(gathered: Gathered, path: Path) -> None:
    """Writes `poses (N, 24, 3)`, `clip (N,)`, `clip_names (C,)` and `fps`.

    Raises RecoveryError where there is nothing to write, or where it can't be written.
    """
    if not gathered.clips:
        raise RecoveryError(
            "no_motion",
            f"No motion was found, so {path} was not written.",
            f"Name files or folders of {', '.join(ENDINGS)}.",
        )
    lengths = [len(clip.poses) for clip in gathered.clips]
    with whole_file(path, "The motion") as temporary:
        np.savez_compressed(
            temporary,
            poses=np.concatenate([clip.poses for clip in gathered.clips]),
            clip=np.repeat(np.arange(len(lengths)), lengths),
            clip_names=np.array([clip.name for clip in gathered.clips]),
            fps=np.array(FPS),
        )


def _files(sources: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Files of motion, in order, and the names of their clips: the path from the folder that was named."""
    for source in sources:
        if source.is_dir():
            for path in sorted(source.rglob("*")):
                if path.suffix.lower() in ENDINGS and path.is_file():
                    yield path, path.relative_to(source).with_suffix("").as_posix()
        else:
            yield source, source.stem
