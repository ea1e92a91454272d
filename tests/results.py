"""Looking at what a run of the command line has written."""

from pathlib import Path

from human_mesh_recovery.inference_server.motion import Motion, load_motion


def only_person(path: Path) -> Motion:
    motion = load_motion(path)
    assert motion.camera is not None
    assert motion.joints is not None
    return motion


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
