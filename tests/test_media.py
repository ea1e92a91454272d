"""Pictures, videos and folders, good and bad: what comes out, and what is said."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.inference_server.media import exact_rate, open_source, read_frames
from human_mesh_recovery.inference_server.pictures import LONGEST_SIDE


def only_image(path: Path) -> np.ndarray:
    source = open_source(path)
    (frame,) = read_frames(source)
    assert frame.index == 0
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (source.height, source.width, 3)
    return frame.image


def make_video(path: Path, frames: int, codec: str = "mp4v", rate: float = 30.0) -> Path:
    """A video whose frames get brighter by 8 each."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, (64, 48))
    for k in range(frames):
        writer.write(np.full((48, 64, 3), 8 * k, np.uint8))
    writer.release()
    return path


def refused(code: str, path: Path) -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        list(read_frames(open_source(path)))
    assert caught.value.code == code
    assert caught.value.hint
    return caught.value


def test_colours_come_as_rgb_from_a_path_with_spaces_and_accents(tmp_path):
    path = tmp_path / "ein schönes Bild 人.png"
    Image.new("RGB", (5, 4), (250, 100, 10)).save(path)
    assert (only_image(path) == [250, 100, 10]).all()


def test_sixteen_bits(tmp_path):
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.full((4, 5, 3), [10 * 257, 100 * 257, 250 * 257], np.uint16))
    assert (only_image(path) == [250, 100, 10]).all()


def test_grey_in_eight_and_sixteen_bits(tmp_path):
    Image.new("L", (5, 4), 90).save(tmp_path / "grey.png")
    cv2.imwrite(str(tmp_path / "grey16.png"), np.full((4, 5), 90 * 257, np.uint16))
    assert (only_image(tmp_path / "grey.png") == 90).all()
    assert (only_image(tmp_path / "grey16.png") == 90).all()


def test_what_is_transparent_becomes_white(tmp_path):
    path = tmp_path / "alpha.png"
    picture = Image.new("RGBA", (2, 1), (200, 0, 0, 255))
    picture.putpixel((1, 0), (200, 0, 0, 0))
    picture.save(path)
    assert only_image(path).tolist() == [[[200, 0, 0], [255, 255, 255]]]


def test_palette(tmp_path):
    path = tmp_path / "palette.png"
    Image.new("RGB", (5, 4), (250, 100, 10)).convert("P", palette=Image.Palette.ADAPTIVE).save(path)
    assert (only_image(path) == [250, 100, 10]).all()


def test_one_pixel(tmp_path):
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "pixel.png")
    assert only_image(tmp_path / "pixel.png").tolist() == [[[1, 2, 3]]]


def test_twelve_thousand_pixels_are_reduced_with_the_focal_length(tmp_path):
    path = tmp_path / "huge.jpg"
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.new("RGB", (12000, 900), (30, 60, 90)).save(path, exif=exif)
    image = only_image(path)
    assert image.shape == (round(900 * LONGEST_SIDE / 12000), LONGEST_SIDE, 3)
    focal_length = open_source(path).focal_length
    assert focal_length == pytest.approx(50 / 43.2666 * np.hypot(image.shape[0], image.shape[1]), rel=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, orientation):
    upright = np.zeros((8, 16, 3), np.uint8)
    upright[:4, :8] = [255, 0, 0]
    upright[4:, :8] = [0, 255, 0]
    # How a camera that was held that way stores the scene: the inverse of what EXIF asks the reader to do.
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.swapaxes(0, 1), 6: np.rot90(upright), 7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    assert np.array_equal(only_image(path), upright)


def test_focal_length_from_the_sensor(tmp_path):
    path = tmp_path / "camera.jpg"
    exif = Image.Exif()
    # 35 mm on a sensor of 3600 pixels over 36 mm, kept at a tenth of its size; the unit is centimetres.
    exif.get_ifd(0x8769).update({0x920A: 35.0, 0xA20E: 1000.0, 0xA210: 3, 0xA002: 3600, 0xA003: 2400})
    Image.new("RGB", (360, 240)).save(path, exif=exif)
    assert open_source(path).focal_length == pytest.approx(350)
    Image.new("RGB", (240, 240)).save(path, exif=exif)
    assert open_source(path).focal_length is None  # it was cropped


def test_a_broken_exif_block_does_not_stop_the_picture(tmp_path):
    path = tmp_path / "broken.jpg"
    Image.new("RGB", (6, 5)).save(path)
    data = path.read_bytes()
    block = b"Exif\0\0MM\0*" + b"\xff" * 20
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])
    assert only_image(path).shape == (5, 6, 3)


def test_a_damaged_picture(tmp_path):
    path = tmp_path / "cut.png"
    Image.new("RGB", (60, 40)).save(path)
    path.write_bytes(path.read_bytes()[:30])
    assert str(path) in refused("unreadable_file", path).message
    (tmp_path / "empty.jpg").write_bytes(b"")
    refused("unreadable_file", tmp_path / "empty.jpg")


