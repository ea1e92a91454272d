"""The preview: the mesh lies on the person, and the file can be read again."""

import dataclasses

import cv2
import numpy as np
import pytest

from human_mesh_recovery.inference_server.errors import Cancelled
from human_mesh_recovery.inference_server.evaluation.references import joints_of_motion
from human_mesh_recovery.inference_server.media import open_source, read_frames
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.inference_server.preview import write_preview


def test_a_preview_picture_covers_the_person(still, networks, examples, tmp_path):
    write_preview(still.source, still.motions, tmp_path / "p.png")
    drawn = cv2.cvtColor(cv2.imread(str(tmp_path / "p.png")), cv2.COLOR_BGR2RGB)
    plain = next(read_frames(still.source)).image
    assert drawn.shape == plain.shape
    changed = (drawn != plain).any(axis=2)
    (motion,) = still.motions
    assert motion.camera is not None
    assert motion.joints is not None
    for x, y in motion.camera.project(motion.joints[0]).round().astype(int):
        assert changed[y, x]
        assert np.argmax(drawn[y, x]) == 2  # the first person's blue
    rows, columns = np.nonzero(changed)
    low, high = (f(motion.camera.project(motion.joints[0]), axis=0) for f in (np.min, np.max))
    assert 0 < low[0] - columns.min() < 60  # hands and feet reach beyond their joints, by no more
    assert 0 < columns.max() - high[0] < 60
    assert 0 < low[1] - rows.min() < 60
    assert 0 < rows.max() - high[1] < 60
    assert not changed[:, :150].any()
    # it is the true person that is covered
    truth = joints_of_motion(examples / "still.npz").joints[0]
    seen = np.stack([truth[:, 0], truth[:, 1]], 1) / truth[:, 2:] * 1477.288 + [479.5, 359.5]
    covered = [changed[y, x] for x, y in seen.round().astype(int)]
    assert np.mean(covered) > 0.9


def test_a_preview_video_can_be_read_again(walk, tmp_path):
    motion = cut_to(walk.motions[0], 40)
    told: list[tuple[int, int]] = []
    write_preview(walk.source, [motion], tmp_path / "p.mp4", lambda done, total: told.append((done, total)))
    assert told == [(done, 40) for done in range(1, 41)]
    source = open_source(tmp_path / "p.mp4")
    assert (source.width, source.height, source.fps, source.frame_count) == (640, 360, 25, 40)
    assert motion.camera is not None
    assert motion.joints is not None
    for drawn, joints in zip(read_frames(source), motion.joints, strict=True):
        x, y = motion.camera.project(joints).round().astype(int).T
        red, _, blue = drawn.image[y, x].astype(int).T
        assert (blue > red + 15).mean() > 0.9, drawn.index  # the first person's colour; the footage is warm


@pytest.mark.parametrize("fps", [0.5, 24000 / 1001, 1000 / 7, 999.9, 30000.0])
def test_a_preview_of_any_frame_rate_and_an_odd_size(walk, tmp_path, fps):
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((49, 65, 3), 90, np.uint8))
    source = open_source(tmp_path, fps)
    motion = dataclasses.replace(cut_to(walk.motions[0], 3), frames=np.arange(3), camera=None)
    write_preview(source, [motion], tmp_path / "p.mp4")
    back = open_source(tmp_path / "p.mp4")
    assert (back.width, back.height, back.frame_count) == (64, 48, 3)
    assert back.fps == pytest.approx(fps, rel=1e-3)


def cut_to(motion: Motion, count: int) -> Motion:
    names = ("poses", "trans", "frames", "confidence", "joints", "keypoints_2d")
    return dataclasses.replace(motion, **{name: getattr(motion, name)[:count] for name in names})


def test_a_preview_that_is_given_up_leaves_nothing(walk, tmp_path):
    def give_up(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_preview(walk.source, walk.motions, tmp_path / "p.mp4", give_up)
    assert not list(tmp_path.iterdir())


def test_the_nearer_person_is_drawn_over_the_farther_whatever_their_order(walk, tmp_path):
    far = walk.motions[0]
    assert far.camera is not None
    towards_camera = far.camera.rotation.T @ [0.05, 0, -0.5]
    near = dataclasses.replace(far, trans=far.trans + towards_camera, person=2)
    pictures = []
    for motions in ([near], [far, near], [near, far]):
        write_preview(walk.source, motions, tmp_path / "p.png")
        pictures.append(cv2.imread(str(tmp_path / "p.png")).astype(int))
    alone, both, again = pictures
    np.testing.assert_array_equal(both, again)
    middle = int(far.frames[0] + far.frames[-1]) // 2
    plain = next(read_frames(walk.source, middle, middle)).image[..., ::-1]
    blue, _, red = both[(alone != plain).any(axis=2)].T
    assert (red > blue).mean() > 0.97  # the second person's orange
