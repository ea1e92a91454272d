"""TensorFlow.js graph model -> ONNX."""

from ...errors import RecoveryError
from .graph import GraphBuilder, Value
from .tfjs_operators import OPERATORS
from .tfjs_reader import Node, read_tfjs


def _add_input(graph: GraphBuilder, node: Node) -> Value:
    # A size of -1 is free; images have free height and width at most.
    free = {1: "height", 2: "width"}
    shape = [size if size > 0 else free.get(axis, 1) for axis, size in enumerate(node.attributes["shape"])]
    return graph.add_input("image", shape)


def convert_tfjs(model_json: bytes, weights: bytes, output_names: tuple[str, ...], description: str) -> bytes:
    """Convert the contents of a graph model's .json and .bin to those of an .onnx file.

    The one input is called "image" and is float32, even where the original takes whole numbers; the outputs
    keep the signature's order and layout and get `output_names`.
    Raises RecoveryError (code "conversion") for anything that is not supported.
    """
    network = read_tfjs(model_json, weights)
    graph = GraphBuilder()
    values: dict[tuple[str, int], Value] = {}
    for node in network.nodes:
        if node.operator == "Const":
            produced = Value(data=network.constants[node.name])
        elif node.operator == "Placeholder":
            produced = _add_input(graph, node)
        elif node.operator in OPERATORS:
            produced = OPERATORS[node.operator](graph, node, [values[reference] for reference in node.inputs])
        else:
            raise RecoveryError("conversion", f"The TensorFlow operator {node.operator} is not supported.")
        for number, value in enumerate(produced if isinstance(produced, list) else [produced]):
            values[node.name, number] = value
    for name, (node_name, number, shape) in zip(output_names, network.outputs, strict=True):
        graph.add_output(name, values[node_name, number], shape)
    return graph.model_bytes(description)
