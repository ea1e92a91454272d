"""From joints alone to pose and shape."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import matrix_to_axis_angle
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.fitting.joints import fit_joints
from human_mesh_recovery.tests.test_fit_vertices import PLAIN, degrees_off, made, natural_poses


def test_joints_alone_tell_where_the_joints_are():
    poses = natural_poses()
    poses[:, 0] = (0.3, 2.0, -0.5)
    _, betas, trans = made(PLAIN, poses)
    joints = pose_body(PLAIN, poses, betas, trans)[1]
    fitted = fit_joints(PLAIN, joints, noise=0.002)
    found = pose_body(PLAIN, matrix_to_axis_angle(fitted.rotations), fitted.betas, fitted.trans)[1]
    assert np.linalg.norm(found - joints, axis=2).mean() < 0.005
    assert degrees_off(fitted, poses)[:, :9].mean() < 10


def test_joints_that_are_not_known_are_left_to_the_prior():
    poses = natural_poses()
    _, betas, trans = made(PLAIN, poses)
    joints = pose_body(PLAIN, poses, betas, trans)[1]
    unknown = [JOINT_INDEX[name] for name in ("left_wrist", "left_hand", "right_foot", "head")]
    weights = np.ones(24)
    weights[unknown] = 0
    joints[:, unknown] = np.nan
    fitted = fit_joints(PLAIN, joints, weights)
    found = pose_body(PLAIN, matrix_to_axis_angle(fitted.rotations), fitted.betas, fitted.trans)[1]
    known = weights > 0
    assert np.linalg.norm(found - joints, axis=2)[:, known].mean() < 0.01
    assert np.isfinite(fitted.rotations).all()
    with pytest.raises(RecoveryError, match="12 x 23 x 3"):
        fit_joints(PLAIN, joints[:, :23])
