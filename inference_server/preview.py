"""The recovered people drawn over their footage, as a picture or a video."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from .body.files import load_body
from .body.model import pose_body
from .colours import srgb
from .drawing import draw_mesh
from .errors import RecoveryError
from .media import Source, read_frames
from .motion import Motion
from .resampling import STILL_FPS
from .whole_file import whole_file

VIDEO_SUFFIXES = (".mp4",)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")


def check_preview_path(path: Path) -> None:
    """Raises RecoveryError for an ending that is neither a picture's nor a video's."""
    if path.suffix.lower() not in (*VIDEO_SUFFIXES, *PICTURE_SUFFIXES):
        raise RecoveryError(
            "output_format", f"A preview can't be written as {path.name}.", "Use .mp4, .png or .jpg."
        )


def write_preview(
    source: Source,
    motions: list[Motion],
    path: Path,
    on_frame: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Writes a video of all frames that the motions cover, or a picture of their middle one.

    `on_frame` is told the frames done and their total. The file appears whole or not at all.
    Raises RecoveryError("unwritable").
    """
    first = min(int(motion.frames[0]) for motion in motions)
    last = max(int(motion.frames[-1]) for motion in motions)
    with whole_file(path, "The preview") as temporary:
        if path.suffix.lower() in VIDEO_SUFFIXES:
            _write_video(source, motions, temporary, first, last, on_frame)
        else:
            middle = (first + last) // 2
            image = next(read_frames(source, middle, middle)).image
            _draw_people(image, motions, middle)
            encoded = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
            temporary.write_bytes(encoded.tobytes())
            on_frame(1, 1)


def _write_video(
    source: Source,
    motions: list[Motion],
    path: Path,
    first: int,
    last: int,
    on_frame: Callable[[int, int], None],
) -> None:
    size = (
        source.width - source.width % 2,
        source.height - source.height % 2,
    )  # the codec halves the colours
    fps = _codec_rate(source.fps or STILL_FPS)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    if not writer.isOpened():
        raise OSError("the video can't be opened for writing")
    written = 0
    try:
        for frame in read_frames(source, first, last):
            _draw_people(frame.image, motions, frame.index)
            writer.write(cv2.cvtColor(frame.image[: size[1], : size[0]], cv2.COLOR_RGB2BGR))
            written += 1
            on_frame(written, last - first + 1)
    finally:
        writer.release()
    # OpenCV's writer says nothing when the disk is full
    check = cv2.VideoCapture(str(path))
    complete = check.isOpened() and int(check.get(cv2.CAP_PROP_FRAME_COUNT)) == written
    check.release()
    if not complete:
        raise OSError("the disk may be full")


def _codec_rate(fps: float) -> float:
    """The nearest frame rate that MPEG-4 can hold: as a fraction, both its parts have 16 bits."""
    return next(round(fps, digits) for digits in (3, 2, 1, 0) if fps * 10**digits < 2**16 or not digits)


def _draw_people(image: np.ndarray, motions: list[Motion], index: int) -> None:
    """Draws who is there at frame `index`, the farthest first."""
    present = []
    for motion in motions:
        row = int(np.searchsorted(motion.frames, index))
        if motion.camera is not None and row < len(motion.frames) and motion.frames[row] == index:
            body = load_body(motion.body)
            hands = None if motion.hand_poses is None else motion.hand_poses[row : row + 1]
            posed, _ = pose_body(
                body, motion.poses[row : row + 1], motion.betas, motion.trans[row : row + 1], hands
            )
            present.append((motion, body, motion.camera.at(row).to_camera(posed[0])))
    for motion, body, vertices in sorted(present, key=lambda person: -person[2][:, 2].mean()):
        assert motion.camera is not None
        camera = replace(motion.camera, rotation=np.eye(3), translation=np.zeros(3))
        draw_mesh(image, vertices, body.faces, camera, srgb(motion.person - 1))
