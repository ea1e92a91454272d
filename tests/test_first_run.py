"""The two scripts that set themselves up: which Python they take, what they say when something is missing."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))
import environment
import find_python
import first_run
import pip_install
import run_tests

sys.path.remove(str(SCRIPTS))
OURS = ("environment", "find_python", "first_run", "pip_install", "run_tests")
needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in programs are shell scripts")


def _program(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(tmp_path, monkeypatch) -> Path:
    """A machine without any Python but what a test puts into the folder returned, which is its PATH."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


@pytest.mark.parametrize("name", OURS)
def test_the_scripts_run_on_python_3_8_with_the_standard_library(name):
    tree = ast.parse((SCRIPTS / f"{name}.py").read_text(), feature_version=(3, 8))
    nodes = list(ast.walk(tree))
    names = {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {item.name for node in nodes if isinstance(node, ast.Import) for item in node.names}
    assert names <= set(sys.stdlib_module_names) | set(OURS)
    assert not names & {"tomllib", "graphlib", "zoneinfo"}  # younger than 3.8


def test_the_running_python_serves_if_it_is_the_right_one():
    assert find_python.find_python("{}.{}".format(*sys.version_info[:2])) == sys.executable


@needs_shell
def test_a_shim_that_does_not_work_is_passed_over(bare_machine, tmp_path):
    _program(bare_machine / "python3.77", "echo 'pyenv: python3.77: command not found' >&2", "exit 127")
    _program(bare_machine / "python3", "echo 3.12; echo /usr/bin/python3")
    found = _program(tmp_path / "pyenv" / "versions" / "3.77.1" / "bin" / "python", 'echo 3.77; echo "$0"')
    assert find_python.find_python("3.77") == str(found)


@needs_shell
def test_a_python_without_venv_is_named_with_the_package_to_install(bare_machine):
    program = _program(bare_machine / "python3.77", "echo \"No module named 'ensurepip'\" >&2", "exit 1")
    with pytest.raises(pip_install.SetupError, match=r"apt install python3\.77-venv") as raised:
        find_python.find_python("3.77")
    assert str(program) in str(raised.value)


@pytest.mark.parametrize(
    ("system", "advice"),
    [("Windows", "winget install Python.Python.3.77"), ("Darwin", "brew install python@3.77"),
     ("Linux", "sudo apt install python3.77 python3.77-venv")],
)  # fmt: skip
def test_without_that_python_the_message_says_what_to_install(bare_machine, monkeypatch, system, advice):
    monkeypatch.setattr(find_python.platform, "system", lambda: system)
    with pytest.raises(pip_install.SetupError, match=r"Python 3\.77 is needed") as raised:
        find_python.find_python("3.77")
    assert advice in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("said", "explanation"),
    [
        ("Retrying: NewConnectionError(...)\nERROR: No matching distribution found for bpy", "no connection"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for bpy==4.5.15", "no bpy==4.5.15 for this machine"),
        ("python: No module named pip", "Delete its folder"),
        ("ERROR: something that nobody foresaw", "something that nobody foresaw"),
    ],
)
@needs_shell
def test_a_failure_of_pip_is_explained(tmp_path, said, explanation):
    python = _program(tmp_path / "python", f"cat <<'END'\n{said}\nEND", "exit 1")
    with pytest.raises(pip_install.SetupError, match=explanation):
        pip_install.pip_install(python, ["anything"], dict(os.environ), tmp_path)


@needs_shell
def test_pip_s_progress_is_shown_in_few_lines(tmp_path, capsys):
    said = """Looking in indexes: somewhere
Collecting bpy==4.5.15
  Downloading bpy-4.5.15-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (5.2 kB)
  Downloading bpy-4.5.15-cp311-cp311-manylinux_2_28_x86_64.whl (372.8 MB)
Installing collected packages: numpy, bpy
Successfully installed bpy-4.5.15 numpy-1.26.4"""
    python = _program(tmp_path / "python", f"cat <<'END'\n{said}\nEND")
    pip_install.pip_install(python, ["bpy==4.5.15"], dict(os.environ), tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        "  pip install bpy==4.5.15",
        "  downloading bpy 4.5.15 (372.8 MB)",
        "  installing 2 packages",
    ]


@pytest.fixture
def project(tmp_path, monkeypatch) -> list[list[str]]:
    """A project in a scratch folder whose pip only notes what it is asked to install; returns these notes."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n# "pytest==9.2.0"\n')
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "find_python", lambda version: f"python{version}")

    def make(_base: str, folder: Path) -> None:
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        python.parent.mkdir(parents=True, exist_ok=True)
        python.symlink_to(sys.executable)

    asked: list[list[str]] = []
    monkeypatch.setattr(environment, "_make", make)
    monkeypatch.setattr(environment, "_check_blender", lambda _python: None)
    monkeypatch.setattr(environment, "pip_install", lambda _python, arguments, *_: asked.append(arguments))
    return asked


def test_a_second_run_installs_nothing_and_starts_nothing(project, monkeypatch):
    first = environment.project_environment("blender")
    assert len(project) == 1
    assert project[0][1].endswith("[blender]")

    def refuse(*_arguments, **_options):
        raise AssertionError("a second run is to start at once")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(environment, "find_python", refuse)
    assert environment.project_environment("blender") == first
    assert len(project) == 1


def test_the_tests_extend_the_environment_and_the_first_run_keeps_it(project):
    environment.project_environment("blender")
    environment.project_environment("blender", "test")
    assert project[1][1].endswith("[blender,test]")
    environment.project_environment("blender")
    assert len(project) == 2


def test_a_changed_pyproject_installs_again(project):
    environment.project_environment("blender")
    with open(environment.ROOT / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    environment.project_environment("blender")
    assert len(project) == 2


def test_a_changed_pyproject_keeps_the_extras_that_were_installed(project):
    environment.project_environment("blender", "test")
    with open(environment.ROOT / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    environment.project_environment("blender")
    assert project[1][1].endswith("[blender,test]")


def test_a_stopped_installation_is_taken_up_again(project, monkeypatch):
    note = environment.pip_install

    def stop(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "pip_install", stop)
    with pytest.raises(KeyboardInterrupt):
        environment.project_environment("blender")
    monkeypatch.setattr(environment, "pip_install", note)
    environment.project_environment("blender")
    assert len(project) == 1


def test_the_package_is_linked_under_its_name(project):
    environment.project_environment("blender")
    link = environment.ROOT / ".venv" / "package" / "human_mesh_recovery"
    assert link.resolve() == environment.ROOT.resolve()


def test_each_blender_has_an_environment_of_its_own(project):
    environment.blender_environment("4.2")
    environment.blender_environment("5.2")
    assert project == [["bpy==4.2.23", "pytest==9.2.0"], ["bpy==5.2.3", "pytest==9.2.0"]]
    stamp = json.loads((environment.ROOT / ".venv-blender-5.2" / "installed.json").read_text())
    assert stamp["wanted"] == project[1]


def test_too_little_disk_is_said_before_anything_is_made(project, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000_000})
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _folder: usage)
    with pytest.raises(pip_install.SetupError, match=r"1\.0 GB free"):
        environment.project_environment("blender")
    assert not (environment.ROOT / ".venv").exists()


def _first_run(tmp_path: Path, monkeypatch, *lines: str) -> int:
    monkeypatch.setattr(first_run, "ROOT", tmp_path)
    program = _program(tmp_path / "bin" / "recover-mesh", 'echo "$@" >> steps', *lines)
    monkeypatch.setattr(first_run, "project_environment", lambda *_extras: program.with_name("python"))
    return first_run.main()


@needs_shell
def test_the_first_run_gets_weights_recovers_the_example_and_measures_it(tmp_path, monkeypatch, capsys):
    assert _first_run(tmp_path, monkeypatch) == 0
    steps = (tmp_path / "steps").read_text().splitlines()
    assert [step.split()[0] for step in steps] == ["weights", "recover", "evaluate"]
    said = capsys.readouterr().out
    assert str(tmp_path / "out" / "walk.blend") in said
    assert "open it in Blender" in said


@needs_shell
def test_a_failing_step_ends_the_first_run_with_its_exit_code(tmp_path, monkeypatch, capsys):
    assert _first_run(tmp_path, monkeypatch, '[ "$1" = weights ] || exit 7') == 7
    assert len((tmp_path / "steps").read_text().splitlines()) == 2
    assert "exit code 7" in capsys.readouterr().err


def test_a_missing_environment_ends_both_scripts_with_its_message(monkeypatch, capsys):
    def fail(*_extras):
        raise pip_install.SetupError("Python 3.11 is needed.")

    monkeypatch.setattr(first_run, "project_environment", fail)
    monkeypatch.setattr(run_tests, "project_environment", fail)
    assert first_run.main() == 3
    assert run_tests.main([]) == 3
    assert capsys.readouterr().err.count("Python 3.11 is needed.") == 2


def test_the_tests_can_be_sent_to_one_blender_or_to_all(monkeypatch, capsys):
    ran: list[list[str]] = []
    monkeypatch.setattr(run_tests, "blender_environment", lambda version: Path(f"/{version}/python"))
    monkeypatch.setattr(run_tests, "_run", lambda command: ran.append(command) or 0)
    assert run_tests.main(["--blender", "4.2", "-x"]) == 0
    assert ran[0][0] == str(Path("/4.2/python"))
    assert ran[0][-1] == "-x"
    assert any(name.startswith("tests" + os.sep + "test_scene") for name in ran[0])
    assert run_tests.main(["--blender", "all"]) == 0
    assert len(ran) == 1 + len(environment.BLENDERS)
    assert run_tests.main(["--blender", "3.6"]) == 2
    assert "4.2, 4.5, 5.0, 5.2" in capsys.readouterr().err
