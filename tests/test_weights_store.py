"""The networks' folder, the commands on it, and loading what is in it."""

import argparse
import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from human_mesh_recovery.inference_server import weights_command
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.people.networks import FIND_PEOPLE, HANDS
from human_mesh_recovery.inference_server.weights import catalogue, sessions, store
from human_mesh_recovery.tests.tiny_network import install_tiny, tiny_archive


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Network:
    return install_tiny(monkeypatch, tmp_path / "cache")


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    weights_command.add_arguments(parser.add_subparsers())
    return weights_command.run(parser.parse_args(["weights", *words]))


def test_commands(tiny: catalogue.Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("verify", "tiny") == 1
    assert capsys.readouterr().out == "tiny: missing\n"
    assert run_command("get", "tiny", "--from", str(tiny_archive(tmp_path))) == 0
    assert run_command("verify", "tiny") == 0
    store.path_of("tiny").write_bytes(b"damaged")
    assert run_command("verify", "tiny") == 1
    assert "tiny: corrupt" in capsys.readouterr().out
    assert run_command("list") == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + len(catalogue.NETWORKS) + 1
    assert any(row.startswith("tiny ") and row.endswith("corrupt") and "CC0-1.0" in row for row in rows)
    with pytest.raises(RecoveryError, match="no network 'tyni'"):
        run_command("get", "tyni")


def test_get_replaces_what_is_damaged_and_fetches_nothing_twice(
    tiny: catalogue.Network, tmp_path: Path
) -> None:
    origin = tiny_archive(tmp_path)
    assert run_command("get", "tiny", "--from", str(origin)) == 0
    store.path_of("tiny").write_bytes(b"damaged")
    assert run_command("get", "tiny", "--from", str(origin)) == 0
    assert store.verify("tiny") == "ready"
    origin.unlink()
    assert run_command("get", "tiny", "--from", str(origin)) == 0


def test_loading_what_is_missing_or_damaged(tiny: catalogue.Network) -> None:
    with pytest.raises(RecoveryError, match="weights get") as caught:
        sessions.load_session("tiny")
    assert caught.value.code == "weights_missing"
    store.cache_folder().mkdir()
    store.path_of("tiny").write_bytes(b"damaged")
    with pytest.raises(RecoveryError, match="weights get") as caught:
        sessions.load_session("tiny")
    assert caught.value.code == "weights_corrupt"


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_devices(tiny: catalogue.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.obtain(["tiny"], origin=tiny_archive(tmp_path))
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(RecoveryError, match="Available: auto, cpu") as caught:
        sessions.load_session("tiny", "cuda")
    assert caught.value.code == "device"
    session = sessions.load_session("tiny", "auto", threads=1)
    assert session.get_providers() == ["CPUExecutionProvider"]
    output = np.asarray(session.run(None, {"image": np.zeros(2, np.float32)})[0])
    np.testing.assert_array_equal(output, [1, 2])
    # A machine whose ONNX Runtime knows DirectML but has no device for it.
    providers = ["DmlExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    assert sessions.available_devices() == ["directml", "cpu"]
    if os.name != "nt":
        with pytest.raises(RecoveryError, match="'directml' cannot be used"):
            sessions.load_session("tiny", "directml")
        assert sessions.load_session("tiny", "auto").get_providers() == ["CPUExecutionProvider"]


def test_the_catalogue_names_licence_source_and_checksums() -> None:
    assert set(catalogue.NETWORKS) == {*FIND_PEOPLE, HANDS}
    for entry in catalogue.NETWORKS.values():
        assert entry.licence == "Apache-2.0"
        assert entry.authors
        assert all(
            len(text) == 64 for text in (entry.onnx_sha256, *(source.sha256 for source in entry.files))
        )
