"""Reading a TensorFlow.js graph model: model.json and its one .bin as plain dataclasses."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecoveryError

ELEMENT_TYPES = {"float32": "<f4", "float16": "<f2", "int32": "<i4", "bool": "?"}


@dataclass(frozen=True)
class Node:
    """One step: its operator, its inputs as (node name, output number), its attributes as Python values."""

    name: str
    operator: str
    inputs: list[tuple[str, int]]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class TfjsNetwork:
    """A graph model: the nodes that the outputs need, in an order in which they can run.

    `constants` maps a node's name to its values (int32 widened to int64). `outputs` gives each output's node
    name, output number and shape, in the order of the model's signature.
    """

    nodes: list[Node]
    constants: dict[str, NDArray]
    outputs: list[tuple[str, int, list[int]]]


def _read_constants(manifest: list[dict], contents: bytes) -> dict[str, NDArray]:
    constants: dict[str, NDArray] = {}
    offset = 0
    for weight in (weight for group in manifest for weight in group["weights"]):
        stored = weight.get("quantization", {}).get("dtype", weight["dtype"])
        if stored not in ELEMENT_TYPES:
            raise RecoveryError(
                "conversion",
                f"The weight '{weight['name']}' is stored as {stored}, which is not supported.",
                "TF.js models can be converted with weights in single or half precision.",
            )
        element_type = np.dtype(ELEMENT_TYPES[stored])
        count = int(np.prod(weight["shape"], dtype=np.int64))
        if offset + count * element_type.itemsize > len(contents):
            raise RecoveryError("conversion", "The model's .bin file is too short.", "Fetch the files again.")
        array = np.frombuffer(contents, element_type, count, offset).reshape(weight["shape"])
        constants[weight["name"]] = array.astype(np.int64) if stored == "int32" else array
        offset += count * element_type.itemsize
    if offset != len(contents):
        raise RecoveryError("conversion", "The model's .bin file is too long.", "Fetch the files again.")
    return constants


def _reference(text: str) -> tuple[str, int]:
    name, _, number = text.partition(":")
    return name, int(number or 0)


def _attribute(value: dict[str, Any]) -> Any:
    """A protocol buffer's AttrValue, as its JSON form has it, to a Python value."""
    kind: str
    content: Any
    kind, content = next(iter(value.items()), ("", None))
    if kind == "list":
        numbers, words = content.get("i", []), content.get("s", [])
        return [int(number) for number in numbers] or [base64.b64decode(word).decode() for word in words]
    if kind == "s":
        return base64.b64decode(content).decode()
    if kind == "shape":
        return [int(size["size"]) for size in content.get("dim", [])]
    return int(content) if kind == "i" else content


def _read_node(node: dict[str, Any]) -> Node:
    inputs = [_reference(text) for text in node.get("input", []) if not text.startswith("^")]  # ^: order only
    attributes = {key: _attribute(value) for key, value in node.get("attr", {}).items()}
    return Node(node["name"], node["op"], inputs, attributes)


def _in_running_order(nodes: dict[str, Node], outputs: list[str]) -> list[Node]:
    """The nodes that `outputs` need, each after its inputs (depth first, without recursion)."""
    ordered: dict[str, Node] = {}
    waiting = list(reversed(outputs))
    while waiting:
        node = nodes[waiting[-1]]
        missing = [name for name, _ in node.inputs if name not in ordered]
        if missing:
            waiting.extend(reversed(missing))
            continue
        waiting.pop()
        ordered[node.name] = node
    return list(ordered.values())


def read_tfjs(model_json: bytes, weights: bytes) -> TfjsNetwork:
    """Read the contents of a graph model's .json and .bin.

    Raises RecoveryError (code "conversion") if they are not one, do not belong together or are quantised.
    """
    try:
        model = json.loads(model_json)
        nodes = {node["name"]: _read_node(node) for node in model["modelTopology"]["node"]}
        manifest, signature = model["weightsManifest"], model["signature"]["outputs"]
    except (ValueError, KeyError, TypeError) as error:
        message = "This is not a TensorFlow.js graph model."
        raise RecoveryError("conversion", message, "Fetch it again.") from error
    outputs = []
    for output in signature.values():
        shape = [int(size["size"]) for size in output["tensorShape"]["dim"]]
        outputs.append((*_reference(output["name"]), shape))
    ordered = _in_running_order(nodes, [name for name, _, _ in outputs])
    return TfjsNetwork(ordered, _read_constants(manifest, weights), outputs)
