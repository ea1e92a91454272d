"""Names and shapes of layers' parameters, and of a ResNet-50's, as torch has them."""

from ...resnet_layout import EXPANSION, STEM, Stages

Shapes = dict[str, tuple[int, ...]]


def layer_shapes(name: str, *shape: int, bias: bool = True) -> Shapes:
    """A convolution's or a linear layer's; `shape` is its weight's."""
    weight: Shapes = {f"{name}.weight": shape}
    return weight | {f"{name}.bias": shape[:1]} if bias else weight


def norm_shapes(name: str, width: int) -> Shapes:
    """A batch norm's."""
    return {f"{name}.{key}": (width,) for key in ("weight", "bias", "running_mean", "running_var")}


def stem_shapes(prefix: str) -> Shapes:
    """What comes before a ResNet-50's stages; `prefix` is empty or ends with a point."""
    return layer_shapes(f"{prefix}conv1", STEM, 3, 7, 7, bias=False) | norm_shapes(f"{prefix}bn1", STEM)


def stage_shapes(prefix: str, stages: Stages) -> Shapes:
    """A ResNet-50 after its stem."""
    shapes: Shapes = {}
    before = STEM
    for stage, (width, block_count, _) in enumerate(stages, start=1):
        after = width * EXPANSION
        for number in range(block_count):
            block = f"{prefix}layer{stage}.{number}"
            shapes |= layer_shapes(f"{block}.conv1", width, before, 1, 1, bias=False)
            shapes |= norm_shapes(f"{block}.bn1", width)
            shapes |= layer_shapes(f"{block}.conv2", width, width, 3, 3, bias=False)
            shapes |= norm_shapes(f"{block}.bn2", width)
            shapes |= layer_shapes(f"{block}.conv3", after, width, 1, 1, bias=False)
            shapes |= norm_shapes(f"{block}.bn3", after)
            if number == 0:
                shapes |= layer_shapes(f"{block}.downsample.0", after, before, 1, 1, bias=False)
                shapes |= norm_shapes(f"{block}.downsample.1", after)
            before = after
    return shapes
