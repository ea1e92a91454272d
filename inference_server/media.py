"""Pictures, videos and folders of frames, decoded one frame at a time.

Whatever the file holds (16 bits, grey, palette, alpha, a turn in its metadata), a frame is RGB uint8 and
upright.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from . import pictures
from .errors import RecoveryError
from .picture_names import PICTURE_SUFFIXES, pictures_in

# What OpenCV and FFmpeg (which looks here when it first opens a video) would print, RecoveryError says better.
cv2.setLogLevel(0)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

FOLDER_FPS: Final = 24.0


@dataclass(frozen=True)
class Source:
    """Where frames come from. Sizes and the focal length are those of the frames as handed out."""

    path: Path
    kind: Literal["picture", "video", "folder"]
    width: int
    height: int
    fps: float  # frames a second; 0 for a picture
    frame_count: int  # as the file states it: a damaged video may hold fewer
    focal_length: float | None  # pixels, from EXIF
    files: tuple[Path, ...] = ()  # of a picture or a folder, in order
    video_reduction: float = 1.0  # size of a video's frames as handed out over that of its file


@dataclass(frozen=True)
class Frame:
    """A frame of the source: its number from 0 and its image (H,W,3), RGB uint8."""

    index: int
    image: np.ndarray


def open_source(path: str | Path, fps: float | None = None) -> Source:
    """Looks at a picture, a video or a folder of frames without reading it to the end.

    `fps` replaces the frame rate of a video or a folder. Raises RecoveryError (missing_file, unreadable_file,
    no_images, mixed_sizes, bad_fps).
    """
    path = Path(path)
    _check_rate(fps)
    if path.is_dir():
        return _open_folder(path, fps)
    if not path.is_file():
        raise RecoveryError("missing_file", f"There is no file {path}.", "Check the path's spelling.")
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return _open_picture(path)
    return _open_video(path, fps)


def open_files(files: Sequence[str | Path], fps: float | None = None) -> Source:
    """Looks at pictures that are the frames of one film, in this order; one may come several times.

    The source's path is the folder that holds them all. Raises RecoveryError as `open_source` does.
    """
    _check_rate(fps)
    paths = [Path(file) for file in files]
    for path in dict.fromkeys(paths):
        if not path.is_file():
            raise RecoveryError(
                "missing_file", f"There is no file {path}.", "Was it moved, or is its drive not connected?"
            )
    return _open_pictures(_common_folder(paths), paths, fps)


def read_frames(
    source: Source, start: int = 0, end: int | None = None, warnings: list[str] | None = None
) -> Iterator[Frame]:
    """Yields the frames `start` to `end`, both included (None: to the last), one in memory at a time.

    What does not stop the work but should be told (a video that ends early) is appended to `warnings`.
    Raises RecoveryError (bad_range, no_frames, unreadable_file, mixed_sizes).
    """
    last = source.frame_count - 1 if end is None else min(end, source.frame_count - 1)
    if start < 0 or start > last:
        wanted = f"{start} on" if end is None else f"{start} to {end}"
        raise RecoveryError(
            "bad_range",
            f"{source.path} has the frames 0 to {source.frame_count - 1}, and none from {wanted}.",
            "Choose a first and a last frame within them.",
        )
    if source.kind == "video":
        return _video_frames(source, start, last, [] if warnings is None else warnings)
    return _picture_frames(source, start, last)


def _check_rate(fps: float | None) -> None:
    if fps is not None and not 0 < fps < 100_000:
        raise RecoveryError("bad_fps", f"A frame rate of {fps} is not possible.", "Give a number above 0.")


def _common_folder(files: list[Path]) -> Path:
    """The innermost folder that holds all; the first one's where there is none, as on two drives."""
    folder = files[0].parent
    return next((f for f in (folder, *folder.parents) if all(f in file.parents for file in files)), folder)


def _open_picture(path: Path) -> Source:
    data = pictures.read(path)
    image = pictures.decode(data, path)
    height, width = image.shape[:2]
    return Source(path, "picture", width, height, 0.0, 1, pictures.focal_length(data, width, height), (path,))