def test_a_missing_file_and_something_else(tmp_path):
    refused("missing_file", tmp_path / "nowhere.mp4")
    (tmp_path / "notes.txt").write_text("no pictures here")
    refused("unreadable_file", tmp_path / "notes.txt")


def test_video_frames_and_range(tmp_path):
    source = open_source(make_video(tmp_path / "ä b.mp4", 20))
    assert (source.kind, source.width, source.height, source.fps) == ("video", 64, 48, 30.0)
    assert source.frame_count == 20
    frames = list(read_frames(source, 5, 9))
    assert [f.index for f in frames] == [5, 6, 7, 8, 9]
    for frame in frames:
        assert abs(frame.image.mean() - 8 * frame.index) < 5
    with pytest.raises(RecoveryError, match="20 to 25"):
        list(read_frames(source, 20, 25))


def test_a_turn_in_the_video_s_metadata(tmp_path):
    path = tmp_path / "phone.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (64, 48))
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = 255
    for _ in range(3):
        writer.write(picture)
    writer.release()
    data = bytearray(path.read_bytes())
    # The track header's matrix (ISO/IEC 14496-12, 8.3.2) as phones write it when held upright: a quarter turn.
    matrix = data.index(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    source = open_source(path)
    assert (source.width, source.height) == (48, 64)
    (frame, *_) = read_frames(source)
    assert frame.image[:30].mean() > 240 and frame.image[34:].mean() < 15


def test_a_video_without_its_index_is_refused(tmp_path):
    path = make_video(tmp_path / "whole.mp4", 20)
    path.write_bytes(path.read_bytes()[:600])
    refused("unreadable_file", path)


def test_a_video_that_ends_early_is_read_as_far_as_it_goes(tmp_path):
    path = make_video(tmp_path / "whole.avi", 30, "MJPG")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = open_source(path)
    warnings: list[str] = []
    frames = list(read_frames(source, warnings=warnings))
    assert source.frame_count == 30
    assert 1 < len(frames) < 30
    assert len(warnings) == 1
    assert str(len(frames)) in warnings[0] and "30" in warnings[0]
    with pytest.raises(RecoveryError) as refused_early:
        list(read_frames(source, 28))
    assert refused_early.value.code == "no_frames"


def test_frame_rates(tmp_path):
    assert exact_rate(23.98) == 24000 / 1001
    assert exact_rate(23.976) == 24000 / 1001
    assert exact_rate(29.97) == 30000 / 1001
    assert exact_rate(59.94) == 60000 / 1001
    assert [exact_rate(r) for r in (24, 25.0, 30, 60)] == [24, 25, 30, 60]
    assert exact_rate(12.5) == 12.5
    path = make_video(tmp_path / "film.mp4", 3, rate=24000 / 1001)
    assert open_source(path).fps == 24000 / 1001
    assert open_source(path, 12).fps == 12
    with pytest.raises(RecoveryError):
        open_source(path, 0)


def test_a_folder_in_natural_order(tmp_path):
    for number in (10, 9, 1):
        Image.new("RGB", (6, 4), (number, 0, 0)).save(tmp_path / f"frame {number}.png")
    (tmp_path / "notes.txt").write_text("not a frame")
    (tmp_path / "._frame 1.png").write_text("what macOS leaves on other disks")
    source = open_source(tmp_path)
    assert (source.kind, source.frame_count, source.fps) == ("folder", 3, 24)
    assert [int(f.image[0, 0, 0]) for f in read_frames(source)] == [1, 9, 10]
    assert [f.index for f in read_frames(source, 1, 1)] == [1]
    assert open_source(tmp_path, 25).fps == 25


def test_a_folder_of_mixed_sizes_names_both(tmp_path):
    Image.new("RGB", (6, 4)).save(tmp_path / "a.png")
    Image.new("RGB", (6, 4)).save(tmp_path / "b.png")
    Image.new("RGB", (4, 6)).save(tmp_path / "c.png")
    message = refused("mixed_sizes", tmp_path).message
    for part in ("a.png", "c.png", "6 x 4", "4 x 6"):
        assert part in message


def test_a_folder_without_pictures(tmp_path):
    refused("no_images", tmp_path)


def test_a_wide_video_is_reduced_and_says_by_how_much(tmp_path):
    path = tmp_path / "wide.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (4608, 64))
    for _ in range(3):
        writer.write(np.zeros((64, 4608, 3), np.uint8))
    writer.release()
    source = open_source(path)
    assert source.width == 4096
    assert source.video_reduction == pytest.approx(4096 / 4608)
    assert next(read_frames(source)).image.shape[1] == 4096
