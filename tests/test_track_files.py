"""What was seen, kept in a file: whole, exact, and told where it is damaged."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.people.appearance import SHAPE
from human_mesh_recovery.inference_server.people.track_files import SeenPeople, load_tracks, save_tracks
from human_mesh_recovery.inference_server.people.tracks import Track
from human_mesh_recovery.tests.results import names


def track(who: int, count: int, coloured: int) -> Track:
    random = np.random.default_rng(who)
    return Track(
        who,
        np.arange(5, 5 + count),
        random.random((count, 4)),
        random.random((count, 25, 3)),
        random.random((count, 25, 3)).astype(np.float32),
        random.random((count, 2)),
        random.random(count) > 0.5,
        np.arange(coloured),
        random.random((coloured, *SHAPE)).astype(np.float32),
    )


@pytest.fixture
def seen() -> SeenPeople:
    tracks = [track(4, 9, 2), track(1, 1, 0)]
    warnings = ("Ends early: /a b/Ü.mp4",)
    return SeenPeople(tracks, "/a b/Ü.mp4", 640, 360, 29.97, 512.5, 0.5, 12, 16, warnings)


def test_everything_comes_back_to_the_bit(seen, tmp_path):
    save_tracks(seen, tmp_path / "tracks.npz")
    assert names(tmp_path) == ["tracks.npz"]
    back = load_tracks(tmp_path / "tracks.npz")
    assert replace(back, tracks=[]) == replace(seen, tracks=[])
    assert [t.id for t in back.tracks] == [4, 1]
    for before, after in zip(seen.tracks, back.tracks, strict=True):
        for name in (field.name for field in fields(Track) if field.name != "id"):
            assert getattr(before, name).dtype == getattr(after, name).dtype
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_nobody_and_nothing_known(tmp_path):
    seen = SeenPeople([], "p.png", 4, 4, 0.0, None, 1.0, 1, None, ())
    save_tracks(seen, tmp_path / "t.npz")
    assert load_tracks(tmp_path / "t.npz") == seen


def broken(path: Path, **changed: np.ndarray | None) -> None:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files} | changed
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})


@pytest.mark.parametrize(
    "changed",
    [
        {"facts": None},
        {"facts": np.array("{}")},
        {"facts": np.array("[" * 100_000)},
        {"facts": np.array(3)},
        {"keypoints_1": None},
        {"keypoints_0": np.zeros((9, 17, 3))},
        {"keypoints_0": np.full((9, 25, 3), np.nan)},
        {"keypoints_0": np.full((9, 25, 3), "a")},
        {"frames_0": np.zeros(9, dtype=np.int64)},
        {"frames_0": np.array(3)},
        {"boxes_0": np.zeros((8, 4))},
        {"observed_0": np.zeros(9)},
    ],
)
def test_members_that_cannot_be(seen, tmp_path, changed):
    path = tmp_path / "tracks.npz"
    save_tracks(seen, path)
    broken(path, **changed)
    with pytest.raises(RecoveryError) as caught:
        load_tracks(path)
    assert caught.value.code == "tracks_file"
    assert str(path) in caught.value.message


@pytest.mark.parametrize("fact", ["width", "fps", "reduction", "path", "version", "focal_length"])
def test_facts_that_cannot_be(seen, tmp_path, fact):
    path = tmp_path / "tracks.npz"
    save_tracks(seen, path)
    with np.load(path, allow_pickle=False) as archive:
        facts = archive["facts"].item()
    start = facts.index(f'"{fact}": ') + len(fact) + 4
    end = facts.index(", ", start)
    broken(path, facts=np.array(facts[:start] + "-7" + facts[end:]))
    with pytest.raises(RecoveryError, match="damaged"):
        load_tracks(path)


def test_files_that_are_damaged_or_something_else(seen, tmp_path):
    path = tmp_path / "tracks.npz"
    save_tracks(seen, path)
    whole = path.read_bytes()
    torn = bytearray(whole)
    torn[len(whole) // 3] ^= 0xFF
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, facts=np.array([object()], dtype=object))
    for contents in (b"", b"text", whole[:-30], bytes(torn), pickled.read_bytes()):
        path.write_bytes(contents)
        with pytest.raises(RecoveryError) as caught:
            load_tracks(path)
        assert caught.value.code == "tracks_file"
    with pytest.raises(RecoveryError) as caught:
        load_tracks(tmp_path / "none.npz")
    assert caught.value.code == "no_tracks"
    with pytest.raises(RecoveryError) as caught:
        save_tracks(seen, tmp_path / "no folder" / "tracks.npz")
    assert caught.value.code == "unwritable"
