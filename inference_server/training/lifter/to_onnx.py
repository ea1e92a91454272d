"""The trained lifter as an ONNX network, its weights in half precision."""

import numpy as np
import torch
from numpy.typing import NDArray

from ...lifting.features import FEATURES, OUTPUTS
from ...networks.lifter import Block, Lifter, TimeBlock
from ...weights.convert.graph import GraphBuilder, Value

NORM_EPSILON = 1e-5


def lifter_to_onnx(lifter: Lifter, description: str) -> bytes:
    """Input "features" (1, T, FEATURES), outputs "single" and "in_time" (1, T, OUTPUTS): as Lifter.forward."""
    graph = GraphBuilder()
    features = graph.plain(graph.add_input("features", [1, "frames", FEATURES]))
    hidden = _linear(graph, features, lifter.enter)
    for block in lifter.blocks:
        assert isinstance(block, Block)
        inner = _gelu(graph, _linear(graph, _norm(graph, hidden, block.norm), block.inner))
        hidden = graph.node("Add", [hidden, _linear(graph, inner, block.outer)])
    graph.add_output("single", Value(plain=_leave(graph, hidden, lifter.leave)), [1, "frames", OUTPUTS])
    for block in lifter.time_blocks:
        assert isinstance(block, TimeBlock)
        hidden = graph.node("Add", [hidden, _over_time(graph, hidden, block)])
    answer = _leave(graph, hidden, lifter.leave_in_time)
    graph.add_output("in_time", Value(plain=answer), [1, "frames", OUTPUTS])
    return graph.model_bytes(description)


def _over_time(graph: GraphBuilder, hidden: str, block: TimeBlock) -> str:
    channels = graph.node("Transpose", [_norm(graph, hidden, block.norm)], perm=[0, 2, 1])
    reach = block.dilation
    padded = graph.node("Pad", [channels, graph.integers(0, 0, reach, 0, 0, reach)], mode="edge")
    assert block.around.bias is not None
    weights = [_halved(graph, block.around.weight), graph.constant(_array(block.around.bias))]
    around = graph.node("Conv", [padded, *weights], dilations=[reach])
    return _linear(graph, graph.node("Transpose", [_gelu(graph, around)], perm=[0, 2, 1]), block.outer)


def _leave(graph: GraphBuilder, hidden: str, head: torch.nn.Sequential) -> str:
    norm, linear = head
    assert isinstance(norm, torch.nn.LayerNorm) and isinstance(linear, torch.nn.Linear)
    return _linear(graph, _norm(graph, hidden, norm), linear)


def _linear(graph: GraphBuilder, x: str, layer: torch.nn.Linear) -> str:
    product = graph.node("MatMul", [x, _halved(graph, layer.weight.T)])
    return graph.node("Add", [product, graph.constant(_array(layer.bias))])


def _norm(graph: GraphBuilder, x: str, layer: torch.nn.LayerNorm) -> str:
    scale, bias = graph.constant(_array(layer.weight)), graph.constant(_array(layer.bias))
    return graph.node("LayerNormalization", [x, scale, bias], axis=-1, epsilon=NORM_EPSILON)


def _gelu(graph: GraphBuilder, x: str) -> str:
    """x (1 + erf(x / sqrt 2)) / 2 (Hendrycks 2016)."""
    error = graph.node("Erf", [graph.node("Mul", [x, graph.constant(np.float32(np.sqrt(0.5)))])])
    share = graph.node("Add", [error, graph.constant(np.float32(1))])
    return graph.node("Mul", [graph.node("Mul", [x, share]), graph.constant(np.float32(0.5))])


def _halved(graph: GraphBuilder, weight: torch.Tensor) -> str:
    return graph.weight(_array(weight).astype(np.float16).astype(np.float32))


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy().astype(np.float32)
