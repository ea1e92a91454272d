"""Where the add-on's files lie: nothing of it is ever written beside the program."""

import os
import sys
from pathlib import Path

PACKAGE = __name__.rpartition(".blender_addon.")[0]
"""human_mesh_recovery, or bl_ext.<repository>.human_mesh_recovery where Blender installed it."""
ROOT = Path(__file__).resolve().parents[1]
NAME = "human-mesh-recovery"


def is_extension() -> bool:
    """Whether Blender installed this as an extension; else it runs from a checkout or an environment."""
    return PACKAGE.startswith("bl_ext.")


def default_results() -> Path:
    """The user's own data, which stays when the extension is removed."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / NAME / "results"


def default_models() -> Path:
    """The networks that came with the extension, else the user's cache of them."""
    brought = ROOT / "models"
    return brought if brought.is_dir() else user_cache()


def user_cache() -> Path:
    """The same folder that the command line uses."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / NAME / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches" / NAME
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME
