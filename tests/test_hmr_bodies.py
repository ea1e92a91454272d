"""From what HMR says to bodies: whose shape it is, how far it is believed, and what becomes of a clip."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body, pose_body, rest_joints
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, PARENTS
from human_mesh_recovery.inference_server.evaluation.metrics import acceleration, pa_mpjpe
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.fitting.kinematics import keypoint_positions
from human_mesh_recovery.inference_server.fitting.observations import Observations, PredictedPose
from human_mesh_recovery.inference_server.hmr_layout import FREE, ORIGINAL, SMPL
from human_mesh_recovery.inference_server.methods.hmr import method, network
from human_mesh_recovery.inference_server.methods.method import Crop, Running
from human_mesh_recovery.inference_server.methods.registry import METHODS
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.people.predictions import Prediction
from human_mesh_recovery.inference_server.pipeline import solve_seen
from human_mesh_recovery.inference_server.solve import SolveSettings
from human_mesh_recovery.tests.pose2mesh_samples import small_body
from human_mesh_recovery.tests.true_tracks import see_truly, seen_people

PUBLISHED = [JOINT_INDEX["neck"], JOINT_INDEX["head"]] + [
    JOINT_INDEX[f"{side}_{joint}"]
    for side in ("left", "right")
    for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
]
"""The joints over which errors on 3DPW are published."""


@pytest.fixture(scope="module")
def walk() -> Motion:
    return load_motion(Path(__file__).resolve().parents[1] / "examples" / "walk.npz")


def placed_joints(body: Body, rotations: np.ndarray) -> np.ndarray:
    """(F, 24, 3) of the mean shape, from the root."""
    rest, turned = rest_joints(body, np.zeros(10)), np.empty_like(rotations)
    joints = np.zeros((len(rotations), 24, 3))
    turned[:, 0] = rotations[:, 0]
    for joint in range(1, 24):
        parent = PARENTS[joint]
        turned[:, joint] = turned[:, parent] @ rotations[:, joint]
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ (rest[joint] - rest[parent])
    return joints


@pytest.mark.parametrize(("better", "published"), [(1.0, 81.3), (method.OF_SPIN, 59.2)])
def test_bodies_turned_by_its_sigmas_are_off_as_is_published(walk: Motion, better: float, published: float):
    """Millimetres after alignment on 3DPW, of the authors' and of SPIN's (Kolotouros 2019, section 5)."""
    body = load_body("free")
    truth = axis_angle_to_matrix(np.tile(walk.poses[::2], (4, 1, 1)).astype(np.float64))
    noise = np.random.default_rng(0).normal(size=(len(truth), 24, 3)) * (better * method.SIGMA)[:, None]
    off = placed_joints(body, truth @ axis_angle_to_matrix(noise))[:, PUBLISHED]
    assert pa_mpjpe(off, placed_joints(body, truth)[:, PUBLISHED]) == pytest.approx(published, rel=0.1)


@pytest.mark.parametrize("knows_free", [False, True])
@pytest.mark.parametrize("body_name", ["free", "SMPL_NEUTRAL"])
def test_its_shape_is_taken_by_the_body_that_it_belongs_to(knows_free: bool, body_name: str):
    """The turns by any: both have the same tree, and rest in a T. With the body that it knows all is exact."""
    free = load_body("free")
    body = free if body_name == "free" else small_body()
    generator = np.random.default_rng(2)
    rotations = axis_angle_to_matrix(generator.normal(0, 0.3, (3, 24, 3)))
    betas, trans = generator.normal(size=10), np.tile([0.1, 0.2, 4.0], (3, 1))
    keypoints = attach_keypoints(body, free)
    shown = keypoint_positions(body, keypoints, rotations, betas, trans)
    said = PredictedPose(rotations, betas, np.full((3, 24), 0.2), knows_free)
    rays, seen = shown[..., :2] / shown[..., 2:], np.ones((3, 25))
    observations = Observations(rays, seen, np.full(3, 0.4), None, 25.0, said)
    recovered = METHODS["hmr"].recover(body, keypoints, observations, Running())
    assert np.array_equal(recovered.state.rotations, rotations)
    assert recovered.target is not None and np.array_equal(recovered.target.rotations, rotations)
    if knows_free == (body_name == "free"):
        assert np.array_equal(recovered.state.betas, betas)
        vertices, _ = pose_body(
            body, matrix_to_axis_angle(rotations), recovered.state.betas, recovered.state.trans
        )
        truth, _ = pose_body(body, matrix_to_axis_angle(rotations), betas, trans)
        assert np.abs(vertices - truth).max() < 1e-6
    else:
        assert not recovered.state.betas.any()
        assert np.abs(recovered.state.trans - trans).max() < 0.5


@pytest.mark.parametrize("own_body", [False, True])
def test_a_clip_comes_out_smooth_and_on_the_ground(
    walk: Motion, own_body: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each frame's pose is off by as much as the authors' network is, and every frame's otherwise."""
    assert walk.joints is not None
    truth, count = see_truly(walk), len(walk.frames)
    noise = axis_angle_to_matrix(np.random.default_rng(1).normal(size=(count, 24, 3)) * method.SIGMA[:, None])
    said = network.Predicted(
        truth.rotations @ noise, np.tile(walk.betas, (count, 1)), np.tile([0.9, 0, 0], (count, 1))
    )
    monkeypatch.setattr(network, "predict", lambda *_: said)
    crop = Crop(np.zeros((224, 224, 3), np.uint8), np.zeros(2), 200.0, 640)
    loaded = network.Network(None, ORIGINAL, SMPL if own_body else FREE)  # pyright: ignore[reportArgumentType]
    looks = method.look(loaded, Running(), [crop] * count)
    knows_free = np.full(count, looks.knows_free)
    prediction = Prediction(walk.frames, looks.rotations, looks.betas, looks.sigma, truth.centres, knows_free)
    name = "free"
    if own_body:
        name = str(write_as_own(load_body("free"), tmp_path / "SMPL_NEUTRAL.npz"))
    seen = seen_people(walk, truth, "hmr", prediction)
    (solved,) = solve_seen(seen, SolveSettings("hmr", name), [])
    assert solved.joints is not None and solved.body == name
    raw = placed_joints(load_body("free"), said.rotations)
    wanted, made = walk.joints.astype(np.float64), solved.joints.astype(np.float64)
    wanted, made = (joints - joints[:, :1] for joints in (wanted, made))
    assert pa_mpjpe(made, wanted) < 0.5 * pa_mpjpe(raw, wanted)
    assert acceleration(made, walk.frames) < 1.5 * acceleration(wanted, walk.frames)
    assert acceleration(made, walk.frames) < 0.1 * acceleration(raw, walk.frames)
    vertices, _ = pose_body(
        load_body(name), solved.poses, solved.betas.astype(np.float64), solved.trans.astype(np.float64)
    )
    lowest = vertices[..., 2].min(axis=1)
    assert np.abs(lowest).max() < 0.04, "metres above or below the ground"


def write_as_own(body: Body, path: Path) -> Path:
    """The free body as if it were the user's file."""
    np.savez(
        path,
        v_template=body.template,
        f=body.faces,
        shapedirs=body.shape_directions,
        J_regressor=body.joint_regressor,
        weights=body.weights,
    )
    return path
