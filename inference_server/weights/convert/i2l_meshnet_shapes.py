"""The names and shapes of those of I2L-MeshNet's parameters that are used, as its authors' code makes them."""

from ...lixel_layout.kinds import GRID, LixelKind
from ...lixel_layout.layers import BETAS, FEATURES, HIDDEN, UPSAMPLINGS, WIDTH
from ...resnet_layout import EXPANSION, STAGES, STEM

Shapes = dict[str, tuple[int, ...]]


def lixel_shapes(kind: LixelKind, vertex_count: int) -> Shapes:
    """All but the parameter stage's."""
    return {
        **_layer("pose_backbone.conv1", STEM, 3, 7, 7, bias=False),
        **_norm("pose_backbone.bn1", STEM),
        **_trunk("pose_backbone"),
        **_lixel_net("pose_net", kind.joint_count),
        **_layer("pose2feat.conv.0", STEM, STEM + kind.joint_count * GRID, 3, 3),
        **_norm("pose2feat.conv.1", STEM),
        **_trunk("mesh_backbone"),
        **_lixel_net("mesh_net", vertex_count),
    }


def parameter_shapes(kind: LixelKind) -> Shapes:
    """The parameter stage's."""
    return {
        **_layer("param_regressor.fc.0", HIDDEN[0], 3 * kind.joint_count),
        **_norm("param_regressor.fc.1", HIDDEN[0]),
        **_layer("param_regressor.fc.3", HIDDEN[1], HIDDEN[0]),
        **_norm("param_regressor.fc.4", HIDDEN[1]),
        **_layer("param_regressor.fc_pose.0", 6 * kind.turned_count, HIDDEN[1]),
        **_layer("param_regressor.fc_shape.0", BETAS, HIDDEN[1]),
    }


def _trunk(name: str) -> Shapes:
    """A ResNet-50 after its stem."""
    shapes: Shapes = {}
    before = STEM
    for stage, (width, block_count, _) in enumerate(STAGES, start=1):
        after = width * EXPANSION
        for number in range(block_count):
            block = f"{name}.layer{stage}.{number}"
            shapes |= _layer(f"{block}.conv1", width, before, 1, 1, bias=False) | _norm(f"{block}.bn1", width)
            shapes |= _layer(f"{block}.conv2", width, width, 3, 3, bias=False) | _norm(f"{block}.bn2", width)
            shapes |= _layer(f"{block}.conv3", after, width, 1, 1, bias=False) | _norm(f"{block}.bn3", after)
            if number == 0:
                shapes |= _layer(f"{block}.downsample.0", after, before, 1, 1, bias=False)
                shapes |= _norm(f"{block}.downsample.1", after)
            before = after
    return shapes


def _lixel_net(name: str, point_count: int) -> Shapes:
    shapes: Shapes = {}
    for number, before in UPSAMPLINGS.items():
        shapes[f"{name}.deconv.{number}.weight"] = (before, WIDTH, 4, 4)
        shapes |= _norm(f"{name}.deconv.{number + 1}", WIDTH)
    shapes |= _layer(f"{name}.conv_z_1.0", WIDTH * GRID, FEATURES, 1)
    shapes |= _norm(f"{name}.conv_z_1.1", WIDTH * GRID)
    for layer in ("conv_x", "conv_y", "conv_z_2"):
        shapes |= _layer(f"{name}.{layer}.0", point_count, WIDTH, 1)
    return shapes


def _layer(name: str, *shape: int, bias: bool = True) -> Shapes:
    weight: Shapes = {f"{name}.weight": shape}
    return weight | {f"{name}.bias": shape[:1]} if bias else weight


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.{key}": (width,) for key in ("weight", "bias", "running_mean", "running_var")}
