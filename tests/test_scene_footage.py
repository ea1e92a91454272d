"""The source behind the scene: in place, upright, and in step with the motion."""

from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.scene import export, footage
from human_mesh_recovery.blender_addon.scene.build import build_scene
from human_mesh_recovery.blender_addon.scene.orientation import picture_orientation, upright
from human_mesh_recovery.inference_server.motion import Camera, Motion
from human_mesh_recovery.tests.scene_samples import walking

SIZE = (32, 18)
LEVELS = np.array([20, 45, 70, 95, 120, 145, 170, 195, 220, 245])
"""The grey of each frame of the made-up footage."""


@pytest.fixture(autouse=True)
def _empty_file():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """(H, W) or (H, W, 3) uint8, the top row first."""
    height, width = pixels.shape[:2]
    rgba = np.ones((height, width, 4), dtype=np.float32)
    rgba[..., :3] = (pixels if pixels.ndim == 3 else pixels[..., None]) / 255.0
    image = bpy.data.images.new("made up", width, height)
    image.pixels.foreach_set(rgba[::-1].ravel())
    image.filepath_raw = str(path)
    image.file_format = "JPEG" if path.suffix == ".jpg" else "PNG"
    image.save()
    bpy.data.images.remove(image)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten frames, numbered from 8."""
    made = tmp_path / "frames"
    made.mkdir()
    for number, level in enumerate(LEVELS):
        write_picture(made / f"shot_{number + 8:04d}.png", np.full((SIZE[1], SIZE[0]), level, dtype=np.uint8))
    return made


def filmed(source: Path, count: int, first: int = 0, fps: float = 30.0) -> Motion:
    """A person far away, so that the edges show the source alone."""
    motion = walking(count, first=first, fps=fps)
    motion.camera = Camera(
        30.0, np.array([15.5, 8.5]), *SIZE, np.diag([1.0, -1.0, -1.0]), np.array([0, 0, 60.0])
    )
    motion.source = str(source)
    return motion


def rendered_edge(tmp_path: Path, frame: int) -> int:
    """The red of the rendered picture's upper edge, 0 to 255."""
    export.render_frame(tmp_path / "frame.png", frame)
    image = bpy.data.images.load(str(tmp_path / "frame.png"), check_existing=False)
    value = np.median(np.array(image.pixels[:]).reshape(SIZE[1], SIZE[0], 4)[-1, :, 0])
    bpy.data.images.remove(image)
    return round(value * 255)


def frame_behind(frame: int) -> int:
    """The number that Blender's own rule gives for the camera's background at a scene frame, from 1."""
    bpy.context.scene.frame_set(frame)
    camera = bpy.context.scene.camera.evaluated_get(bpy.context.evaluated_depsgraph_get())
    user = camera.data.background_images[0].image_user
    step = min(max(frame - user.frame_start + 1, 1), user.frame_duration)
    return step + user.frame_offset


