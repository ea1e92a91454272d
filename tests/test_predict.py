"""Methods whose networks look at the pictures: who is shown to them, and what becomes of their answers."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.evaluation.metrics import pa_mpjpe
from human_mesh_recovery.inference_server.fitting.observations import turn_forward_to
from human_mesh_recovery.inference_server.media import open_source
from human_mesh_recovery.inference_server.methods import predicted
from human_mesh_recovery.inference_server.methods.method import Crop, Looks, Method, PictureNetwork, Running
from human_mesh_recovery.inference_server.methods.registry import METHODS
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.people.appearance import SHAPE
from human_mesh_recovery.inference_server.people.predictions import Prediction
from human_mesh_recovery.inference_server.people.track_files import SeenPeople, load_tracks, save_tracks
from human_mesh_recovery.inference_server.people.tracks import Track
from human_mesh_recovery.inference_server.pipeline import solve_seen
from human_mesh_recovery.inference_server.predict import predict_people
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.tests.true_tracks import see_truly, seen_people

COUNT = 11


class Looking:
    """A method that is shown grey frames and says how grey they were, and whom it saw."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        network = PictureNetwork(self.cut, self.look, 4)
        self.method = Method("looking", "", predicted.recover, open_network=lambda running: network)

    def cut(self, image: np.ndarray, keypoints: np.ndarray) -> Crop:
        return Crop(np.array([image[0, 0, 0], keypoints[0, 0]]), keypoints[0, :2], 48.0, 64)

    def look(self, crops: list[Crop]) -> Looks:
        self.batches.append(len(crops))
        patches = [crop.patch for crop in crops]
        turns = axis_angle_to_matrix(np.array([[[0.0, 0.01 * grey, 0.0]] * 24 for grey, _ in patches]))
        return Looks(
            turns, np.array([[who] * 10 for _, who in patches]), np.full((len(patches), 24), 0.1), False
        )


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    looking = Looking()
    monkeypatch.setitem(METHODS, "looking", looking.method)
    return looking


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Frames whose grey is ten times their number."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(COUNT):
        cv2.imwrite(str(folder / f"{number:02}.png"), np.full((48, 64, 3), 10 * number, dtype=np.uint8))
    return folder


def track(who: int, frames: np.ndarray, observed: np.ndarray | None = None) -> Track:
    count = len(frames)
    observed = np.ones(count, dtype=bool) if observed is None else observed
    keypoints = np.full((count, 25, 3), float(who))
    empty = np.zeros(0, dtype=np.int64), np.zeros((0, *SHAPE), dtype=np.float32)
    joints_3d, centres = np.zeros((count, 25, 3)), np.zeros((count, 2))
    return Track(who, frames, np.zeros((count, 4)), keypoints, joints_3d, centres, observed, *empty)


def people(folder: Path) -> SeenPeople:
    """One from frame 1 to 7 who was not seen in frame 4, another in the frames 5 and 6."""
    first = track(3, np.arange(1, 8), np.array([1, 1, 1, 0, 1, 1, 1], dtype=bool))
    return SeenPeople(
        [first, track(8, np.array([5, 6]))], str(folder), 64, 48, 25.0, None, 1.0, COUNT, None, ()
    )


def test_everybody_is_shown_once_where_they_were_seen(looking, folder):
    said = []
    seen = predict_people(
        open_source(folder, 25.0), people(folder), "looking", Running(), lambda *steps: said.append(steps)
    )
    assert looking.batches == [4, 4]
    assert said[0] == (0, 7) and said[-1] == (7, 7) and len(said) == 8
    assert seen.predicted_by == "looking"
    for prediction, frames, who in zip(seen.predictions, ([1, 2, 3, 5, 6, 7], [5, 6]), (3, 8), strict=True):
        assert prediction.frames.tolist() == frames
        angles = matrix_to_axis_angle(prediction.rotations.astype(np.float64))[:, 5, 1]
        np.testing.assert_allclose(angles, 0.1 * np.array(frames), atol=1e-5)
        assert (prediction.betas == who).all() and (prediction.centres == who).all()


def test_when_the_user_stops_the_rest_is_left_out(looking, folder):
    answers = iter([False, True])
    seen = predict_people(
        open_source(folder, 25.0), people(folder), "looking", Running(), should_stop=lambda: next(answers)
    )
    assert [prediction.frames.tolist() for prediction in seen.predictions] == [[1, 2], []]


def test_methods_without_such_a_network_look_at_nothing(folder):
    seen = people(folder)
    assert predict_people(open_source(folder, 25.0), seen, "keypoints", Running()) is seen


