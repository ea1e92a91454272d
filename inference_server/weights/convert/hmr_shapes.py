"""Names and shapes of HMR's parameters, of either form, as the networks in torch have them."""

from ...hmr_layout import BETAS, CAMERA, FEATURES, HIDDEN, PARAMETERS, TURNED
from ...resnet_layout import EXPANSION, STAGES, STEM
from .resnet_shapes import Shapes, layer_shapes, norm_shapes, stage_shapes, stem_shapes

SPIN_PARAMETERS = 6 * TURNED + BETAS + CAMERA


def spin_shapes() -> Shapes:
    """Of SPIN's form."""
    return {
        **stem_shapes(""),
        **stage_shapes("", STAGES),
        **layer_shapes("fc1", HIDDEN, FEATURES + SPIN_PARAMETERS),
        **layer_shapes("fc2", HIDDEN, HIDDEN),
        **layer_shapes("decpose", 6 * TURNED, HIDDEN),
        **layer_shapes("decshape", BETAS, HIDDEN),
        **layer_shapes("deccam", CAMERA, HIDDEN),
        "init_pose": (1, 6 * TURNED),
        "init_shape": (1, BETAS),
        "init_cam": (1, CAMERA),
    }


def original_shapes() -> Shapes:
    """Of the authors' own."""
    shapes = layer_shapes("conv1", STEM, 3, 7, 7)
    before = STEM
    for number, (width, unit_count, _) in enumerate(STAGES, start=1):
        after = width * EXPANSION
        for index in range(1, unit_count + 1):
            unit = f"block{number}.unit_{index}"
            shapes |= norm_shapes(f"{unit}.preact", before)
            if index == 1:
                shapes |= layer_shapes(f"{unit}.shortcut", after, before, 1, 1)
            shapes |= layer_shapes(f"{unit}.conv1", width, before, 1, 1, bias=False)
            shapes |= norm_shapes(f"{unit}.norm1", width)
            shapes |= layer_shapes(f"{unit}.conv2", width, width, 3, 3, bias=False)
            shapes |= norm_shapes(f"{unit}.norm2", width)
            shapes |= layer_shapes(f"{unit}.conv3", after, width, 1, 1)
            before = after
    return {
        **shapes,
        **norm_shapes("postnorm", before),
        **layer_shapes("fc1", HIDDEN, FEATURES + PARAMETERS),
        **layer_shapes("fc2", HIDDEN, HIDDEN),
        **layer_shapes("fc3", PARAMETERS, HIDDEN),
        "mean_param": (1, PARAMETERS),
    }
