"""Reads meshes from files: `.obj` as text, `.npy` and `.npz` without unpickling. Nothing in them is run."""

import zipfile
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from .errors import RecoveryError
from .picture_names import natural_order

ARRAY_SUFFIXES: Final = (".npy", ".npz")
NAMES: Final = ("vertices", "verts", "v")
"""What an array of vertices is called in an `.npz` file that holds others too."""
HINT: Final = (
    "Give .obj files in their order, a folder of them, or one .npy or .npz file of frames x vertices x 3."
)
UNREADABLE: Final = (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error)
"""What NumPy's and Python's readers raise on damaged files."""


def read_meshes(paths: list[Path]) -> np.ndarray:
    """(F, V, 3) of one folder, several `.obj` files or one array file, in the files' own unit and axes.

    Raises RecoveryError "mesh_file", which says which file and what to do.
    """
    if len(paths) == 1 and paths[0].suffix.lower() in ARRAY_SUFFIXES and not paths[0].is_dir():
        meshes = _read_array(paths[0])
        names = [f"frame {row} of {paths[0]}" for row in range(len(meshes))]
    else:
        files = _files_in(paths[0]) if len(paths) == 1 and paths[0].is_dir() else paths
        meshes, names = _read_all(files), list(map(str, files))
    bad = np.flatnonzero(~np.isfinite(meshes.sum(axis=(1, 2), dtype=np.float64)))
    if len(bad):
        message = f"{names[bad[0]]} holds coordinates that are no finite numbers."
        raise RecoveryError("mesh_file", message, "Leave that frame out, or export it again.")
    return meshes


def _files_in(folder: Path) -> list[Path]:
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() == ".obj" and path.name[0] != "."]
    except OSError as error:
        message = f"The folder {folder} cannot be read: {error.strerror}."
        raise RecoveryError("mesh_file", message, HINT) from error
    if not files:
        raise RecoveryError("mesh_file", f"There is no .obj file in the folder {folder}.", HINT)
    return sorted(files, key=natural_order)


def _read_all(files: list[Path]) -> np.ndarray:
    meshes: list[np.ndarray] = []
    for path in files:
        if path.suffix.lower() != ".obj" or path.is_dir():
            raise RecoveryError("mesh_file", f"{path} can't be read as a mesh among others.", HINT)
        meshes.append(_read_obj(path))
        if len(meshes[-1]) != len(meshes[0]):
            message = f"{path} has {len(meshes[-1])} vertices, but {files[0]} has {len(meshes[0])}."
            raise RecoveryError("mesh_file", message, "All frames must be the same mesh, posed.")
    return np.stack(meshes)


def _read_obj(path: Path) -> np.ndarray:
    """(V, 3): the lines that start with v; colours and a fourth coordinate behind the three are left out."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise RecoveryError("mesh_file", f"{path} cannot be read: {error.strerror}.", HINT) from error
    rows = [line[2:] for line in lines if line[:2] in (b"v ", b"v\t")]
    if not rows:
        raise RecoveryError(
            "mesh_file", f"{path} holds no vertices: it has no line that starts with v.", HINT
        )
    try:
        numbers = np.array(b" ".join(rows).split()).astype(np.float64).reshape(len(rows), -1)
        if numbers.shape[1] < 3:
            raise ValueError("a vertex has fewer than three coordinates")
    except ValueError as error:
        message = f"{path} is damaged: its vertices can't be read ({error})."
        raise RecoveryError("mesh_file", message, "Export it again.") from error
    return numbers[:, :3]


def _read_array(path: Path) -> np.ndarray:
    try:
        with open(path, "rb") as file:
            content = np.load(file, allow_pickle=False)
            array = content if isinstance(content, np.ndarray) else _vertices_in(content, path)
    except FileNotFoundError as error:
        raise RecoveryError("mesh_file", f"There is no file {path}.", "Check the path.") from error
    except UNREADABLE as error:
        raise RecoveryError("mesh_file", f"{path} can't be read as an array ({error}).", HINT) from error
    shape = " x ".join(map(str, array.shape)) or "a single number"
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.kind not in "fiu":
        message = f"{path} holds {shape} of {array.dtype}; frames x vertices x 3 numbers are needed."
        raise RecoveryError("mesh_file", message, HINT)
    return array


def _vertices_in(archive, path: Path) -> np.ndarray:
    with archive:
        names = [name for name in NAMES if name in archive.files] or archive.files
        if len(names) != 1 and names[:1] != ["vertices"]:
            have = ", ".join(archive.files) or "nothing"
            message = f"{path} holds {have}: which of them are the vertices is not known."
            raise RecoveryError("mesh_file", message, f"Name the array '{NAMES[0]}'.")
        return archive[names[0]]
