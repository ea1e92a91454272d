"""How the server gets its packages and starts: unpacked once, whole or not at all, and every failure in words."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from human_mesh_recovery.inference_server.startup import locks, parts, target, telling
from human_mesh_recovery.inference_server.startup import wheels as unpacking
from human_mesh_recovery.tests.made_up_parts import ONE, MadeUpExtension, finish


@pytest.fixture
def extension(tmp_path: Path) -> MadeUpExtension:
    return MadeUpExtension(tmp_path)


def _failure(extension: MadeUpExtension, *options: str, runtime: Path | None = None) -> dict:
    """The one error that a start ends with."""
    process = extension.start(*options, runtime=runtime)
    messages, said = finish(process)
    assert process.returncode == 1, said
    assert messages[-1]["type"] == "error"
    assert messages[-1]["job"] is None
    assert not list(extension.runtime.glob("*.part"))
    return messages[-1]


def _ready(extension: MadeUpExtension, runtime: Path | None = None) -> Path:
    return parts.ready(runtime or extension.runtime, extension.parts, False, lambda message: None)


def test_the_first_start_unpacks_and_the_second_does_not(extension):
    messages, said = finish(extension.start())
    hello = messages.pop()
    (folder,) = extension.unpacked()
    assert (hello["type"], hello["two"], hello["telemetry"]) == ("hello", 2, "1")
    assert Path(hello["one"]).is_relative_to(folder)
    assert "chatter" in said
    assert {message["stage"] for message in messages} == {"unpack"}
    assert messages[0]["done"] == 0
    assert messages[-1]["done"] == messages[-1]["total"] > 0
    before = sorted(folder.rglob("*.py"))
    again, _ = finish(extension.start())
    assert [message["type"] for message in again] == ["hello"]
    assert extension.unpacked() == [folder]
    assert sorted(folder.rglob("*.py")) == before


def test_wheels_are_merged_as_an_installation_would_without_tests_and_scripts(extension):
    folder = _ready(extension)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "one/__init__.py",
        "one/tests/_kept.py",
        "one-1.0.dist-info/METADATA",
        "two/__init__.py",
        "two/value.py",
        "library.dll",
    }


@pytest.mark.parametrize(
    "name", ["../outside.py", "/outside.py", "one/../../outside.py", "C:/outside.py", "a\\b"]
)
def test_a_wheel_that_leads_out_of_the_folder_is_refused(extension, name):
    extension.wheels.append(extension.add_wheel("three", {name: "x"}))
    extension.write_table()
    assert _failure(extension)["code"] == "damaged"
    assert extension.unpacked() == []
    assert not list(extension.runtime.parent.rglob("outside.py"))


def test_a_wheel_with_another_checksum_is_refused(extension):
    path = extension.parts / extension.wheels[1]["file"]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    error = _failure(extension)
    assert error["code"] == "damaged"
    assert str(path) in error["message"]
    assert "again" in error["hint"]
    assert extension.unpacked() == []


def test_a_wheel_that_is_missing_from_a_large_zip_is_said(extension):
    (extension.parts / extension.wheels[0]["file"]).unlink()
    assert _failure(extension)["code"] == "damaged"


def test_a_python_without_parts_is_told_which_there_are(extension):
    extension.write_table(target="macos-arm64-cp399")
    error = _failure(extension)
    assert error["code"] == "no_runtime"
    assert "Python 3.99 on macOS on Apple silicon" in error["message"]
    assert ".".join(map(str, sys.version_info[:3])) in error["message"]
    assert target.python_tag() in error["hint"]


def test_an_older_macos_is_told_which_it_needs(extension, monkeypatch):
    extension.write_table(macos="14.0")
    monkeypatch.setattr(target.platform, "mac_ver", lambda: ("13.6.1", ("", "", ""), "arm64"))
    with pytest.raises(telling.PartsError, match=r"macOS 13\.6\.1, and the recovery needs macOS 14\.0"):
        _ready(extension)
    monkeypatch.setattr(target.platform, "mac_ver", lambda: ("26.1", ("", "", ""), "arm64"))
    assert _ready(extension).is_dir()


@pytest.mark.parametrize(
    ("system", "built", "machine", "expected"),
    [
        ("linux", "linux-x86_64", "x86_64", "linux-x64"),
        ("linux", "linux-aarch64", "aarch64", "linux-arm64"),
        ("win32", "win-amd64", "ARM64", "windows-x64"),
        ("win32", "win-arm64", "ARM64", "windows-arm64"),
        ("darwin", "macosx-11.0-arm64", "arm64", "macos-arm64"),
        ("darwin", "macosx-10.9-universal2", "arm64", "macos-arm64"),
        ("darwin", "macosx-10.13-x86_64", "x86_64", "macos-x64"),
    ],
)
def test_platforms_have_blender_s_names(monkeypatch, system, built, machine, expected):
    monkeypatch.setattr(target.sys, "platform", system)
    monkeypatch.setattr(target.sysconfig, "get_platform", lambda: built)
    monkeypatch.setattr(target.platform, "machine", lambda: machine)
    assert target.platform_tag() == expected


def test_several_starts_at_once_unpack_once(extension):
    running = [extension.start() for _ in range(4)]
    told = [finish(process)[0] for process in running]
    assert [messages[-1]["type"] for messages in told] == ["hello"] * 4
    assert sum(any(message.get("done") for message in messages) for messages in told) == 1
    assert len(extension.unpacked()) == 1


def test_what_a_killed_start_left_is_cleared_away(extension):
    stale = extension.runtime / "cp311-0.abc.part"
    (stale / "one").mkdir(parents=True)
    _ready(extension)
    assert not stale.exists()


def test_the_packages_of_an_earlier_version_go_once_nobody_uses_them(extension):
    old = extension.runtime / f"{target.python_tag()}-000000000000"
    used = extension.runtime / f"{target.python_tag()}-111111111111"
    other = extension.runtime / "cp399-000000000000"
    for folder in (old, used, other):
        (folder / "one").mkdir(parents=True)
    hold = f"import sys, time; sys.path.insert(0, {str(extension.folder / 'inference_server')!r})\n"
    hold += "from pathlib import Path; from startup import locks\n"
    hold += f"locks.hold(Path({str(used)!r})); print(); sys.stdout.flush(); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        folder = _ready(extension)
        assert set(extension.unpacked()) == {folder, used, other}
    finally:
        holder.kill()
        holder.communicate()
    assert locks.release(used)


def test_too_little_room_is_said_before_anything_is_unpacked(extension, monkeypatch):
    usage = type("Usage", (), {"free": 20_000_000})
    extension.wheels[0]["unpacked"] = 300_000_000
    extension.write_table()
    monkeypatch.setattr(parts.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(telling.PartsError, match="needs 390 MB, and 20 MB are free") as caught:
        _ready(extension)
    assert caught.value.code == "disk_full"
    assert extension.unpacked() == []


def test_a_disk_that_fills_up_is_said_and_nothing_half_unpacked_stays(extension, monkeypatch):
    def fill(path: Path, folder: Path, count: object) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(unpacking, "unpack", fill)
    with pytest.raises(telling.PartsError) as caught:
        _ready(extension)
    assert caught.value.code == "disk_full"
    assert str(extension.runtime) in caught.value.message
    assert sorted(path.name for path in extension.runtime.iterdir()) == ["lock"]


def test_a_place_that_cannot_be_written_to_is_said(extension, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    error = _failure(extension, runtime=in_the_way / "runtime")
    assert error["code"] == "unwritable"
    assert str(in_the_way) in error["message"]


def test_too_long_a_path_is_said_on_windows(extension, monkeypatch):
    deep = extension.runtime / ("x" * 240)
    monkeypatch.setattr(parts.sys, "platform", "win32")
    monkeypatch.setattr(parts, "_long_paths_enabled", lambda: False)
    with pytest.raises(telling.PartsError, match="259 characters") as caught:
        parts._check_length(deep, extension.wheels)
    assert caught.value.code == "long_path"
    parts._check_length(Path("x"), extension.wheels)


def test_packages_that_do_not_load_are_said_with_their_folder(extension):
    (folder,) = [_ready(extension)]
    shutil.rmtree(folder / "two")
    error = _failure(extension)
    assert error["code"] == "broken_runtime"
    assert str(folder) in error["message"]


def test_a_python_of_the_user_s_own_runs_with_its_own_packages(extension, tmp_path):
    command = [sys.executable, "-I", "-S", str(extension.folder / "inference_server" / "launch.py")]
    bare = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert json.loads(bare.stdout)["code"] == "no_runtime"
    assert "No module named 'one'" in json.loads(bare.stdout)["message"]
    folder = _ready(extension)
    command[1:3] = ["-s"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    full = subprocess.run(
        command, capture_output=True, stdin=subprocess.DEVNULL, env=environment, check=False
    )
    assert json.loads(full.stdout)["type"] == "hello"


def test_a_small_zip_asks_before_it_downloads(extension):
    extension.make_small()
    error = _failure(extension)
    assert error["code"] == "parts_missing"
    assert "large zip" in error["hint"]
    assert not (extension.index / "asked.txt").exists()


def test_a_small_zip_fetches_just_the_wheels_it_knows(extension):
    extension.make_small()
    messages, said = finish(extension.start("--allow-download"))
    assert messages[-1]["type"] == "hello", said
    stages = [message.get("stage") for message in messages[:-1]]
    assert sorted(set(stages), key=stages.index) == ["download", "unpack"]
    done = [message["done"] for message in messages[:-1] if message["stage"] == "download"]
    assert done == sorted(done)
    asked = (extension.index / "asked.txt").read_text().splitlines()
    assert asked == [f"{name}==1.0 --hash=sha256:{wheel['sha256']}"
                     for name, wheel in zip(("one", "two"), extension.wheels, strict=True)]  # fmt: skip
    assert not (extension.runtime / "wheels").exists()


def test_a_failed_download_is_said_and_goes_on_where_it_ended(extension):
    extension.make_small()
    second = extension.index / extension.wheels[1]["file"]
    kept = second.rename(second.with_suffix(".away"))
    error = _failure(extension, "--allow-download")
    assert error["code"] == "download"
    assert "no connection to the package index" in error["message"]
    kept.rename(second)
    messages, _ = finish(extension.start("--allow-download"))
    assert messages[-1]["type"] == "hello"
    asked = (extension.index / "asked.txt").read_text().splitlines()
    assert [line.partition("==")[0] for line in asked] == ["one", "two", "two"]


def test_another_file_under_a_wheel_s_name_is_refused(extension):
    extension.make_small()
    (extension.index / extension.wheels[0]["file"]).write_bytes(b"something else")
    assert _failure(extension, "--allow-download")["code"] == "damaged"
    assert extension.unpacked() == []


def test_a_client_that_goes_ends_a_download(extension):
    extension.make_small()
    (extension.index / "slow").touch()
    process = extension.start("--allow-download")
    assert process.stdin is not None
    asked, deadline = extension.index / "asked.txt", time.monotonic() + 30
    while not asked.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.stdin.close()
    assert process.wait(30) == 1
    assert extension.unpacked() == []
    assert process.stdout is not None
    assert b'"error"' not in process.stdout.read()


def test_wheels_longest_path_and_size_are_counted_without_what_is_left_out(extension):
    path = extension.parts / extension.wheels[0]["file"]
    with zipfile.ZipFile(path) as archive:
        inside = [name for _, name in unpacking.members(archive, path)]
    assert sorted(inside) == sorted(name for name in ONE if "test_one" not in name)
