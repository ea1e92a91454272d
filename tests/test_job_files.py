"""The folders of jobs."""

import json

import pytest

from human_mesh_recovery.blender_addon.client import job_files
from human_mesh_recovery.blender_addon.client.job_files import JobRecord
from human_mesh_recovery.inference_server.errors import RecoveryError


def test_every_job_has_a_folder_of_its_own(tmp_path):
    folders = {job_files.new_job_folder(tmp_path / "results", "Tänzer / take 2?.mp4") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.is_dir() and folder.parent == tmp_path / "results" for folder in folders)
    assert all("take-2" in folder.name for folder in folders)


def test_a_folder_s_name_ends_in_no_sign(tmp_path):
    long = "x" * (job_files.LONGEST_NAME - 1) + ".take"
    assert job_files.new_job_folder(tmp_path, f"{long}.mp4").name.endswith("x")


def test_a_name_of_nothing_but_signs_still_gives_a_folder(tmp_path):
    assert job_files.new_job_folder(tmp_path, "///").name.endswith("recovery")


def test_results_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(RecoveryError) as raised:
        job_files.new_job_folder(tmp_path / "results", "clip.mp4")
    assert raised.value.code == "unwritable"
    assert "preferences" in raised.value.hint


def test_a_record_comes_back(tmp_path):
    record = JobRecord(
        "走る.mp4",
        source={"path": "/a/走る.mp4", "files": ["/no text: \udcff.png"], "start": 3},
        settings={"smoothing": 1.5},
        placement={"first_frame": 12, "positions": [3.0, 4.5]},
        people=["person-1.npz"],
        warnings=["It ends early."],
    )
    job_files.write_record(tmp_path, record)
    assert record.created
    assert job_files.read_record(tmp_path) == record


@pytest.mark.parametrize(
    "contents",
    [
        "",
        "[]",
        "{}",
        '{"name": 3}',
        '{"name": "a", "people": [1]}',
        '{"name": "a", "settings": []}',
        '{"name": "a", "placement": {"first_frame": "soon"}}',
        '{"name": "a", "placement": {"first_frame": 1, "positions": [0, NaN]}}',
    ],
)
def test_a_damaged_record_is_told(tmp_path, contents):
    (tmp_path / "job.json").write_text(contents)
    with pytest.raises(RecoveryError) as raised:
        job_files.read_record(tmp_path)
    assert raised.value.code == "job_folder"
    assert str(tmp_path) in raised.value.message


def test_a_record_can_name_no_file_outside_its_folder(tmp_path):
    record = {"name": "a", "people": ["../../secret.npz", "person-1.npz"]}
    (tmp_path / "job.json").write_text(json.dumps(record))
    assert job_files.read_record(tmp_path).people == ["secret.npz", "person-1.npz"]


def test_recent_jobs_are_those_that_saw_somebody(tmp_path):
    for name, files in {
        "2026-01-01 a": ["job.json", "person-1.npz"],
        "2026-01-02 b": ["job.json", "tracks.npz"],
        "2026-01-03 c": ["job.json"],
        "2026-01-04 d": ["person-1.npz"],
    }.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).touch()
    found = job_files.recent_jobs(tmp_path, 5)
    assert [folder.name for folder in found] == ["2026-01-02 b", "2026-01-01 a"]
    assert len(job_files.recent_jobs(tmp_path, 1)) == 1
    assert job_files.recent_jobs(tmp_path / "none", 5) == []
