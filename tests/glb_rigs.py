"""Rigs of .glb and .vrm files, read without Blender: names, parents and places of the first skin's joints."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from human_mesh_recovery.blender_addon.retarget.skeleton import Skeleton
from human_mesh_recovery.inference_server.body.axes import Y_UP_TO_Z_UP
from human_mesh_recovery.inference_server.body.rotation import quaternion_to_matrix


def read_json(path: Path) -> dict[str, Any]:
    """The file's first chunk."""
    data = path.read_bytes()
    magic, _version, _length, size, _kind = struct.unpack_from("<4sIIII", data)
    assert magic == b"glTF"
    return json.loads(data[20 : 20 + size])


def read_rig(path: Path) -> Skeleton:
    """The joints and what they hang from; bones keep the nodes' axes, which are no limb's."""
    nodes = read_json(path)["nodes"]
    above = {child: number for number, node in enumerate(nodes) for child in node.get("children", [])}
    joints = read_json(path)["skins"][0]["joints"]
    order = sorted(joints, key=lambda joint: len(_path(joint, above)))
    places = {joint: number for number, joint in enumerate(order)}
    to_world = np.eye(4)
    to_world[:3, :3] = Y_UP_TO_Z_UP
    rest = np.array([to_world @ _world(nodes, joint, above) for joint in order])
    rest[:, :3, :3] /= np.linalg.norm(rest[:, :3, :3], axis=1, keepdims=True)
    parents = np.array([places.get(above.get(joint, -1), -1) for joint in order])
    tails = rest[:, :3, 3] + 0.05 * rest[:, :3, 1]
    yes = np.ones(len(order), dtype=bool)
    names = tuple(str(nodes[joint]["name"]) for joint in order)
    return Skeleton(names, parents, rest, tails, np.eye(4), yes, yes, yes)


def vrm_bones(path: Path) -> dict[str, str]:
    """VRM's names of the file's humanoid -> its bones', thumbs by the names of VRM 1."""
    content = read_json(path)
    nodes, extensions = content["nodes"], content["extensions"]
    if "VRMC_vrm" in extensions:
        humans = extensions["VRMC_vrm"]["humanoid"]["humanBones"]
        return {bone: nodes[told["node"]]["name"] for bone, told in humans.items()}
    humans = {
        told["bone"]: nodes[told["node"]]["name"] for told in extensions["VRM"]["humanoid"]["humanBones"]
    }
    older = {"ThumbProximal": "ThumbMetacarpal", "ThumbIntermediate": "ThumbProximal"}
    return {_renamed(bone, older): name for bone, name in humans.items()}


def _renamed(bone: str, older: dict[str, str]) -> str:
    return next((bone.replace(old, new) for old, new in older.items() if bone.endswith(old)), bone)


def _path(node: int, above: dict[int, int]) -> list[int]:
    path = [node]
    while path[-1] in above:
        path.append(above[path[-1]])
    return path


def _world(nodes: list[dict[str, Any]], node: int, above: dict[int, int]) -> np.ndarray:
    world = np.eye(4)
    for number in reversed(_path(node, above)):
        told = nodes[number]
        local = np.eye(4)
        if "matrix" in told:
            local = np.array(told["matrix"]).reshape(4, 4).T
        else:
            x, y, z, w = told.get("rotation", (0, 0, 0, 1))
            local[:3, :3] = quaternion_to_matrix(np.array([w, x, y, z])) * told.get("scale", (1, 1, 1))
            local[:3, 3] = told.get("translation", (0, 0, 0))
        world = world @ local
    return world
