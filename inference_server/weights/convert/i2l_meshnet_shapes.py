"""The names and shapes of those of I2L-MeshNet's parameters that are used, as its authors' code makes them."""

from ...lixel_layout.kinds import GRID, LixelKind
from ...lixel_layout.layers import BETAS, FEATURES, HIDDEN, UPSAMPLINGS, WIDTH
from ...resnet_layout import STAGES, STEM
from .resnet_shapes import Shapes, layer_shapes, norm_shapes, stage_shapes, stem_shapes


def lixel_shapes(kind: LixelKind, vertex_count: int) -> Shapes:
    """All but the parameter stage's."""
    return {
        **stem_shapes("pose_backbone."),
        **stage_shapes("pose_backbone.", STAGES),
        **_lixel_net("pose_net", kind.joint_count),
        **layer_shapes("pose2feat.conv.0", STEM, STEM + kind.joint_count * GRID, 3, 3),
        **norm_shapes("pose2feat.conv.1", STEM),
        **stage_shapes("mesh_backbone.", STAGES),
        **_lixel_net("mesh_net", vertex_count),
    }


def parameter_shapes(kind: LixelKind) -> Shapes:
    """The parameter stage's."""
    return {
        **layer_shapes("param_regressor.fc.0", HIDDEN[0], 3 * kind.joint_count),
        **norm_shapes("param_regressor.fc.1", HIDDEN[0]),
        **layer_shapes("param_regressor.fc.3", HIDDEN[1], HIDDEN[0]),
        **norm_shapes("param_regressor.fc.4", HIDDEN[1]),
        **layer_shapes("param_regressor.fc_pose.0", 6 * kind.turned_count, HIDDEN[1]),
        **layer_shapes("param_regressor.fc_shape.0", BETAS, HIDDEN[1]),
    }


def _lixel_net(name: str, point_count: int) -> Shapes:
    shapes: Shapes = {}
    for number, before in UPSAMPLINGS.items():
        shapes[f"{name}.deconv.{number}.weight"] = (before, WIDTH, 4, 4)
        shapes |= norm_shapes(f"{name}.deconv.{number + 1}", WIDTH)
    shapes |= layer_shapes(f"{name}.conv_z_1.0", WIDTH * GRID, FEATURES, 1)
    shapes |= norm_shapes(f"{name}.conv_z_1.1", WIDTH * GRID)
    for layer in ("conv_x", "conv_y", "conv_z_2"):
        shapes |= layer_shapes(f"{name}.{layer}.0", point_count, WIDTH, 1)
    return shapes
