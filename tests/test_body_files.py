"""The free body's file and the user's SMPL files: each layout read right, each bad file named for what it is."""

import os
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from human_mesh_recovery.inference_server.body.files import FREE_BODY, load_body
from human_mesh_recovery.tests.smpl_files import (
    VERTEX_COUNT,
    arrays,
    assert_holds,
    chumpy_modules,
    python2_pickle,
    refusal,
    written,
)


@pytest.fixture
def chumpy(monkeypatch):
    return chumpy_modules(monkeypatch)


@pytest.mark.parametrize("beta_count", [10, 300])
def test_reads_smpl_as_its_authors_pickle_it(tmp_path, chumpy, beta_count):
    expected = arrays(beta_count)
    content: dict[str, Any] = dict(expected)
    content["v_template"] = chumpy("ch", "Ch", x=expected["v_template"], _dirty_vars=set(), _itr=None)
    content["posedirs"] = chumpy("ch", "Ch", x=np.asfortranarray(expected["posedirs"]))
    content["weights"] = chumpy("ch", "Ch", x=chumpy("ch", "Ch", x=expected["weights"]))
    selected = chumpy(
        "reordering",
        "Select",
        a=chumpy("ch", "Ch", x=expected["shapedirs"]),
        idxs=np.arange(expected["shapedirs"].size),
        preferred_shape=expected["shapedirs"].shape,
    )
    content["shapedirs"] = selected
    content["J"] = chumpy("ch_ops", "add", a=1, b=2)  # not needed, and of a kind that is not understood
    content["J_regressor"] = scipy.sparse.csc_matrix(expected["J_regressor"])
    content["bs_type"], content["vert_sym_idxs"] = "lrotmin", np.arange(3)
    path = tmp_path / "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl"
    path.write_bytes(python2_pickle(content))
    assert b"_codecs" not in path.read_bytes() and b"_core" not in path.read_bytes()
    body = load_body(path)
    assert_holds(body, expected)
    assert body.name == path.stem


@pytest.mark.parametrize("protocol", range(6))
def test_reads_plain_pickles_of_every_protocol(tmp_path, protocol):
    expected = arrays()
    content: dict[str, Any] = dict(expected, J_regressor=scipy.sparse.csr_matrix(expected["J_regressor"]))
    content["posedirs"] = np.asfortranarray(expected["posedirs"])
    content["v_template"] = expected["v_template"].astype(">f8")
    assert_holds(load_body(str(written(tmp_path / "SMPL_NEUTRAL.pkl", content, protocol))), expected)


@pytest.mark.parametrize("pickled", [True, False])
def test_what_is_not_needed_may_be_absent_or_unreadable(tmp_path, pickled):
    content = arrays()
    del content["posedirs"], content["kintree_table"]
    content["notes"] = np.array(["an array of text"], dtype=object)
    path = tmp_path / "body"
    if pickled:
        written(path, content)
    else:
        path = path.with_suffix(".npz")
        np.savez(path, **content)
    assert load_body(path).pose_directions is None


def test_reads_npz_and_reads_again_when_it_changes(tmp_path):
    expected = arrays(300)
    path = tmp_path / "SMPL_MALE.npz"
    np.savez(path, **expected)
    first = load_body(path)
    assert_holds(first, expected)
    assert load_body(str(path)) is first
    expected["v_template"] = expected["v_template"] + 1
    np.savez(path, **expected)
    os.utime(path, ns=(1, 1))
    assert_holds(load_body(path), expected)


def test_the_free_body_is_small_and_says_what_it_may_be_used_for():
    body = load_body()
    assert body.name == "free" and body is load_body("free") is load_body(FREE_BODY)
    assert body.licence.startswith("CC0") and "MakeHuman" in body.licence
    assert "CC0 1.0" in FREE_BODY.with_name("FREE_BODY_LICENSE.md").read_text(encoding="utf-8")
    assert FREE_BODY.stat().st_size < 1_000_000
    assert body.pose_directions is None


