"""How far HMR is from the truth, on people whom it does not learn from."""

from collections.abc import Sequence

import numpy as np
import torch

from ...hmr_layout import CROP
from ...networks.hmr.spin import SpinHmr
from ...similarity import LEAST_POINTS, align_similarity
from ..body import TorchBody
from ..device import half_precision
from ..pictures.augment import UNCHANGED
from ..pictures.named_points import COMMON
from ..pictures.person import Person
from .form import Form, points
from .targets import make_targets

TOGETHER = 16


def validate(
    model: SpinHmr, people: Sequence[Person], form: Form, body: TorchBody, size: int = CROP
) -> float:
    """PA-MPJPE in millimetres over LSP's 14 joints, as far as each is known, of crops of that size as they are.

    NaN where nobody is known in 3D. Raises RecoveryError("bad_data") for a picture that cannot be used.
    """
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    errors: list[float] = []
    for start in range(0, len(people), TOGETHER):
        made = [make_targets(person, form, UNCHANGED, size) for person in people[start : start + TOGETHER]]
        crops = torch.from_numpy(np.stack([targets.crop for targets in made])).to(device)
        with torch.no_grad(), half_precision(device):
            estimate = model(crops)[-1]
        found = points(body, estimate.rotations.float(), estimate.betas.float()).cpu().numpy()
        for targets, posed in zip(made, found, strict=True):
            rows = [row for row in COMMON if targets.relative_known[row]]
            if len(rows) >= LEAST_POINTS:
                truth = targets.relative[rows].astype(np.float64)
                aligned = align_similarity(posed[rows].astype(np.float64), truth)
                errors.append(1000 * float(np.linalg.norm(aligned - truth, axis=1).mean()))
    model.train(was_training)
    return float(np.mean(errors)) if errors else float("nan")
