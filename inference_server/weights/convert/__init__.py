"""Conversion of the published networks to ONNX, with numpy and the ONNX package alone."""

from ..catalogue import Network
from .tfjs_to_onnx import convert_tfjs
from .tflite_to_onnx import convert_tflite


def convert(network: Network, files: dict[str, bytes]) -> bytes:
    """Contents of the network's .onnx file from those of its published files, keyed by their path.

    Deterministic: the same files give the same bytes. Raises RecoveryError (code "conversion").
    """
    contents = [files[source.path] for source in network.files]
    if network.files[0].path.endswith(".tflite"):
        return convert_tflite(contents[0], network.outputs, network.description)
    return convert_tfjs(contents[0], contents[1], network.outputs, network.description)
