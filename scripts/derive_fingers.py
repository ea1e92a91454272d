#!/usr/bin/env python3
"""Derives inference_server/body/free_fingers.npz, the free body's fingers, from MakeHuman's CC0 data.

To be run as scripts/derive_free_body.py says, with the free body that is there: its vertices are MakeHuman's own, so
the weights and joints of MakeHuman's finger bones carry over to them. What straight is follows SMPL-H, so that its
poses, such as AMASS's, mean the same here.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from free_body import fingers, joints, rest_pose, symmetry
from free_body.fitting import ShapeSpace
from free_body.sampling import draw_adults

from human_mesh_recovery.inference_server.body.files import FREE_BODY, FREE_FINGERS
from human_mesh_recovery.inference_server.body.skeleton import FINGER_NAMES

SAMPLE_COUNT = 800


def main() -> None:
    parser = argparse.ArgumentParser(description="Derives the free body's fingers from MakeHuman's CC0 data.")
    parser.add_argument("--output", type=Path, default=FREE_FINGERS)
    output = parser.parse_args().output

    samples = draw_adults(SAMPLE_COUNT)
    vertices, heads = rest_pose.straighten(samples)
    pelvis = joints.joint_positions(heads, samples.bones)[:, :1]
    bones = fingers.finger_bones(samples)
    vertices, positions = vertices - pelvis, heads[:, bones] - pelvis
    weights = samples.bone_weights.toarray()
    weights = weights[:, bones] / weights.sum(axis=1, keepdims=True)

    mirror, other_hand = symmetry.mirror_vertices(vertices.mean(axis=0)), fingers.mirror_fingers()
    vertices = (vertices + vertices[:, mirror] * symmetry.FLIP) / 2
    positions = (positions + positions[:, other_hand] * symmetry.FLIP) / 2
    weights = (weights + weights[mirror][:, other_hand]) / 2

    with np.load(FREE_BODY, allow_pickle=False) as body:
        template, directions = body["v_template"].astype(float), body["shapedirs"].astype(float)
        kept = np.searchsorted(samples.base_vertices, body["base_vertex"])
    vertices, weights = vertices[:, kept], weights[kept]
    mirror = symmetry.mirror_vertices(template)
    offsets = (vertices - template).reshape(len(vertices), -1)
    betas = np.linalg.lstsq(directions.reshape(-1, directions.shape[2]), offsets.T, rcond=None)[0].T
    space = ShapeSpace(template, directions, betas)

    weights[weights < fingers.LEAST_WEIGHT] = 0
    regressor = fingers.fit_finger_regressor(space, positions, weights, mirror)
    mean = regressor @ template
    tips = fingers.find_tips(template, mean, weights)
    turns = fingers.straight_turns(mean, template[tips])
    chosen = np.flatnonzero((weights > 0).any(axis=1) | (regressor > 0).any(axis=0))
    temporary = output.with_suffix(".part.npz")
    np.savez_compressed(
        temporary,
        vertices=chosen.astype(np.uint16),
        weights=weights[chosen].astype(np.float32),
        J_regressor=regressor[:, chosen].astype(np.float32),
        straight=turns,
        tips=tips.astype(np.uint16),
    )
    os.replace(temporary, output)
    print(f"{output}: {len(chosen)} vertices, {output.stat().st_size:,} bytes")
    error = 1000 * np.linalg.norm(np.einsum("jv,svc->sjc", regressor, vertices) - positions, axis=-1)
    print(f"joints from vertices, mm: mean {error.mean():.2f}, largest {error.max():.1f}")
    for joint, name in enumerate(FINGER_NAMES[: fingers.PER_HAND]):
        angle = np.degrees(np.linalg.norm(turns[joint]))
        print(f"  {name:15} {np.round(mean[joint], 3)} m, turned by {angle:.0f} degrees to be straight")


if __name__ == "__main__":
    main()
