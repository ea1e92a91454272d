"""Learns the small pose prior that the fit uses from a set of motion clips.

    python scripts/learn_pose_prior.py MOTION.npz [--output inference_server/fitting/pose_prior.npz]

MOTION.npz holds `poses (N, 24, 3)` axis-angle in SMPL's joint order and `clip (N,)`, the clip of each frame.
The committed prior was learned from 284 clips of the CMU Graphics Lab Motion Capture Database; those that are kept
apart for tests are left out. Only means, covariances and ranges are kept; no frame can be read back from them.
The number of Gaussians is the one under which clips left out of the learning are likeliest.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture  # pyright: ignore[reportMissingImports]

from human_mesh_recovery.inference_server.training.motions import MIRRORED, held_out

BODY = slice(1, 22)  # all joints but the root, whose orientation is free, and the hands, which are not seen
NOISE = 0.08  # radians added to every axis: clips of six people are narrower than people are
OUTSIDE = 0.05  # per cent of frames that may lie outside of the joint limits, on each side
MARGIN = np.radians(8.0)
ANATOMY = {7: (70, 45, 45), 8: (70, 45, 45), 20: (80, 60, 85), 21: (80, 60, 85)}
"""Degrees that ankles and wrists can reach; marker swaps in the clips turn them further, and are left out."""


def mirror(poses: np.ndarray) -> np.ndarray:
    """Poses (N, 24, 3) with left and right exchanged."""
    return poses[:, MIRRORED] * np.array([1.0, -1.0, -1.0])


def fit_mixture(poses: np.ndarray, count: int) -> GaussianMixture:
    features = np.concatenate([poses, mirror(poses)])[:, BODY].reshape(2 * len(poses), -1)
    return GaussianMixture(
        count, reg_covar=NOISE**2, random_state=0, max_iter=200, n_init=2, init_params="k-means++"
    ).fit(features)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("motion", type=Path)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).parent.parent / "inference_server/fitting/pose_prior.npz",
    )
    arguments = parser.parse_args()
    with np.load(arguments.motion, allow_pickle=False) as file:
        poses, clip = file["poses"].astype(np.float64), file["clip"]
    learned = ~np.isin(clip, held_out(clip))
    poses, clip = poses[learned], clip[learned]
    possible = np.all(
        [(np.abs(poses[:, j]) < np.radians(reach)).all(1) for j, reach in ANATOMY.items()], axis=0
    )
    kept = np.flatnonzero(possible)[::3]
    print(f"{len(kept)} of {len(poses)} frames, every third of the {possible.mean():.1%} that are possible")
    poses, clip = poses[kept], clip[kept]
    left_out = clip % 5 == 0
    scores = {}
    for count in (1, 2, 4, 8, 12, 16):
        mixture = fit_mixture(poses[~left_out], count)
        scores[count] = mixture.score(poses[left_out][:, BODY].reshape(left_out.sum(), -1))
        print(f"{count:3d} Gaussians: log-likelihood a frame of the clips left out {scores[count]:.2f}")
    mixture = fit_mixture(poses, max(scores, key=lambda count: scores[count]))

    both = np.concatenate([poses, mirror(poses)])[:, BODY]
    lower = np.percentile(both, OUTSIDE, axis=0) - MARGIN
    upper = np.percentile(both, 100 - OUTSIDE, axis=0) + MARGIN
    np.savez_compressed(
        arguments.output,
        weights=mixture.weights_.astype(np.float32),
        means=mixture.means_.astype(np.float32),
        covariances=mixture.covariances_.astype(np.float32),
        lower=lower.astype(np.float32),
        upper=upper.astype(np.float32),
    )
    print(
        f"{len(mixture.weights_)} Gaussians, {arguments.output.stat().st_size / 1e3:.0f} kB: {arguments.output}"
    )


if __name__ == "__main__":
    main()
