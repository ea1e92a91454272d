"""Shape, joints and skinning, against definitions written out plainly and against the reference."""

import importlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import KDTree

from human_mesh_recovery.inference_server.body import model, skeleton
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix

SHARED = Path(__file__).resolve().parents[2] / "shared"


def made_up_body(vertex_count=300, seed=3, pose_directions=True):
    """Random arrays of the right form."""
    generator = np.random.default_rng(seed)
    weights = generator.random((vertex_count, 24)) ** 8
    regressor = generator.random((24, vertex_count)) ** 8
    return model.Body(
        name="made up",
        template=generator.normal(size=(vertex_count, 3)) * (0.3, 0.6, 0.1),
        faces=np.zeros((1, 3), dtype=np.int64),
        shape_directions=generator.normal(size=(vertex_count, 3, 10)) * 0.03,
        pose_directions=generator.normal(size=(vertex_count, 3, 207)) * 0.01 if pose_directions else None,
        joint_regressor=regressor / regressor.sum(axis=1, keepdims=True),
        weights=weights / weights.sum(axis=1, keepdims=True),
        licence="",
    )


def pose_plainly(body, pose, betas, trans):
    """One frame by 4 x 4 matrices, as in Loper 2015, equations 2-4 and 8-11."""
    local = axis_angle_to_matrix(pose)
    shaped = body.template + body.shape_directions @ betas
    rest = body.joint_regressor @ shaped
    if body.pose_directions is not None:
        shaped = shaped + body.pose_directions @ (local[1:] - np.eye(3)).ravel()
    world, skin = [], []
    for joint, parent in enumerate(skeleton.PARENTS):
        step = np.eye(4)
        step[:3, :3] = local[joint]
        step[:3, 3] = rest[joint] - (rest[parent] if parent >= 0 else 0)
        world.append(step if parent < 0 else world[parent] @ step)
        back = np.eye(4)
        back[:3, 3] = -rest[joint]
        skin.append(world[joint] @ back)
    blended = np.einsum("vj,jab->vab", body.weights, np.array(skin))
    homogeneous = np.concatenate([shaped, np.ones((len(shaped), 1))], axis=1)
    vertices = np.einsum("vab,vb->va", blended, homogeneous)[:, :3]
    return vertices + trans, np.array(world)[:, :3, 3] + trans


@pytest.mark.parametrize("pose_directions", [True, False])
@pytest.mark.parametrize("betas_each_frame", [True, False])
def test_posing_is_the_papers_definition(pose_directions, betas_each_frame):
    body = made_up_body(pose_directions=pose_directions)
    generator = np.random.default_rng(0)
    frame_count = model.CHUNK_FRAMES + 1  # one more than fits in a chunk
    poses = generator.normal(size=(frame_count, 24, 3))
    betas = generator.normal(size=(frame_count, 10) if betas_each_frame else 10)
    trans = generator.normal(size=(frame_count, 3))
    vertices, joints = model.pose_body(body, poses, betas, trans)
    for frame in range(frame_count):
        expected = pose_plainly(body, poses[frame], betas[frame] if betas_each_frame else betas, trans[frame])
        np.testing.assert_allclose(vertices[frame], expected[0], atol=1e-12)
        np.testing.assert_allclose(joints[frame], expected[1], atol=1e-12)


@pytest.mark.skipif(
    not (SHARED / "goldens").exists(), reason="the reference values are not beside the repository"
)
def test_posing_agrees_with_the_reference_implementation(monkeypatch):
    monkeypatch.syspath_prepend(str(SHARED / "goldens"))
    seeded_weights = importlib.import_module("seeded_weights")
    arrays = seeded_weights.synthetic_smpl()
    wide = {key: np.asarray(value, dtype=np.float64) for key, value in arrays.items()}
    body = model.Body(
        "synthetic", wide["v_template"], np.zeros((1, 3), np.int64), wide["shapedirs"], wide["posedirs"],
        wide["J_regressor"], wide["weights"], "",
    )  # fmt: skip
    with np.load(SHARED / "goldens" / "smpl_lbs_prior.npz") as golden:
        poses = golden["pose"].reshape(-1, 24, 3)
        vertices, joints = model.pose_body(body, poses, golden["betas"], np.zeros((len(poses), 3)))
        np.testing.assert_allclose(vertices, golden["verts"], atol=1e-5)
        np.testing.assert_allclose(joints, golden["joints"], atol=1e-5)


def test_rest_joints_are_the_regressed_rest_vertices():
    body = made_up_body()
    betas = np.random.default_rng(1).normal(size=(2, 4, 10))
    expected = np.einsum("jv,...vc->...jc", body.joint_regressor, model.rest_vertices(body, betas))
    assert expected.shape == (2, 4, 24, 3)
    np.testing.assert_allclose(model.rest_joints(body, betas), expected, atol=1e-13)
    np.testing.assert_allclose(model.rest_joints(body, betas[0, 0]), expected[0, 0], atol=1e-13)


