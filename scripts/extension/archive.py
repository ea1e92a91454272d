"""Writing a zip whose bytes depend on its contents alone."""

import zipfile
from pathlib import Path

from human_mesh_recovery.inference_server.whole_file import whole_file

from .contents import Contents

DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o100644 << 16
PACKED = (".whl", ".jpg", ".png", ".npz")
"""Compressed already."""


def write_zip(contents: Contents, path: Path) -> None:
    """Writes `contents` to `path`, whole or not at all. Raises RecoveryError("unwritable")."""
    with whole_file(path, "The extension") as place, zipfile.ZipFile(place, "w") as archive:
        for name in sorted(contents):
            source = contents[name]
            info = zipfile.ZipInfo(name, DATE)
            info.create_system, info.external_attr = 3, MODE
            info.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            archive.writestr(info, source.encode() if isinstance(source, str) else source.read_bytes())
