"""What I2L-MeshNet is trained with: its losses by hand, its targets, its batches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.lixel_layout.kinds import BODY
from human_mesh_recovery.inference_server.methods.i2l_meshnet.crops import square_around
from human_mesh_recovery.inference_server.methods.i2l_meshnet.lixels import to_picture
from human_mesh_recovery.tests import picture_samples as samples

torch = pytest.importorskip("torch")

from torch import Tensor

from human_mesh_recovery.inference_server.networks.i2l_meshnet.lixel_net import Lixels
from human_mesh_recovery.inference_server.networks.i2l_meshnet.model import Output
from human_mesh_recovery.inference_server.training.batches import stream
from human_mesh_recovery.inference_server.training.i2l_meshnet import training
from human_mesh_recovery.inference_server.training.i2l_meshnet.batches import Batch, people_batches
from human_mesh_recovery.inference_server.training.i2l_meshnet.form import form_of_body
from human_mesh_recovery.inference_server.training.i2l_meshnet.losses import (
    edge_loss,
    lixel_losses,
    normal_loss,
)
from human_mesh_recovery.inference_server.training.i2l_meshnet.targets import make_targets
from human_mesh_recovery.inference_server.training.pictures.augment import UNCHANGED, Change
from human_mesh_recovery.inference_server.training.pictures.person import People
from human_mesh_recovery.inference_server.training.pictures.sources import read_people


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    samples.write_rendered(folder, 4)
    return folder


@pytest.fixture(scope="module")
def free(figures: Path) -> People:
    return read_people(figures, load_body("free"))


def a_batch(joints: int, vertices: int, count: int = 1) -> Batch:
    """Of nothing that is known."""
    none = torch.zeros(count, 1)
    points, known = torch.zeros(count, joints, 3), torch.zeros(count, joints, 1)
    surface, surface_known = torch.zeros(count, vertices, 3), torch.zeros(count, vertices, 1)
    rotations = torch.eye(3).expand(count, 24, 3, 3)
    return Batch(
        none, points, points, points, known, points, known, surface, surface_known, rotations,
        torch.zeros(count, 10), none,
    )  # fmt: skip


def an_output(joints: Tensor, vertices: Tensor) -> Output:
    return Output(Lixels(joints, joints), Lixels(vertices, vertices), None, None)


def test_the_lixels_losses_are_those_worked_out_by_hand():
    joints, vertices = (
        torch.full((1, 2, 3), 10.0),
        torch.tensor([[[0.0, 0, 0], [3, 0, 0], [0, 4, 0], [9, 9, 9]]]),
    )
    joints.requires_grad_()
    vertices.requires_grad_()
    faces, regressor = torch.tensor([[0, 1, 2], [1, 2, 3]]), torch.tensor([[0.5, 0.5, 0, 0], [0, 0, 1, 0]])
    batch = replace(
        a_batch(2, 4),
        joints=torch.tensor([[[11.0, 12, 13], [10, 10, 14]]]),
        joints_known=torch.tensor([[[1.0, 1, 0], [0, 0, 0]]]),  # the first in 2D, the second not at all
        fit_joints=torch.full((1, 2, 3), 4.0),
        fit_joints_known=torch.tensor([[[0.0], [1]]]),
        vertices=torch.tensor([[[0.0, 0, 0], [3, 0, 0], [0, 0, 4], [5, 5, 5]]]),
        vertices_known=torch.tensor([[[1.0], [1], [1], [0]]]),
    )
    losses = lixel_losses(an_output(joints, vertices), batch, faces, regressor)
    assert losses.joints.item() == pytest.approx((1 + 2) / 6)
    assert losses.fit_joints.item() == pytest.approx(3 * 6 / 6)
    assert losses.vertices.item() == pytest.approx((4 + 4) / 12), "the fourth is not known"
    assert losses.mesh_joints.item() == pytest.approx((11 - 1.5 + 12) / 6)
    assert losses.mesh_fit_joints.item() == pytest.approx((4 + 0 + 4) / 6)
    # of the first face two edges stand on the true face, by 4 of 4 and 4 of 5; the second face is not known
    assert losses.normals.item() == pytest.approx(0.1 * (0 + 1 + 0.8) / 6)
    # all lengths are right; of the second face one edge, the first's third, is known
    assert losses.edges.item() == pytest.approx(0.0, abs=1e-6)
    assert len(losses.parts) == 7
    assert losses.total.item() == pytest.approx(sum(part.item() for part in losses.parts.values()))
    losses.total.backward()
    assert joints.grad is not None and vertices.grad is not None
    assert joints.grad[0, 0].tolist() == pytest.approx([-1 / 6, -1 / 6, 0]), "no depth is learnt from 2D"
    assert joints.grad[0, 1].tolist() == pytest.approx([1 / 6] * 3), "only from the fit"
    assert not vertices.grad[0, 3].any(), "what is not known is not learnt"


def test_edges_and_normals_are_compared_where_their_ends_are_known():
    truth = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    faces = torch.tensor([[0, 1, 2]])
    known = torch.ones(1, 3, 1)
    assert edge_loss(3 * truth, truth, known, faces).item() == pytest.approx((2 + 2 + 2 * 2**0.5) / 3)
    assert normal_loss(3 * truth, truth, known, faces).item() == pytest.approx(0, abs=1e-6)
    known[0, 2] = 0
    assert edge_loss(3 * truth, truth, known, faces).item() == pytest.approx(2 / 3)
    assert normal_loss(truth[..., [2, 0, 1]], truth, known, faces).item() == 0
    flat = torch.zeros(1, 3, 3, requires_grad=True)
    (edge_loss(flat, truth, torch.ones(1, 3, 1), faces) + normal_loss(flat, truth, known, faces)).backward()
    assert flat.grad is not None and flat.grad.isfinite().all(), "edges of no length do no harm"


def test_the_parameters_losses_reach_the_pose_and_the_shape():
    body = load_body("free")
    random = np.random.default_rng(0)
    pose, betas = random.normal(0, 0.3, (2, 24, 3)), random.normal(size=(2, 10))
    rotations = torch.from_numpy(axis_angle_to_matrix(pose)).float()
    loss = training._losses(form_of_body(body), torch.device("cpu"))[training.PARAMETERS]
    _, joints = pose_body(body, pose, betas, np.zeros(3))
    relative = torch.zeros(2, 29, 3)
    relative[:, :24] = torch.from_numpy(joints - joints[:, :1])
    known = torch.ones(2, 29, 1)
    known[:, 24:] = 0
    batch = replace(
        a_batch(29, 5, 2), rotations=rotations, betas=torch.from_numpy(betas).float(),
        pose_known=torch.tensor([[1.0], [0.0]]), relative=relative, relative_known=known,
    )  # fmt: skip
    none = Lixels(relative, relative)
    truth = loss(Output(none, none, rotations, batch.betas), batch)
    assert truth.total.item() < 1e-5, "the truth costs nothing"
    off = batch.betas.clone()
    off[:, 0] += 1
    off.requires_grad_()
    losses = loss(Output(none, none, rotations, off), batch)
    parts = losses.parts
    assert parts["shape"].item() == pytest.approx(1 / 20), "of the second the shape is not known"
    assert parts["joints"] > 1e-4 and parts["pose"].item() == 0
    losses.total.backward()
    assert off.grad is not None and off.grad[1].any(), "whose joints are known learns from these"


def test_targets_are_where_the_method_puts_lixels(free: People):
    body, person = load_body("free"), free.people[0]
    form = form_of_body(body)
    targets = make_targets(person, form, UNCHANGED)
    assert person.fit is not None and person.view is not None and person.joints_3d is not None
    vertices = pose_body(body, person.fit.pose, person.fit.betas, person.fit.trans)[0][0]
    square = square_around(person.box, samples.SIDE, samples.SIDE)
    assert square is not None and targets.vertices_known.all() and targets.pose_known == 1
    placed = to_picture(targets.vertices, square.to_image, BODY.depth)
    assert np.abs(placed[:, :2] - person.view.project(vertices)).max() < 1e-2
    root = (form.joint_regressor @ vertices)[0, 2]
    assert np.abs(placed[:, 2] - (vertices[:, 2] - root)).max() < 1e-4
    assert np.abs(form.joint_regressor @ vertices - form.joint_regressor @ vertices).max() == 0
    pixels = to_picture(targets.joints, square.to_image, BODY.depth)[:24]
    assert np.abs(pixels[:, :2] - person.view.project(person.joints_3d)).max() < 1e-2
    assert targets.joints_known[:24].all() and not targets.joints_known[24:].any(), (
        "the face is in the fit alone"
    )
    face = targets.fit_joints[24:]
    assert targets.fit_joints_known.all() and np.linalg.norm(face[0, :2] - face[1, :2]) < 3
    assert face[1, 0] > face[2, 0] and face[0, 2] < targets.fit_joints[15, 2], "it looks into the camera"
    assert np.allclose(targets.relative[:24], person.joints_3d - person.joints_3d[0], atol=1e-6)
    # turned, the root turns with the picture, and the joints follow
    turned = make_targets(person, form, Change(turn=0.4, mirrored=True))
    pose = matrix_to_axis_angle(turned.rotations.astype(np.float64))
    joints = pose_body(body, pose, person.fit.betas, np.zeros(3))[1][0]
    assert np.abs(joints - joints[0] - turned.relative[:24]).max() < 0.01


def test_what_lies_outside_is_not_counted(free: People):
    person, form = free.people[0], form_of_body(load_body("free"))
    near = make_targets(person, form, Change(scale=0.3))
    assert not near.vertices_known.all() and near.vertices_known.any() and not near.joints_known.all()
    inside = (near.joints >= 0) & (near.joints < 64)
    assert inside[near.joints_known > 0].all()
    assert person.joints_2d is not None and person.view is not None
    flat = make_targets(replace(person, joints_3d=None, fit=None), form, UNCHANGED)
    assert flat.joints_known[:24].tolist() == [[1, 1, 0]] * 24 and not flat.relative_known.any()
    assert not flat.vertices_known.any() and not flat.fit_joints_known.any() and not flat.pose_known.any()
    shifted = replace(person, joints_2d=person.joints_2d + [25.0, 0, 0])
    far = make_targets(shifted, form, UNCHANGED)
    assert not far.vertices_known.any() and not far.pose_known.any(), "a fit that is beside the person"
    with pytest.raises(RecoveryError, match="shows nothing of the box"):
        make_targets(replace(person, box=person.box + [1000, 0, 0, 0]), form, UNCHANGED)


def test_batches_follow_from_the_seed_and_the_step(free: People):
    body = load_body("free")
    flat = People("2D", [replace(person, fit=None, joints_3d=None) for person in free.people[:1]], flat=True)
    batches = people_batches([free, flat], form_of_body(body), 4, seed=3)
    assert batches.epoch == 2, "four people, two a batch"
    first, second = stream(batches, 0, 2, 0)
    (again,) = stream(batches, 1, 2, 0)
    assert torch.equal(second.crop, again.crop) and torch.equal(second.vertices, again.vertices)
    assert first.vertices_known.any(dim=1)[:, 0].tolist() == [True, True, False, False], "half is known in 3D"
    seen = [id(person) for step in (0, 1) for person in batches.people(step)[:2]]
    assert len(set(seen)) == 4, "everybody once an epoch"
    gone = People("gone", [replace(free.people[0], picture=Path("gone.jpg"))], flat=False)
    with pytest.raises(RecoveryError, match=r"gone\.jpg"):
        next(stream(people_batches([gone], form_of_body(body), 2, 0), 0, 1, 0))
