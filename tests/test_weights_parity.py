"""The converted networks against what the published ones answer in their own run times.

The stored outputs were recorded by scripts/record_original_outputs.py with TensorFlow.js 4.22 (WebAssembly) and
LiteRT 2.3. Largest differences measured with ONNX Runtime 1.31 on a CPU, as a share of the output's largest value:
nanodet 1.7e-6, movenet_thunder 2.5e-6, movenet_multipose 5.1e-6, blazepose_heavy 6.5e-6, but 1.1e-4 of its mask. In
that mask LiteRT with and without its XNNPACK delegate differ by 1.2 times as much from each other.
With ONNX Runtime 1.28 hand_landmarks: 2.7e-6.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.weights import store
from human_mesh_recovery.inference_server.weights.catalogue import NETWORKS
from human_mesh_recovery.inference_server.weights.sessions import load_session

ROOT = Path(__file__).resolve().parent.parent
LARGEST_DIFFERENCE = {  # as a share of the output's largest value
    "nanodet": 1e-5,
    "movenet_thunder": 1e-5,
    "movenet_multipose": 2e-5,
    "blazepose_heavy": 3e-5,
    "hand_landmarks": 1e-5,
}
MASK_DIFFERENCE = 4e-4


@pytest.fixture(scope="module")
def recording() -> dict:
    """The functions of the script that recorded the fixture: `network_input` and `sample`."""
    return runpy.run_path(str(ROOT / "scripts" / "record_original_outputs.py"))


@pytest.fixture(params=list(NETWORKS))
def network(request: pytest.FixtureRequest) -> str:
    try:
        store.ensure(request.param)
    except RecoveryError as error:
        pytest.skip(f"the network cannot be had: {error}")
    return request.param


def test_outputs_agree_with_the_original_run_time(network: str, recording: dict) -> None:
    session = load_session(network, "cpu", threads=1)
    outputs = session.run(None, {"image": recording["network_input"](network)})
    names = [output.name for output in session.get_outputs()]
    assert tuple(names) == NETWORKS[network].outputs
    with np.load(ROOT / "tests" / "data" / "original_outputs.npz", allow_pickle=False) as originals:
        for index, (name, output) in enumerate(zip(names, outputs, strict=True)):
            expected = originals[f"{network}_{index}"]
            share = MASK_DIFFERENCE if name == "mask" else LARGEST_DIFFERENCE[network]
            tolerance = share * np.abs(expected).max()
            np.testing.assert_allclose(
                recording["sample"](output), expected, rtol=0, atol=tolerance, err_msg=name
            )


def test_shapes_are_declared_as_they_are(network: str, recording: dict) -> None:
    session = load_session(network, "cpu", threads=1)
    outputs = session.run(None, {"image": recording["network_input"](network)})
    for declared, output in zip(session.get_outputs(), outputs, strict=True):
        assert tuple(declared.shape) == np.asarray(output).shape
        assert np.isfinite(np.asarray(output)).all()


def test_people_are_found_in_the_picture(recording: dict) -> None:
    """The fixture means something: the made-up people are people to the networks."""
    try:
        store.ensure("movenet_multipose")
    except RecoveryError as error:
        pytest.skip(f"the network cannot be had: {error}")
    session = load_session("movenet_multipose", "cpu", threads=1)
    scores = np.asarray(session.run(None, {"image": recording["network_input"]("movenet_multipose")})[0])[
        0, :, 55
    ]
    assert (scores > 0.5).sum() == 2


def test_the_hand_is_found_in_the_picture(recording: dict) -> None:
    try:
        store.ensure("hand_landmarks")
    except RecoveryError as error:
        pytest.skip(f"the network cannot be had: {error}")
    session = load_session("hand_landmarks", "cpu", threads=1)
    landmarks, presence, *_ = session.run(None, {"image": recording["network_input"]("hand_landmarks")})
    assert np.asarray(presence).item() > 0.5
    tips = np.asarray(landmarks).reshape(21, 3)[[8, 12, 16, 20], 1]
    assert (tips < 120).all()
