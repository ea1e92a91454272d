"""The add-on's preferences: where things lie, where the work is done, and what it is made of."""

# pyright: reportInvalidTypeForm=false

import sys
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from . import folders
from .client.server_choice import Wishes
from .needs import Needs, find_needs
from .panels import preferences as panels_preferences

DEVICES = (
    ("auto", "Automatic", "The fastest that this machine has"),
    ("cpu", "CPU", "The processor, which always works"),
    ("cuda", "NVIDIA", "An NVIDIA graphics card; needs another Python with onnxruntime-gpu"),
    ("directml", "DirectML", "Any graphics card on Windows; needs another Python with onnxruntime-directml"),
    ("coreml", "CoreML", "Apple's neural engine and graphics"),
)
PLACES = (
    ("BUILT_IN", "Built In", "With what the extension brings, in a process beside Blender"),
    ("PYTHON", "Another Python", "With a Python environment of your own, such as one that uses your graphics card"),
    ("MACHINE", "Another Machine", "On another machine by way of ssh; the footage is sent there"),
)  # fmt: skip


class Preferences(bpy.types.AddonPreferences):
    """Of this user, for all files."""

    bl_idname = folders.PACKAGE

    models: StringProperty(
        name="Networks",
        description="Folder of the networks; empty for those that came with the extension, "
        "or else your cache folder",
        subtype="DIR_PATH",
    )
    results: StringProperty(
        name="Results",
        description="Folder that every recovery gets a folder of its own in; empty for your data folder",
        subtype="DIR_PATH",
    )
    device: EnumProperty(name="Device", description="What the networks run on", items=DEVICES, default="auto")
    where: EnumProperty(
        name="Run On", description="Where people are recovered", items=PLACES, default="BUILT_IN"
    )
    python: StringProperty(
        name="Python",
        description="An environment's folder, a Python program, or a folder of packages",
        subtype="FILE_PATH",
    )
    host: StringProperty(
        name="Machine",
        description="Its name as you use it with ssh, such as user@machine; a port or key of its own belongs in "
        "~/.ssh/config",
    )
    command: StringProperty(
        name="Command",
        description="What starts the recovery on that machine; give the program's full path if it isn't found",
        default="recover-mesh serve",
    )

    def draw(self, _context: bpy.types.Context) -> None:
        panels_preferences.draw(self.layout, self, needs())


CLASSES = (Preferences,)


def get() -> Any:
    """This user's preferences."""
    return bpy.context.preferences.addons[folders.PACKAGE].preferences


def models_folder() -> Path:
    chosen = get().models
    return Path(bpy.path.abspath(chosen)) if chosen else folders.default_models()


def results_folder() -> Path:
    chosen = get().results
    return Path(bpy.path.abspath(chosen)) if chosen else folders.default_results()


def wishes(may_download: bool = False) -> Wishes:
    """How a server is to be started; downloads only where the user asked for one and Blender allows it."""
    preferences = get()
    return Wishes(
        where=preferences.where,
        program=Path(sys.executable),
        package=folders.ROOT,
        runtime=private_folder() / "runtime",
        models=models_folder(),
        log=Path(bpy.app.tempdir) / "human-mesh-recovery.log",
        python=bpy.path.abspath(preferences.python) if preferences.python else "",
        host=preferences.host,
        command=preferences.command,
        may_download=may_download and bpy.app.online_access,
    )


def needs(with_fingers: bool = True) -> Needs:
    """What has to be downloaded here, as `find_needs` has it; nothing where another machine does the work."""
    where = get().where
    if where == "MACHINE":
        return Needs()
    parts = folders.ROOT / "parts" if where == "BUILT_IN" else None
    return find_needs(parts, private_folder() / "runtime", models_folder(), with_fingers)


def private_folder() -> Path:
    """Where the unpacked parts lie."""
    if folders.is_extension():
        return Path(bpy.utils.extension_path_user(folders.PACKAGE, create=True))
    return folders.user_cache()
