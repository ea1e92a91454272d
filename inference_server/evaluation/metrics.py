"""The measures that papers on 3D human pose report, over joints (F, J, 3) in metres; errors in millimetres.

`estimated` and `reference` have the same shape and the same joints in the same order. What is measured
after moving the roots together takes joints from which the root was subtracted already (`relative_to`).
"""

import numpy as np

from ..similarity import align_similarity

MILLIMETRES = 1000.0
PCK_THRESHOLD = 150.0
"""Millimetres: about half a head (Mehta 2017, MPI-INF-3DHP, section 5)."""
AUC_THRESHOLDS = np.arange(0.0, PCK_THRESHOLD + 1.0, 5.0)
"""0, 5, ... 150 mm, as in MPI-INF-3DHP's own evaluation script."""


def relative_to(joints: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Joints (F, J, 3) seen from the root (F, 3) of their frame."""
    return joints - root[:, None]


def distances(estimated: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(F, J) Euclidean distances in millimetres."""
    return np.linalg.norm(estimated - reference, axis=-1) * MILLIMETRES


def mpjpe(estimated: np.ndarray, reference: np.ndarray) -> float:
    """Mean per-joint position error in millimetres (Ionescu 2014, Human3.6M, section 5).

    The papers' "MPJPE" is this with both sides relative to their root: `root_aligned_mpjpe`.
    """
    return float(distances(estimated, reference).mean())


def root_aligned_mpjpe(
    estimated: np.ndarray, reference: np.ndarray, estimated_root: np.ndarray, reference_root: np.ndarray
) -> float:
    """MPJPE in millimetres after moving each frame's root (F, 3) onto the reference's."""
    return mpjpe(relative_to(estimated, estimated_root), relative_to(reference, reference_root))


def pa_mpjpe(estimated: np.ndarray, reference: np.ndarray) -> float:
    """MPJPE in millimetres after a Procrustes alignment of every frame (Zhou 2018, MonoCap, section 6)."""
    return mpjpe(align_similarity(estimated, reference), reference)


def pck(estimated: np.ndarray, reference: np.ndarray, threshold: float = PCK_THRESHOLD) -> float:
    """Share (0..1) of joints closer to the reference than `threshold` millimetres (Mehta 2017)."""
    return float((distances(estimated, reference) < threshold).mean())


def auc(estimated: np.ndarray, reference: np.ndarray) -> float:
    """Area under the curve of PCK over `AUC_THRESHOLDS`, 0..1 (Mehta 2017)."""
    errors = distances(estimated, reference)
    return float((errors[..., None] < AUC_THRESHOLDS).mean())


def accelerations(joints: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(N, J, 3) second differences in millimetres a frame^2, where three frames (F,) follow each other."""
    if len(frames) < 3:
        return joints[:0]
    steps = np.diff(frames)
    following = (steps[:-1] == 1) & (steps[1:] == 1)
    return np.diff(joints, 2, axis=0)[following] * MILLIMETRES


def acceleration(joints: np.ndarray, frames: np.ndarray) -> float:
    """Mean length of the second differences in millimetres a frame^2: jitter, where the person moves little.

    NaN without three frames that follow each other.
    """
    lengths = np.linalg.norm(accelerations(joints, frames), axis=-1)
    return float(lengths.mean()) if lengths.size else float("nan")


def acceleration_error(estimated: np.ndarray, reference: np.ndarray, frames: np.ndarray) -> float:
    """Mean distance between both sides' second differences, millimetres a frame^2 (Kanazawa 2019, HMMR).

    NaN without three frames that follow each other.
    """
    return acceleration(estimated - reference, frames)
