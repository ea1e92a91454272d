"""Training Pose2Mesh: its losses, 2D errors, the sets' layouts, and a few real steps that make it better."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.mesh_graphs.coarsening import build_graphs
from human_mesh_recovery.inference_server.mesh_graphs.joint_sets import COCO, HUMAN36M, JOINT_SETS
from human_mesh_recovery.inference_server.methods.pose2mesh.poses import joint_positions
from human_mesh_recovery.inference_server.weights.convert.pose2mesh_to_onnx import convert_pose2mesh
from human_mesh_recovery.tests.pose2mesh_samples import small_body

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.pose2mesh.model import Pose2Mesh
from human_mesh_recovery.inference_server.training.pose2mesh import datasets, errors_2d
from human_mesh_recovery.inference_server.training.pose2mesh.batches import make_batch
from human_mesh_recovery.inference_server.training.pose2mesh.bodies import Bodies, draw, into_camera
from human_mesh_recovery.inference_server.training.pose2mesh.losses import edge_loss, losses, normal_loss
from human_mesh_recovery.inference_server.training.pose2mesh.training import Plan, save, train


def poses(count: int) -> np.ndarray:
    made = np.random.default_rng(count).normal(0, 0.3, (count, 24, 3)).astype(np.float32)
    made[:, 0] = 0
    return made


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("joint_set", JOINT_SETS.values(), ids=JOINT_SETS)
def test_a_few_steps_make_it_better_and_it_can_be_kept(joint_set, tmp_path: Path):
    body, free = small_body(), load_body("free")
    keypoints, random = attach_keypoints(body, free), np.random.default_rng(0)
    torch.manual_seed(0)
    graphs = build_graphs(body.faces, joint_set)
    model = Pose2Mesh(graphs, lifter_width=64)
    sources = [
        Bodies(poses(20), None, None),
        Bodies(poses(5), np.zeros((5, 10), np.float32), np.full((5, 3), 4, np.float32)),
    ]

    def batches():
        while True:
            yield make_batch(body, keypoints, joint_set, sources, random, 8)

    means = train(model, body.faces, body.joint_regressor, batches(), Plan(epochs=4, steps=8))
    assert means[1] < 0.8 * means[0]
    assert means[3] < 0.6 * means[0] + 1.0, "with the edges' loss, which joined"
    save(model, tmp_path / "run" / "final.pth.tar", means)
    kept = torch.load(tmp_path / "run" / "final.pth.tar", weights_only=True)
    assert kept["train_log"] == means

    # what was trained runs without torch as it does with it
    parameters = {name: value.numpy() for name, value in kept["model_state_dict"].items()}
    session = onnxruntime.InferenceSession(convert_pose2mesh(parameters, graphs, "a test"))
    pose = next(batches()).pose
    with torch.no_grad():
        mesh, lifted = model.eval()(pose)
    lifted_there, mesh_there = map(
        np.asarray, session.run(["pose3d_mm", "cam_mesh"], {"pose2d": pose.numpy()})
    )
    assert np.allclose(mesh_there, mesh, atol=1e-5)
    assert np.allclose(lifted_there, lifted, atol=1e-3)


def test_the_losses_are_nothing_for_the_truth():
    body = small_body()
    mesh = torch.from_numpy(pose_body(body, poses(2), np.zeros(10), np.zeros(3))[0]).float()
    faces, regressor = torch.from_numpy(body.faces), torch.from_numpy(body.joint_regressor).float()
    pose = torch.zeros(2, 19, 3)
    assert losses(mesh, pose, mesh, pose, faces, regressor, with_edges=True).total < 1e-5
    larger = losses(1.1 * mesh, pose + 100, mesh, pose, faces, regressor, with_edges=True)
    assert torch.isclose(larger.vertices, 0.1 * mesh.abs().mean())
    assert torch.isclose(larger.lifted, torch.tensor(0.1)), "100 mm are 0.1 m"
    assert larger.normals < 1e-5, "the faces still look the same way"
    lengths = torch.linalg.vector_norm(mesh[:, faces] - mesh[:, faces.roll(1, 1)], dim=-1)
    assert torch.isclose(larger.edges, 20 * 0.1 * lengths.mean(), rtol=1e-3)
    assert losses(1.1 * mesh, pose, mesh, pose, faces, regressor, with_edges=False).edges == 0
    # a face turned by a right angle about one of its edges: of its edges two stand on the true face
    flat = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    turned = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 0, 1]]])
    one = torch.tensor([[0, 1, 2]])
    assert torch.isclose(normal_loss(turned, flat, one), torch.tensor((0 + 1 + 2**-0.5) / 3))
    assert edge_loss(turned, flat, one) < 1e-6


def test_the_2d_errors_are_as_the_papers_describe_them():
    random = np.random.default_rng(0)
    body = load_body("free")
    rest = attach_keypoints(body, body).rest
    for joint_set in (COCO, HUMAN36M):
        joints = np.tile(joint_positions(joint_set, rest)[:, :2] * [1, -1], (4000, 1, 1))
        true = errors_2d.into_crop(joints)
        assert np.allclose(true.min(axis=1).min(axis=0), [0, 0], atol=150) and true.max() <= 384
        found = errors_2d.detected(joint_set, joints, random)
        assert found.shape == joints.shape and np.isfinite(found).all()
        off = np.linalg.norm(found - true, axis=2)
        if joint_set is HUMAN36M:
            mean, often = errors_2d.HUMAN36M_ERRORS[:, :2], errors_2d.HUMAN36M_ERRORS[:, 4:]
            shifts = (found - true).mean(axis=0)
            assert np.allclose(shifts, mean * often / 256 * errors_2d.CROP, atol=0.3)
            continue
        near, middle, far = (errors_2d._distance(similarity) for similarity in (0.85, 0.5, 0.1))
        wrist, other_wrist, nose = 9, 10, 0
        assert abs((off[:, wrist] < near[wrist]).mean() - (1 - 0.15 - 0.10 - 0.03)) < 0.03
        assert near[nose] < np.percentile(off[:, nose], 99) < off[:, nose].max() < far[nose]
        exchanged = np.linalg.norm(found[:, wrist] - true[:, other_wrist], axis=1) < middle[other_wrist]
        assert 0.02 < exchanged.mean() < 0.05
        assert np.allclose(found[:, 17], found[:, 11:13].mean(axis=1)), "the pelvis follows the hips"


def test_cameras_are_put_around_bodies_in_a_world():
    body, count = small_body(), 200
    pose, betas, trans = draw(Bodies(poses(9), None, None), np.random.default_rng(0), count)
    _, joints = pose_body(body, pose, betas, trans)
    up = joints[:, 15] - joints[:, 0]
    assert (up[:, 1] < -0.3).mean() > 0.9, "upright in a camera whose y points down"
    assert joints[..., 2].min() > 0.5, "in front of it"
    facing = axis_angle_to_matrix(pose[:, 0])[:, 2, 2]
    assert 0.3 < (facing < 0).mean() < 0.7, "seen from all around"


def test_a_world_s_bodies_are_carried_into_the_camera():
    body = small_body()
    random = np.random.default_rng(2)
    pose, betas, trans = poses(3).astype(np.float64), random.normal(size=(3, 10)), random.normal(size=(3, 3))
    pose[:, 0] = random.normal(size=(3, 3))
    rotation, translation = axis_angle_to_matrix(random.normal(size=3)), random.normal(size=3)
    turned, place = into_camera(body, pose, betas, trans, rotation, translation)
    there = pose_body(body, turned, betas, place)[0]
    assert np.allclose(there, pose_body(body, pose, betas, trans)[0] @ rotation.T + translation)


def test_the_sets_are_read_in_their_published_layouts(tmp_path: Path):
    body = small_body()
    pose = poses(6).reshape(6, 72)
    fit: dict[str, Any] = {"pose": pose[0].tolist(), "shape": [0.1] * 10, "trans": [0.0, 0.0, 0.0]}
    camera = {
        "R": np.diag([1.0, -1, -1]).tolist(),
        "t": [0.0, 0.0, 5000.0],
        "f": [1000.0] * 2,
        "c": [500.0] * 2,
    }
    frames = {str(frame): fit for frame in range(10)}
    (tmp_path / "Human36M_subject1_smpl_param.json").write_text(json.dumps({"2": {"1": frames}}))
    (tmp_path / "Human36M_subject1_camera.json").write_text(json.dumps({"1": camera, "2": camera}))
    human = datasets.read_human36m(tmp_path, body)
    assert len(human) == 4, "every fifth frame of two cameras"
    assert human.trans is not None and np.allclose(human.trans[:, 2], 5.0, atol=0.2), (
        "millimetres became metres"
    )

    odd = {"pose": pose[1].tolist(), "shape": [9.0] * 10}
    coco = {"1": {"smpl_param": fit, "cam_param": {"s": 80.0, "t": [1, 2]}}, "2": {"smpl_param": odd}}
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    read = datasets.read_coco(tmp_path / "coco.json")
    assert read.betas is not None and np.allclose(read.betas, [[0.1] * 10, [0.0] * 10])

    sequence = {
        "poses": [pose.astype(np.float64)], "betas": [np.zeros(300)], "trans": [np.zeros((6, 3))],
        "cam_poses": np.tile(np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3], [0, 0, 0, 1]]), (6, 1, 1)),
        "campose_valid": [np.array([1, 1, 0, 1, 1, 1])], "genders": ["m"], "sequence": "made_up",
    }  # fmt: skip
    (tmp_path / "made_up.pkl").write_bytes(pickle.dumps(sequence, protocol=2))
    assert len(datasets.read_3dpw(tmp_path, body)) == 5

    amass = tmp_path / "CMU" / "01"
    amass.mkdir(parents=True)
    standing = np.zeros((60, 156))
    standing[:, 0] = np.pi / 2  # upright with Z up
    np.savez(
        amass / "01_poses.npz",
        poses=standing,
        betas=np.zeros(16),
        trans=np.zeros((60, 3)),
        mocap_framerate=120,
    )
    np.savez(amass / "shape.npz", betas=np.zeros(16))
    motion = datasets.read_amass(tmp_path)
    assert len(motion) == 5
    up = pose_body(load_body("free"), motion.poses[:1], np.zeros(10), np.zeros(3))[1][0]
    assert up[15, 1] > up[0, 1] + 0.4, "upright with Y up"
    assert motion.trans is None and not motion.poses[:, 22:].any()


def test_what_is_no_set_is_refused_in_words(tmp_path: Path):
    body = small_body()
    for read, wanted in (
        (lambda: datasets.read_amass(tmp_path), "AMASS"),
        (lambda: datasets.read_human36m(tmp_path, body), "Human3.6M"),
        (lambda: datasets.read_3dpw(tmp_path, body), "3DPW"),
        (lambda: datasets.read_coco(tmp_path / "no.json"), "COCO"),
    ):
        with pytest.raises(RecoveryError) as caught:
            read()
        assert caught.value.code == "bad_data"
        assert wanted in f"{caught.value}"
    (tmp_path / "a.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(RecoveryError, match=r"a\.pkl"):
        datasets.read_3dpw(tmp_path, body)
    (tmp_path / "b.json").write_text('{"1": {"smpl_param": {"pose": [1]}}}')
    with pytest.raises(RecoveryError, match=r"b\.json"):
        datasets.read_coco(tmp_path / "b.json")
