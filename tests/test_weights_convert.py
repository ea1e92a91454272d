"""The converters on small models made by hand, against numpy."""

import base64
import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.weights.convert.tfjs_to_onnx import convert_tfjs
from human_mesh_recovery.inference_server.weights.convert.tflite_reader import Operator, Tensor, TfliteNetwork
from human_mesh_recovery.inference_server.weights.convert.tflite_to_onnx import convert_tflite

TFLITE = "human_mesh_recovery.inference_server.weights.convert.tflite_to_onnx"


def text(word: str) -> dict[str, str]:
    return {"s": base64.b64encode(word.encode()).decode()}


def numbers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def tfjs_model(
    nodes: list[tuple[str, str, list[str], dict]], constants: dict[str, NDArray], input_shape: tuple[int, ...]
) -> tuple[bytes, bytes]:
    """A graph model's .json and .bin: `nodes` are (name, operator, inputs, attributes), the last is the output."""
    shape = {"shape": {"dim": [{"size": str(size)} for size in input_shape]}}
    entries = [{"name": "x", "op": "Placeholder", "attr": {"shape": shape}}]
    entries += [{"name": name, "op": "Const"} for name in constants]
    entries += [
        {"name": name, "op": operator, "input": inputs, "attr": attributes}
        for name, operator, inputs, attributes in nodes
    ]
    weights = [
        {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
        for name, array in constants.items()
    ]
    output = {"name": f"{nodes[-1][0]}:0", "tensorShape": {"dim": []}}
    model = {
        "modelTopology": {"node": entries},
        "weightsManifest": [{"weights": weights}],
        "signature": {"outputs": {"y": output}},
    }
    return json.dumps(model).encode(), b"".join(array.tobytes() for array in constants.values())


def run_model(contents: bytes, image: NDArray) -> NDArray:
    # The declared output shape is empty here, which ONNX Runtime takes for a scalar and says so.
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(contents, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": image})[0])


def run_tfjs(nodes: list, constants: dict[str, NDArray], image: NDArray) -> NDArray:
    return run_model(convert_tfjs(*tfjs_model(nodes, constants, image.shape), ("y",), ""), image)


def convolve_same(image: NDArray, kernel: NDArray, stride: int) -> NDArray:
    """TensorFlow's convolution with SAME padding, by its definition; image (H, W, C), kernel (h, w, C, K)."""
    size = np.array(image.shape[:2])
    output_size = -(-size // stride)
    total = np.maximum((output_size - 1) * stride + np.array(kernel.shape[:2]) - size, 0)
    before = total // 2
    padded = np.pad(image, [(before[0], total[0] - before[0]), (before[1], total[1] - before[1]), (0, 0)])
    result = np.zeros((*output_size, kernel.shape[3]))
    for row, column in np.ndindex(*output_size):
        window = padded[row * stride :, column * stride :][: kernel.shape[0], : kernel.shape[1]]
        result[row, column] = np.tensordot(window, kernel, 3)
    return result


def test_convolution_with_bias_and_activation() -> None:
    random = np.random.RandomState(0)
    image = random.normal(size=(1, 6, 8, 3)).astype(np.float32)
    kernel, bias = random.normal(size=(3, 3, 3, 5)).astype(np.float32), np.arange(5, dtype=np.float32)
    fused = {"list": {"s": [text("BiasAdd")["s"], text("Relu6")["s"]]}}
    attributes = {"strides": numbers(1, 2, 2, 1), "padding": text("SAME"), "fused_ops": fused}
    found = run_tfjs([("y", "_FusedConv2D", ["x", "k", "b"], attributes)], {"k": kernel, "b": bias}, image)
    expected = np.clip(convolve_same(image[0], kernel, 2) + bias, 0, 6)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_layouts_meet_without_transposes_between() -> None:
    """A channels-first network that transposes around each convolution, as converters from PyTorch write it."""
    random = np.random.RandomState(0)
    image = random.normal(size=(1, 2, 4, 4)).astype(np.float32)
    kernel = random.normal(size=(3, 3, 2, 2)).astype(np.float32)
    convolution = {"strides": numbers(1, 1, 1, 1), "padding": text("VALID")}
    nodes = [
        ("padded", "Pad", ["x", "amounts"], {}),
        ("last", "Transpose", ["padded", "to_last"], {}),
        ("convolved", "Conv2D", ["last", "k"], convolution),
        ("y", "Transpose", ["convolved", "to_first"], {}),
    ]
    constants = {
        "amounts": np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.int32),
        "to_last": np.array([0, 2, 3, 1], np.int32),
        "to_first": np.array([0, 3, 1, 2], np.int32),
        "k": kernel,
    }
    contents = convert_tfjs(*tfjs_model(nodes, constants, image.shape), ("y",), "")
    assert [node.op_type for node in onnx.load_from_string(contents).graph.node] == ["Conv", "Identity"]
    expected = convolve_same(image[0].transpose(1, 2, 0), kernel, 1).transpose(2, 0, 1)
    np.testing.assert_allclose(run_model(contents, image)[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("begin", "end", "masks", "expected"),
    [
        ([0, 1], [0, 3], {"begin_mask": 1, "end_mask": 1}, np.s_[:, 1:3]),
        ([1, 0], [2, 0], {"shrink_axis_mask": 1, "end_mask": 2}, np.s_[1, :]),
        ([0, -1], [0, 0], {"end_mask": 1, "shrink_axis_mask": 2}, np.s_[:, -1]),
        ([0, 0, 1], [0, 0, 4], {"end_mask": 1, "new_axis_mask": 2}, np.s_[:, None, 1:4]),
    ],
)
def test_strided_slice(begin: list[int], end: list[int], masks: dict[str, int], expected: Any) -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    names = {"b": begin, "e": end, "s": [1] * len(begin)}
    constants = {name: np.array(values, np.int32) for name, values in names.items()}
    attributes = {mask: {"i": str(value)} for mask, value in masks.items()}
    found = run_tfjs([("y", "StridedSlice", ["x", "b", "e", "s"], attributes)], constants, image)
    np.testing.assert_array_equal(found, image[expected])


def test_half_precision_weights_stay_half() -> None:
    image = np.ones((1, 100), np.float32)
    exact, inexact = np.arange(100, dtype=np.float32), np.full(100, 1 / 3, np.float32)
    nodes = [("sum", "AddV2", ["x", "a"], {}), ("y", "AddV2", ["sum", "b"], {})]
    contents = convert_tfjs(*tfjs_model(nodes, {"a": exact, "b": inexact}, image.shape), ("y",), "")
    stored = {tensor.data_type for tensor in onnx.load_from_string(contents).graph.initializer}
    assert stored == {onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT}
    np.testing.assert_array_equal(run_model(contents, image)[0], 1 + exact + inexact)


def test_conversion_is_deterministic() -> None:
    model = tfjs_model([("y", "Sigmoid", ["x"], {})], {}, (1, 2))
    assert convert_tfjs(*model, ("y",), "words") == convert_tfjs(*model, ("y",), "words")


def test_unknown_operators_are_named() -> None:
    with pytest.raises(RecoveryError, match="Bessel") as caught:
        convert_tfjs(*tfjs_model([("y", "Bessel", ["x"], {})], {}, (1, 2)), ("y",), "")
    assert caught.value.code == "conversion"


@pytest.mark.parametrize("change", [lambda weights: weights[:-1], lambda weights: weights + b"x"])
def test_weights_of_the_wrong_length(change: Any) -> None:
    model, weights = tfjs_model([("y", "AddV2", ["x", "a"], {})], {"a": np.ones(3, np.float32)}, (1, 3))
    with pytest.raises(RecoveryError, match=r"\.bin"):
        convert_tfjs(model, change(weights), ("y",), "")


def test_files_that_are_no_models() -> None:
    with pytest.raises(RecoveryError, match="TensorFlow"):
        convert_tfjs(b"<html>404</html>", b"", ("y",), "")
    with pytest.raises(RecoveryError, match="TFLite"):
        convert_tflite(b"<html>404</html>", ("y",), "")


def test_tflite_unknown_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Tensor("x", (1, 2, 2, 1), None)
    network = TfliteNetwork([image, image], [Operator("CUMSUM", [0], [1], None)], [0], [1])
    monkeypatch.setattr(f"{TFLITE}.read_tflite", lambda contents: network)
    with pytest.raises(RecoveryError, match="CUMSUM"):
        convert_tflite(b"", ("y",), "")


def test_tflite_pad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels-last amounts must land on the right axes."""
    amounts = np.array([[0, 0], [0, 0], [1, 0], [0, 2]], np.int32)
    tensors = [
        Tensor("x", (1, 2, 3, 4), None),
        Tensor("amounts", (4, 2), amounts),
        Tensor("y", (1, 2, 4, 6), None),
    ]
    network = TfliteNetwork(tensors, [Operator("PAD", [0, 1], [2], None)], [0], [2])
    monkeypatch.setattr(f"{TFLITE}.read_tflite", lambda contents: network)
    image = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(run_model(convert_tflite(b"", ("y",), ""), image), np.pad(image, amounts))