def _open_folder(path: Path, fps: float | None) -> Source:
    files = pictures_in(path)
    if not files:
        raise RecoveryError(
            "no_images",
            f"The folder {path} holds no pictures.",
            "Choose a folder whose frames are stored as .png, .jpg, .tif, .bmp or .webp.",
        )
    return _open_pictures(path, files, fps)


def _open_pictures(path: Path, files: list[Path], fps: float | None) -> Source:
    first = pictures.stored_size(files[0])
    for other in dict.fromkeys(files[1:]):
        size = pictures.stored_size(other)
        if size != first:
            raise _mixed_sizes(files[0], first, other, size)
    data = pictures.read(files[0])
    height, width = pictures.decode(data, files[0]).shape[:2]
    focal_length = pictures.focal_length(data, width, height)
    return Source(path, "folder", width, height, fps or FOLDER_FPS, len(files), focal_length, tuple(files))


def _open_video(path: Path, fps: float | None) -> Source:
    capture = _capture(path)
    try:
        if not capture.isOpened():
            raise RecoveryError(
                "unreadable_file",
                f"{path} is neither a picture nor a video that can be read; it may be damaged or incomplete.",
                "Open it in a player to check, or convert it, for example to H.264 in .mp4.",
            )
        rate = fps or exact_rate(capture.get(cv2.CAP_PROP_FPS))
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        read, image = capture.read()
        if not read:
            raise _no_frames(path)
        if count < 1:  # some containers do not state it
            count = 1
            while capture.grab():
                count += 1
    finally:
        capture.release()
    height, width = image.shape[:2]
    scale = pictures.reduction(width, height)
    size = round(width * scale), round(height * scale)
    return Source(path, "video", *size, rate, count, None, video_reduction=scale)


def _capture(path: Path) -> cv2.VideoCapture:
    """A video opened by FFmpeg alone: other readers take a name with digits or % for a row of pictures."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # phones store upright films lying down
    return capture


def exact_rate(stated: float) -> float:
    """The frame rate meant by a rounded one: 23.98 is 24000/1001; 24 where a file states none."""
    if not 0 < stated < 100_000:
        return FOLDER_FPS
    for rate in (round(stated), round(stated) * 1000 / 1001):
        if rate and abs(stated - rate) < 0.006:
            return float(rate)
    return float(stated)


def _video_frames(source: Source, start: int, last: int, warnings: list[str]) -> Iterator[Frame]:
    capture = _capture(source.path)
    try:
        # Skipped one by one: jumping to a frame lands on a neighbour in many codecs.
        index = 0
        while index < start and capture.grab():
            index += 1
        while index <= last:
            read, image = capture.read()
            if not read:
                break
            yield Frame(index, _fit(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), source))
            index += 1
    finally:
        capture.release()
    if index <= start:
        raise _no_frames(source.path)
    if index <= last:
        warnings.append(
            f"{source.path} ends early: it states {source.frame_count} frames, but only {index} can be read."
        )


def _picture_frames(source: Source, start: int, last: int) -> Iterator[Frame]:
    for index in range(start, last + 1):
        path = source.files[index]
        image = pictures.decode(pictures.read(path), path)
        size = (image.shape[1], image.shape[0])
        if size != (source.width, source.height):
            raise _mixed_sizes(source.files[0], (source.width, source.height), path, size)
        yield Frame(index, image)


def _fit(image: np.ndarray, source: Source) -> np.ndarray:
    size = (source.width, source.height)
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _mixed_sizes(
    first: Path, size: tuple[int, int], other: Path, other_size: tuple[int, int]
) -> RecoveryError:
    return RecoveryError(
        "mixed_sizes",
        f"The frames in {first.parent} differ in size: {first.name} has {size[0]} x {size[1]} pixels, "
        f"{other.name} has {other_size[0]} x {other_size[1]}.",
        "Keep the frames of one camera in a folder of their own.",
    )


def _no_frames(path: Path) -> RecoveryError:
    return RecoveryError(
        "no_frames",
        f"Not one frame of {path} can be read; the video is damaged or empty.",
        "Open it in a player to check, or export it again.",
    )
