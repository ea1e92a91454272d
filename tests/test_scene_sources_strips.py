"""Strips of the Video Sequencer: what is read of them is what Blender shows."""

import ctypes
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from human_mesh_recovery.blender_addon.sources.gather import gather
from human_mesh_recovery.blender_addon.sources.source import Source
from human_mesh_recovery.tests import numbered_footage as footage

FRAMES = 50
OWN_RATE = 1 << 17


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty numbered pictures."""
    bpy.ops.wm.read_factory_settings()
    path = tmp_path_factory.mktemp("footage") / "row"
    footage.write_folder(path, FRAMES)
    return path


@pytest.fixture(scope="module")
def video(folder: Path) -> Path:
    """The same at 25 frames a second."""
    path = folder.parent / "clip.mp4"
    footage.write_video(path, folder, 25)
    return path


def add_movie(scene: Any, video: Path, channel: int = 1, frame: int = 1, own_rate: bool = False) -> Any:
    """A movie strip; with `own_rate` it keeps its speed, for which Blender asks when a file is added by hand."""
    strip = footage.strips(scene).new_movie("movie", str(video), channel, frame)
    if own_rate:
        memory = ctypes.string_at(strip.as_pointer(), 256)
        flag = memory.index(b"SQ" + strip.name.encode() + b"\0") + 64
        (flags,) = struct.unpack_from("<i", memory, flag)
        ctypes.memmove(strip.as_pointer() + flag, struct.pack("<i", flags | OWN_RATE), 4)
    return strip


def cut(strip: Any, start: float = 0, end: float = 0, trim_start: int = 0, trim_end: int = 0) -> None:
    """Moves the handles inwards, and takes frames off the content itself."""
    if hasattr(strip, "left_handle_offset"):
        strip.content_trim_start, strip.content_trim_end = trim_start, trim_end
        strip.left_handle_offset, strip.right_handle_offset = start, end
    else:
        strip.animation_offset_start, strip.animation_offset_end = trim_start, trim_end
        strip.frame_offset_start, strip.frame_offset_end = start, end


def only_source() -> Source:
    (source,) = gather(bpy.context, "STRIPS", (), None)
    assert source.problem == ""
    return source


def differences(tmp_path: Path) -> np.ndarray:
    """How far the source's positions lie from what Blender shows, in frames."""
    source = only_source()
    assert source.positions is not None
    assert source.end is not None
    assert source.start <= min(source.positions) <= max(source.positions) <= source.end < FRAMES
    count = len(source.positions)
    shown = footage.shown_numbers(bpy.context.scene, tmp_path, source.first_frame, count)
    return np.abs(np.array(source.positions) - shown)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "cuts",
    [{}, {"start": 5, "end": 7}, {"trim_start": 4, "trim_end": 3}, {"start": 5, "trim_start": 4}],
)
def test_trimmed_and_slipped_strips_show_their_frames(tmp_path, video, cuts, backwards):
    scene = footage.empty_scene()
    strip = add_movie(scene, video, frame=11)
    cut(strip, **cuts)
    strip.use_reverse_frames = backwards
    assert differences(tmp_path).max() == 0
    assert len(only_source().positions or ()) == FRAMES - sum(cuts.values())


def test_frames_that_are_held_at_the_ends_are_not_used(tmp_path, video):
    strip = add_movie(footage.empty_scene(), video, frame=11)
    cut(strip, start=-3, end=-4)
    source = only_source()
    assert (source.first_frame, source.start, source.end) == (11, 0, FRAMES - 1)
    assert source.positions == tuple(range(FRAMES))
    assert differences(tmp_path).max() == 0


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (30, 1.0), (50, 1.0), (60, 1.001), (12, 1.0)])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_movie_at_its_own_rate(tmp_path, video, fps, base, backwards):
    strip = add_movie(footage.empty_scene(fps, base), video, own_rate=True)
    cut(strip, start=3, end=2)
    strip.use_reverse_frames = backwards
    assert differences(tmp_path).max() <= 0.501
    source = only_source()
    assert source.positions is not None
    assert len(source.positions) == int(FRAMES / 25 * fps / base) - 5
    steps = np.diff(source.positions) * (-1 if backwards else 1)
    assert steps.mean() == pytest.approx(25 / (fps / base), rel=0.03)
    assert source.detail.endswith("25 fps")


def test_a_movie_without_adjustment_shows_a_frame_a_frame(tmp_path, video):
    add_movie(footage.empty_scene(50), video)
    assert only_source().positions == tuple(range(FRAMES))
    assert differences(tmp_path).max() == 0


def test_a_strobing_strip(tmp_path, video):
    add_movie(footage.empty_scene(), video).strobe = 3
    assert differences(tmp_path).max() == 0


