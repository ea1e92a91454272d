"""What has to be downloaded before people can be recovered with what the extension brings. No bpy here."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..inference_server.startup.parts import folder_of, read_table
from ..inference_server.startup.target import matching
from ..inference_server.startup.telling import PartsError
from ..inference_server.weights.catalogue import HANDS, NETWORKS, Network


@dataclass(frozen=True)
class Needs:
    """Empty where nothing is missing."""

    packages: int = 0
    """Bytes of packages to download."""
    unpacked: int = 0
    """Bytes that these take on the disk."""
    networks: tuple[Network, ...] = ()
    message: str = ""
    """Why it can't work with this Blender at all."""
    hint: str = ""

    @property
    def download(self) -> int:
        """Bytes, of all."""
        return self.packages + sum(source.size for network in self.networks for source in network.files)

    @property
    def room(self) -> int:
        """Bytes on the disk, of all."""
        return self.unpacked + sum(network.onnx_size for network in self.networks)


def find_needs(parts: Path | None, runtime: Path, models: Path, with_fingers: bool = True) -> Needs:
    """Cheap enough for every redraw. `parts` is the extension's folder of packages, if it is they that are used.

    The network of the fingers is not asked for by itself where no fingers are wanted; it comes along with the others.
    """
    needs = _all_needs(parts, runtime, models)
    if not with_fingers and not needs.packages and [entry.name for entry in needs.networks] == [HANDS]:
        return replace(needs, networks=())
    return needs


def _all_needs(parts: Path | None, runtime: Path, models: Path) -> Needs:
    networks = tuple(entry for entry in NETWORKS.values() if not _is_here(entry, models))
    if parts is None or not parts.is_dir():
        return Needs(networks=networks)
    try:
        wheels = _wheels(parts)
    except PartsError as error:
        return Needs(message=error.message, hint=error.hint)
    missing = [wheel for wheel in wheels if not (parts / wheel["file"]).is_file()]
    if not missing or folder_of(runtime, wheels).is_dir():
        return Needs(networks=networks)
    return Needs(
        sum(wheel["size"] for wheel in missing), sum(wheel["unpacked"] for wheel in wheels), networks
    )


def _is_here(network: Network, models: Path) -> bool:
    """By its size: a file of an earlier version has to be replaced."""
    try:
        return (models / f"{network.name}.onnx").stat().st_size == network.onnx_size
    except OSError:
        return False


@cache
def _wheels(parts: Path) -> list[dict[str, Any]]:
    return matching(read_table(parts / "parts.json")["targets"])["wheels"]