def test_predictions_are_kept_with_the_tracks(looking, folder, tmp_path):
    seen = predict_people(open_source(folder, 25.0), people(folder), "looking", Running())
    save_tracks(seen, tmp_path / "tracks.npz")
    back = load_tracks(tmp_path / "tracks.npz")
    assert back.predicted_by == "looking"
    for before, after in zip(seen.predictions, back.predictions, strict=True):
        for name, values in vars(before).items():
            np.testing.assert_array_equal(values, getattr(after, name))
    with np.load(tmp_path / "tracks.npz", allow_pickle=False) as archive:
        arrays = dict(archive)
    for damage in ({"predicted_betas_0": np.zeros((2, 10))}, {"predicted_frames_1": np.array([6, 5])}):
        np.savez(tmp_path / "tracks.npz", **(arrays | damage))
        with pytest.raises(RecoveryError, match="damaged") as told:
            load_tracks(tmp_path / "tracks.npz")
        assert told.value.code == "tracks_file"


def test_predictions_of_before_say_nothing_of_the_free_body(looking, folder, tmp_path):
    seen = predict_people(open_source(folder, 25.0), people(folder), "looking", Running())
    save_tracks(seen, tmp_path / "tracks.npz")
    with np.load(tmp_path / "tracks.npz", allow_pickle=False) as archive:
        before = {name: archive[name] for name in archive.files if "knows_free" not in name}
    np.savez(tmp_path / "tracks.npz", **before)
    for was, kept in zip(seen.predictions, load_tracks(tmp_path / "tracks.npz").predictions, strict=True):
        np.testing.assert_array_equal(was.betas, kept.betas)
        assert kept.knows_free.shape == was.knows_free.shape and not kept.knows_free.any()


def test_poses_are_turned_into_the_cameras_view_and_bridged():
    turn = axis_angle_to_matrix(np.array([0.0, 0.4, 0.0]))
    rotations = np.tile(np.eye(3), (2, 24, 1, 1))
    rotations[1, 4] = turn
    centre = np.array([[300.0, 240.0], [320.0, 240.0]])
    said = Prediction(
        np.array([10, 14]), rotations, np.ones((2, 10)), np.full((2, 24), 0.2), centre, np.zeros(2, bool)
    )
    pose = predicted.predicted_pose(said, np.arange(10, 16), 500.0, np.array([320.0, 240.0]))
    assert pose is not None
    halfway = matrix_to_axis_angle(pose.rotations)[:, 4, 1]
    np.testing.assert_allclose(halfway, [0, 0.1, 0.2, 0.3, 0.4, 0.4], atol=1e-9)
    # whoever stands left of the middle faces the camera's picture, not its axis
    np.testing.assert_allclose(pose.rotations[0, 0], turn_forward_to(np.array([[-20 / 500, 0, 1]]))[0])
    np.testing.assert_allclose(pose.rotations[4, 0], np.eye(3), atol=1e-12)
    assert pose.sigma[:, 0].tolist() == [0.2, 1.0, 1.0, 1.0, 0.2, 1.0]
    nothing = Prediction(*(values[:0] for values in vars(said).values()))
    assert predicted.predicted_pose(nothing, np.arange(3), 500.0, np.zeros(2)) is None


def test_the_solve_follows_a_prediction_that_is_sure(looking, examples):
    """With the true pose said of a clip, its keypoints true as well, depth is right, which keypoints do not tell."""
    motion = load_motion(examples / "walk.npz")
    assert motion.joints is not None
    truth, count = see_truly(motion), len(motion.frames)
    sigma = np.full((count, 24), 0.03)
    sigma[10, JOINT_INDEX["left_elbow"]] = 0.8
    betas, knows_free = np.tile(motion.betas, (count, 1)), np.ones(count, bool)
    sure = Prediction(motion.frames, truth.rotations, betas, sigma, truth.centres, knows_free)
    seen = seen_people(motion, truth, "looking", sure)
    errors, told = {}, {}
    for method in ("looking", "keypoints"):
        solved = solve_seen(seen, SolveSettings(method, foot_contact=False), [])[0]
        assert solved.joints is not None
        errors[method] = pa_mpjpe(solved.joints.astype(np.float64), motion.joints.astype(np.float64))
        told[method] = solved.confidence
    assert errors["looking"] < 10
    assert errors["looking"] < 0.5 * errors["keypoints"]
    elbow = JOINT_INDEX["left_elbow"]
    assert told["looking"][10, elbow] < 0.5 * told["looking"][9, elbow]
    assert told["keypoints"][10, elbow] > 0.7 * told["keypoints"][9, elbow]
