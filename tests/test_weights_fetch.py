"""Fetching a network: from a mirror, with npm, from files; and everything that goes wrong on the way."""

import errno
import json
import os
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.weights import archive, catalogue, fetch, store
from human_mesh_recovery.tests.tiny_network import (
    FILES,
    PACKAGE,
    Mirror,
    folder_contents,
    install_tiny,
    serve_tiny,
    tiny_archive,
    write_archive,
)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Network:
    return install_tiny(monkeypatch, tmp_path / "cache")


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serve_tiny() as state:
        yield state


def assert_fails(code: str, match: str, **arguments) -> None:
    """Getting the tiny network fails so, and leaves nothing behind."""
    with pytest.raises(RecoveryError, match=match) as caught:
        store.obtain(["tiny"], **arguments)
    assert caught.value.code == code
    assert caught.value.hint
    assert folder_contents() == []


def test_the_mirror_where_there_is_no_npm(tiny: catalogue.Network, mirror: Mirror) -> None:
    assert store.verify("tiny") == "missing"
    store.obtain(["tiny"], mirror=mirror.address)
    assert store.verify("tiny") == "ready"
    assert folder_contents() == ["tiny.onnx"]


def test_it_says_what_it_fetches(
    tiny: catalogue.Network, mirror: Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    store.obtain(["tiny"], mirror=mirror.address)
    printed = capsys.readouterr()
    assert printed.out == ""  # a client may be reading there
    for word in ("@someone/tiny@1.0.0", mirror.address, "Someone", "CC0-1.0", "MB"):
        assert word in printed.err


def test_wrong_checksum(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files[f"/{PACKAGE}/models/tiny.bin"] = b"12345678"
    assert_fails("checksum", r"tiny\.bin .* is not the published file", mirror=mirror.address)


def test_larger_than_published(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files[f"/{PACKAGE}/models/tiny.bin"] = bytes(10**6)
    assert_fails("checksum", f"it has {fetch.BLOCK} bytes of 8", mirror=mirror.address)  # and read no further


def test_cut_off_download(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.stops_after = 100
    assert_fails("download", r"tiny\.json .*ended after 100 of", mirror=mirror.address)


def test_file_that_the_server_lacks(tiny: catalogue.Network, mirror: Mirror) -> None:
    mirror.files.clear()
    assert_fails("download", "the server answered 404", mirror=mirror.address)


def test_no_server(tiny: catalogue.Network) -> None:
    assert_fails("download", "could not be downloaded: .*refused", mirror="http://127.0.0.1:9")


def test_offline(
    tiny: catalogue.Network, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HMR_OFFLINE", "1")
    assert_fails("offline", "HMR_OFFLINE", mirror=mirror.address)
    with pytest.raises(RecoveryError, match="HMR_OFFLINE"):
        store.ensure("tiny")
    store.obtain(["tiny"], origin=tiny_archive(tmp_path))  # what is here already may be used
    assert store.ensure("tiny") == store.path_of("tiny")


def test_full_disk(tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_half(path: Path, contents: bytes) -> int:
        with path.open("wb") as file:
            file.write(contents[: len(contents) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    origin = tiny_archive(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", write_half)
    assert_fails("disk_full", "is full", origin=origin)


def test_no_room_for_the_download(
    tiny: catalogue.Network, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = store.shutil.disk_usage("/")
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: usage._replace(free=100))
    assert_fails("disk_full", "MB are needed", mirror=mirror.address)


def test_folder_that_cannot_be_made(
    tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "file" / "cache"))
    assert_fails("unwritable", "cannot be written", origin=tiny_archive(tmp_path))


def test_conversion_that_gives_something_else(
    tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue.NETWORKS, "tiny", replace(tiny, onnx_sha256="0" * 64))
    assert_fails("conversion", "not what was tested", origin=tiny_archive(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a script with a #! line")
@pytest.mark.parametrize("works", [True, False])
def test_npm_where_there_is_one(
    tiny: catalogue.Network, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """npm is asked for the exact version, runs no scripts, and is not the last word where it fails."""
    packed = tiny_archive(tmp_path / "packed")
    npm = tmp_path / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport json, shutil, sys\n"
        f"open({str(tmp_path / 'called')!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
        + (f"shutil.copy({str(packed)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])\n" * works)
        + ("sys.exit('npm error E404')\n" * (not works))
    )
    npm.chmod(0o755)
    monkeypatch.setattr(fetch.shutil, "which", lambda name: str(npm))
    if not works:
        gone = f"{mirror.address}/nothing"
        assert_fails("download", r"npm error E404.*the server answered 404", mirror=gone)
    store.obtain(["tiny"], mirror="http://127.0.0.1:9" if works else mirror.address)
    called = json.loads((tmp_path / "called").read_text())
    assert called[:2] == ["pack", "@someone/tiny@1.0.0"]
    assert "--ignore-scripts" in called
    assert folder_contents() == ["tiny.onnx"]


def test_offline_folders(tiny: catalogue.Network, tmp_path: Path) -> None:
    tiny_archive(tmp_path / "archives")
    for path, contents in FILES.items():
        for place in (tmp_path / "unpacked" / "package" / path, tmp_path / "flat" / Path(path).name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(contents)
    for folder in ("archives", "unpacked", "flat"):
        store.obtain(["tiny"], origin=tmp_path / folder)
        store.path_of("tiny").unlink()
    assert_fails("not_found", r"holds neither someone-tiny-1\.0\.0\.tgz", origin=tmp_path)


def test_broken_archives(tiny: catalogue.Network, tmp_path: Path) -> None:
    whole = tiny_archive(tmp_path).read_bytes()
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(whole[:150])
    assert_fails("archive", r"cut\.tgz cannot be read", origin=cut)
    other = write_archive(tmp_path / "other.tgz", {"package/readme": b"nothing"})
    assert_fails("not_found", r"does not hold models/tiny\.json", origin=other)


def test_hostile_archive_writes_nothing(tiny: catalogue.Network, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tgz"
    with tarfile.open(path, "w:gz") as package:
        for name, target in (("../outside", ""), ("package/models/tiny.json", "/etc/passwd")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.REGTYPE, "")
            package.addfile(member)
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(RecoveryError, match="does not hold"):
        archive.read_archive(path, tiny.files)
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("known", [0, 100])
def test_a_python_that_knows_no_certificates_takes_those_of_certifi(known, monkeypatch):
    loaded = []
    context = SimpleNamespace(
        cert_store_stats=lambda: {"x509_ca": known}, load_verify_locations=loaded.append
    )
    monkeypatch.setattr(fetch.ssl, "create_default_context", lambda: context)
    monkeypatch.setattr(
        fetch.ssl, "get_default_verify_paths", lambda: SimpleNamespace(cafile=None, capath=None)
    )
    monkeypatch.setitem(sys.modules, "certifi", SimpleNamespace(where=lambda: "cacert.pem"))
    assert fetch._trust() is context
    assert loaded == ([] if known else ["cacert.pem"])
