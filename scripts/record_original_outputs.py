"""Record what the published networks answer in their own run times: tests/data/original_outputs.npz.

    pip install ai-edge-litert==2.3.0
    npm install --prefix FOLDER @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 \\
        @tensorflow/tfjs-backend-wasm@4.22.0
    python scripts/record_original_outputs.py FOLDER MODELS

MODELS is a folder that holds the unpacked packages' files: models/*.json and *.bin, pose_landmark_heavy.tflite,
hand_landmark_full.tflite.
The inputs are made here, by `picture`, and made again by the test that compares. Of a large output only a fixed
random sample is kept, with the mean and the deviation of the whole.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "data" / "original_outputs.npz"
SAMPLES = 2000
SIZES = {
    "nanodet": (416, 416),
    "movenet_thunder": (256, 256),
    "movenet_multipose": (256, 320),
    "blazepose_heavy": (256, 256),
    "hand_landmarks": (224, 224),
}
LITERT_FILES = {
    "blazepose_heavy": "pose_landmark_heavy.tflite",
    "hand_landmarks": "hand_landmark_full.tflite",
}
FOR_ONE_PERSON = ("movenet_thunder", "blazepose_heavy")
TFJS_FILES = {
    "nanodet": "models/nanodet",
    "movenet_thunder": "models/movenet-thunder",
    "movenet_multipose": "models/movenet-multipose",
}
# A person as thick lines: from x, y to x, y, thickness, in heights of the person; red, green, blue.
SHIRT, TROUSERS, SKIN, HAIR, SHOE = (196, 60, 52), (40, 60, 110), (224, 172, 140), (60, 40, 30), (30, 30, 30)
LIMBS = (
    (0.000, 0.045, 0.000, 0.055, 0.065, HAIR),
    (0.000, 0.075, 0.000, 0.095, 0.056, SKIN),
    (0.000, 0.140, 0.000, 0.180, 0.030, SKIN),
    (-0.050, 0.530, -0.055, 0.730, 0.050, TROUSERS),
    (-0.055, 0.730, -0.060, 0.930, 0.036, TROUSERS),
    (0.050, 0.530, 0.085, 0.730, 0.050, TROUSERS),
    (0.085, 0.730, 0.100, 0.930, 0.036, TROUSERS),
    (-0.060, 0.955, -0.090, 0.965, 0.024, SHOE),
    (0.100, 0.955, 0.130, 0.965, 0.024, SHOE),
    (-0.060, 0.230, -0.050, 0.480, 0.062, SHIRT),
    (0.060, 0.230, 0.050, 0.480, 0.062, SHIRT),
    (-0.105, 0.220, -0.190, 0.360, 0.034, SHIRT),
    (-0.190, 0.360, -0.230, 0.500, 0.027, SKIN),
    (0.105, 0.220, 0.200, 0.330, 0.034, SHIRT),
    (0.200, 0.330, 0.260, 0.190, 0.027, SKIN),
)
# A hand, likewise.
HAND = (
    (0.000, 0.850, 0.000, 1.100, 0.085, SKIN),
    (-0.060, 0.800, -0.100, 0.560, 0.070, SKIN),
    (0.000, 0.800, -0.030, 0.540, 0.070, SKIN),
    (0.050, 0.800, 0.090, 0.580, 0.070, SKIN),
    (-0.060, 0.780, -0.200, 0.640, 0.048, SKIN),
    (-0.200, 0.640, -0.290, 0.520, 0.040, SKIN),
    (-0.110, 0.540, -0.160, 0.250, 0.038, SKIN),
    (-0.030, 0.520, -0.040, 0.200, 0.039, SKIN),
    (0.045, 0.530, 0.070, 0.240, 0.037, SKIN),
    (0.110, 0.570, 0.170, 0.340, 0.032, SKIN),
)


def picture(name: str) -> NDArray[np.uint8]:
    """A made-up picture of the size that the network wants, (H, W, 3) RGB: one or two people in a room, or a hand."""
    height, width = SIZES[name]
    y, x = np.mgrid[:height, :width].astype(np.float64)
    wall = y < 0.8 * height
    image = np.where(wall[..., None], (178.0, 184.0, 190.0), (120.0, 104.0, 88.0))
    image += 12 * np.sin(x / width * 5 + 1)[..., None] + 6 * np.cos(y / height * 9)[..., None]
    image += np.random.RandomState(0).normal(0, 4, image.shape)
    people = [(0.5, 0.08, 0.84)] if name in FOR_ONE_PERSON else [(0.3, 0.1, 0.8), (0.72, 0.2, 0.66)]
    lines = LIMBS
    if name == "hand_landmarks":
        people, lines = [(0.52, 0.1, 0.8)], HAND
    for centre, top, size in people:
        tall = size * height
        for x0, y0, x1, y1, thickness, colour in lines:
            start = np.array([centre * width + x0 * tall, (top + y0 * size) * height])
            along = np.array([x1 - x0, y1 - y0]) * tall
            offset = np.stack([x, y], axis=-1) - start
            part = np.clip(offset @ along / (along @ along), 0, 1)
            away = np.linalg.norm(offset - part[..., None] * along, axis=-1) / (thickness * tall)
            shade = np.sqrt(np.clip(1 - away**2, 0.25, 1))[..., None]
            cover = np.clip((1 - away) * thickness * tall + 0.5, 0, 1)[..., None]
            image = image * (1 - cover) + cover * shade * np.array(colour)
    return np.round(np.clip(image, 0, 255)).astype(np.uint8)


def network_input(name: str) -> NDArray[np.float32]:
    """`picture` as the network's float32 input with a batch axis."""
    image = picture(name)
    if name == "nanodet":
        bgr = (image[..., ::-1] - np.array([103.53, 116.28, 123.675])) / np.array([57.375, 57.12, 58.395])
        return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None], dtype=np.float32)
    scale = 255 if name in LITERT_FILES else 1
    return image[None].astype(np.float32) / np.float32(scale)


def sample(output: NDArray) -> NDArray[np.float32]:
    """What the fixture keeps of an output: its mean, its deviation, and all or some of its values."""
    flat = output.ravel()
    if flat.size > SAMPLES:
        flat = flat[np.random.RandomState(1).permutation(flat.size)[:SAMPLES]]
    return np.concatenate([[output.mean(dtype=np.float64), output.std(dtype=np.float64)], flat]).astype(
        np.float32
    )


def _run_tfjs(node_folder: Path, models: Path) -> dict[str, list[NDArray]]:
    outputs = {}
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        jobs = []
        for name, stem in TFJS_FILES.items():
            kind = "float32" if name == "nanodet" else "int32"
            values = network_input(name).astype(kind)
            values.tofile(folder / f"{name}.bin")
            jobs.append(
                {
                    "model": str(models / f"{stem}.json"),
                    "weights": str(models / f"{stem}.bin"),
                    "input": str(folder / f"{name}.bin"),
                    "shape": values.shape,
                    "type": kind,
                    "output": str(folder / name),
                }
            )
        (folder / "jobs.json").write_text(json.dumps(jobs))
        script = Path(__file__).with_suffix(".cjs")
        environment = {**os.environ, "NODE_PATH": str(node_folder / "node_modules")}
        subprocess.run(["node", str(script), str(folder / "jobs.json")], check=True, env=environment)
        for name in TFJS_FILES:
            count = len(list(folder.glob(f"{name}.*.bin")))
            outputs[name] = [
                np.fromfile(folder / f"{name}.{index}.bin", np.float32) for index in range(count)
            ]
    return outputs


def _run_litert(model: Path, image: NDArray[np.float32]) -> list[NDArray]:
    from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingImports]

    interpreter = Interpreter(model_path=str(model))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]


def main() -> None:
    node_folder, models = map(Path, sys.argv[1:3])
    outputs = _run_tfjs(node_folder, models)
    for name, file in LITERT_FILES.items():
        outputs[name] = _run_litert(models / file, network_input(name))
    samples = {
        f"{name}_{index}": sample(array)
        for name, arrays in outputs.items()
        for index, array in enumerate(arrays)
    }
    FIXTURE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FIXTURE, **samples)
    print(f"{FIXTURE}: {FIXTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
