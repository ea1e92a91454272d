"""Whose work the program is made of, and on which terms."""

LICENCES = (
    ("Human Mesh Recovery, this add-on", "GPL-3.0-or-later"),
    ("Free body, made from MakeHuman's data", "CC0"),
    ("NanoDet, MoveNet and BlazePose networks", "Apache-2.0"),
    ("ONNX Runtime", "MIT"),
    ("OpenCV", "Apache-2.0"),
    ("NumPy and SciPy", "BSD-3-Clause"),
    ("Pillow", "MIT-CMU"),
    ("SMPL body, only if you bring it", "Its own licence"),
)
"""Part, licence."""