def sequencer(**arguments: Any) -> Any:
    """The context of a sequencer, in which the keys of a strip's speed are made."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region, **arguments)


def set_speed(strip: Any, percent: float, keys: tuple[int, ...] = ()) -> None:
    scene = bpy.context.scene
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    scene.sequence_editor.active_strip = strip
    strip.show_retiming_keys = True
    with sequencer(scene=scene):
        for frame in keys:
            bpy.ops.sequencer.retiming_key_add(timeline_frame=frame)
        if percent != 100:
            bpy.ops.sequencer.retiming_segment_speed_set(speed=percent)


@pytest.mark.parametrize("percent", [50.0, 150.0])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_strip_of_another_speed(tmp_path, video, percent, backwards):
    strip = add_movie(footage.empty_scene(), video)
    set_speed(strip, percent)
    cut(strip, start=9)
    strip.use_reverse_frames = backwards
    far = differences(tmp_path)
    # Blender itself shows a neighbour now and then
    assert far.max() <= 1.01
    assert np.median(far) <= 0.5
    steps = np.abs(np.diff(only_source().positions or ()))
    assert steps.mean() == pytest.approx(percent / 100, rel=0.06)


def test_a_strip_whose_speed_changes(tmp_path, video):
    strip = add_movie(footage.empty_scene(), video)
    set_speed(strip, 100, keys=(20,))
    strip.retiming_keys[1].timeline_frame = 35
    far = differences(tmp_path)
    assert far.max() <= 1.01
    assert np.median(far) <= 0.5
    positions = np.array(only_source().positions)
    assert np.diff(positions[:30]).mean() == pytest.approx(19 / 34, rel=0.05)
    assert np.diff(positions[36:]).mean() == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(("control", "factor"), [("MULTIPLY", 0.5), ("MULTIPLY", 2.0), ("STRETCH", 1.0)])
def test_a_speed_effect_on_top(tmp_path, video, control, factor):
    scene = footage.empty_scene()
    strip = add_movie(scene, video, frame=3)
    cut(strip, start=5, end=8)
    effect = add_speed_effect(scene, strip)
    effect.speed_control, effect.speed_factor, effect.use_frame_interpolate = control, factor, False
    far = differences(tmp_path)
    assert np.median(far) <= 0.5
    assert far.max() <= 2.01  # 5.2 shows the frame before, once
    assert only_source().first_frame == 8


def test_a_speed_effect_that_changes_is_refused(video):
    scene = footage.empty_scene()
    effect = add_speed_effect(scene, add_movie(scene, video))
    effect.speed_control = "MULTIPLY"
    effect.keyframe_insert("speed_factor", frame=1)
    (source,) = gather(bpy.context, "STRIPS", (), None)
    assert "animated" in source.problem


def add_speed_effect(scene: Any, strip: Any) -> Any:
    made = footage.strips(scene)
    first, length = 8, 20
    if bpy.app.version >= (5, 0, 0):
        return made.new_effect("speed", "SPEED", 2, first, length=length, input1=strip)
    end = {"frame_end": first + length}
    if bpy.app.version >= (4, 5, 0):
        return made.new_effect("speed", "SPEED", 2, first, **end, input1=strip)
    return made.new_effect("speed", "SPEED", 2, first, **end, seq1=strip)


@pytest.mark.parametrize("backwards", [False, True])
def test_pictures_in_a_row(tmp_path, folder, backwards):
    strip = footage.add_pictures(footage.empty_scene(30), sorted(folder.iterdir()), frame=4)
    cut(strip, start=4, end=6, trim_start=2)
    strip.use_reverse_frames = backwards
    assert differences(tmp_path).max() == 0
    source = only_source()
    assert source.files == tuple(str(file) for file in sorted(folder.iterdir()))
    assert (source.path, source.fps, source.detail) == ("", 30.0, "38 pictures")


def test_pictures_of_another_speed_are_followed_or_refused(tmp_path, folder):
    strip = footage.add_pictures(footage.empty_scene(), sorted(folder.iterdir()))
    set_speed(strip, 50)
    (source,) = gather(bpy.context, "STRIPS", (), None)
    if source.problem:
        assert bpy.app.version < (4, 5, 0)  # keeps the keys of pictures to itself
        assert "speed" in source.problem
    else:
        assert differences(tmp_path).max() <= 0.501


def test_a_single_picture_is_a_still(folder):
    first = min(folder.iterdir())
    footage.add_pictures(footage.empty_scene(), [first], frame=7)
    source = only_source()
    assert (source.path, source.positions, source.first_frame, source.end) == (str(first), None, 7, 0)


def test_selected_strips_come_by_time_and_channel_and_others_say_why(video, folder):
    scene = footage.empty_scene()
    late = add_movie(scene, video, channel=1, frame=200)
    above = add_movie(scene, video, channel=4, frame=10)
    below = footage.add_pictures(scene, sorted(folder.iterdir()), channel=2, frame=10)
    left = add_movie(scene, video, channel=6)
    muted = add_movie(scene, video, channel=7, frame=100)
    muted.mute = True
    left.select = False
    text = footage.strips(scene).new_scene("other", scene, 9, 1)
    for strip in (late, above, below, muted, text):
        strip.select = True
    found = gather(bpy.context, "STRIPS", (), (0, 3))
    assert [source.label for source in found] == [s.name for s in (below, above, muted, late, text)]
    assert [bool(source.problem) for source in found] == [False] * 4 + [True]
    assert "scene strip" in found[-1].problem
    assert found[0].end == FRAMES - 1  # a range does not cut strips


def test_a_strip_without_its_file_says_so(tmp_path, video):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(video.read_bytes())
    add_movie(footage.empty_scene(), copy)
    copy.unlink()
    (source,) = gather(bpy.context, "STRIPS", (), None)
    assert "copy.mp4 is missing" in source.problem


def test_nothing_selected(video):
    scene = footage.empty_scene()
    assert "Select" in gather(bpy.context, "STRIPS", (), None)[0].problem
    add_movie(scene, video).select = False
    assert "Select" in gather(bpy.context, "STRIPS", (), None)[0].problem


def test_the_sequencer_may_show_another_scene(video):
    if not hasattr(bpy.context.workspace, "sequencer_scene"):
        pytest.skip("before 5.0 the sequencer shows the window's scene")
    footage.empty_scene()
    other = bpy.data.scenes.new("Edit")
    other.sequence_editor_create()
    add_movie(other, video, frame=21)
    bpy.context.workspace.sequencer_scene = other
    assert only_source().first_frame == 21
