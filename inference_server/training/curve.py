"""The losses over a training, as a .csv that a spreadsheet opens: means over a few steps a row."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import RecoveryError
from ..whole_file import whole_file

STEPS = 50
"""A row's; the last of an epoch may have fewer."""
HINT = "Go on from the checkpoint before it with larger batches, or look for what is wrong in the data."


@dataclass(frozen=True)
class Columns:
    """What a training tells, by name, besides the stage, the epoch, the step, the rate and the total."""

    losses: tuple[str, ...]
    """The total's parts."""
    measures: tuple[str, ...] = ()
    """Figures that are not part of it."""

    @property
    def all(self) -> list[str]:
        return ["stage", "epoch", "step", "rate", "total", *self.losses, *self.measures]


@dataclass(frozen=True)
class Row:
    stage: str
    epoch: int
    step: int
    """Steps done since the training began."""
    rate: float
    losses: Mapping[str, float]
    """By their names, weighted."""
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.losses.values())


def mean_row(rows: Sequence[Row]) -> Row:
    """One row for several, at the last one's place."""
    last = rows[-1]
    losses, measures = (
        {name: sum(part[name] for part in parts) / len(parts) for name in parts[-1]}
        for parts in ([row.losses for row in rows], [row.measures for row in rows])
    )
    return Row(last.stage, last.epoch, last.step, last.rate, losses, measures)


def mean_rows(rows: Sequence[Row]) -> list[Row]:
    """Those of an epoch's steps, few."""
    return [mean_row(rows[start : start + STEPS]) for start in range(0, len(rows), STEPS)]


def check_row(row: Row) -> None:
    """What is no number would be learnt at once, and the checkpoints after it be worth nothing.

    Raises RecoveryError("training").
    """
    if not abs(row.total) < float("inf"):
        message = f"The training failed in epoch {row.epoch}, step {row.step}: its loss is no number."
        raise RecoveryError("training", message, HINT)


def write_curve(path: Path, rows: Sequence[Row], columns: Columns) -> None:
    """Raises RecoveryError("unwritable")."""
    with (
        whole_file(path, "The curve") as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, columns.all)
        writer.writeheader()
        for row in rows:
            place = {"stage": row.stage, "epoch": row.epoch, "step": row.step, "rate": f"{row.rate:g}"}
            numbers = {name: f"{value:.6g}" for name, value in {**row.losses, **row.measures}.items()}
            if row.losses:  # of what is written, so that it is the same when it was read and is written again
                place["total"] = f"{sum(float(numbers[name]) for name in row.losses):.6g}"
            writer.writerow(place | numbers)


def read_curve(path: Path, before: int, columns: Columns) -> list[Row]:
    """The rows of the epochs before that one; none where there is no curve. Raises RecoveryError("checkpoint")."""
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                Row(
                    line["stage"],
                    int(line["epoch"]),
                    int(line["step"]),
                    float(line["rate"]),
                    {name: float(line[name]) for name in columns.losses if line[name]},
                    {name: float(line[name]) for name in columns.measures if line[name]},
                )
                for line in csv.DictReader(file)
            ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"{path} is no curve of a training: {error!r}."
        raise RecoveryError("checkpoint", message, "Remove it to begin a new one.") from error
    return [row for row in rows if row.epoch < before]
