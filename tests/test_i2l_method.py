"""I2L-MeshNet as a method: what of a frame its network is shown, and what becomes of its lixels."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.lixel_layout.kinds import BODY, GRID
from human_mesh_recovery.inference_server.methods.i2l_meshnet import method, network
from human_mesh_recovery.inference_server.methods.i2l_meshnet.bodies import OWN_ANGLE, place_bodies
from human_mesh_recovery.inference_server.methods.i2l_meshnet.lixels import Lixels
from human_mesh_recovery.inference_server.methods.method import Crop, Running
from human_mesh_recovery.inference_server.methods.person_box import crown_of, person_box
from human_mesh_recovery.inference_server.motion import load_motion
from human_mesh_recovery.inference_server.pipeline import check_solve_settings
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.inference_server.weights import imported

FREE = load_body("free")
FOCAL_LENGTH, SIDE = 900.0, 400.0


EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def posed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turns (F, 24, 3, 3) of somebody before a camera, with the vertices and joints in metres from the pelvis."""
    motion = load_motion(EXAMPLES / "walk.npz")
    assert motion.camera is not None
    rotations = axis_angle_to_matrix(motion.poses[[0, 30, 60, 80]].astype(np.float64))
    rotations[:, 0] = motion.camera.rotation @ rotations[:, 0]
    vertices, joints = pose_body(FREE, matrix_to_axis_angle(rotations), np.zeros(10), np.zeros(3))
    return rotations, vertices - joints[:, :1], joints - joints[:, :1]


def seen_as_lixels(points: np.ndarray, distance: float) -> np.ndarray:
    """Where a perfect network has the points of people before a camera that looks at their crop's middle."""
    flat = points[..., :2] / (points[..., 2:] + distance) * FOCAL_LENGTH / SIDE
    return (np.concatenate([flat, points[..., 2:] / BODY.depth], axis=-1) + 0.5) * GRID


def sharp(positions: np.ndarray) -> Lixels:
    return Lixels(positions.astype(np.float32), np.full(positions.shape, 0.3, np.float32))


def seen_at(distance: float) -> tuple[Lixels, Lixels]:
    """Joints and vertices."""
    _, vertices, joints = posed()
    return sharp(seen_as_lixels(joints, distance)), sharp(seen_as_lixels(vertices, distance))


@pytest.mark.parametrize("distance", [2.2, 6.0])
def test_a_person_is_as_large_as_the_bones_say(distance: float):
    joints, vertices = seen_at(distance)
    placed = place_bodies(FREE, joints, vertices, np.full(4, SIDE), np.full(4, FOCAL_LENGTH))
    assert np.linalg.norm(placed.vertices - posed()[1], axis=2).max() < 1e-4


def test_a_wrong_lens_hardly_matters():
    joints, vertices = seen_at(4.0)
    placed = place_bodies(FREE, joints, vertices, np.full(4, SIDE), np.full(4, 1.5 * FOCAL_LENGTH))
    assert np.linalg.norm(placed.vertices - posed()[1], axis=2).mean() < 0.02


def test_joints_are_less_sure_where_the_heatmaps_are_wide():
    joints, vertices = seen_at(4.0)
    elbow, knee = JOINT_INDEX["left_elbow"], JOINT_INDEX["left_knee"]
    joints.spread[1, JOINT_INDEX["left_wrist"]] = 6.0
    placed = place_bodies(FREE, joints, vertices, np.full(4, SIDE), np.full(4, FOCAL_LENGTH))
    assert placed.sigma[1, elbow] > 2 * placed.sigma[0, elbow]
    assert placed.sigma[1, knee] == pytest.approx(placed.sigma[0, knee], rel=0.3)
    assert (placed.sigma >= OWN_ANGLE).all()


def test_the_body_fits_a_perfect_networks_mesh(monkeypatch: pytest.MonkeyPatch):
    rotations = posed()[0]
    monkeypatch.setattr(network, "predict", lambda *_: network.Predicted(*seen_at(3.0), None, None))
    loaded = network.Network(None, BODY, False, FREE)  # pyright: ignore[reportArgumentType]
    crops = [Crop(np.zeros((256, 256, 3)), np.zeros(2), SIDE, int(FOCAL_LENGTH / method.USUAL_LENS))] * 4
    looks = method.look(loaded, Running(), crops)
    cosines = (np.einsum("fjab,fjab->fj", looks.rotations[:, :20], rotations[:, :20]) - 1) / 2
    assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).mean() < 5
    assert looks.betas.shape == (4, 10)
    assert looks.sigma.shape == (4, 24)


def test_the_crop_holds_the_whole_person_in_its_middle():
    motion = load_motion(EXAMPLES / "still.npz")
    camera = motion.camera
    assert camera is not None
    turns = axis_angle_to_matrix(motion.poses.astype(np.float64))
    betas = motion.betas.astype(np.float64)
    skin = camera.to_camera(pose_body(FREE, motion.poses, betas, motion.trans)[0])[0]
    keys = camera.to_camera(
        keypoint_positions(FREE, attach_keypoints(FREE, FREE), turns, betas, motion.trans)
    )[0]

    def pixels(points: np.ndarray) -> np.ndarray:
        return points[:, :2] / points[:, 2:] * camera.focal_length + camera.principal_point

    keypoints = np.column_stack([pixels(keys), np.full(25, 0.9)])
    box, whole = person_box(keypoints), pixels(skin)
    assert np.abs(box - [*whole.min(axis=0), *whole.max(axis=0)]).max() < 0.06 * np.ptp(whole, axis=0).max()
    frame = np.zeros((camera.height, camera.width, 3), np.uint8)
    middle = crown_of(keypoints[:, :2]).round().astype(int)
    frame[middle[1] - 4 : middle[1] + 5, middle[0] - 4 : middle[0] + 5] = 255
    crop = method.cut(frame, keypoints)
    assert crop.patch.shape == (256, 256, 3)
    rows, columns, _ = np.nonzero(crop.patch > 128)
    across = (np.array([columns.mean(), rows.mean()]) - 127.5) * crop.side / 256
    np.testing.assert_allclose(crop.centre + across, middle, atol=1.0)
    np.testing.assert_allclose(crop.centre, (box[:2] + box[2:]) / 2, atol=2.0)


def test_somebody_outside_of_the_frame_is_shown_the_whole_of_it():
    keypoints = np.full((25, 3), [900.0, 300.0, 0.5])
    crop = method.cut(np.zeros((480, 640, 3), np.uint8), keypoints)
    assert np.isfinite(crop.patch).all()
    assert crop.side == 640


def test_what_is_missing_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HMR_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(imported.store, "user_folder", lambda: tmp_path)
    with pytest.raises(RecoveryError, match="not imported") as told:
        check_solve_settings(SolveSettings("i2l-meshnet"))
    assert "weights import" in told.value.hint
