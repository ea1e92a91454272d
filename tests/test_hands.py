"""The look at people's hands: where they are sought, when, and what comes of it where it fails."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.skeleton import KEYPOINT_INDEX as K
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.finger_joints import FLEX
from human_mesh_recovery.inference_server.hands import look, regions
from human_mesh_recovery.inference_server.hands.landmarks import HandLandmarks
from human_mesh_recovery.inference_server.hands.look_types import HandFitter, HandLook
from human_mesh_recovery.inference_server.media import open_source
from human_mesh_recovery.inference_server.people.appearance import SHAPE
from human_mesh_recovery.inference_server.people.crop import Picture, Region
from human_mesh_recovery.inference_server.people.networks import Networks
from human_mesh_recovery.inference_server.people.seen_hands import SHAPES
from human_mesh_recovery.inference_server.people.track_files import SeenPeople, load_tracks, save_tracks
from human_mesh_recovery.inference_server.people.tracks import Track
from human_mesh_recovery.inference_server.pipeline import see_hands
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights.sessions import RUN_ERRORS
from human_mesh_recovery.tests.hand_samples import hand_points

WIDTH, HEIGHT = 320, 240
COUNT = 12
FIST = np.zeros((1, 15, 3))
FIST[0, :12, FLEX] = np.radians((80, 95, 55) * 4)


def body_keypoints(left: float = 0.9, right: float = 0.9) -> np.ndarray:
    """(25, 3) somebody 200 pixels tall whose forearms point down; how sure each hand is."""
    points = np.zeros((25, 3))
    points[:, 2] = 0.9
    for side, x, sure in (("left", 200.0, left), ("right", 120.0, right)):
        points[K[f"{side}_shoulder"], :2] = 160 + 0.4 * (x - 160), 60
        points[K[f"{side}_hip"], :2] = 160 + 0.3 * (x - 160), 130
        points[K[f"{side}_wrist"]] = x, 120, sure
        points[K[f"{side}_index"]] = x - 4, 134, sure
        points[K[f"{side}_pinky"]] = x + 4, 134, sure
    return points


def test_a_region_lies_around_the_hand_with_the_fingers_up():
    region = regions.region_from_keypoints(body_keypoints(), "right", WIDTH, HEIGHT)
    assert region is not None
    assert abs(region.rotation) == pytest.approx(np.pi, abs=0.15), "the fingers point down in the picture"
    assert region.y > 134 and 40 < region.side < 80
    assert regions.region_from_keypoints(body_keypoints(right=0.2), "right", WIDTH, HEIGHT) is None
    outside = body_keypoints()
    outside[:, 0] += 250
    assert regions.region_from_keypoints(outside, "right", WIDTH, HEIGHT) is None
    far = body_keypoints()
    far[:, :2] *= 0.3
    assert regions.region_from_keypoints(far, "right", WIDTH, HEIGHT) is None


def test_a_hand_that_points_at_the_camera_is_as_wide_as_any():
    points = body_keypoints()
    for part in ("index", "pinky"):
        points[K[f"right_{part}"], :2] = points[K["right_wrist"], :2] + 0.5
    region = regions.region_from_keypoints(points, "right", WIDTH, HEIGHT)
    assert region is None or region.side > 25
    points[:, :2] *= 2
    region = regions.region_from_keypoints(points, "right", 2 * WIDTH, 2 * HEIGHT)
    assert region is not None and region.side > 50


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_a_region_follows_the_hand_s_own_points(angle: float):
    flat = hand_points("right", np.eye(3)[None], np.zeros((1, 15, 3)))[0][:, [0, 2]] * (-1, 1)
    # fingers along -Y of the picture, then turned clockwise
    upright = np.stack([flat[:, 1], -flat[:, 0]], axis=1) * 400
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = upright @ turn.T + (160, 120)
    region = regions.region_from_points(points, WIDTH, HEIGHT)
    assert region is not None
    difference = (region.rotation - angle + np.pi) % (2 * np.pi) - np.pi
    assert abs(difference) < 0.35
    reach = np.abs((points - region.centre) @ turn).max()
    assert reach < region.side / 2, "all of it is in sight"
    assert region.side < 4 * reach


class Seeing:
    """A hand network that sees hands where it is told to, and remembers where it looked."""

    def __init__(self, presence: dict[str, float]) -> None:
        self.presence = presence
        self.asked: list[tuple[str, float]] = []
        self.wrist = {"left": (200.0, 120.0), "right": (120.0, 120.0)}

    def __call__(self, networks: Networks, picture: Picture, region: Region, side: str) -> HandLandmarks:
        self.asked.append((side, region.side))
        world = hand_points(side, np.eye(3)[None], FIST)[0]
        points = np.stack([0.3 * world[:, 0], np.abs(world[:, 0])], axis=1) * 300 + self.wrist[side]
        return HandLandmarks(points, world, self.presence[side])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(COUNT):
        cv2.imwrite(str(folder / f"{number:02}.png"), np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8))
    return folder


def people(folder: Path, keypoints: np.ndarray | None = None) -> SeenPeople:
    """One person in the frames 1 to 9, who was not seen in frame 4."""
    frames = np.arange(1, 10)
    points = np.tile(body_keypoints() if keypoints is None else keypoints, (9, 1, 1))
    empty = np.zeros(0, dtype=np.int64), np.zeros((0, *SHAPE), dtype=np.float32)
    track = Track(
        1, frames, np.zeros((9, 4)), points, np.zeros((9, 25, 3)), np.zeros((9, 2)), frames != 4, *empty
    )
    return SeenPeople([track], str(folder), WIDTH, HEIGHT, 25.0, None, 1.0, COUNT, None, ())


def looked(monkeypatch: pytest.MonkeyPatch, folder: Path, seeing: Seeing, **options) -> SeenPeople:
    monkeypatch.setattr(look, "hand_landmarks", seeing)
    networks = look.HandNetworks(Networks({}), options.pop("fitter", None))
    return look.look_at_hands(open_source(folder, 25.0), people(folder), networks, **options)


def test_a_hand_is_followed_by_its_own_points(monkeypatch, folder):
    seeing, said = Seeing({"left": 0.95, "right": 0.1}), []
    seen = looked(monkeypatch, folder, seeing, on_progress=lambda *steps: said.append(steps))
    (hands,) = seen.hands
    assert hands.frames.tolist() == [1, 2, 3, 5, 6, 7, 8, 9]
    assert (hands.confidence[:, 0] > 0.5).all() and not hands.confidence[:, 1].any()
    # twice where it comes anew, in the frames 1 and 5, else once
    assert [side for side, _ in seeing.asked].count("left") == 8 + 2
    # one that is not there is sought now and then
    assert [side for side, _ in seeing.asked].count("right") < 2 * 6
    assert said[0] == (0, 9) and said[-1] == (9, 9)


def test_a_hand_far_from_its_arm_is_somebody_else_s(monkeypatch, folder):
    seeing = Seeing({"left": 0.95, "right": 0.95})
    seeing.wrist["left"] = (40.0, 60.0)
    (hands,) = looked(monkeypatch, folder, seeing).hands
    assert not hands.confidence[:, 0].any() and hands.confidence[:, 1].all()


def test_what_the_user_stops_is_not_taken_for_the_whole(monkeypatch, folder):
    answers, said = iter([False, True]), []
    seeing = Seeing({"left": 0.95, "right": 0.95})
    seen = looked(
        monkeypatch,
        folder,
        seeing,
        should_stop=lambda: next(answers),
        on_progress=lambda *steps: said.append(steps),
    )
    assert said[-1] == (2, 9) and seen.hands == ()


def test_an_imported_network_sees_several_hands_at_a_time(monkeypatch, folder):
    batches: list[int] = []

    def fit(crops: list[HandLook]) -> list[HandLook]:
        batches.append(len(crops))
        return [replace(crop, confidence=0.25, rotations=np.tile(np.eye(3), (16, 1, 1))) for crop in crops]

    fitter = HandFitter(lambda picture, found: found if found.side == "left" else None, fit)
    seeing = Seeing({"left": 0.95, "right": 0.95})
    (hands,) = looked(monkeypatch, folder, seeing, fitter=fitter).hands
    assert batches == [8]
    assert (hands.confidence[:, 0] == 0.25).all() and hands.fitted[:, 0].all()
    assert (hands.confidence[:, 1] > 0.5).all() and not hands.fitted[:, 1].any()


def test_hands_are_kept_with_the_tracks(monkeypatch, folder, tmp_path):
    seen = looked(monkeypatch, folder, Seeing({"left": 0.95, "right": 0.5}))
    save_tracks(seen, tmp_path / "tracks.npz")
    (before,), (after,) = seen.hands, load_tracks(tmp_path / "tracks.npz").hands
    for name in SHAPES:
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    save_tracks(people(folder), tmp_path / "without.npz")
    assert load_tracks(tmp_path / "without.npz").hands == ()
    with np.load(tmp_path / "tracks.npz", allow_pickle=False) as archive:
        damaged = dict(archive) | {"hands_points_0": np.zeros((2, 2, 21, 3))}
    np.savez(tmp_path / "tracks.npz", **damaged)
    with pytest.raises(RecoveryError, match="damaged"):
        load_tracks(tmp_path / "tracks.npz")


def test_without_the_network_the_rest_goes_on_and_it_is_told(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path / "none"))
    source, seen = open_source(folder, 25.0), people(folder)
    assert see_hands(source, seen, SolveSettings()) is seen, "fingers were not asked for"
    told = see_hands(source, seen, SolveSettings(fingers=True))
    assert told.hands == () and len(told.warnings) == 1
    assert "Fingers were left out" in told.warnings[0] and "weights get" in told.warnings[0]
    assert see_hands(source, told, SolveSettings(fingers=True)).warnings == told.warnings


def fingers_asked_for(
    monkeypatch: pytest.MonkeyPatch, folder: Path, fails: Callable[..., HandLandmarks]
) -> SeenPeople:
    """What comes of the look at the hands with the networks here, whose runs do as they are told."""
    monkeypatch.setattr(look, "load_hand_network", lambda device, threads: Networks({}))
    monkeypatch.setattr(look, "hand_landmarks", fails)
    return see_hands(open_source(folder, 25.0), people(folder), SolveSettings(fingers=True))


@pytest.mark.parametrize(
    "error",
    [
        RUN_ERRORS[0]("the device is out of memory"),
        MemoryError("the device is out of memory"),
        RecoveryError("missing_file", "There is no file 03.png;", "the device is out of memory"),
    ],
)
def test_a_look_that_fails_costs_the_fingers_alone(monkeypatch, folder, error):
    def fail(*given):
        raise error

    seen = fingers_asked_for(monkeypatch, folder, fail)
    assert seen.hands == () and len(seen.tracks) == 1
    (warning,) = seen.warnings
    assert warning.startswith("Fingers were left out") and "out of memory" in warning


def test_footage_that_goes_on_the_way_costs_the_fingers_alone(monkeypatch, folder):
    def vanish(*given):
        (folder / "07.png").unlink(missing_ok=True)
        return Seeing({"left": 0.95, "right": 0.95})(*given)

    seen = fingers_asked_for(monkeypatch, folder, vanish)
    assert seen.hands == () and "07.png" in seen.warnings[0]


def test_an_imported_network_that_is_damaged_is_done_without(monkeypatch, folder):
    def damaged(device: str) -> None:
        raise RecoveryError(
            "weights_corrupt", "The network 'i2l_meshnet_hand' is damaged.", "Import it again."
        )

    monkeypatch.setattr(look, "open_hand_fitter", damaged)
    seen = fingers_asked_for(monkeypatch, folder, Seeing({"left": 0.95, "right": 0.95}))
    assert len(seen.hands) == 1 and seen.hands[0].confidence.all()
    assert "without I2L-MeshNet" in seen.warnings[0] and "Import it again." in seen.warnings[0]
