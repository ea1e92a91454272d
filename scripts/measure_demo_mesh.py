#!/usr/bin/env python3
"""How near the free body comes to a mesh of SMPL's topology that is not its own: `python scripts/measure_demo_mesh.py
MESH.npz [--name demo_lixel_cam] [--picture out/demo.png]`.

MESH.npz holds `faces` and a posed mesh (6890, 3) in camera space, metres, such as the authors of I2L-MeshNet
published for their demo picture. Without SMPL's own file no vertex of it has a counterpart on the free body, so
surfaces are brought together: nine extremities first, then every vertex by the nearest of the other, to and fro (Besl
and McKay 1992, on positions and normals).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import KDTree

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body, pose_body
from human_mesh_recovery.inference_server.body.rotation import matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.drawing import draw_mesh
from human_mesh_recovery.inference_server.fitting.observations import BodyState
from human_mesh_recovery.inference_server.fitting.sampled_skin import sample_skin, skin_of
from human_mesh_recovery.inference_server.fitting.vertex_solve import Mesh, solve_betas, solve_poses
from human_mesh_recovery.inference_server.fitting.vertex_start import start_pose
from human_mesh_recovery.inference_server.motion import Camera

NOSE, EARS = 332, (583, 4071)
LIMBS = {"left": (2445, 3216, 3387), "right": (5905, 6617, 6787)}
"""SMPL's vertices at the tip of the middle finger, of the big toe, and at the heel."""
NORMAL = 0.06
"""Metres that normals at a right angle count for."""
FACING = 0.3
"""The least cosine between the normals of two vertices that are brought together."""
NOISE = 0.01
"""Metres by which two bodies' surfaces differ."""
FAR = 0.3
"""Metres by which the extremities may be off at first."""
ROUNDS = 16
WITHIN = np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4], [2, 2, 0], [0, 2, 2], [2, 0, 2]])
"""Places within a triangle that a distance to it is measured at."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mesh", type=Path)
    parser.add_argument("--name", default="demo_lixel_cam")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    with np.load(arguments.mesh, allow_pickle=False) as file:
        target, faces = file[arguments.name].astype(np.float64), file["faces"]
    body = load_body("free")
    found = _posed(body, fit_surface(body, target, faces))
    there = KDTree(_dense(found, body.faces)).query(target)[0]
    back = KDTree(_dense(target, faces)).query(found)[0]
    print(
        f"{arguments.name}: from the mesh to the body {1000 * there.mean():.1f} mm (95 of 100 below "
        f"{1000 * np.percentile(there, 95):.1f}), from the body to the mesh {1000 * back.mean():.1f} mm"
    )
    if arguments.picture:
        arguments.picture.parent.mkdir(parents=True, exist_ok=True)
        picture = _picture((target, faces), (found, body.faces))
        cv2.imwrite(str(arguments.picture), picture[..., ::-1])


def fit_surface(body: Body, target: np.ndarray, faces: np.ndarray) -> BodyState:
    """The free body, one frame, brought to a mesh of SMPL's topology (6890, 3)."""
    pairs = _extremities(body)
    few = skin_of(body, pairs[:, 0])
    mesh = _as_mesh(target[pairs[:, 1]], np.ones(len(pairs)), FAR)
    state = solve_poses(few, mesh, start_pose(few, mesh.points, mesh.certainty, np.zeros(10)))
    state = solve_betas(few, mesh, state)
    skin = sample_skin(body)
    target_normals = _normals(target, faces)
    target_places = np.hstack([target, NORMAL * target_normals])
    target_tree = KDTree(target_places)
    for _ in range(ROUNDS):
        posed = _posed(body, state)
        normals = _normals(posed, body.faces)[skin.chosen]
        places = np.hstack([posed[skin.chosen], NORMAL * normals])
        nearest = target_tree.query(places)[1]
        goals = target[nearest]
        drawn_by = KDTree(places).query(target_places)[1]
        counts = np.bincount(drawn_by, minlength=len(goals))
        sums = np.zeros_like(goals)
        np.add.at(sums, drawn_by, target)
        drawn = counts > 0
        goals[drawn] = 0.5 * (goals[drawn] + sums[drawn] / counts[drawn, None])
        alike = (normals * target_normals[nearest]).sum(axis=1) > FACING
        state = solve_betas(skin, _as_mesh(goals, alike.astype(np.float64)), state)
    return state


def _as_mesh(points: np.ndarray, certainty: np.ndarray, first_scale: float = 0.0) -> Mesh:
    return Mesh(np.ascontiguousarray(points.T[None]), certainty[None], NOISE, first_scale=first_scale)


def _posed(body: Body, state: BodyState) -> np.ndarray:
    return pose_body(body, matrix_to_axis_angle(state.rotations), state.betas, state.trans)[0][0]


def _extremities(body: Body) -> np.ndarray:
    """(9, 2) vertices of the free body and of SMPL."""
    rest, owners = body.template, body.weights.argmax(axis=1)

    def farthest(parts: tuple[str, ...], direction: tuple[int, int, int]) -> int:
        own = np.flatnonzero(np.isin(owners, [JOINT_INDEX[part] for part in parts]))
        return int(own[(rest[own] @ direction).argmax()])

    pairs = [(farthest(("head",), (0, 0, 1)), NOSE)]
    pairs += [(farthest(("head",), (sign, 0, 0)), ear) for sign, ear in zip((1, -1), EARS, strict=True)]
    for side, sign in (("left", 1), ("right", -1)):
        hand, foot = (f"{side}_wrist", f"{side}_hand"), (f"{side}_foot", f"{side}_ankle")
        own = farthest(hand, (sign, 0, 0)), farthest(foot, (0, 0, 1)), farthest(foot, (0, 0, -1))
        pairs += zip(own, LIMBS[side], strict=True)
    return np.array(pairs)


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    corners = vertices[faces]
    of_faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], of_faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _dense(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    within = WITHIN / WITHIN.sum(axis=1, keepdims=True)
    return np.concatenate([vertices, np.einsum("kc,fcx->kfx", within, vertices[faces]).reshape(-1, 3)])


def _picture(mesh: tuple[np.ndarray, np.ndarray], body: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The mesh, the body, both, and the two again from the side."""
    image = np.full((720, 2200, 3), 245, dtype=np.uint8)
    middle = mesh[0].mean(axis=0)
    from_the_side = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    blue, orange = (120, 150, 235), (235, 150, 90)
    panels = (
        ((mesh, blue),),
        ((body, orange),),
        ((mesh, blue), (body, orange)),
        ((mesh, blue),),
        ((body, orange),),
    )
    for number, shown in enumerate(panels):
        turn = np.eye(3) if number < 3 else from_the_side
        camera = Camera(3400, np.array([260 + 420 * number, 330.0]), 2200, 720)
        for (vertices, faces), colour in shown:
            draw_mesh(image, (vertices - middle) @ turn.T + (0, 0, 11), faces, camera, colour)
    return image


if __name__ == "__main__":
    main()
