"""HMR in torch."""

from typing import Any

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix
from human_mesh_recovery.tests import hmr_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import golden

torch = pytest.importorskip("torch")

from human_mesh_recovery.inference_server.networks.hmr.estimate import Estimate
from human_mesh_recovery.inference_server.networks.hmr.original import OriginalHmr, as_estimate
from human_mesh_recovery.inference_server.networks.hmr.spin import SpinHmr
from human_mesh_recovery.inference_server.networks.rotation import axis_angle_matrices, rotation_matrices


def test_the_names_are_the_published_ones():
    with torch.device("meta"):
        state = SpinHmr().state_dict()
    known = samples.facts("spin_hmr_keys.json")["keys"]
    assert {name: list(value.shape) for name, value in state.items()} == known


def estimates_of(model: SpinHmr | OriginalHmr, features: Any, iterations: int) -> list[Estimate]:
    if isinstance(model, SpinHmr):
        return model.regress(features, iterations)
    return [as_estimate(theta) for theta in model.regress(features, iterations)]


def test_a_new_network_stands_before_the_camera():
    """Its last layers hardly do anything yet: the corrections are small."""
    torch.manual_seed(0)
    for model in (SpinHmr(), OriginalHmr()):
        with torch.no_grad():
            (estimate,) = estimates_of(model.eval(), torch.zeros(2, 2048), 1)
        upright = np.diag([1.0, -1.0, -1.0])
        assert np.abs(estimate.rotations[:, 0].numpy() - upright).max() < 0.2
        assert np.abs(estimate.rotations[:, 1:].numpy() - np.eye(3)).max() < 0.2
        assert np.abs(estimate.camera.numpy() - [0.9, 0, 0]).max() < 0.2


@pytest.mark.parametrize("form", [SpinHmr, OriginalHmr])
def test_every_iteration_is_given_and_learns(form: type[SpinHmr | OriginalHmr]):
    torch.manual_seed(1)
    model = form().eval()
    features = torch.randn(2, 2048, requires_grad=True)
    estimates = estimates_of(model, features, 4)
    assert len(estimates) == 4
    for estimate in estimates:
        assert estimate.rotations.shape == (2, 24, 3, 3)
        assert estimate.betas.shape == (2, 10) and estimate.camera.shape == (2, 3)
        (gradient,) = torch.autograd.grad(estimate.camera.sum(), features, retain_graph=True)
        assert gradient.abs().max() > 0
    torch.testing.assert_close(estimates_of(model, features, 2)[-1].camera, estimates[1].camera)


def test_rotations_are_the_authors():
    known = golden("spin_hmr")
    made = rotation_matrices(torch.from_numpy(known["rot6d_in"]))
    assert np.abs(made.numpy() - known["rot6d_out"]).max() < 1e-5
    made = axis_angle_matrices(torch.from_numpy(known["rodrigues_in"]))
    assert np.abs(made.numpy() - known["rodrigues_out"]).max() < 1e-5


def test_axis_angles_are_exact_and_have_a_gradient_where_nothing_is_turned():
    turns = torch.tensor([[0.0, 0, 0], [1e-7, 0, 0], [0, 1e-3, 0], [2, -1, 0.5]], dtype=torch.float64)
    turns.requires_grad_()
    made = axis_angle_matrices(turns)
    assert np.abs(made.detach().numpy() - axis_angle_to_matrix(turns.detach().numpy())).max() < 1e-12
    made[..., 2, 1].sum().backward()
    assert turns.grad is not None
    assert torch.isfinite(turns.grad).all()
    assert turns.grad[0].tolist() == pytest.approx([1, 0, 0])
