"""The losses over a training, as a .csv that a spreadsheet opens: means over a few steps a row."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from ...errors import RecoveryError
from ...whole_file import whole_file
from .losses import LixelLosses, ParameterLosses

STEPS = 50
"""A row's; the last of an epoch may have fewer."""
PARTS = list(dict.fromkeys(field.name for kind in (LixelLosses, ParameterLosses) for field in fields(kind)))
COLUMNS = ["stage", "epoch", "step", "rate", "total", *PARTS]


@dataclass(frozen=True)
class Row:
    stage: str
    epoch: int
    step: int
    """Steps done since the training began."""
    rate: float
    losses: dict[str, float]
    """By their names, weighted."""

    @property
    def total(self) -> float:
        return sum(self.losses.values())


def mean_row(rows: Sequence[Row]) -> Row:
    """One row for several, at the last one's place."""
    last = rows[-1]
    means = {name: sum(row.losses[name] for row in rows) / len(rows) for name in last.losses}
    return Row(last.stage, last.epoch, last.step, last.rate, means)


def write_curve(path: Path, rows: Sequence[Row]) -> None:
    """Raises RecoveryError("unwritable")."""
    with (
        whole_file(path, "The curve") as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            numbers = {name: f"{value:.6g}" for name, value in (row.losses | {"total": row.total}).items()}
            place = {"stage": row.stage, "epoch": row.epoch, "step": row.step, "rate": f"{row.rate:g}"}
            writer.writerow(place | numbers)


def read_curve(path: Path, before: int) -> list[Row]:
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
                    {name: float(line[name]) for name in PARTS if line[name]},
                )
                for line in csv.DictReader(file)
            ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"{path} is no curve of a training: {error!r}."
        raise RecoveryError("checkpoint", message, "Remove it to begin a new one.") from error
    return [row for row in rows if row.epoch < before]
