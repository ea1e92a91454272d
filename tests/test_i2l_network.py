"""I2L-MeshNet in torch: its names, Pose2Feat without the authors' volume, and what spread means."""

import pytest

from human_mesh_recovery.inference_server.lixel_layout.kinds import GRID, KINDS, LixelKind
from human_mesh_recovery.tests import i2l_samples as samples

torch = pytest.importorskip("torch")

from torch import Tensor

from human_mesh_recovery.inference_server.networks.i2l_meshnet.lixel_net import moments
from human_mesh_recovery.inference_server.networks.i2l_meshnet.model import I2LMeshNet
from human_mesh_recovery.inference_server.networks.i2l_meshnet.pose_features import Pose2Feat
from human_mesh_recovery.inference_server.networks.rotation import rotation_matrices

SIGMA = 2.5


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(module: Pose2Feat, features: Tensor, joints: Tensor) -> Tensor:
    """The paper's form: the joints' Gaussians in a volume, whose slices along z are channels (Moon 2020)."""
    places = torch.arange(GRID)
    z, y, x = torch.meshgrid(places, places, places, indexing="ij")
    grid = torch.stack([x, y, z], dim=-1)
    distances = (grid - joints[:, :, None, None, None]).square().sum(-1)
    volume = torch.exp(-distances / (2 * SIGMA**2)).flatten(1, 2)
    return module.conv(torch.cat([features, volume], dim=1))


def pose2feat(joint_count: int) -> tuple[Pose2Feat, Tensor, Tensor]:
    torch.manual_seed(3)
    module = Pose2Feat(joint_count).eval()
    norm = module.conv[1]
    assert isinstance(norm, torch.nn.BatchNorm2d)
    torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    joints = GRID * torch.rand(2, joint_count, 3)
    joints[0, :3] = torch.tensor([[0.0, 63, 31.5], [-2, 20, 70], [63, 0.3, 1]])  # at the edges, and beyond
    return module, torch.rand(2, 64, GRID, GRID), joints


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_names_are_the_published_ones(kind: LixelKind):
    known = {n: s for n, s in samples.published_shapes(kind).items() if not n.startswith(samples.PREFIX)}
    with torch.device("meta"):
        model = I2LMeshNet(kind.joint_count, kind.vertex_count, kind.turned_count)
    assert {name: tuple(value.shape) for name, value in model.state_dict().items()} == known


@pytest.mark.parametrize("joint_count", [29, 21])
def test_the_joints_need_not_be_drawn(joint_count: int):
    module, features, joints = pose2feat(joint_count)
    with torch.no_grad():
        given, wanted = module(features, joints), drawn(module, features, joints)
    assert given.shape == wanted.shape == (2, 64, GRID, GRID)
    assert (given - wanted).abs().max() < 2e-6
    assert wanted.max() > 0.1


def test_the_gradients_are_those_of_the_drawn_joints():
    gradients = []
    for form in (Pose2Feat.__call__, drawn):
        module, features, joints = pose2feat(4)
        inputs = (features.requires_grad_(), joints.requires_grad_())
        form(module, *inputs).square().sum().backward()
        gradients.append([features.grad, joints.grad, module.conv[0].weight.grad])
    for given, wanted in zip(*gradients, strict=True):
        assert given is not None and wanted is not None
        assert (given - wanted).abs().max() < 1e-4 * wanted.abs().max()


def test_spread_is_how_far_a_heatmap_reaches():
    places = torch.arange(GRID, dtype=torch.float32)
    centre, sigma = 24.25, 3.0
    gaussian = -(((places - centre) / sigma) ** 2) / 2
    sharp = torch.where(places == 40, 100.0, 0.0)
    mean, spread = moments(torch.stack([gaussian, sharp, torch.zeros(GRID)])[None])
    assert torch.allclose(mean, torch.tensor([[centre, 40, 31.5]]), atol=1e-4)
    flat = ((GRID**2 - 1) / 12) ** 0.5
    assert torch.allclose(spread, torch.tensor([[sigma, 0.001, flat]]), atol=1e-3)


def test_a_small_network_can_be_trained_on_any_mesh():
    torch.manual_seed(0)
    regressor = torch.rand(5, 40)
    model = I2LMeshNet(5, 40, 3, regressor / regressor.sum(1, keepdim=True))
    output = model(torch.rand(2, 3, 256, 256))
    assert output.vertices.positions.shape == output.vertices.spread.shape == (2, 40, 3)
    assert output.rotations is not None and output.rotations.shape == (2, 3, 3, 3)
    assert output.betas is not None
    outputs = (*output.joints, *output.vertices, output.rotations, output.betas)
    torch.stack([values.sum() for values in outputs]).sum().backward()
    unused = ("mesh_backbone.conv1", "mesh_backbone.bn1")
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith(unused), name
        assert parameter.grad is None or parameter.grad.isfinite().all(), name


def test_rotations_are_rotations():
    made = rotation_matrices(torch.randn(6, 4, 6))
    assert torch.allclose(made @ made.mT, torch.eye(3).expand(6, 4, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(made), torch.ones(6, 4), atol=1e-5)
