"""`recover-mesh evaluate-set`: the sets' readers, the measures over a set, and the command on a picture."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server import cli
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.rotation import axis_angle_to_matrix, matrix_to_axis_angle
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.evaluation.joints_14 import (
    HIPS,
    joints_of_body,
    joints_of_person,
    read_regressor,
)
from human_mesh_recovery.inference_server.evaluation.picture_sets import FRONTAL_ONLY, PICTURE_SETS, Subject
from human_mesh_recovery.inference_server.evaluation.recovering import Found
from human_mesh_recovery.inference_server.evaluation.set_measures import (
    RECOVERED,
    SAID,
    JointErrors,
    SetMeasures,
    measure_set,
)
from human_mesh_recovery.inference_server.evaluation.set_run import table
from human_mesh_recovery.inference_server.motion import Motion, load_motion
from human_mesh_recovery.inference_server.training.pictures.joint_names import HUMAN36M, LEEDS
from human_mesh_recovery.tests import picture_samples, set_samples


@pytest.fixture
def figures(tmp_path: Path) -> list[Subject]:
    picture_samples.write_rendered(tmp_path, 3)
    return PICTURE_SETS["rendered"].read(tmp_path)


def truth_of(tested: Subject) -> Motion:
    return load_motion(tested.person.picture.with_suffix(".npz"))


def test_human36m_is_measured_by_both_protocols(tmp_path: Path):
    picture_samples.write_human36m(tmp_path, np.zeros((24, 3)))
    annotations = tmp_path / "annotations"
    for subject, camera in ((9, 4), (11, 2)):
        for path in annotations.glob("Human36M_subject1_*.json"):
            text = (
                path.read_text()
                .replace('"cam_idx": 4', f'"cam_idx": {camera}')
                .replace('"4": {"R"', f'"{camera}": {{"R"')
            )
            path.with_name(path.name.replace("subject1_", f"subject{subject}_")).write_text(text)
    (annotations / "Human36M_subject11_smpl_param.json").unlink()  # fits are not needed
    tested = PICTURE_SETS["human36m"].read(tmp_path)
    assert [each.part_of for each in tested] == [FRONTAL_ONLY, FRONTAL_ONLY, None, None], (
        "every frame, both subjects"
    )
    assert tested[2].person.joints_3d is not None and PICTURE_SETS["human36m"].every == 64
    joints, known = joints_of_person(tested[0].person)
    assert known.all() and tested[0].person.joints_3d is not None
    assert np.array_equal(
        joints[LEEDS.index("head_top")], tested[0].person.joints_3d[HUMAN36M.index("head_top")]
    )
    shutil.rmtree(annotations)
    annotations.mkdir()
    with pytest.raises(RecoveryError, match="9 and 11"):
        PICTURE_SETS["human36m"].read(tmp_path)


def test_mpi_inf_3dhps_test_set_is_read(tmp_path: Path):
    h5py = pytest.importorskip("h5py")
    joints = np.random.default_rng(0).normal(0, 300, (5, 1, 17, 3)) + [0, 0, 3000]
    pixels = joints[..., :2] / joints[..., 2:] * 1500 + 1000
    path = tmp_path / "TS3" / "annot_data.mat"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        file["annot2"], file["univ_annot3"] = pixels, joints
        file["valid_frame"] = np.array([[1], [0], [1], [0], [0]])
    tested = PICTURE_SETS["mpi-inf-3dhp"].read(tmp_path)
    assert [each.person.picture.name for each in tested] == ["img_000001.jpg", "img_000003.jpg"]
    person = tested[1].person
    assert person.joints_3d is not None and np.allclose(person.joints_3d, joints[2, 0] / 1000)
    assert joints_of_person(person)[1].all()
    low, high = pixels[2, 0].min(axis=0), pixels[2, 0].max(axis=0)
    assert np.allclose(person.box[2:], 1.1 * (high - low))
    path.write_bytes(b"no HDF5")
    with pytest.raises(RecoveryError, match=r"annot_data\.mat is not"):
        PICTURE_SETS["mpi-inf-3dhp"].read(tmp_path)
    path.unlink()
    with pytest.raises(RecoveryError, match="valid frames"):
        PICTURE_SETS["mpi-inf-3dhp"].read(tmp_path)


def test_leeds_is_measured_where_there_are_segmentations(tmp_path: Path):
    set_samples.write_leeds(tmp_path, 1003)
    with pytest.raises(RecoveryError, match="Unite the People"):
        PICTURE_SETS["lsp"].read(tmp_path)
    folder = tmp_path / "data" / "lsp"
    folder.mkdir(parents=True)
    for name in ("im1001_segmentation.png", "im1003_segmentation.png", "im1003_part_segmentation.png"):
        (folder / name).touch()
    one, both = PICTURE_SETS["lsp"].read(tmp_path)
    assert one.person.picture.name == "im1001.jpg" and one.parts is None
    assert both.silhouette == folder / "im1003_segmentation.png"
    assert both.parts == folder / "im1003_part_segmentation.png"


def test_the_measures_of_joints_are_those_worked_out_by_hand():
    random = np.random.default_rng(1)
    truth = random.normal(0, 0.4, (14, 3)) + [0, 0, 5]
    errors = JointErrors()
    turned = axis_angle_to_matrix(np.array([0.1, 0.9, -0.3]))
    errors.add(1.3 * truth @ turned.T + [3, 2, 1], truth, np.ones(14, bool))
    assert errors.pa_mpjpe[0] == pytest.approx(0, abs=1e-9) and errors.mpjpe[0] > 50
    assert errors.aligned_pck[0] == 1 and errors.aligned_auc[0] == pytest.approx(30 / 31)
    moved = truth + [0, 0, 7.0]
    wrist = LEEDS.index("left_wrist")
    moved[wrist] += [0.2, 0, 0]
    errors.add(moved, truth, np.ones(14, bool))
    assert errors.mpjpe[1] == pytest.approx(200 / 14), "the distance does not count, only the wrist"
    assert errors.pck[1] == pytest.approx(13 / 14)
    few = np.zeros(14, bool)
    few[[*HIPS, 0, 1]] = True
    errors.add(moved, truth, few)
    assert errors.mpjpe[2] == pytest.approx(0, abs=1e-9) and len(errors.mpjpe) == 3
    few[HIPS[0]] = False
    errors.add(moved, truth, few)
    assert len(errors.mpjpe) == 3, "without both hips there is nothing to measure from"
    assert errors.means()["mpjpe"] == pytest.approx(np.mean(errors.mpjpe))


def test_the_truth_is_measured_as_right(figures: list[Subject]):
    measured = measure_set(figures, lambda each: Found(truth_of(each), None))
    assert measured.people == 3 and not measured.failed and list(measured.joints) == [("", RECOVERED)]
    means = measured.joints["", RECOVERED].means()
    assert means["mpjpe"] < 0.01 and means["pck"] == 1
    assert "3 people of figures; 0 not recovered" in table(measured, "figures")


def test_what_the_network_says_is_measured_beside_it(figures: list[Subject]):
    def recover(tested: Subject) -> Found:
        if tested is figures[0]:
            raise RecoveryError("fit_failed", "No body could be fitted.")
        motion = truth_of(tested)
        assert motion.camera is not None
        pose = motion.poses[0].astype(np.float64)
        before_camera = motion.camera.rotation @ axis_angle_to_matrix(pose[0])
        turned = pose.copy()
        turned[0] = matrix_to_axis_angle(axis_angle_to_matrix(np.array([0, 0.5, 0])) @ before_camera)
        return Found(motion, (turned, motion.betas.astype(np.float64)))

    figures[1] = Subject(figures[1].person, part_of="one part")
    measured = measure_set(figures, recover)
    assert (
        measured.people == 2 and len(measured.failed) == 1 and "No body could be fitted" in measured.failed[0]
    )
    assert list(measured.joints) == [("", RECOVERED), ("one part", RECOVERED), ("", SAID), ("one part", SAID)]
    said = measured.joints["", SAID].means()
    assert said["mpjpe"] > 20 and said["pa_mpjpe"] < 0.01, "only the heading is off"
    assert len(measured.joints["one part", SAID].mpjpe) == 1
    text = table(measured, "figures")
    assert "one part, as the network says: 1 people" in text and "No body could be fitted" in text
    figures[1].person.picture.unlink()
    with pytest.raises(RecoveryError):
        measure_set(figures[:1] + [Subject(figures[1].person)], lambda each: _fail(each))


def _fail(_each: Subject) -> Found:
    raise RecoveryError("unreadable", "The picture is not there.")


def test_silhouettes_and_parts_are_measured_at_the_annotations_size(figures: list[Subject], tmp_path: Path):
    tested = figures[0]
    motion = truth_of(tested)
    assert motion.camera is not None
    body = load_body("free")
    vertices = motion.camera.to_camera(pose_body(body, motion.poses, motion.betas, motion.trans)[0][0])
    mask = np.zeros((320, 320), np.uint8)  # twice the picture's size
    pixels = (motion.camera.project(vertices) + 0.5) * 2 - 0.5
    for triangle in pixels[body.faces]:
        cv2.fillConvexPoly(mask, (triangle * 16).round().astype(np.int32), (255,), cv2.LINE_8, 4)
    cv2.imwrite(str(tmp_path / "silhouette.png"), mask)
    cv2.imwrite(str(tmp_path / "parts.png"), np.where(mask > 0, 2, 0).astype(np.uint8))
    tested = Subject(tested.person, None, tmp_path / "silhouette.png", tmp_path / "parts.png")
    measured = measure_set([tested, tested], lambda each: Found(motion, None))
    assert measured.silhouette is not None and measured.parts is not None
    assert measured.silhouette.total == 2 * 320 * 320 and measured.silhouette.accuracy > 0.99
    assert measured.silhouette.f1 > 0.95
    assert 0.1 < measured.parts.f1 < 0.5, "all is called torso, which most of it is not"
    assert "silhouette: accuracy 99" in table(measured, "figures") and "six parts" in table(
        measured, "figures"
    )
    cv2.imwrite(str(tmp_path / "parts.png"), mask)
    measure_set([tested], lambda each: Found(motion, None))  # 255 is what nobody knows
    cv2.imwrite(str(tmp_path / "parts.png"), mask // 2)
    with pytest.raises(RecoveryError, match=r"parts\.png holds other numbers"):
        measure_set([tested], lambda each: Found(motion, None))
    (tmp_path / "silhouette.png").write_bytes(b"")
    with pytest.raises(RecoveryError, match=r"silhouette\.png is damaged"):
        measure_set([tested], lambda each: Found(motion, None))


def test_a_regressor_takes_the_place_of_the_bodys_own_joints(tmp_path: Path):
    body, random = load_body("free"), np.random.default_rng(2)
    pose, betas = random.normal(0, 0.3, (24, 3)), random.normal(size=10)
    chosen = random.integers(0, len(body.template), len(HUMAN36M))
    regressor = np.eye(len(body.template), dtype=np.float32)[chosen]
    np.save(tmp_path / "regressor.npy", regressor)
    joints = joints_of_body("free", pose, betas, read_regressor(tmp_path / "regressor.npy"))
    vertices = pose_body(body, pose, betas, np.zeros(3))[0][0]
    assert np.allclose(joints, vertices[[chosen[HUMAN36M.index(name)] for name in LEEDS]])
    own = joints_of_body("free", pose, betas)
    posed = pose_body(body, pose, betas, np.zeros(3))[1][0]
    assert np.allclose(own[LEEDS.index("right_knee")], posed[5])
    np.save(tmp_path / "other.npy", regressor[:, :10])
    with pytest.raises(RecoveryError, match="of 10 vertices"):
        joints_of_body("free", pose, betas, read_regressor(tmp_path / "other.npy"))
    np.save(tmp_path / "other.npy", regressor[:3])
    (tmp_path / "text.npy").write_text("no array")
    for name, told in (
        ("other.npy", r"not \(17, V\)"),
        ("text.npy", "No regressor"),
        ("gone.npy", "No regressor"),
    ):
        with pytest.raises(RecoveryError, match=told):
            read_regressor(tmp_path / name)


@pytest.mark.usefixtures("weights")
def test_the_command_measures_a_method_on_a_picture(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name in ("still.jpg", "still.npz"):
        shutil.copy(examples / name, tmp_path / name)
    report = tmp_path / "report.json"
    assert (
        cli.main(["evaluate-set", "rendered", str(tmp_path), "--device", "cpu", "--json", str(report)]) == 0
    )
    assert "1 people of rendered figures; 0 not recovered" in capsys.readouterr().out
    (joints,) = json.loads(report.read_text())["joints"]
    assert joints["people"] == 1 and joints["part"] == "all" and joints["pa_mpjpe"] < 100
    assert cli.main(["evaluate-set", "rendered", str(tmp_path / "gone")]) == 1
    assert "no rendered figure" in capsys.readouterr().err
    assert SetMeasures().people == 0 and "0 people" in table(SetMeasures(), "nothing")
