"""Fingers as the server's client asks for them: with the first look, later, and of which pictures."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.people.track_files import load_tracks, save_tracks
from human_mesh_recovery.tests.serving import SETTINGS, Server, running

pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def test_fingers_come_with_the_first_look_or_later(server, examples, tmp_path):
    later, at_once = tmp_path / "later", tmp_path / "at once"
    server.recover("later", later, examples / "still.jpg")
    assert server.end("later")["type"] == "done"
    assert load_motion(later / "person-1.npz").hand_poses is None
    for job, folder, fingers, stages in (
        ("asked for", later, True, {"hands", "fit"}),
        ("known", later, True, {"fit"}),
        ("not wanted", later, False, {"fit"}),
    ):
        server.send("solve", job=job, folder=str(folder), settings=SETTINGS | {"fingers": fingers})
        assert server.end(job)["type"] == "done"
        told = server.of(job, "progress")
        assert {m["stage"] for m in told} == stages
        assert (told[-1]["done"], told[-1]["total"]) == ((2, 2) if fingers else (1, 1))
        hands = load_motion(folder / "person-1.npz").hand_poses
        assert (hands is not None) == fingers
    server.recover("at once", at_once, examples / "still.jpg", fingers=True)
    assert server.end("at once")["type"] == "done"
    assert [m["stage"] for m in server.of("at once", "progress")][-1] == "fit"
    hands = load_motion(at_once / "person-1.npz").hand_poses
    assert hands is not None and hands.shape == (1, 30, 3)


def test_a_result_whose_footage_is_gone_does_without_fingers(server, examples, tmp_path):
    film = tmp_path / "film.jpg"
    film.write_bytes((examples / "still.jpg").read_bytes())
    server.recover("gone", tmp_path / "job", film)
    assert server.end("gone")["type"] == "done"
    film.unlink()
    server.send("solve", job="again", folder=str(tmp_path / "job"), settings=SETTINGS | {"fingers": True})
    done = server.end("again")
    assert done["type"] == "done"
    assert "Fingers were left out" in done["warnings"][0] and "film.jpg" in done["warnings"][0]
    assert load_motion(tmp_path / "job" / "person-1.npz").hand_poses is None


def test_chosen_pictures_are_looked_at_again_and_no_others(server, examples, tmp_path):
    """Whatever else is in their folder, and comes before them."""
    folder, job = tmp_path / "pictures", tmp_path / "job"
    folder.mkdir()
    (folder / "0.png").write_bytes(b"no picture")
    for name in ("3.jpg", "4.jpg"):
        (folder / name).write_bytes((examples / "still.jpg").read_bytes())
    server.recover("chosen", job, files=[str(folder / "3.jpg"), str(folder / "4.jpg")])
    assert server.end("chosen")["type"] == "done"
    assert load_tracks(job / "tracks.npz").files == (str(folder / "3.jpg"), str(folder / "4.jpg"))
    server.send("solve", job="fingers", folder=str(job), settings=SETTINGS | {"fingers": True})
    done = server.end("fingers")
    assert (done["type"], done["warnings"]) == ("done", [])
    hands = load_motion(job / "person-1.npz").hand_poses
    assert hands is not None and len(hands) == 2
    unknown = replace(load_tracks(job / "tracks.npz"), files=(), hands=())
    save_tracks(unknown, job / "tracks.npz")
    server.send("solve", job="unknown", folder=str(job), settings=SETTINGS | {"fingers": True})
    (warning,) = server.end("unknown")["warnings"]
    assert "Fingers were left out" in warning and str(folder) in warning
    assert load_motion(job / "person-1.npz").hand_poses is None


def test_a_cancel_while_hands_are_looked_at_keeps_the_people(server, examples, tmp_path):
    server.recover("cut", tmp_path, examples / "walk.mp4", start=60, end=90, fingers=True)
    while server.wait("progress")["stage"] != "hands":
        pass
    server.send("cancel", job="cut")
    assert server.end("cut")["type"] == "cancelled"
    seen = load_tracks(tmp_path / "tracks.npz")
    assert seen.frame_count == 31 and seen.stopped_at is None and seen.hands == ()
