"""Pose2Mesh's graphs: the order of equal numbers, matching, Laplacians, against those of the original code."""

import numpy as np
import pytest

from human_mesh_recovery.inference_server.mesh_graphs import sorting
from human_mesh_recovery.inference_server.mesh_graphs.coarsening import build_graphs, tree_orders
from human_mesh_recovery.inference_server.mesh_graphs.joint_sets import COCO, HUMAN36M, JOINT_SETS
from human_mesh_recovery.inference_server.mesh_graphs.matching import match_levels, mesh_adjacency
from human_mesh_recovery.inference_server.mesh_graphs.sorting import quicksort_order
from human_mesh_recovery.tests.pose2mesh_samples import MADE_UP_COCO, SMPL_COCO, golden, small_body


@pytest.mark.parametrize("name", [SMPL_COCO, MADE_UP_COCO])
def test_the_graphs_are_the_original_s(name: str):
    known = golden(name)
    graphs = build_graphs(known["faces"], COCO)
    assert graphs.sizes == known["sizes"].tolist()
    for level, order in enumerate(graphs.orders):
        assert np.array_equal(order, known[f"perm{level}"]), level
    assert np.array_equal(graphs.places, known["perm_reverse"][: graphs.counts[0]])
    for level, laplacian in enumerate(graphs.laplacians):
        assert laplacian.nnz == known[f"L{level}_nnz"]
        assert np.allclose(laplacian @ known[f"L{level}_randvec"], known[f"L{level}_mul"], atol=1e-5), level
    assert np.allclose(graphs.joints, known["L_joint_dense"], atol=1e-6)
    assert np.allclose(graphs.joints @ known["L9_randvec"], known["L9_mul"], atol=1e-5)


def test_human36m_s_joints_make_a_network_of_the_original_s_sizes():
    known = golden(SMPL_COCO)
    assert build_graphs(known["faces"], HUMAN36M).sizes == [*known["sizes"][:-1].tolist(), 17]


def test_the_graphs_do_not_hang_on_numpy_s_order_of_equal_numbers(monkeypatch: pytest.MonkeyPatch):
    """Another numpy's argsort, here one that puts equal numbers the other way round, changes nothing."""
    body = small_body()
    usual = build_graphs(body.faces, COCO)

    def backwards(values, *_, **__):
        values = np.asarray(values)
        return len(values) - 1 - np.lexsort((np.arange(len(values)), values[::-1]))

    monkeypatch.setattr(np, "argsort", backwards)
    other = build_graphs(body.faces, COCO)
    assert all(np.array_equal(a, b) for a, b in zip(usual.orders, other.orders, strict=True))


def test_equal_numbers_as_numpy_up_to_1_24_orders_them():
    values = [3, 1, 2, 1, 3, 2, 1, 1, 2, 3, 3, 1, 2, 2, 1, 3, 1, 2, 3, 1]
    # what argsort of numpy 1.24.4 gives
    recorded = [19, 1, 3, 6, 7, 16, 11, 14, 2, 17, 5, 8, 12, 13, 15, 0, 18, 4, 10, 9]
    assert quicksort_order(values).tolist() == recorded
    short = values[:16]  # sorted by insertion, which keeps the order of equals
    assert np.array_equal(quicksort_order(short), np.argsort(short, kind="stable"))


def test_what_is_split_too_often_is_heap_sorted_as_numpy_does_it():
    values = np.random.default_rng(2).integers(0, 9, 200).astype(float)
    order = list(range(200))
    sorting._heap_sort(values.tolist(), order, 0, 199)
    assert order == np.argsort(values, kind="heapsort").tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 17, 1000])
def test_the_order_sorts(count: int):
    values = np.random.default_rng(count).integers(0, 6, count)
    order = quicksort_order(values)
    assert np.array_equal(np.sort(order), np.arange(count))
    assert np.array_equal(values[order], np.sort(values))


def test_joined_nodes_are_neighbours():
    parents = [np.array([4, 1, 1, 2, 2, 3, 0, 0, 3]), np.array([2, 1, 0, 1, 0])]
    assert [order.tolist() for order in tree_orders(parents)] == [
        [3, 4, 0, 9, 1, 2, 5, 8, 6, 7, 10, 11],
        [2, 4, 1, 3, 0, 5],
        [0, 1, 2],
    ]


def test_a_coarser_graph_keeps_the_weight_of_the_finer():
    graphs, parents = match_levels(mesh_adjacency(small_body().faces), 4)
    for finer, coarser, parent in zip(graphs, graphs[1:], parents, strict=False):
        assert coarser.sum() == finer.sum()
        assert np.bincount(parent).max() == 2
        assert (abs(coarser - coarser.T)).sum() == 0


def test_a_mesh_with_loose_vertices_is_refused():
    with pytest.raises(ValueError, match="in no face"):
        build_graphs(np.array([[0, 1, 2], [1, 2, 4]]), COCO)


def test_the_joint_sets_name_what_they_link():
    for joint_set in JOINT_SETS.values():
        count = len(joint_set.joints)
        linked = joint_set.adjacency
        assert linked.shape == (count, count)
        assert (linked == linked.T).all() and (np.diag(linked) == 1).all()
        assert np.linalg.matrix_power(linked, count).all(), "every joint is reached"
        for first, second in joint_set.flip_pairs:
            names = {joint_set.joints[first], joint_set.joints[second]}
            assert {name.split("_")[0] for name in names} == {"left", "right"}
            assert len({name.split("_")[1] for name in names}) == 1
        assert joint_set.joints[joint_set.root] == "pelvis"