@pytest.mark.parametrize("key", ["v_template", "f", "shapedirs", "J_regressor", "weights"])
@pytest.mark.parametrize("pickled", [True, False])
def test_a_missing_array_is_named(tmp_path, key, pickled):
    content = arrays()
    del content[key]
    path = tmp_path / "body.npz"
    if pickled:
        path = written(tmp_path / "body.pkl", content)
    else:
        np.savez(path, **content)
    error = refusal(path)
    assert error.code == "body_file" and f"'{key}'" in error.message and "SMPL_NEUTRAL.pkl" in error.hint


@pytest.mark.parametrize(
    ("joint_count", "what"), [(52, "SMPL-H"), (55, "SMPL-X"), (16, "MANO"), (7, "another model")]
)
def test_relatives_of_smpl_are_named(tmp_path, joint_count, what):
    error = refusal(written(tmp_path / "model.pkl", arrays(joint_count=joint_count)))
    assert error.code == "body_file" and what in error.message and str(joint_count) in error.message


def wrong_values() -> dict[str, tuple[str, object]]:
    good = arrays()
    tree = good["kintree_table"].copy()
    tree[0, 5] = 0
    sparse = scipy.sparse.csc_matrix(good["J_regressor"])
    outside = sparse.copy()
    outside.indices = outside.indices + 100
    backwards = sparse.copy()
    backwards.indptr = backwards.indptr[::-1].copy()
    huge = sparse.copy()
    huge._shape = (24, 10**12)
    return {
        "too few vertices": ("weights", good["weights"][:-1]),
        "too few betas": ("shapedirs", good["shapedirs"][..., :9]),
        "too few pose directions": ("posedirs", good["posedirs"][..., :206]),
        "one axis too few": ("v_template", good["v_template"][:, 0]),
        "not a number": ("v_template", good["v_template"] * np.nan),
        "a vertex that is not there": ("f", good["f"] + VERTEX_COUNT),
        "other joints": ("kintree_table", tree),
        "text": ("weights", "no array"),
        "objects": ("weights", np.array([None, "text"], dtype=object)),
        "a sparse index outside": ("J_regressor", outside),
        "a sparse index that runs backwards": ("J_regressor", backwards),
        "a sparse matrix larger than memory": ("J_regressor", huge),
    }


@pytest.mark.parametrize("kind", wrong_values())
def test_wrong_values_are_refused(tmp_path, kind):
    key, value = wrong_values()[kind]
    assert refusal(written(tmp_path / "model.pkl", dict(arrays(), **{key: value}))).code == "body_file"


def test_chumpy_that_does_not_end_or_is_not_understood(tmp_path, chumpy):
    endless = chumpy("ch", "Ch")
    endless.__dict__["x"] = endless
    for value in (endless, chumpy("ch_ops", "add", a=1, b=2), chumpy("ch", "Ch")):
        assert refusal(written(tmp_path / "model.pkl", dict(arrays(), weights=value))).code == "body_file"


@pytest.mark.parametrize("length", [0, 1, 100, -1])
@pytest.mark.parametrize("suffix", [".pkl", ".npz"])
def test_cut_short_files(tmp_path, length, suffix):
    path = tmp_path / f"SMPL_NEUTRAL{suffix}"
    if suffix == ".npz":
        np.savez(path, **arrays())
    else:
        written(path, arrays())
    path.write_bytes(path.read_bytes()[:length])
    assert refusal(path).code == "body_file"


def test_damaged_npz(tmp_path):
    path = tmp_path / "body.npz"
    np.savez_compressed(path, **arrays())
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)
    assert refusal(path).code == "body_file"


def test_files_that_are_no_bodies(tmp_path):
    text = tmp_path / "readme.txt"
    text.write_text("hello, this is not a body")
    assert refusal(text).code == "body_file"
    assert refusal(written(tmp_path / "list.pkl", [1, 2, 3])).code == "body_file"
    assert refusal(tmp_path / "absent.pkl").code == "body_file"
    assert refusal(tmp_path).code == "body_file"