def test_the_root_turns_about_its_rest_joint():
    body = made_up_body()
    poses = np.zeros((2, 24, 3))
    poses[1, 0] = (0.5, 1.0, -2.0)
    _, joints = model.pose_body(body, poses, np.ones(10), np.array([[0, 0, 0], [1.0, 2, 3]]))
    rest = model.rest_joints(body, np.ones(10))
    np.testing.assert_allclose(joints[0], rest, atol=1e-13)
    np.testing.assert_allclose(joints[1, 0], rest[0] + (1, 2, 3), atol=1e-13)


def test_forward_kinematics_broadcasts_one_skeleton_over_many_poses():
    joints = model.rest_joints(made_up_body(), np.zeros(10))
    rotations = axis_angle_to_matrix(np.random.default_rng(2).normal(size=(5, 24, 3)))
    turned, positions = model.forward_kinematics(rotations, joints)
    one_turned, one_positions = model.forward_kinematics(rotations[3], joints)
    np.testing.assert_array_equal(turned[3], one_turned)
    np.testing.assert_array_equal(positions[3], one_positions)
    bones = np.linalg.norm(positions[:, 1:] - positions[:, skeleton.PARENTS[1:]], axis=-1)
    rest_bones = np.linalg.norm(joints[1:] - joints[skeleton.PARENTS[1:]], axis=-1)
    np.testing.assert_allclose(bones, np.broadcast_to(rest_bones, bones.shape), atol=1e-12)


def test_no_frames_is_no_failure():
    vertices, joints = model.pose_body(made_up_body(), np.zeros((0, 24, 3)), np.zeros(10), np.zeros((0, 3)))
    assert vertices.shape == (0, 300, 3) and joints.shape == (0, 24, 3)


def test_working_memory_does_not_grow_with_the_clip():
    """A matrix for every vertex of every frame would be four times the result."""
    body = made_up_body(vertex_count=2000, pose_directions=False)
    frame_count = 200
    tracemalloc.start()
    vertices, _ = model.pose_body(
        body, np.zeros((frame_count, 24, 3)), np.zeros(10), np.zeros((frame_count, 3))
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * vertices.nbytes


@pytest.fixture(scope="module")
def free_body():
    return load_body("free")


def test_free_body_stands_as_smpl_stands(free_body):
    """Y up, facing +Z, +X its left, the pelvis at the origin, metres, arms out."""
    index = skeleton.JOINT_INDEX
    joints = model.rest_joints(free_body, np.zeros(10))
    height = np.ptp(free_body.template[:, 1])
    assert 1.6 < height < 1.8
    assert np.linalg.norm(joints[index["pelvis"]]) < 0.01
    assert joints[index["head"], 1] > joints[index["neck"], 1] > joints[index["spine1"], 1] > 0
    assert (
        joints[index["left_wrist"], 0]
        > joints[index["left_elbow"], 0]
        > joints[index["left_shoulder"], 0]
        > 0
    )
    assert abs(joints[index["left_wrist"], 1] - joints[index["left_shoulder"], 1]) < 0.05
    assert joints[index["left_foot"], 2] > joints[index["left_ankle"], 2] + 0.05


def test_free_body_is_whole(free_body):
    vertex_count = len(free_body.template)
    assert set(np.unique(free_body.faces)) == set(range(vertex_count))
    np.testing.assert_allclose(free_body.weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(free_body.joint_regressor.sum(axis=1), 1, atol=1e-6)
    assert free_body.weights.min() >= 0 and free_body.joint_regressor.min() >= 0
    a, b, c = np.moveaxis(free_body.template[free_body.faces], 1, 0)
    volume = np.einsum("ij,ij->", a, np.cross(b, c)) / 6
    assert 0.04 < volume < 0.12, "the faces look outwards and hold a person's volume in cubic metres"


def test_free_body_first_beta_makes_it_taller(free_body):
    short, tall = model.rest_vertices(free_body, np.array([-1.0, 1.0])[:, None] * np.eye(10)[0])
    assert np.ptp(tall[:, 1]) > np.ptp(short[:, 1]) + 0.05


def test_free_body_is_its_own_mirror_image(free_body):
    """A mirrored pose gives the mirrored body, so that artists can mirror what they make."""
    vertices = free_body.template
    flip = np.array([-1.0, 1.0, 1.0])
    distances, mirrored = KDTree(vertices).query(vertices * flip)
    assert np.max(distances) < 1e-6
    names: list[str] = list(skeleton.JOINT_NAMES)
    swap = {"left": "right", "right": "left"}
    other = [names.index("_".join(swap.get(part, part) for part in name.split("_"))) for name in names]
    pose = np.random.default_rng(4).normal(size=(24, 3)) * 0.4
    betas = np.random.default_rng(5).normal(size=10)
    mirrored_pose = pose[other] * (1, -1, -1)
    both = np.stack([pose, mirrored_pose])
    posed, joints = model.pose_body(free_body, both, betas, np.zeros((2, 3)))
    np.testing.assert_allclose(posed[1], (posed[0] * flip)[mirrored], atol=1e-4)
    np.testing.assert_allclose(joints[1], (joints[0] * flip)[other], atol=1e-4)
