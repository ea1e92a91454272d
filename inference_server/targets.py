"""Which files a recovery writes for each of its inputs, and that none of them is one of the user's own."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import outputs, preview
from .errors import RecoveryError
from .picture_names import PICTURE_SUFFIXES


@dataclass(frozen=True)
class Target:
    """An input and where its results go."""

    source: Path
    outputs: list[Path]
    preview: Path | None


def plan(inputs: list[Path], asked: list[Path], asked_preview: Path | None, body: str) -> list[Target]:
    """One target an input; of several inputs, each writes OUT-NAME.

    Raises RecoveryError for what can't be written ("output_format", "unwritable", "no_blender"), and
    "output_is_input" for what would replace an input or the body's file, or would be written twice.
    """
    labels = [""] if len(inputs) == 1 else _labels(inputs)
    targets = [
        Target(
            source,
            [path.with_stem(path.stem + label) for path in asked],
            asked_preview and asked_preview.with_stem(asked_preview.stem + label),
        )
        for source, label in zip(inputs, labels, strict=True)
    ]
    for target in targets:
        for path in target.outputs:
            outputs.check_output(path)
        if target.preview:
            preview.check_preview_path(target.preview)
            outputs.check_folder(target.preview)
    _check_nothing_is_lost(targets, [*inputs, *([] if body == "free" else [Path(body)])])
    return targets


def _labels(inputs: list[Path]) -> list[str]:
    """What is added to OUT for each input; numbered where two would write the same file.

    "walk-1" beside "walk" counts as the same: OUT-walk-1 is also the first person of several in "walk".
    """
    names = [path.resolve().name if path.is_dir() else path.stem for path in inputs]
    alike = [name.casefold() for name in names]
    persons = {match[1] for name in alike if (match := re.fullmatch(r"(.+)-\d+", name))}
    if len(set(alike)) < len(alike) or persons & set(alike):
        return [f"-{number}-{name}" for number, name in enumerate(names, start=1)]
    return [f"-{name}" for name in names]


def _check_nothing_is_lost(targets: list[Target], precious: list[Path]) -> None:
    """Raises RecoveryError("output_is_input")."""
    there = [path for path in precious if path.exists()]
    seen: set[Path] = set()
    for path in (p for t in targets for p in (*t.outputs, *([t.preview] if t.preview else []))):
        same = path.exists() and any(os.path.samefile(path, other) for other in there)
        among_frames = path.suffix.lower() in PICTURE_SUFFIXES and any(
            os.path.samefile(path.parent, folder) for folder in there if folder.is_dir()
        )
        if same or among_frames:
            what = "is an input, which would be lost" if same else "would lie among the frames of an input"
            raise RecoveryError(
                "output_is_input", f"The output {path} {what}.", "Choose another name or folder."
            )
        if path.resolve() in seen:
            raise RecoveryError(
                "output_is_input", f"{path} would be written twice.", "Give each output a name of its own."
            )
        seen.add(path.resolve())
