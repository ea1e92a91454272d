"""Leeds Sports Pose, MPII and MPI-INF-3DHP, read from fragments in their published layouts."""

from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.training.pictures import joint_names
from human_mesh_recovery.inference_server.training.pictures.leeds import read_leeds_test
from human_mesh_recovery.inference_server.training.pictures.person import box_of
from human_mesh_recovery.inference_server.training.pictures.sources import read_people
from human_mesh_recovery.tests import set_samples as samples


@pytest.mark.parametrize("extended", [False, True], ids=["itself", "extended"])
def test_leeds_is_read_with_whoever_is_seen(extended: bool, tmp_path: Path):
    places = samples.write_leeds(tmp_path, extended=extended)
    found = read_people(tmp_path, load_body("free"))
    assert found.flat and len(found.people) == 3 and ("Extended" in found.name) == extended
    first = found.people[0]
    assert first.picture == tmp_path / "images" / ("im00001.jpg" if extended else "im0001.jpg")
    assert first.names == (*joint_names.LEEDS, "pelvis") and first.joints_2d is not None
    assert first.joints_2d[:, 2].tolist() == [0] + [1] * 14
    assert np.allclose(first.joints_2d[1:14, :2], places[0, 1:])
    assert np.allclose(first.joints_2d[14, :2], places[0, 2:4].mean(axis=0)), "between the hips"
    around = places[0, 1:] if extended else places[0]
    low, high = around.min(axis=0), around.max(axis=0)
    assert np.allclose(first.box, [*low, *(high - low)]), "around all that are annotated"


def test_leeds_test_people_are_not_learnt_from(tmp_path: Path):
    samples.write_leeds(tmp_path, 1002)
    assert len(read_people(tmp_path, load_body("free")).people) == 1000
    tested = read_leeds_test(tmp_path).people
    assert [person.picture.name for person in tested] == ["im1001.jpg", "im1002.jpg"]
    samples.write_leeds(tmp_path, 3)
    with pytest.raises(RecoveryError, match="nobody to test with"):
        read_leeds_test(tmp_path)


def test_mpii_is_read_where_nobody_else_is_near(tmp_path: Path):
    path = samples.write_mpii(tmp_path)
    found = read_people(tmp_path, load_body("free"))
    assert found.flat and [person.picture.name for person in found.people] == ["0.jpg", "1.jpg"]
    whole, part = found.people
    assert whole.names == joint_names.MPII and whole.joints_2d is not None and part.joints_2d is not None
    assert whole.joints_2d[:, 2].all() and whole.joints_2d[9].tolist() == [90, 46, 1]
    assert np.flatnonzero(part.joints_2d[:, 2]).tolist() == [2, 3, 9]
    assert part.box.tolist() == [20, 11, 70, 35]
    path.rename(tmp_path / path.name)
    path.parent.rmdir()
    assert len(read_people(tmp_path, load_body("free")).people) == 2, (
        "the annotations may lie beside the pictures"
    )


def test_mpi_inf_3dhp_is_read_in_the_cameras_space(tmp_path: Path):
    joints = samples.write_mpi_inf_3dhp(tmp_path)
    found = read_people(tmp_path, load_body("free"))
    assert not found.flat and [person.picture.stem for person in found.people] == [
        "frame_000001",
        "frame_000011",
    ]
    for person, frame in zip(found.people, (0, 10), strict=True):
        assert person.names == joint_names.MPI_INF_3DHP
        assert person.joints_3d is not None and np.allclose(person.joints_3d, joints[frame] / 1000)
        assert person.joints_2d is not None and person.view is not None
        assert np.allclose(person.view.project(person.joints_3d), person.joints_2d[:, :2])


def test_what_is_damaged_or_lacks_its_pictures_is_told(tmp_path: Path):
    body = load_body("free")
    for name in ("joints.mat", "mpii_human_pose_v1_u12_1.mat", "S1/Seq1/annot.mat"):
        path = tmp_path / name.replace("/", "_") / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"MATLAB 5.0 MAT-file, cut short")
        (path.parent / "imageFrames" / "video_0").mkdir(parents=True)
        with pytest.raises(RecoveryError, match=f"{path.name}.*is not") as caught:
            read_people(tmp_path / name.replace("/", "_"), body)
        assert caught.value.code == "bad_data"
    samples.write_mpi_inf_3dhp(tmp_path / "mpi")
    for picture in (tmp_path / "mpi").rglob("*.jpg"):
        picture.unlink()
    with pytest.raises(RecoveryError, match=r"no pictures.*ffmpeg"):
        read_people(tmp_path / "mpi", body)
    (tmp_path / "mpi" / "S1" / "Seq2" / "camera.calibration").unlink()
    with pytest.raises(RecoveryError, match=r"camera\.calibration"):
        read_people(tmp_path / "mpi", body)


def test_a_box_takes_two_places():
    joints = np.array([[1.0, 2, 1], [3, 8, 1], [100, 100, 0]])
    assert box_of(joints).tolist() == [1, 2, 2, 6]  # pyright: ignore[reportOptionalMemberAccess]
    assert box_of(joints, 1.5).tolist() == [0.5, 0.5, 3, 9]  # pyright: ignore[reportOptionalMemberAccess]
    assert box_of(joints[1:]) is None
