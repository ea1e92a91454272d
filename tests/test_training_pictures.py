"""People in pictures to train on: the sets' layouts, and pictures changed together with what is known of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.methods.i2l_meshnet import crops
from human_mesh_recovery.inference_server.training.pictures import joint_names
from human_mesh_recovery.inference_server.training.pictures.augment import (
    UNCHANGED,
    Change,
    change_fit,
    cut_out,
    draw_change,
    into_crop,
    place_joints,
    place_vertices,
    read_picture,
)
from human_mesh_recovery.inference_server.training.pictures.person import Fit, Person, View, box_around
from human_mesh_recovery.inference_server.training.pictures.sources import read_people
from human_mesh_recovery.tests import picture_samples as samples
from human_mesh_recovery.tests.pose2mesh_samples import small_body

CHANGES = {
    "unchanged": UNCHANGED,
    "larger": Change(scale=0.8),
    "turned": Change(turn=0.5),
    "mirrored": Change(mirrored=True),
    "all": Change(1.2, -0.7, (0.9, 1.1, 1.0), True),
}
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def test_rendered_figures_are_read_with_their_bodies(tmp_path: Path):
    free = load_body("free")
    motions = samples.write_rendered(tmp_path, 2)
    found = read_people(tmp_path, free)
    assert len(found.people) == 2 and not found.flat and not found.hands
    for person, motion in zip(found.people, motions, strict=True):
        assert person.picture.is_file() and person.names == JOINT_NAMES
        assert motion.camera is not None and motion.joints is not None
        assert person.joints_2d is not None and person.joints_3d is not None
        assert np.abs(person.joints_2d[:, :2] - motion.camera.project(motion.joints[0])).max() < 1e-2
        assert np.abs(person.joints_3d - motion.joints[0]).max() < 1e-5
        assert person.fit is not None and person.view is not None
        vertices, joints = pose_body(free, person.fit.pose, person.fit.betas, person.fit.trans)
        assert np.abs(joints[0] - motion.joints[0]).max() < 1e-5
        pixels = person.view.project(vertices[0])
        left, top, width, height = person.box
        assert np.allclose(pixels.min(axis=0).clip(0), [left, top])
        assert np.allclose(pixels.max(axis=0), [left + width - 1, top + height - 1])
    other = read_people(tmp_path, small_body())
    assert other.people[0].fit is None, "the free body's betas mean nothing to another body"
    assert other.people[0].joints_3d is not None


def test_coco_is_read_with_the_fits_that_there_are(tmp_path: Path):
    annotations = samples.write_coco(tmp_path)
    found = read_people(tmp_path, small_body())
    assert found.flat and len(found.people) == 2, "neither the crowd, nor whom nothing is known of"
    fitted, hidden = found.people
    assert fitted.picture == tmp_path / "train2017" / "five.jpg"
    assert fitted.box.tolist() == [8, 18, 30.5, 40]
    assert fitted.joints_2d is not None and hidden.joints_2d is not None
    assert fitted.names[-1] == "pelvis" and fitted.joints_2d[-1].tolist() == [21.5, 43, 1]
    assert hidden.joints_2d[:, 2].tolist() == [1] * 11 + [0] + [1] * 5 + [0], "nor the hips' middle"
    assert hidden.fit is None and hidden.joints_3d is None
    assert fitted.fit is not None and fitted.view is not None
    assert fitted.fit.trans.tolist() == [0, 0.1, 3] and fitted.view.focal_length.tolist() == [300, 310]
    assert len(read_people(annotations, small_body()).people) == 2, "the file itself will do"
    assert read_people(tmp_path, load_body("free")).people[0].fit is None
    shutil.rmtree(tmp_path / "train2017")
    with pytest.raises(RecoveryError, match=r"lacks its pictures.*Unpack COCO"):
        read_people(tmp_path, small_body())


def test_human36m_is_read_into_the_camera(tmp_path: Path):
    body = small_body()
    pose = np.random.default_rng(0).normal(0, 0.3, (24, 3))
    world = samples.write_human36m(tmp_path, pose)
    (person,) = read_people(tmp_path, body).people
    assert person.picture == tmp_path / "images" / "s" / "5.jpg"
    seen = (world @ samples.WORLD_TO_CAMERA.T + [100, 900, 4000]) / 1000
    assert person.joints_3d is not None and np.allclose(person.joints_3d, seen)
    assert person.joints_2d is not None
    assert np.allclose(person.joints_2d[3, :2], seen[3, :2] / seen[3, 2] * [1100, 1150] + [512, 515])
    assert person.fit is not None
    betas = np.full(10, 0.3)
    there, _ = pose_body(body, pose, betas, [0.1, -0.2, 0.3])
    here, _ = pose_body(body, person.fit.pose, person.fit.betas, person.fit.trans)
    assert np.allclose(here, there @ samples.WORLD_TO_CAMERA.T + [0.1, 0.9, 4.0], atol=1e-9)


def test_muco_is_read_for_whoever_is_nearest(tmp_path: Path):
    joints = samples.write_muco(tmp_path)
    (person,) = read_people(tmp_path, small_body()).people
    assert person.box[0] == 11 and person.names == joint_names.MUCO
    assert person.joints_3d is not None and np.allclose(person.joints_3d, joints[1] / 1000)
    assert person.joints_2d is not None and person.view is not None and person.fit is not None
    assert np.allclose(person.joints_2d[:, :2], person.view.project(person.joints_3d))


def test_3dpw_is_read(tmp_path: Path):
    joints = samples.write_3dpw(tmp_path)
    (person,) = read_people(tmp_path, small_body()).people
    assert person.picture.is_file()
    assert person.joints_3d is not None and np.allclose(person.joints_3d, joints)
    assert person.fit is not None and person.fit.betas.tolist() == [0.2] * 10
    shutil.rmtree(tmp_path / "imageFiles")
    with pytest.raises(RecoveryError, match="imageFiles"):
        read_people(tmp_path, small_body())


def test_freihand_is_read_before_all_backgrounds(tmp_path: Path):
    joints, vertices = samples.write_freihand(tmp_path)
    found = read_people(tmp_path, small_body())
    assert found.hands and [person.picture.stem[-1] for person in found.people] == ["0", "1", "2"]
    for person, number in zip(found.people, (0, 1, 0), strict=True):
        assert person.names == joint_names.HAND_JOINTS
        assert person.joints_3d is not None and np.allclose(person.joints_3d, joints[number])
        assert person.vertices is not None and np.allclose(person.vertices, vertices[number])
        assert person.joints_2d is not None
        place = joints[number, 5, :2] / joints[number, 5, 2] * [480, 481] + 112
        assert np.allclose(person.joints_2d[5], [*place, 1])


def test_what_is_no_set_is_refused_in_words(tmp_path: Path):
    body = small_body()
    for path, wanted in ((tmp_path, "holds no set"), (tmp_path / "gone", "is not there")):
        with pytest.raises(RecoveryError, match=f"{wanted}.*COCO.*FreiHAND") as caught:
            read_people(path, body)
        assert caught.value.code == "bad_data"
    for name, content, wanted in (
        ("MuCo-3DHP.json", "{", "MuCo-3DHP.json"),
        ("3DPW_train.json", "[]", "3DPW_train.json|imageFiles"),
        ("training_xyz.json", "{}", "training_xyz.json"),
        ("0000.npz", "no motion", "0000.npz"),
        ("annotations/person_keypoints_train2017.json", '{"images": []}', "person_keypoints|pictures"),
    ):
        folder = tmp_path / name.split(".")[0].replace("/", "_")
        (path := folder / name).parent.mkdir(parents=True)
        path.write_text(content)
        with pytest.raises(RecoveryError, match=wanted):
            read_people(folder, body)
    samples.write_rendered(tmp_path / "rendered", 1)
    (tmp_path / "rendered" / "0000.jpg").unlink()
    with pytest.raises(RecoveryError, match="has not its picture"):
        read_people(tmp_path / "rendered", load_body("free"))
    samples.write_human36m(tmp_path / "human", np.zeros((24, 3)))
    (tmp_path / "human" / "annotations" / "Human36M_subject1_camera.json").unlink()
    with pytest.raises(RecoveryError, match=r"Human36M_subject1_camera\.json"):
        read_people(tmp_path / "human", body)
    with pytest.raises(RecoveryError, match=r"gone\.jpg is missing or damaged"):
        read_picture(tmp_path / "gone.jpg")


@changes
def test_a_dot_at_a_joint_stays_at_the_joint(change: Change, tmp_path: Path):
    names = ("pelvis", "left_hip", "right_hip", "left_wrist", "head_top")
    places = np.array([[100.0, 90], [112, 96], [88, 97], [130, 60], [101, 40]])
    person = Person(
        tmp_path, np.array([60.0, 30, 90, 100]), names, np.concatenate([places, np.ones((5, 1))], axis=1)
    )
    square = crops.square_around(person.box, 200, 180)
    assert square is not None
    matrix = into_crop(square, change, 256)
    wanted = ("pelvis", "left_hip", "right_hip", "left_wrist")
    joints = place_joints(person, wanted, change, matrix)
    assert joints.known[:, :2].all(axis=1).tolist() == [True, True, True, not change.mirrored]
    assert not joints.known[:, 2].any() and not joints.relative.any(), "in 2D alone"
    for row, name in enumerate(wanted[:3]):
        image = np.zeros((180, 200, 3), np.uint8)
        shown = joint_names.other_side(name) if change.mirrored else name
        cv2.circle(image, tuple(places[names.index(shown)].astype(int).tolist()), 2, (200, 200, 200), -1)
        crop = cut_out(image, matrix, change, 256)
        weight = crop.sum(axis=2)
        ys, xs = np.mgrid[:256, :256]
        found = np.array([(weight * xs).sum(), (weight * ys).sum()]) / weight.sum()
        assert np.abs(found - joints.places[row, :2]).max() < 0.5
        assert np.allclose(
            crop.reshape(-1, 3).max(axis=0), np.clip(200 * np.array(change.tint), 0, 255), atol=1
        )


def test_an_unchanged_crop_is_as_the_method_sees_it():
    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    image = np.asarray(cv2.GaussianBlur(image, (9, 9), 3), np.uint8)
    square = crops.square_around([20, 10, 60, 70], 120, 90)
    assert square is not None
    made = cut_out(image, into_crop(square, UNCHANGED, 256), UNCHANGED, 256)
    assert np.allclose(into_crop(square, UNCHANGED, 256), square.to_crop, atol=1e-4)
    assert np.abs(made - crops.cut_out(image, square)).max() < 3, "which rounds no places"


@changes
def test_what_is_known_in_space_goes_with_the_picture(change: Change, tmp_path: Path):
    """A body in the middle of the picture, seen from far away: what is in space looks as what is in the picture."""
    body, names = load_body("free"), JOINT_NAMES
    pose = np.random.default_rng(3).normal(0, 0.3, (24, 3))
    pose[0] = [np.pi, 0, 0]
    rest = pose_body(body, pose, np.zeros(10), np.zeros(3))[1][0, 0]
    fit = Fit(pose, np.zeros(10), np.array([0, 0, 400.0]) - rest)
    view = View(np.full(2, 20_000.0), np.full(2, 100.0))
    vertices, joints = pose_body(body, fit.pose, fit.betas, fit.trans)
    pixels = view.project(joints[0])
    box = box_around(view.project(vertices[0]), 200, 200)
    assert box is not None
    person = Person(tmp_path, box, names, np.c_[pixels, np.ones(24)], joints[0], view, fit)
    square = crops.square_around(box, 200, 200)
    assert square is not None
    matrix = into_crop(square, change, 256)
    placed = place_joints(person, names, change, matrix)
    assert placed.known.all()
    scale = 256 / (square.side * change.scale) * 20_000 / 400
    shown = placed.places[:, :2] - placed.places[0, :2]
    assert np.abs(shown - scale * placed.relative[:, :2]).max() < 0.5
    assert np.allclose(placed.places[:, 2], placed.relative[:, 2])
    # the body, mirrored and posed anew, has its joints and vertices where the mirrored picture has them
    changed = change_fit(fit, body, change)
    moved = pose_body(body, changed.pose, changed.betas, changed.trans)[1][0] @ change.rotation.T
    assert np.abs(moved - moved[0] - placed.relative).max() < 0.005, "a body is nearly the same on both sides"
    surface = place_vertices(person, body, change, matrix)
    assert surface is not None
    of_surface = body.joint_regressor @ surface
    hips = [JOINT_INDEX[name] for name in ("left_hip", "right_hip", "left_shoulder")]
    assert np.abs(of_surface[hips, :2] - placed.places[hips, :2]).max() < 4.0, "on the right side"


def test_changes_are_drawn_as_the_authors_draw_them():
    random = np.random.default_rng(0)
    drawn = [draw_change(random) for _ in range(2000)]
    scales, turns = (
        np.array([change.scale for change in drawn]),
        np.degrees([change.turn for change in drawn]),
    )
    assert scales.min() == 0.75 and scales.max() == 1.25 and abs(scales.mean() - 1) < 0.02
    assert abs(turns).max() <= 60.001 and 0.36 < (turns == 0).mean() < 0.44
    assert 0.46 < np.mean([change.mirrored for change in drawn]) < 0.54
    assert (
        np.min([change.tint for change in drawn]) >= 0.8 and np.max([change.tint for change in drawn]) <= 1.2
    )
    assert not any(draw_change(random, mirrors=False).mirrored for _ in range(50)), (
        "right hands stay right hands"
    )


def test_a_box_is_kept_within_the_picture():
    points = np.array([[-20.0, 10], [30, 50]])
    assert box_around(points, 100, 40).tolist() == [0, 10, 31, 30]  # pyright: ignore[reportOptionalMemberAccess]
    assert box_around(points - 200, 100, 40) is None
    fitted = Person(Path(), np.zeros(4), fit=Fit(np.zeros((24, 3)), np.zeros(10), np.zeros(3)))
    assert place_vertices(replace(fitted, view=None), None, UNCHANGED, np.eye(3)[:2]) is None
