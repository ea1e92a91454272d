"""Who is who, on people made of numbers."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.people import track as track_module
from human_mesh_recovery.inference_server.people.association import assign, duplicates, motion_cost, oks
from human_mesh_recovery.inference_server.people.identity import finish_tracks, stitch, untangle
from human_mesh_recovery.inference_server.people.person import Person
from human_mesh_recovery.inference_server.people.tracks import Track, to_track
from human_mesh_recovery.tests.made_up_people import clothes, observation, pose

FPS = 30.0
SIZE = (1280, 720)


def walk(number: int, frames: range, x0: float, speed: float, colour: int, size: float = 1.0) -> Track:
    """The track of somebody who walks from x0 (at frame 0) at a speed in pixels a frame."""
    person = Person(number, FPS)
    for frame in frames:
        person.add(frame, observation(x0 + speed * frame, 360, size))
        if person.wants_colours(frame):
            person.add_colours(frame, clothes(colour))
    return to_track(person)


def test_keypoint_similarity():
    assert oks(pose(100, 100), pose(100, 100)) == pytest.approx(1)
    assert oks(pose(100, 100), pose(104, 100)) > 0.5
    assert oks(pose(100, 100), pose(180, 100)) < 0.1
    assert duplicates([pose(100, 100), pose(300, 100), pose(102, 101)], 0.5) == [(0, 2)]


def test_reach_grows_with_time_and_sizes_must_agree():
    here = pose(300, 300)
    assert motion_cost(here, pose(310, 300), 1 / 30) < 0.5
    assert motion_cost(here, pose(420, 300), 1 / 30) > 1
    assert motion_cost(here, pose(420, 300), 0.5) < 1
    assert motion_cost(here, pose(300, 300, size=2.5), 1 / 30) > 1


def test_assignment_is_the_cheapest_as_a_whole_and_keeps_to_the_limit():
    assert assign(np.array([[0.1, 0.2], [0.15, 0.9]]), 1.0) == [(0, 1), (1, 0)]
    assert assign(np.array([[0.1, 5.0], [0.2, 5.0]]), 1.0) == [(0, 0)]
    assert assign(np.zeros((0, 3)), 1.0) == []


def test_a_disappearance_of_half_a_second_is_one_person():
    first, second = walk(0, range(0, 40), 100, 5, 3), walk(1, range(55, 90), 100, 5, 3)
    (person,) = finish_tracks([first, second], FPS, SIZE)
    assert person.frames.tolist() == list(range(90))
    assert not person.observed[40:55].any() and person.observed[:40].all() and person.observed[55:].all()
    assert (person.keypoints[40:55, :, 2] == 0).all()
    assert person.keypoints[47, 0, 0] == pytest.approx(100 + 5 * 47, abs=1)
    assert len(person.boxes) == len(person.joints_3d) == len(person.crop_centres) == 90


def test_somebody_else_elsewhere_or_later_is_not_joined():
    first = walk(0, range(0, 40), 100, 5, 3)
    assert len(stitch([first, walk(1, range(55, 90), 100, 5, 9)], FPS)) == 2  # other clothes
    assert len(stitch([first, walk(1, range(55, 90), 900, 0, 3)], FPS)) == 2  # too far
    assert len(stitch([first, walk(1, range(200, 240), 300, 0, 3)], FPS)) == 2  # too late
    assert len(stitch([first, walk(1, range(20, 60), 100, 5, 3)], FPS)) == 2  # at the same time


def test_the_drift_before_a_person_was_found_again_is_dropped():
    first, second = walk(0, range(0, 40), 100, 5, 3), walk(1, range(36, 80), 100, 5, 3)
    (person,) = stitch([first, second], FPS)
    assert person.frames.tolist() == list(range(80))


def crossing(swapped: bool) -> list[Track]:
    """Red walks right and blue left; they meet at frame 50, where a careless tracker lets them swap."""
    people = [Person(0, FPS), Person(1, FPS)]
    for frame in range(100):
        red, blue = observation(340 + 6 * frame, 360), observation(940 - 6 * frame, 362)
        exchange = swapped and frame >= 50
        for person, found, colour in zip(
            people, (blue, red) if exchange else (red, blue), (1, 2), strict=True
        ):
            person.add(frame, found)
            if abs(frame - 50) > 12 and frame % 6 == 0:
                person.add_colours(frame, clothes(3 - colour if exchange else colour))
    return [to_track(person) for person in people]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_crossing_leaves_each_their_own_identity(swapped):
    red, blue = untangle(crossing(swapped))
    assert red.frames.tolist() == blue.frames.tolist() == list(range(100))
    assert np.abs(red.keypoints[:, 0, 0] - (340 + 6 * np.arange(100))).max() < 13
    assert np.abs(blue.keypoints[:, 0, 0] - (940 - 6 * np.arange(100))).max() < 13
    assert (red.colours[:, 0, 1] == 1).all() and (blue.colours[:, 0, 2] == 1).all()


def test_flickers_go_and_people_are_ranked_and_counted():
    near, far = walk(0, range(0, 60), 600, 0, 1, size=2), walk(1, range(0, 60), 100, 0, 2, size=0.8)
    flicker = walk(2, range(10, 14), 1000, 0, 3)
    assert [t.id for t in finish_tracks([far, flicker, near], FPS, SIZE)] == [0, 1]
    assert [t.id for t in finish_tracks([far, flicker, near], FPS, SIZE, 1)] == [0]
    # In a clip of four frames they are all that there is.
    assert len(finish_tracks([flicker], FPS, SIZE)) == 1


def test_faint_frames_at_the_ends_are_cut():
    person = Person(0, FPS)
    for frame in range(20):
        person.add(frame, observation(100, 100, confidence=0.2 if frame > 14 or frame == 7 else 0.9))
    assert to_track(person).frames.tolist() == list(range(15))


class Stage:
    """Stands in for the networks: a script says who stands where, and looks find whoever is nearest."""

    def __init__(self, monkeypatch):
        self.people: list[tuple[float, int]] = []  # x and the colour of the clothes
        monkeypatch.setattr(track_module, "detect_people", lambda *_: self.detections())
        monkeypatch.setattr(track_module, "estimate_again", lambda _n, _p, region: self.look(region))
        monkeypatch.setattr(track_module, "estimate_anew", lambda _n, _p, region, *_: self.look(region))
        monkeypatch.setattr(track_module.appearance, "describe", self.describe)

    def detections(self) -> np.ndarray:
        return np.array([[*observation(x, 360).box, 0.9] for x, _ in self.people]).reshape(-1, 5)

    def look(self, region):
        near = [x for x, _ in self.people if abs(x - region.x) < 0.4 * region.side]
        if not near:
            return observation(region.x, 360, confidence=0.05)
        return observation(min(near, key=lambda x: abs(x - region.x)), 360)

    def describe(self, _image, keypoints):
        x = keypoints[11:13, 0].mean()
        return clothes(min(self.people, key=lambda p: abs(p[0] - x))[1])

    def run(self, script, frames: int) -> list[Track]:
        tracker = track_module.PeopleTracker(None, FPS)  # type: ignore[arg-type]
        for frame in range(frames):
            self.people = script(frame)
            tracker.update(frame, np.zeros((720, 1280, 3), np.uint8))
        return tracker.finish()


def test_tracker_keeps_identities_through_a_crossing_with_one_hidden(monkeypatch):
    def script(frame):
        red, blue = (340 + 6 * frame, 1), (940 - 6 * frame, 2)
        return [red] if 44 <= frame <= 56 else [red, blue]  # red hides blue

    tracks = Stage(monkeypatch).run(script, 100)
    assert len(tracks) == 2
    for track, start, speed in zip(
        sorted(tracks, key=lambda t: t.boxes[0, 0]), (340, 940), (6, -6), strict=True
    ):
        assert track.frames.tolist() == list(range(100))
        seen = track.observed
        assert seen.mean() > 0.8
        assert np.abs(track.keypoints[seen, 0, 0] - (start + speed * np.arange(100))[seen]).max() < 1


def test_tracker_finds_again_who_was_gone_for_half_a_second(monkeypatch):
    def script(frame):
        return [] if 30 <= frame < 45 else [(300 + 4.0 * frame, 5)]

    (track,) = Stage(monkeypatch).run(script, 80)
    assert track.frames.tolist() == list(range(80))
    assert 12 <= (~track.observed).sum() <= 20


def test_tracker_takes_up_newcomers_with_a_new_identity(monkeypatch):
    tracks = Stage(monkeypatch).run(lambda f: [(300.0, 1)] + ([(900.0, 2)] if f >= 20 else []), 60)
    assert sorted(int(t.frames[0]) for t in tracks)[0] == 0
    assert 20 <= max(int(t.frames[0]) for t in tracks) <= 32
    assert len({t.id for t in tracks}) == 2
