"""The repository as a whole: style, types, what imports what, and what the package's list must hold."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDS_TORCH = ("networks", "training", "weights/convert")
LONGEST_FILE = 300


def _files() -> list[Path]:
    """The files that are, or would be, committed."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout, so which files belong to the project is not known")
    return [path for line in listed.splitlines() if (path := ROOT / line).is_file()]


def _modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    """The modules that a file imports anywhere, relative ones as dotted paths from the repository's root."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            base = [*path.relative_to(ROOT).parts[: -node.level], *([node.module] if node.module else [])]
            names = [".".join([*base, name.name]) for name in node.names]
            found |= {name if _module_file(name) else ".".join(base) for name in names}
    return found


def _module_file(dotted: str) -> Path | None:
    path = ROOT / dotted.replace(".", "/")
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _room(dotted: str) -> str:
    return dotted.split(".")[1]


def test_ruff_has_nothing_to_say():
    pytest.importorskip("ruff")
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", str(ROOT)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_pyright_has_nothing_to_say(pyright: tuple[str, str]):
    found, said = pyright
    try:
        diagnostics = json.loads(found)["generalDiagnostics"]
    except ValueError:
        pytest.skip(f"pyright could not start: {(said or found).strip()[-300:]}")
    errors = [
        f"{item['file']}:{item['range']['start']['line'] + 1}: {item['message'].splitlines()[0]}"
        for item in diagnostics
        if item["severity"] == "error"
    ]
    assert not errors, "\n".join(errors)


def test_bpy_stays_out_of_the_server_and_torch_out_of_what_recovers():
    for path in _modules("inference_server"):
        inside = path.relative_to(ROOT / "inference_server").as_posix()
        names = {name.split(".")[0] for name in _imports(path)}
        assert not names & {"bpy", "mathutils", "bpy_extras", "blender_addon"}, path
        assert "smplx" not in names, path
        assert "torch" not in names or inside.startswith(NEEDS_TORCH), path


def test_what_blender_imports_needs_numpy_alone():
    """Blender's Python has numpy and nothing else of ours: everything reached from the add-on is as lean."""
    allowed = {"blf", "bpy", "bpy_extras", "gpu", "gpu_extras", "mathutils", "_cycles", "numpy"} | set(
        sys.stdlib_module_names
    )
    waiting, seen = [ROOT / "__init__.py", *_modules("blender_addon")], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imports(path):
            inside = _module_file(name)
            if inside:
                waiting.append(inside)
            else:
                assert name.split(".")[0] in allowed, f"{path} imports {name}"


def test_imports_run_downwards():
    """Between the rooms of the inference server (its folders and modules) there is no ring."""
    rooms: dict[str, set[str]] = {}
    for path in _modules("inference_server"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        targets = {_room(name) for name in _imports(path) if name.startswith("inference_server.")}
        rooms.setdefault(parts[1], set()).update(targets - {parts[1]})
    TopologicalSorter(rooms).prepare()  # raises CycleError, which names the ring
    assert rooms["body"] <= {"errors"}
    assert not any("cli" in targets for targets in rooms.values())


def test_files_are_short_enough_to_read():
    sources = [path for path in _files() if path.suffix == ".py"]
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_no_file_names_a_package_registry():
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com", "debian" + ".org"]
    pattern = re.compile("|".join(map(re.escape, hosts)).encode())
    assert not [path for path in _files() if path.name != "LICENSE" and pattern.search(path.read_bytes())]


def test_the_package_list_is_whole():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {
        path.parent.relative_to(ROOT)
        for room in ("blender_addon", "inference_server")
        for path in _modules(room)
        if path.name == "__init__.py"
    }
    expected = {"human_mesh_recovery"} | {".".join(("human_mesh_recovery", *path.parts)) for path in folders}
    assert set(settings["tool"]["setuptools"]["packages"]) == expected
    without_init = {path.parent.relative_to(ROOT) for room in ("blender_addon", "inference_server")
                    for path in _modules(room)} - folders  # fmt: skip
    assert not without_init, "folders of modules without __init__.py"


def test_the_extension_has_the_package_s_version():
    manifest = ROOT / "blender_manifest.toml"
    if not manifest.is_file():
        pytest.skip("there is no blender_manifest.toml yet")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(manifest.read_text(encoding="utf-8"))["version"] == settings["project"]["version"]


def test_everything_installed_is_pinned():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = settings["optional-dependencies"]
    requirements = settings["dependencies"] + [name for names in extras.values() for name in names]
    assert [name for name in requirements if not re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", name)] == []
    assert not any("smplx" in name for name in requirements if name not in extras["reference"])


def test_nothing_is_unpickled_freely():
    for room in ("blender_addon", "inference_server"):
        for path in _modules(room):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func)
                options = {item.arg: ast.unparse(item.value) for item in node.keywords}
                where = f"{path}:{node.lineno}"
                assert called not in ("pickle.load", "pickle.loads"), where
                assert called != "np.load" or options.get("allow_pickle") == "False", where
                assert called != "torch.load" or options.get("weights_only") == "True", where
