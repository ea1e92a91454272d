"""Made-up bodies in the layouts of SMPL's files, for the tests that read them."""

import io
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from human_mesh_recovery.inference_server.body import skeleton
from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import Body
from human_mesh_recovery.inference_server.errors import RecoveryError

VERTEX_COUNT = 60


def arrays(beta_count: int = 10, joint_count: int = 24) -> dict[str, Any]:
    """Random arrays under the names and in the types of SMPL's files."""
    generator = np.random.default_rng(11)
    parents = skeleton.PARENTS.astype(np.uint32)  # the root's -1 becomes 4294967295, as in SMPL's files
    regressor = generator.random((joint_count, VERTEX_COUNT)) * (
        generator.random((joint_count, VERTEX_COUNT)) < 0.2
    )
    return {
        "v_template": generator.normal(size=(VERTEX_COUNT, 3)),
        "f": generator.integers(0, VERTEX_COUNT, (100, 3)).astype(np.uint32),
        "shapedirs": generator.normal(size=(VERTEX_COUNT, 3, beta_count)),
        "posedirs": generator.normal(size=(VERTEX_COUNT, 3, 207)),
        "J_regressor": regressor,
        "weights": generator.random((VERTEX_COUNT, 24)),
        "kintree_table": np.stack([parents, np.arange(24, dtype=np.uint32)]),
    }


def assert_holds(body: Body, expected: dict[str, Any]) -> None:
    """That every number of the file is in the body, in the right place."""
    np.testing.assert_array_equal(body.template, expected["v_template"])
    np.testing.assert_array_equal(body.faces, expected["f"])
    np.testing.assert_array_equal(body.shape_directions, expected["shapedirs"][..., :10])
    assert body.pose_directions is not None
    np.testing.assert_array_equal(body.pose_directions, expected["posedirs"])
    np.testing.assert_array_equal(body.joint_regressor, expected["J_regressor"])
    np.testing.assert_array_equal(body.weights, expected["weights"])
    for array in (
        body.template,
        body.shape_directions,
        body.pose_directions,
        body.joint_regressor,
        body.weights,
    ):
        assert array.dtype == np.float64


def refusal(path: Path) -> RecoveryError:
    """The error with which the file is refused."""
    with pytest.raises(RecoveryError) as caught:
        load_body(path)
    assert path.name in caught.value.message, "the message says which file"
    return caught.value


def written(path: Path, content: Any, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


_PurePickler: Any = pickle._Pickler  # the one whose way of writing a type can be changed


class _Python2Pickler(_PurePickler):
    """Writes bytes as Python 2 writes its strings: as such, not as a call of `_codecs.encode`."""

    def _save_bytes(self, text):
        self.write(pickle.BINSTRING + len(text).to_bytes(4, "little") + text)
        self.memoize(text)

    dispatch: ClassVar[dict] = {**_PurePickler.dispatch, bytes: _save_bytes}


def python2_pickle(content: Any) -> bytes:
    """As Python 2 and the libraries of its day wrote it: their module names, strings of bytes."""
    buffer = io.BytesIO()
    _Python2Pickler(buffer, protocol=2).dump(content)
    text = buffer.getvalue()
    for now, then in (
        (b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"),
        (b"cscipy.sparse._csc\n", b"cscipy.sparse.csc\n"),
    ):
        text = text.replace(now, then)
    return text


def chumpy_modules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Modules of chumpy's names whose classes pickle as chumpy's do: an object and a dictionary of its terms."""
    package = types.ModuleType("chumpy")
    modules = {"chumpy": package}
    for module, kind in (("ch", "Ch"), ("reordering", "Select"), ("ch_ops", "add")):
        modules[f"chumpy.{module}"] = types.ModuleType(f"chumpy.{module}")
        made = type(kind, (), {"__module__": f"chumpy.{module}"})
        setattr(modules[f"chumpy.{module}"], kind, made)
        setattr(package, module, modules[f"chumpy.{module}"])
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)

    def make(module, kind, **terms):
        made = getattr(modules[f"chumpy.{module}"], kind)()
        made.__dict__.update(terms)
        return made

    return make
