"""What has to be downloaded before the first recovery, and the button for it."""

from typing import Any

import bpy

from ..client.progress import duration
from ..needs import Needs
from ..press import Problem
from . import lines

LINE_SPEED = 50e6 / 8
"""Bytes a second of a usual connection, by which people know theirs."""
PACKAGES = "ONNX Runtime, OpenCV, NumPy, SciPy and Pillow, by their authors, under their licences"
OFFLINE = "Blender may not go online: allow it under Preferences, System, Network"


def draw(layout: Any, needs: Needs, in_full: bool) -> None:
    """in_full: with what each part is and whose, as in the preferences."""
    if needs.message:
        lines.problem(layout, Problem("This Blender's Python", needs.message, needs.hint))
    if not needs.download:
        return
    box = layout.box()
    box.label(text="To be downloaded once", icon="INFO")
    for line in described(needs, in_full):
        lines.say(box, line, boxed=True)
    row = box.row()
    text = f"Download {needs.download / 1e6:.0f} MB"
    row.operator("human_mesh_recovery.download", text=text, icon="IMPORT")
    if not bpy.app.online_access:
        lines.say(box, OFFLINE, icon="INTERNET_OFFLINE", boxed=True)


def described(needs: Needs, in_full: bool) -> list[str]:
    """What is missing, how large it is, and how long that takes."""
    said: list[str] = []
    if needs.packages:
        said.append(f"The program's packages, {needs.packages / 1e6:.0f} MB")
        if in_full:
            said[-1] += f": {PACKAGES}"
    if needs.networks:
        size = sum(source.size for network in needs.networks for source in network.files)
        said.append(f"{len(needs.networks)} networks, {size / 1e6:.0f} MB")
        if in_full:
            said += [
                f"{entry.purpose}: {entry.name}, by {entry.authors}, {entry.licence}"
                for entry in needs.networks
            ]
    seconds = duration(needs.download / LINE_SPEED)
    said.append(f"{needs.room / 1e6:.0f} MB on the disk; {seconds} at 50 Mbit/s")
    return said
