"""Images and files as sources: what is read, where in time it lies, and what is saved first."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.sources.gather import gather
from human_mesh_recovery.blender_addon.sources.prepare import prepare
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.inference_server.errors import RecoveryError
from human_mesh_recovery.tests import numbered_footage as footage


@pytest.fixture(autouse=True)
def _scene() -> None:
    footage.empty_scene(24)
    bpy.context.scene.frame_current = 31


@pytest.fixture
def row(tmp_path: Path) -> list[Path]:
    """Ten pictures, numbered from 8."""
    return footage.write_folder(tmp_path / "row", 10, first=8)


def editor(kind: str = "IMAGE_EDITOR") -> Any:
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = kind
    return area.spaces.active


def shown(image: Any, frame_range: tuple[int, int] | None = None) -> Source:
    """The source that an Image Editor with this image gives."""
    editor().image = image
    (source,) = gather(bpy.context, "IMAGE", (), frame_range)
    return source


def pixels_of(path: Path | str) -> np.ndarray:
    """(H, W, 4) 0 to 1, the lowest row first."""
    image = bpy.data.images.load(str(path), check_existing=False)
    values = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return values


def test_a_picture_file_is_read_where_it_lies(row, tmp_path):
    source = shown(bpy.data.images.load(str(row[3])))
    assert (source.label, source.path, source.problem) == ("frame_0011.png", str(row[3]), "")
    assert (source.positions, source.first_frame, source.start, source.end) == (None, 31, 0, 0)
    assert prepare(source, tmp_path).path == str(row[3])
    assert not list(tmp_path.glob("*.png"))


def test_a_path_relative_to_the_blend_is_resolved(row, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    image = bpy.data.images.load(str(row[0]))
    image.filepath = "//row/frame_0009.png"
    assert Path(shown(image).path) == row[1]


def test_an_image_linked_from_another_blend(row, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    bpy.data.images.load(str(row[0])).use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_factory_settings()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "elsewhere" / "scene.blend"))
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True, relative=True) as (_, wanted):
        wanted.images = ["frame_0008.png"]
    image = bpy.data.images["frame_0008.png"]
    assert image.filepath.startswith("//")
    source = shown(image)
    assert source.problem == ""
    assert Path(source.path).resolve() == row[0].resolve()


def test_a_packed_image_is_saved_as_it_came(row, tmp_path):
    image = bpy.data.images.load(str(row[5]))
    image.pack()
    data = row[5].read_bytes()
    row[5].unlink()
    source = shown(image)
    assert (source.problem, source.detail) == ("", "packed image, will be saved first")
    saved = Path(prepare(source, tmp_path).path)
    assert saved.parent == tmp_path
    assert saved.read_bytes() == data


def test_painted_and_generated_images_are_saved_with_their_colours(row, tmp_path):
    painted = bpy.data.images.load(str(row[0]))
    values = np.ones((footage.HEIGHT, footage.WIDTH, 4), dtype=np.float32)
    values[: footage.HEIGHT // 2, :, :3] = (0.8, 0.4, 0.2)
    painted.pixels.foreach_set(values.ravel())
    source = shown(painted)
    assert source.detail == "painted image, will be saved first"
    saved = prepare(source, tmp_path).path
    assert np.abs(pixels_of(saved) - values).max() < 0.003
    assert painted.is_dirty
    generated = bpy.data.images.new("grid", 40, 30)
    generated.generated_type = "COLOR_GRID"
    saved = prepare(shown(generated), tmp_path).path
    assert np.abs(pixels_of(saved) - np.array(generated.pixels[:]).reshape(30, 40, 4)).max() < 0.003


def test_half_transparent_light_becomes_what_a_screen_shows(tmp_path):
    light = bpy.data.images.new("light", 4, 2, alpha=True, float_buffer=True)
    light.pixels.foreach_set(np.tile(np.array([0.09, 0.25, 4.0, 0.5], dtype=np.float32), 8))
    source = shown(light)
    saved = pixels_of(prepare(source, tmp_path).path)[0, 0]
    # the colours are multiplied with the alpha: 0.18 and 0.5 are 46 % and 74 % of a screen's white
    assert saved == pytest.approx([0.461, 0.735, 1.0, 0.5], abs=0.005)


@pytest.mark.parametrize(("kind", "suffix"), [("OPEN_EXR", ".exr"), ("TARGA", ".tga"), ("HDR", ".hdr")])
def test_formats_that_only_blender_reads_are_converted(tmp_path, kind, suffix):
    made = bpy.data.images.new("made", 8, 4, float_buffer=kind != "TARGA")
    made.pixels.foreach_set(np.tile(np.array([0.5, 0.2, 0.05, 1.0], dtype=np.float32), 32))
    made.filepath_raw, made.file_format = str(tmp_path / f"made{suffix}"), kind
    made.save()
    light = pixels_of(tmp_path / f"made{suffix}")[0, 0, :3]
    expected = light if kind == "TARGA" else 1.055 * light ** (1 / 2.4) - 0.055
    (listed,) = gather(bpy.context, "FILES", [str(tmp_path / f"made{suffix}")], None)
    opened = shown(bpy.data.images.load(str(tmp_path / f"made{suffix}")))
    count = len(bpy.data.images)
    for source in (listed, opened):
        assert source.problem == ""
        saved = prepare(source, tmp_path).path
        assert saved.endswith(".png")
        assert pixels_of(saved)[0, 0, :3] == pytest.approx(expected, abs=0.01)
    assert len(bpy.data.images) == count


def test_the_render_result_is_saved_as_it_looks(tmp_path):
    scene = bpy.context.scene
    scene.render.use_sequencer = False
    settings = scene.render.image_settings
    settings.file_format = "JPEG"
    bpy.ops.render.render()
    source = shown(bpy.data.images["Render Result"])
    assert source.problem == ""
    saved = Path(prepare(source, tmp_path).path)
    assert saved.read_bytes().startswith(b"\x89PNG")
    assert pixels_of(saved).shape == (footage.HEIGHT, footage.WIDTH, 4)
    assert settings.file_format == "JPEG"


def test_a_sequence_is_the_files_that_are_shown(row, tmp_path):
    image = bpy.data.images.load(str(row[0]))
    image.source = "SEQUENCE"
    space = editor()
    space.image = image
    user = space.image_user
    user.frame_start, user.frame_offset, user.frame_duration, user.use_cyclic = 5, 8, 100, True
    source = shown(image)
    assert source.files == tuple(map(str, row[1:]))
    assert source.positions == tuple(range(9))
    assert (source.first_frame, source.fps, source.detail) == (5, 24.0, "9 pictures")
    user.frame_duration = 4
    assert shown(image).files == tuple(map(str, row[1:5]))
    part = shown(image, (2, 50))
    assert (part.start, part.end, part.first_frame, part.positions) == (2, 3, 7, (2.0, 3.0))
    assert prepare(part, tmp_path).files == part.files
    row[3].unlink()
    with pytest.raises(RecoveryError, match="frame_0011"):
        prepare(part, tmp_path)
    user.frame_offset = 40
    assert "no frame 41" in shown(image).problem


def test_a_movie_shows_a_frame_a_frame(row, tmp_path):
    footage.write_video(tmp_path / "clip.mp4", row[0].parent, 25)
    footage.empty_scene(50)
    image = bpy.data.images.load(str(tmp_path / "clip.mp4"))
    space = editor()
    space.image = image
    space.image_user.frame_start, space.image_user.frame_offset = 11, 3
    space.image_user.frame_duration = 100
    source = shown(image)
    assert (source.path, source.fps) == (str(tmp_path / "clip.mp4"), None)
    assert (source.start, source.end, source.first_frame) == (3, 9, 11)
    assert source.positions == (3, 4, 5, 6, 7, 8, 9)
    assert source.detail == "frames 3 to 9"
    assert shown(image, (5, 6)).positions == (5, 6)
    assert shown(image, (5, 6)).first_frame == 13
    assert "none from 20" in shown(image, (20, 30)).problem


def test_what_cannot_be_used_says_why(tmp_path):
    tiled = bpy.data.images.new("tiles", 8, 8, tiled=True)
    assert "UDIM" in shown(tiled).problem
    lost = bpy.data.images.new("lost", 8, 8)
    lost.source, lost.filepath = "FILE", str(tmp_path / "lost.png")
    assert "is missing" in shown(lost).problem
    with pytest.raises(RecoveryError, match="is missing"):
        prepare(shown(lost), tmp_path)
    assert "Open an image" in shown(None).problem


def test_an_image_that_is_gone_at_the_press(tmp_path):
    image = bpy.data.images.new("brief", 8, 8)
    source = shown(image)
    bpy.data.images.remove(image)
    with pytest.raises(RecoveryError, match="brief is gone"):
        prepare(source, tmp_path)


def add_reference(name: str, image: Any) -> Any:
    empty = bpy.data.objects.new(name, None)
    empty.empty_display_type = "IMAGE"
    empty.data = image
    bpy.context.collection.objects.link(empty)
    empty.select_set(True)
    return empty


def test_selected_reference_images_and_what_is_behind_a_camera(row):
    bpy.ops.object.select_all(action="DESELECT")
    second = add_reference("b", bpy.data.images.load(str(row[1])))
    add_reference("a", bpy.data.images.load(str(row[0])))
    add_reference("c", bpy.data.images.load(str(row[2]))).select_set(False)
    found = gather(bpy.context, "REFERENCES", (), None)
    assert [source.path for source in found] == [str(row[0]), str(row[1])]
    second.data.source = "SEQUENCE"
    second.image_user.frame_start, second.image_user.frame_offset = 3, 7
    second.image_user.frame_duration = 5
    (_, source) = gather(bpy.context, "REFERENCES", (), None)
    assert (source.first_frame, source.files) == (3, tuple(map(str, row[:5])))
    camera = bpy.context.scene.camera
    camera.select_set(True)
    camera.data.show_background_images = True
    camera.data.background_images.new().image = bpy.data.images["frame_0010.png"]
    assert gather(bpy.context, "REFERENCES", (), None)[0].path == str(row[2])


def test_files_and_folders(row, tmp_path):
    clip = tmp_path / "dance.mp4"
    clip.write_bytes(b"")
    bpy.context.scene.frame_start = 7
    chosen = [str(row[2]), str(clip), str(row[0].parent), str(tmp_path / "gone.mov")]
    picture, video, folder, gone = gather(bpy.context, "FILES", chosen, None)
    assert (picture.path, picture.positions, picture.first_frame) == (str(row[2]), None, 31)
    assert (video.label, video.path, video.positions, video.first_frame) == ("dance.mp4", str(clip), None, 7)
    assert (video.start, video.end, folder.path, folder.problem) == (0, None, str(row[0].parent), "")
    assert "gone.mov is missing" in gone.problem
    picture, video, *_ = gather(bpy.context, "FILES", chosen, (12, 40))
    assert (picture.start, picture.end, picture.problem) == (0, 0, "")
    assert (video.start, video.end) == (12, 40)
    assert video.detail == "frames 12 to 40"
    assert prepare(video, tmp_path) == video


def test_automatic_takes_the_editor_then_what_is_selected_then_the_files(row, tmp_path):
    files = [str(row[9])]
    bpy.ops.object.select_all(action="DESELECT")
    window = bpy.context.window_manager.windows[0]

    def automatic(kind: str) -> list[str]:
        window.screen.areas[0].type = kind
        with bpy.context.temp_override(window=window, area=window.screen.areas[0]):
            return [source.label for source in gather(bpy.context, "AUTO", files, None)]

    assert automatic("VIEW_3D") == ["frame_0017.png"]
    editor().image = bpy.data.images.load(str(row[0]))
    assert automatic("IMAGE_EDITOR") == ["frame_0008.png"]
    add_reference("reference", bpy.data.images.load(str(row[1])))
    assert automatic("VIEW_3D") == ["frame_0009.png"]
    footage.add_pictures(bpy.context.scene, row)
    assert automatic("VIEW_3D") == ["frame_0009.png"]
    assert automatic("SEQUENCE_EDITOR") == ["pictures"]
    assert automatic("DOPESHEET_EDITOR") == ["pictures"]
    assert gather(bpy.context, "AUTO", (), None)


def test_saved_pictures_are_sound(tmp_path):
    grid = bpy.data.images.new("grid", 5, 3)
    data = Path(prepare(shown(grid), tmp_path).path).read_bytes()
    place, names = 8, []
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunk = data[place + 4 : place + 8 + length]
        assert zlib.crc32(chunk) == int.from_bytes(data[place + 8 + length : place + 12 + length], "big")
        names.append(chunk[:4])
        place += 12 + length
    assert names == [b"IHDR", b"IDAT", b"IEND"]