@pytest.mark.parametrize("fps", [None, 60.0, 12.0])
def test_a_folder_of_frames_stays_in_step(tmp_path: Path, folder: Path, fps: float | None):
    build_scene([filmed(folder, 8, first=2)], fps)
    scene = bpy.context.scene
    for frame in sorted({1, 2, 3, scene.frame_end // 2, scene.frame_end}):
        wanted = 2 + int((frame - 1) * 30.0 / (fps or 30.0) + 0.5)
        assert abs(rendered_edge(tmp_path, frame) - LEVELS[wanted]) <= 2
        assert frame_behind(frame) == wanted + 8


@pytest.mark.parametrize("fps", [None, 60.0])
def test_a_video_stays_in_step(tmp_path: Path, fps: float | None):
    cv2 = pytest.importorskip("cv2", reason="OpenCV writes the test's video")
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, SIZE)
    for level in LEVELS:
        writer.write(np.full((SIZE[1], SIZE[0], 3), level, dtype=np.uint8))
    writer.release()
    build_scene([filmed(path, 7, first=3)], fps)
    for frame in (1, 2, 5, bpy.context.scene.frame_end):
        wanted = 3 + int((frame - 1) * 30.0 / (fps or 30.0) + 0.5)
        assert abs(rendered_edge(tmp_path, frame) - LEVELS[wanted]) <= 6
        assert frame_behind(frame) == wanted + 1


def test_the_camera_shows_the_source_behind_everything(folder: Path):
    build_scene([filmed(folder / "shot_0008.png", 1)])
    camera = bpy.context.scene.camera.data
    assert camera.show_background_images
    (background,) = camera.background_images
    assert (background.alpha, background.display_depth) == (1.0, "BACK")
    assert background.image.size[:] == SIZE
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type == "VIEW_3D":
                assert area.spaces.active.region_3d.view_perspective == "CAMERA"


def test_a_missing_or_unreadable_source_leaves_the_camera(tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for source in (tmp_path / "gone.mp4", broken, tmp_path):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        build_scene([filmed(source, 3)])
        assert bpy.context.scene.camera.name == "Source Camera"
        assert not bpy.context.scene.camera.data.background_images


def test_a_blend_beside_its_source_may_be_moved_with_it(tmp_path: Path, folder: Path):
    (tmp_path / "project").mkdir()
    folder = folder.rename(tmp_path / "project" / "frames")
    build_scene([filmed(folder, 5)])
    export.save_blend(tmp_path / "project" / "scene.blend")
    (tmp_path / "project").rename(tmp_path / "moved")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "moved" / "scene.blend"))
    image = bpy.context.scene.camera.data.background_images[0].image
    assert image.filepath == "//frames/shot_0008.png"
    assert image.size[:] == SIZE


def exif_jpeg(path: Path, pixels: np.ndarray, orientation: int) -> None:
    """A JPEG whose EXIF asks for a turn."""
    write_picture(path, pixels)
    tiff = b"MM\0*\0\0\0\x08\0\x01" + b"\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation, 0, 0]) + bytes(4)
    block = b"Exif\0\0" + tiff
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])


def test_a_picture_that_exif_turns_is_shown_upright(tmp_path: Path):
    stored = np.zeros((32, 18, 3), dtype=np.uint8)
    stored[:16] = (250, 20, 20)
    exif_jpeg(tmp_path / "phone.jpg", stored, 8)  # a quarter turn to the left
    assert picture_orientation(tmp_path / "phone.jpg") == 8
    build_scene([filmed(tmp_path / "phone.jpg", 1)])
    image = bpy.context.scene.camera.data.background_images[0].image
    assert image.size[:] == SIZE
    assert image.packed_file is not None
    red = np.array(image.pixels[:]).reshape(SIZE[1], SIZE[0], 4)[..., 0]
    assert red[:, :14].min() > 0.9  # what was on top is at the left now
    assert red[:, 18:].max() < 0.2


@pytest.mark.parametrize("value", range(1, 9))
def test_orientations_are_those_of_the_program_that_recovered(value: int):
    exif = pytest.importorskip("human_mesh_recovery.inference_server.exif")
    picture = np.arange(6).reshape(2, 3)
    assert np.array_equal(upright(picture, value), exif.upright(picture, value))


@pytest.mark.parametrize(
    ("names", "frame_count"),
    [
        (("shot_09.png", "shot_10.png"), 2),
        (("9.png", "10.png"), 2),
        (("007.png",), 1),
        (("cover.png",), 1),
        (("left1.png", "right2.png"), None),
        (("1.png", "2.PNG"), None),
        (("009.png", "10.png"), None),
        (("1.png", "3.png"), None),
    ],
)
def test_only_folders_that_blender_counts_through_are_shown(
    tmp_path: Path, names: tuple[str, ...], frame_count: int | None
):
    for name in names:
        write_picture(tmp_path / name, np.full((4, 6), 200, dtype=np.uint8))
    shown = footage.open_footage(tmp_path)
    assert (shown and shown.frame_count) == frame_count


def test_a_folder_of_frames_that_exif_turns_is_not_shown_lying(tmp_path: Path):
    for number in (1, 2):
        exif_jpeg(tmp_path / f"{number}.jpg", np.full((4, 6, 3), 200, np.uint8), 6)
    assert footage.open_footage(tmp_path) is None
