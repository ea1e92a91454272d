"""Pickles that would run a program: refused, and nothing of them runs."""

import os
import pickle
from pathlib import Path

import pytest

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.tests.smpl_files import arrays, assert_holds, refusal, written


class _Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def named_call(module: str, name: str, argument: str) -> bytes:
    """A pickle that calls module.name(argument); the name may hold dots, as protocol 4 allows."""

    def text(value):
        encoded = value.encode()
        return pickle.SHORT_BINUNICODE + bytes([len(encoded)]) + encoded

    call = text(module) + text(name) + pickle.STACK_GLOBAL + text(argument) + pickle.TUPLE1 + pickle.REDUCE
    return pickle.PROTO + b"\x04" + call + pickle.STOP


def hostile_pickles(marker: Path) -> dict[str, bytes]:
    code = f"open({str(marker)!r}, 'w')"
    smuggled = arrays()
    smuggled["v_template"] = _Call(os.system, f"echo > {marker}")
    return {
        "a command": pickle.dumps(_Call(os.system, f"echo > {marker}"), protocol=2),
        "a command inside a body": pickle.dumps(smuggled, protocol=2),
        "eval": pickle.dumps(_Call(eval, code), protocol=4),
        "Python 2's eval": b"c__builtin__\neval\n(S" + repr(code).encode() + b"\ntR.",
        "exec, by INST": b"(S" + repr(code).encode() + b"\ni__builtin__\nexec\n.",
        "getattr": pickle.dumps(_Call(getattr, "text", "upper"), protocol=2),
        "numpy's load": named_call("numpy", "load", str(marker)),
        "a dotted name": named_call("numpy", "core.multiarray.sys.modules.clear", str(marker)),
        "a dotted name in a known module": named_call(
            "numpy.core.multiarray", "os.system", f"echo > {marker}"
        ),
        "a dotted name in chumpy": named_call("chumpy", "ch.os.system", f"echo > {marker}"),
        "a module like chumpy": named_call("chumpyish", "run", str(marker)),
        "scipy's own functions": named_call("scipy.sparse", "load_npz", str(marker)),
    }


@pytest.mark.parametrize("kind", hostile_pickles(Path("marker")))
def test_hostile_pickles_are_refused_and_run_nothing(tmp_path, kind):
    marker = tmp_path / "marker"
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(hostile_pickles(marker)[kind])
    assert refusal(path).code == "body_file_unsafe"
    assert not marker.exists()


def tampering_pickles() -> dict[str, bytes]:
    """Built of permitted names only: setting state on the classes themselves, rebuilding what is no array."""
    state = b"}S'arguments'\nI1\nsb"
    return {
        "state on a class": b"cnumpy\nndarray\n" + state + b".",
        "attributes on a class": b"cnumpy\nndarray\n(N}S'__setstate__'\nI1\nstb.",
        "state on a function's stand-in": b"c_codecs\nencode\n" + state + b".",
        "rebuilding text": b"ccopy_reg\n_reconstructor\n(S'os'\nS'system'\nNtR.",
        "another encoding": b"c_codecs\nencode\n(S'text'\nS'rot13'\ntR.",
    }


@pytest.mark.parametrize("kind", tampering_pickles())
def test_permitted_names_cannot_be_turned_against_the_reader(tmp_path, kind):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(tampering_pickles()[kind])
    assert refusal(path).code == "body_file"
    assert_holds(load_body(written(tmp_path / "whole.pkl", arrays())), arrays())
