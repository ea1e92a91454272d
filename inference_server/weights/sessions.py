"""Networks ready to run: ONNX Runtime on the device that the user chose, or the best one there is."""

import contextlib
import os
import sys
from collections.abc import Callable

# Before the import: a newer ONNX Runtime that somebody installs must not report what users do either.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime import InferenceSession
from onnxruntime.capi import onnxruntime_pybind11_state as states  # pyright: ignore[reportAttributeAccessIssue]: binary

from ..errors import RecoveryError
from . import store

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}  # in the order of preference
RUN_ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(states).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
"""What ONNX Runtime raises when a network that was loaded cannot be run, as where a device's memory is full."""


def available_devices() -> list[str]:
    """The devices that the installed ONNX Runtime was built for, best first; "cpu" is always the last."""
    present = onnxruntime.get_available_providers()
    return [device for device, provider in PROVIDERS.items() if provider in present]


def load_session(name: str, device: str = "auto", threads: int | None = None) -> InferenceSession:
    """A network of the catalogue, which describes its input and outputs, ready to run.

    `device` is auto, cuda, directml, coreml or cpu; auto takes the first that works. `threads` is that of
    the CPU, by default one a core.
    Raises RecoveryError: "weights_missing", "weights_corrupt", or "device" for one that this machine lacks.
    """
    return start_session(lambda: store.read(name), name, store.GET_HINT, device, threads)


def start_session(
    read: Callable[[], bytes], name: str, hint: str, device: str = "auto", threads: int | None = None
) -> InferenceSession:
    """As `load_session`, for the network that `read` gives; `hint` says what to do where it is damaged."""
    present = available_devices()
    if device not in ("auto", *present):
        raise _device_error(device, "ONNX Runtime here was not built for it")
    contents = read()
    for candidate in present if device == "auto" else [device]:
        try:
            session = _create(contents, candidate, threads)
        except Exception as error:  # ONNX Runtime raises whatever the device's driver does
            if candidate == "cpu":
                message = f"ONNX Runtime cannot load the network '{name}': {error}"
                raise RecoveryError("weights_corrupt", message, hint) from error
            if candidate == device:
                raise _device_error(device, str(error)) from error
            continue
        if session.get_providers()[0] == PROVIDERS[candidate]:
            return session
        if candidate == device:  # ONNX Runtime falls back to the CPU without a word
            raise _device_error(device, "its driver or libraries are missing")
    raise _device_error(device, "none works")


def _create(contents: bytes, device: str, threads: int | None) -> InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.inter_op_num_threads = 1
    if threads is not None:
        options.intra_op_num_threads = threads
    # Waiting threads that spin take the core from whoever has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if device == "directml":  # its documentation asks for this
        options.enable_mem_pattern = False
    if device == "cuda":
        with contextlib.redirect_stdout(sys.stderr):  # it prints what it misses
            onnxruntime.preload_dlls()  # from NVIDIA's Python packages, if these are installed
    providers = [PROVIDERS[device]] if device == "cpu" else [PROVIDERS[device], PROVIDERS["cpu"]]
    return InferenceSession(contents, options, providers=providers)


def _device_error(device: str, reason: str) -> RecoveryError:
    message = f"The device '{device}' cannot be used: {reason}."
    return RecoveryError("device", message, f"Available: auto, {', '.join(available_devices())}.")
