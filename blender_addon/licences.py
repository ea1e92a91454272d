"""Whose work the program is made of, and on which terms."""

LICENCES = (
    ("Human Mesh Recovery, this add-on", "GPL-3.0-or-later"),
    ("Free body, made from MakeHuman's data", "CC0"),
    ("Lifter, learned from CMU's motion capture", "CC0"),
    ("NanoDet, MoveNet and BlazePose networks", "Apache-2.0"),
    ("ONNX Runtime", "MIT"),
    ("OpenCV, and FFmpeg inside it", "Apache-2.0, LGPL-2.1"),
    ("NumPy, SciPy and threadpoolctl", "BSD-3-Clause"),
    ("Pillow", "MIT-CMU"),
    ("platformdirs", "MIT"),
    ("tqdm", "MPL-2.0 and MIT"),
    ("Microsoft's C++ runtime, on Windows", "Its own licence"),
    ("ONNX, FlatBuffers, TFLite and ml_dtypes, if downloaded", "Apache-2.0"),
    ("Protocol Buffers, if downloaded", "BSD-3-Clause"),
    ("typing_extensions, if downloaded", "PSF-2.0"),
    ("pip, in the small zip", "MIT"),
    ("SMPL body, only if you bring it", "Its own licence"),
)
"""Part, licence."""
