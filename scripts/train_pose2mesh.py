#!/usr/bin/env python3
"""Trains Pose2Mesh with its paper's losses (Choi 2020).

    python scripts/train_pose2mesh.py --body SMPL_NEUTRAL.pkl --motion MOTION.npz --output build/pose2mesh
    recover-mesh weights import build/pose2mesh/final.pth.tar --smpl SMPL_NEUTRAL.pkl

Any body in SMPL's form will do, the free body too, and any of these, together or alone: motion, of which synthetic
bodies are projected; AMASS; Human3.6M and COCO with the fits that I2L-MeshNet and Pose2Mesh publish; 3DPW. Each brings
an equal share of every batch. The sets' licences are between you and their owners.
It wants torch (the extra `train`) and is meant for an accelerator; 15 epochs of 2000 batches are as the authors did it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from human_mesh_recovery.inference_server.body.files import FREE_BODY, load_body
from human_mesh_recovery.inference_server.body.model import Body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.body_keypoints import attach_keypoints
from human_mesh_recovery.inference_server.mesh_graphs.coarsening import build_graphs
from human_mesh_recovery.inference_server.mesh_graphs.joint_sets import JOINT_SETS, JointSet
from human_mesh_recovery.inference_server.networks.pose2mesh.model import Pose2Mesh
from human_mesh_recovery.inference_server.training.pose2mesh import datasets
from human_mesh_recovery.inference_server.training.pose2mesh.batches import Batch, make_batch
from human_mesh_recovery.inference_server.training.pose2mesh.bodies import Bodies
from human_mesh_recovery.inference_server.training.pose2mesh.losses import Losses
from human_mesh_recovery.inference_server.training.pose2mesh.training import Plan, save, train


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        _train(options)
    except RecoveryError as error:
        print(f"train_pose2mesh: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="for final.pth.tar")
    parser.add_argument("--body", type=Path, default=FREE_BODY, metavar="FILE", help="default: the free body")
    parser.add_argument("--joints", choices=JOINT_SETS, default="coco", help="what the 2D poses are made of")
    parser.add_argument(
        "--motion", type=Path, metavar="FILE", help=".npz with poses (N, 24, 3) and clip (N,)"
    )
    parser.add_argument("--amass", type=Path, metavar="FOLDER", help="AMASS's .npz files")
    parser.add_argument("--human36m", type=Path, metavar="FOLDER", help="Human36M_subject*_smpl_param.json")
    parser.add_argument("--coco", type=Path, metavar="FILE", help="coco_smplify_train.json")
    parser.add_argument("--3dpw", dest="pw3d", type=Path, metavar="FOLDER", help="3DPW, with sequenceFiles")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--steps", type=int, default=Plan.steps, help="batches an epoch")
    parser.add_argument("--batch", type=int, default=64, help="people a batch")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _train(options: argparse.Namespace) -> None:
    body, joint_set = load_body(options.body), JOINT_SETS[options.joints]
    sources = _sources(options, body)
    torch.manual_seed(options.seed)
    model = Pose2Mesh(build_graphs(body.faces, joint_set))
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    plan = Plan(options.epochs, options.steps)
    means: list[float] = []
    with tqdm(total=plan.epochs * plan.steps, unit="batch") as bar:

        def on_step(_step: int, loss: Losses) -> None:
            parts = {name: f"{getattr(loss, name).item():.4f}" for name in ("vertices", "joints", "lifted")}
            bar.set_postfix(parts, refresh=False)
            bar.update()

        def on_epoch(epoch: int, mean: float) -> None:
            bar.write(f"epoch {epoch}: mean loss {mean:.4f}")
            means.append(mean)
            save(model, options.output / "final.pth.tar", means)

        batches = _batches(body, joint_set, sources, options.seed, options.batch)
        train(model, body.faces, body.joint_regressor, batches, plan, on_step, on_epoch)
    print(f"{options.output / 'final.pth.tar'}: import it with `recover-mesh weights import`")


def _sources(options: argparse.Namespace, body: Body) -> list[Bodies]:
    readers = (
        (options.motion, datasets.read_motion),
        (options.amass, datasets.read_amass),
        (options.human36m, lambda path: datasets.read_human36m(path, body)),
        (options.coco, datasets.read_coco),
        (options.pw3d, lambda path: datasets.read_3dpw(path, body)),
    )
    sources = [read(path.expanduser()) for path, read in readers if path]
    if not sources:
        raise RecoveryError("bad_data", "There is nothing to train on.", "Give --motion, or one of the sets.")
    return sources


def _batches(
    body: Body, joint_set: JointSet, sources: list[Bodies], seed: int, count: int
) -> Iterator[Batch]:
    keypoints = attach_keypoints(body, load_body("free"))
    random = np.random.default_rng(seed)
    while True:
        yield make_batch(body, keypoints, joint_set, sources, random, count)


if __name__ == "__main__":
    sys.exit(main())
