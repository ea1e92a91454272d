"""What HMR is trained with: its losses by hand, its discriminators, its targets and its pool of poses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.training.motions import mirror
from human_mesh_recovery.inference_server.training.pictures.augment import UNCHANGED, Change
from human_mesh_recovery.inference_server.training.pictures.named_points import (
    COMMON,
    POINT_NAMES,
    attach_points,
    named_points,
)
from human_mesh_recovery.inference_server.training.pictures.person import People
from human_mesh_recovery.inference_server.training.pictures.sources import read_people
from human_mesh_recovery.tests import picture_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import small_body

torch = pytest.importorskip("torch")

from torch import Tensor

from human_mesh_recovery.inference_server.networks.hmr.estimate import Estimate
from human_mesh_recovery.inference_server.training.hmr import losses as hmr_losses
from human_mesh_recovery.inference_server.training.hmr.batches import Batch, make_batch
from human_mesh_recovery.inference_server.training.hmr.discriminators import COUNT, Discriminators
from human_mesh_recovery.inference_server.training.hmr.form import body_on, form_of, points
from human_mesh_recovery.inference_server.training.hmr.losses import Weights, losses, project
from human_mesh_recovery.inference_server.training.hmr.pose_pool import PosePool, read_pool
from human_mesh_recovery.inference_server.training.hmr.targets import make_targets

P = len(POINT_NAMES)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> People:
    folder = tmp_path_factory.mktemp("figures")
    samples.write_rendered(folder, 4)
    return read_people(folder, load_body("free"))


def estimate(pose: np.ndarray, betas: np.ndarray, camera: list[float]) -> Estimate:
    count = len(pose)
    rotations = torch.from_numpy(axis_angle_to_matrix(pose)).float()
    return Estimate(rotations, torch.from_numpy(betas).float(), torch.tensor([camera] * count))


def a_batch(count: int = 1) -> Batch:
    """Of nothing that is known."""
    none = torch.zeros(count, 1)
    rotations = torch.eye(3).expand(count, 24, 3, 3)
    return Batch(
        none, torch.zeros(count, P, 2), torch.zeros(count, P, 1), torch.zeros(count, P, 3), torch.zeros(count, P, 1),
        rotations, torch.zeros(count, 10), none, none, torch.zeros(0, 23, 3, 3), torch.zeros(0, 10),
    )  # fmt: skip


def test_the_reprojection_is_as_the_camera_is_defined():
    posed = torch.tensor([[[0.5, -0.25, 3.0], [0.0, 1.0, -2.0]]])
    camera = torch.tensor([[0.8, 0.1, -0.05]])
    assert project(posed, camera).tolist() == [[pytest.approx([0.48, -0.24]), pytest.approx([0.08, 0.76])]]
    truth = torch.tensor([[[0.5, 0.0], [7.0, 7.0]]])
    known = torch.tensor([[[1.0], [0.0]]])
    loss = hmr_losses.reprojection_loss(project(posed, camera), truth, known)
    assert loss.item() == pytest.approx((0.02 + 0.24) / 2), "the mean of what is annotated alone"
    assert hmr_losses.reprojection_loss(truth, truth + 1, 0 * known).item() == 0


def test_joints_are_compared_from_the_hips():
    found = torch.zeros(2, P, 3)
    found[:, 5] = torch.tensor([0.3, 0.0, -0.1])
    truth = torch.full((2, P, 3), 4.0)  # moved as a whole, which does not count
    known = torch.zeros(2, P, 1)
    known[:, [1, 2, 5]] = 1
    known[1, 2] = 0  # whose right hip is not known
    loss = hmr_losses.joint_loss(found, truth, known)
    assert loss.item() == pytest.approx((0.3**2 + 0.1**2) / 9 / 2, rel=1e-5)


def test_all_parts_are_those_worked_out_by_hand_and_the_last_estimate_counts():
    form = form_of(load_body("free"))
    body = body_on(form, torch.device("cpu"))
    random = np.random.default_rng(0)
    pose, betas = random.normal(0, 0.3, (2, 24, 3)), random.normal(size=(2, 10))
    truth = torch.from_numpy(axis_angle_to_matrix(pose)).float()
    last = estimate(pose + random.normal(0, 0.1, pose.shape), betas + 0.5, [0.9, 0.0, 0.1])
    first = estimate(random.normal(size=pose.shape), betas + 9, [3.0, 1.0, 1.0])
    posed = points(body, last.rotations, last.betas)
    batch = replace(
        a_batch(2), rotations=truth, betas=torch.from_numpy(betas).float(),
        pose_known=torch.tensor([[1.0], [0.0]]), betas_known=torch.tensor([[1.0], [0.0]]),
        places=project(posed, last.camera) + 0.25, places_known=torch.ones(2, P, 1),
        relative=posed + torch.tensor([0.0, 0.0, 0.2]), relative_known=torch.ones(2, P, 1),
    )  # fmt: skip
    loss = losses([first, last], batch, body, None, Weights())
    assert loss.reprojection.item() == pytest.approx(60 * 0.25, rel=1e-5)
    assert loss.joints.item() == pytest.approx(0, abs=1e-6), "only the distance is off"
    wanted = (last.rotations - truth)[0].square().sum() + 10 * 0.25
    assert loss.parameters.item() == pytest.approx(60 * wanted.item() / 226 / 2, rel=1e-4)
    assert loss.adversarial.item() == 0
    assert loss.total.item() == pytest.approx(sum(part.item() for part in loss.parts.values()), rel=1e-6)
    halved = losses([last], batch, body, None, Weights(30, 30, 30))
    assert halved.total.item() == pytest.approx(loss.total.item() / 2, rel=1e-5)
    turned = losses([last], batch, body, None, Weights(betas=0.0))
    assert turned.parameters.item() == pytest.approx(60 * (wanted.item() - 2.5) / 226 / 2, rel=1e-4)


def test_the_gradients_are_those_of_finite_differences():
    form = form_of(load_body("free"))
    body = body_on(form, torch.device("cpu"))
    body = type(body)(**{
        name: value.double() if value.is_floating_point() else value for name, value in vars(body).items()
    })  # fmt: skip
    random = np.random.default_rng(1)
    rotations = torch.from_numpy(axis_angle_to_matrix(random.normal(0, 0.3, (1, 24, 3))))
    torch.manual_seed(0)
    judges = Discriminators().double()
    batch = replace(
        a_batch(), places=torch.from_numpy(random.normal(size=(1, P, 2))), places_known=torch.ones(1, P, 1),
        relative=torch.from_numpy(random.normal(size=(1, P, 3))), relative_known=torch.ones(1, P, 1),
        pose_known=torch.ones(1, 1), betas_known=torch.ones(1, 1), rotations=torch.eye(3).double().expand(1, 24, 3, 3),
    )  # fmt: skip

    def total(betas: Tensor, camera: Tensor) -> Tensor:
        return losses([Estimate(rotations, betas, camera)], batch, body, judges, Weights()).total

    betas = torch.from_numpy(random.normal(size=(1, 10))).requires_grad_()
    camera = torch.tensor([[0.9, 0.1, 0.2]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(total, (betas, camera), eps=1e-7, atol=1e-3)


def test_there_are_25_discriminators_and_each_sees_its_own():
    torch.manual_seed(0)
    judges = Discriminators()
    rotations, betas = torch.randn(3, 23, 3, 3), torch.randn(3, 10)
    judged = judges(rotations, betas)
    assert judged.shape == (3, COUNT) == (3, 25)
    other = rotations.clone()
    other[:, 4] += 1
    changed = (judges(other, betas) != judged).any(dim=0)
    assert changed.nonzero().flatten().tolist() == [4, 23], "the joint's own and that of all joints"
    changed = (judges(rotations, betas + 1) != judged).any(dim=0)
    assert changed.nonzero().flatten().tolist() == [24], "the shape's alone"
    assert hmr_losses.taken_for_people(torch.full((4, 25), 0.5)).item() == pytest.approx(25 / 4)
    apart = hmr_losses.told_apart(torch.full((2, 25), 0.5), torch.full((6, 25), 0.1))
    assert apart.item() == pytest.approx(25 * (0.25 + 0.01))


def test_discriminators_see_all_iterations_but_not_the_root():
    pose = np.random.default_rng(2).normal(0, 0.3, (2, 24, 3))
    first, last = (estimate(pose + change, np.full((2, 10), change), [1.0, 0, 0]) for change in (0.0, 0.1))
    rotations, betas = hmr_losses.made_up([first, last])
    assert rotations.shape == (4, 23, 3, 3) and betas[:, 0].tolist() == pytest.approx([0, 0, 0.1, 0.1])
    assert torch.equal(rotations[2:], last.rotations[:, 1:])
    judges = Discriminators()
    body = body_on(form_of(load_body("free")), torch.device("cpu"))
    loss = losses([first, last], a_batch(2), body, judges, Weights(adversarial=2.0))
    wanted = hmr_losses.taken_for_people(judges(rotations, betas))
    assert loss.adversarial.item() == pytest.approx(2 * wanted.item(), rel=1e-5)


@pytest.mark.parametrize("body", [load_body("free"), small_body()], ids=["free", "another"])
def test_named_points_are_the_same_in_torch_and_in_numpy(body):
    random = np.random.default_rng(3)
    pose, betas = random.normal(0, 0.3, (24, 3)), random.normal(size=10)
    rotations, form = axis_angle_to_matrix(pose), form_of(body)
    found = named_points(body, attach_points(body), rotations, betas)
    given = (torch.from_numpy(values)[None].float() for values in (rotations, betas))
    of_torch = points(body_on(form, torch.device("cpu")), *given)
    assert found.shape == (P, 3) and np.abs(found - of_torch[0].numpy()).max() < 1e-5
    vertices, joints = pose_body(body, pose, betas, np.zeros(3))
    assert np.abs(found[:24] - joints[0]).max() < 1e-9
    if body.name == "free":
        crown = vertices[0, body.template[:, 1].argmax()]
        assert np.linalg.norm(found[-1] - crown) < 0.02, "the crown goes with the head"
    assert [POINT_NAMES[row] for row in COMMON][-2:] == ["neck", "head_top"] and len(set(COMMON)) == 14


@pytest.mark.parametrize("change", [UNCHANGED, Change(0.9, 0.0, mirrored=True), Change(1.1, 0.4)])
def test_targets_of_a_figure_agree_with_each_other(free: People, change: Change):
    person, body = free.people[0], load_body("free")
    form = form_of(body)
    targets = make_targets(person, form, change, 64)
    assert targets.crop.shape == (3, 64, 64) and targets.places_known.all() and targets.relative_known.all()
    given = (torch.from_numpy(values)[None] for values in (targets.rotations, targets.betas))
    posed = points(body_on(form, torch.device("cpu")), *given)[0].numpy()
    assert np.abs(posed - posed[0] - targets.relative).max() < 0.01
    # a weak-perspective camera comes near to what the true one sees
    flat, places = posed[:, :2] - posed[:, :2].mean(axis=0), targets.places - targets.places.mean(axis=0)
    scale = (flat * places).sum() / (flat**2).sum()
    assert np.abs(scale * flat - places).max() < 0.1, "as far as it can"
    assert np.abs(targets.places[:24]).max() < 1 and np.ptp(targets.places[:24], axis=0).max() > 1.1
    red, green, blue = targets.crop.max(axis=(1, 2)).tolist()
    assert red > 1.4 and red > green > blue, "less ImageNet's mean, and over its deviation"


def test_what_is_not_annotated_is_not_known(free: People):
    person, form = free.people[0], form_of(load_body("free"))
    flat = make_targets(replace(person, joints_3d=None, fit=None), form, UNCHANGED, 64)
    assert flat.places_known[:24].all() and not flat.places_known[24:].any()
    assert not flat.relative_known.any() and not flat.pose_known.any() and not flat.betas_known.any()
    assert person.joints_2d is not None and person.fit is not None
    beside = make_targets(replace(person, joints_2d=person.joints_2d + [60.0, 0, 0]), form, UNCHANGED, 64)
    assert not beside.pose_known.any(), "a fit that is beside the person"
    odd = replace(person.fit, betas=np.full(10, 9.0))
    strange = make_targets(replace(person, fit=odd, joints_2d=None), form, UNCHANGED, 64)
    assert strange.pose_known.all() and not strange.betas_known.any() and not strange.betas.any()
    with pytest.raises(RecoveryError, match="shows nothing of the box"):
        make_targets(replace(person, box=np.zeros(4), joints_2d=None), form, UNCHANGED, 64)


def test_the_pool_draws_poses_of_its_motion(free: People, tmp_path: Path):
    random = np.random.default_rng(4)
    poses = random.normal(0, 0.3, (8, 24, 3))
    np.savez(tmp_path / "motion.npz", poses=poses, clip=np.arange(8))
    pool = read_pool(tmp_path / "motion.npz")
    assert len(pool.rotations) == 7, "one clip is kept apart"
    rotations, betas = pool.draw(np.random.default_rng(5), 200)
    assert rotations.shape == (200, 23, 3, 3) and abs(betas.std() - 1) < 0.05
    both = np.concatenate([pool.rotations, mirror(pool.rotations)])[:, 1:]
    nearest = np.abs(rotations[:, None] - both).max(axis=(2, 3, 4))
    assert nearest.min(axis=1).max() < 1e-6 and len(set(nearest.argmin(axis=1).tolist())) == 14
    mean = PosePool(axis_angle_to_matrix(np.tile(poses[:1], (3, 1, 1))).astype(np.float32)).mean()
    assert np.allclose(np.linalg.det(mean), 1) and np.allclose(mirror(mean), mean, atol=1e-6)
    same = np.zeros((2, 24, 3))
    same[:, 4, 0] = 0.7  # both knees, so that mirrors agree
    same[:, 5, 0] = 0.7
    mean = PosePool(axis_angle_to_matrix(same).astype(np.float32)).mean()
    assert np.allclose(matrix_to_axis_angle(mean)[[4, 5], 0], 0.7, atol=1e-5)
    with pytest.raises(RecoveryError, match="No motion could be read"):
        read_pool(tmp_path / "gone.npz")
    batch = make_batch(form_of(load_body("free")), pool, 64, free.people[:2], random)
    assert batch.crop.shape == (2, 3, 64, 64) and batch.real_rotations.shape == (6, 23, 3, 3)
    assert len(make_batch(form_of(load_body("free")), None, 64, free.people[:2], random).real_betas) == 0
