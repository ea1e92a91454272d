"""TensorFlow's checkpoints are read without TensorFlow."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.weights.convert import tf_files
from human_mesh_recovery.inference_server.weights.convert.crc32c import crc32c
from human_mesh_recovery.inference_server.weights.convert.leveldb_table import read_table
from human_mesh_recovery.inference_server.weights.convert.tf_checkpoint import read_index
from human_mesh_recovery.inference_server.weights.convert.tf_files import find_tf_checkpoint, one_each
from human_mesh_recovery.tests import hmr_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import GOLDENS

SMALL = {
    "3D_module/fc1/weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    **{f"unit_{number}/bias": np.full(number, 0.5, np.float32) for number in range(1, 20)},
}

SHAPES = {name: value.shape for name, value in SMALL.items()}


def golden_file(name: str) -> Path:
    path = GOLDENS / name
    if not path.is_file():
        pytest.skip(f"{path}, a file of the authors', is not here")
    return path


@pytest.mark.parametrize(
    ("text", "check"),
    [(b"123456789", 0xE3069283), (b"", 0), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_the_check_is_castagnolis(text: bytes, check: int):
    """The values in RFC 3720, appendix B.4, and the usual test text."""
    assert crc32c(text) == check


@pytest.mark.parametrize("length", [8191, 8192, 8193, 50001])
def test_long_texts_are_checked_piece_by_piece(length: int):
    text = np.random.default_rng(length).bytes(length)
    register = 0xFFFFFFFF
    for byte in text:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    assert crc32c(text) == register ^ 0xFFFFFFFF


def test_the_authors_index_is_read():
    known = samples.facts("official_hmr_ckpt_index.json")
    entries = read_index(golden_file("model.ckpt-667589.index").read_bytes()).entries
    assert len(entries) == 840
    assert {
        name: (entry.dtype, list(entry.shape), entry.offset, entry.size) for name, entry in entries.items()
    } == {
        name: (entry["dtype"], entry["shape"], entry.get("offset", 0), entry["size"])
        for name, entry in known.items()
    }
    assert max(entry.offset + entry.size for entry in entries.values()) == 363_840_632


def test_a_real_checkpoint_is_read():
    checkpoint = find_tf_checkpoint(golden_file("hmr_tf_ckpt/model.ckpt-1.index"))
    assert checkpoint is not None and checkpoint.prefix == "model.ckpt-1"
    made = samples.tensorflow_variables()
    values = checkpoint.read({name: entry.shape for name, entry in checkpoint.index.entries.items()})
    assert len(values) == 6
    for name, value in values.items():
        np.testing.assert_array_equal(value, made[name])


@pytest.mark.parametrize("named", ["index", "meta", "data-00000-of-00001", "checkpoint", "archive"])
def test_any_of_its_files_will_do(named: str, tmp_path: Path):
    samples.write_tensorflow(SMALL, tmp_path / "models")
    path = tmp_path / "models" / f"{samples.PREFIX}.{named}"
    if named == "checkpoint":
        path = tmp_path / "models" / named
    elif named == "archive":
        (tmp_path / "models" / f"._{samples.PREFIX}.index").write_bytes(b"what macOS adds")
        path = samples.write_archive(tmp_path / "models", tmp_path / "models.tar.gz")
    before = sorted(tmp_path.rglob("*"))
    checkpoint = find_tf_checkpoint(path)
    assert checkpoint is not None
    values = checkpoint.read({**SHAPES, "global_step": ()})
    assert values.pop("global_step") == 667589
    for name, value in SMALL.items():
        np.testing.assert_array_equal(values[name], value)
    assert sorted(tmp_path.rglob("*")) == before, "nothing was unpacked"


def test_other_files_are_none(tmp_path: Path):
    path = tmp_path / "final.pth.tar"
    for contents in (b"", b"PK\x03\x04", b"x" * 600):
        path.write_bytes(contents)
        assert find_tf_checkpoint(path) is None
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(path, "../../harm.index.txt")
    assert find_tf_checkpoint(tmp_path / "other.tar.gz") is None


def refused(path: Path) -> str:
    with pytest.raises(RecoveryError) as told:
        checkpoint = find_tf_checkpoint(path)
        assert checkpoint is not None
        checkpoint.read(SHAPES)
    assert told.value.code == "checkpoint" and told.value.hint
    assert path.name in told.value.message
    return told.value.message


def test_damaged_checkpoints_are_refused(tmp_path: Path):
    index = samples.write_tensorflow(SMALL, tmp_path)
    data, whole, values = tmp_path / samples.DATA, index.read_bytes(), (tmp_path / samples.DATA).read_bytes()
    data.write_bytes(values[:30])
    assert "ends before" in refused(index)
    data.write_bytes(bytes([values[0] ^ 1]) + values[1:])
    assert "checksum of 3D_module/fc1/weights" in refused(data)
    data.unlink()
    assert f"{samples.DATA} is missing" in refused(index)
    index.write_bytes(whole[:20] + bytes([whole[20] ^ 4]) + whole[21:])
    assert "checksum" in refused(index)
    index.write_bytes(whole[:-60])
    assert "does not end" in refused(index)
    samples.write_tensorflow(SMALL, tmp_path, compressed=True)
    assert "compressed" in refused(index)
    index.unlink()
    assert "model.ckpt-667589.index is missing" in refused(tmp_path / f"{samples.PREFIX}.meta")


def test_damaged_archives_are_refused(tmp_path: Path):
    samples.write_tensorflow({**SMALL, "z": np.arange(90_000, dtype=np.float32)}, tmp_path / "models")
    archive = samples.write_archive(tmp_path / "models", tmp_path / "models.tar.gz")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    refused(archive)
    archive.write_bytes(b"\x1f\x8b" + b"no archive" * 99)
    refused(archive)
    (tmp_path / "models" / samples.DATA).unlink()
    assert f"models/{samples.DATA} is missing" in refused(samples.write_archive(tmp_path / "models", archive))


def test_nothing_is_read_that_an_index_calls_larger_than_it_should_be(tmp_path: Path, monkeypatch):
    """An archive may hold a few kilobytes that unpack to no end."""
    index = samples.write_tensorflow(SMALL | {"unit_1/bias": np.zeros(1 << 20, np.float32)}, tmp_path)
    monkeypatch.setattr(tf_files, "_shard", lambda *given: pytest.fail("a file of values was opened"))
    assert "unit_1/bias should be (1,), and is (1048576,)" in refused(index)


@pytest.mark.parametrize(
    "error", [MemoryError(), OverflowError("cannot fit 'int' into an index-sized integer")]
)
def test_what_does_not_fit_into_memory_is_told(tmp_path: Path, monkeypatch, error: Exception):
    def fail(*given):
        raise error

    monkeypatch.setattr(tf_files, "read_values", fail)
    refused(samples.write_tensorflow(SMALL, tmp_path))


def test_whatever_an_index_holds_is_an_error_with_words():
    whole = samples.table({b"": b"\x08\x01", b"name": b"\x08\x01\x28\x04"})
    assert read_table(whole)[b"name"] == b"\x08\x01\x28\x04"
    generator = np.random.default_rng(3)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[generator.integers(len(damaged))] ^= 1 << generator.integers(8)
        try:
            read_index(bytes(damaged))
        except ValueError as error:
            assert str(error)


def test_files_of_one_checkpoint_count_once(tmp_path: Path):
    parts = [tmp_path / f"{samples.PREFIX}.{kind}" for kind in ("data-00000-of-00001", "index", "meta")]
    other = tmp_path / "model_checkpoint.pt"
    assert one_each([*parts, other]) == [parts[0], other]
