"""The whole road on the examples: how near the truth it comes, and that odd pictures end in the same person."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from human_mesh_recovery.inference_server.body.files import load_body
from human_mesh_recovery.inference_server.body.model import pose_body
from human_mesh_recovery.inference_server.body.skeleton import JOINT_INDEX, JOINT_NAMES
from human_mesh_recovery.inference_server.drawing import draw_mesh
from human_mesh_recovery.inference_server.errors import Cancelled, RecoveryError
from human_mesh_recovery.inference_server.evaluation.commands import LIMB_JOINTS, Measured, measure
from human_mesh_recovery.inference_server.evaluation.metrics import align_similarity
from human_mesh_recovery.inference_server.evaluation.references import NamedJoints, joints_of_motion
from human_mesh_recovery.inference_server.media import open_source, read_frames
from human_mesh_recovery.inference_server.motion import Motion
from human_mesh_recovery.inference_server.people.networks import Networks, load_networks
from human_mesh_recovery.inference_server.pictures import LONGEST_SIDE
from human_mesh_recovery.inference_server.pipeline import Progress, Recovery, Settings, recover
from human_mesh_recovery.inference_server.preview import write_preview
from human_mesh_recovery.inference_server.solve import SolveSettings

WALK = Settings(end=39)
STILL_PA_MPJPE, STILL_MPJPE = 1.0, 1.0
WALK_PA_MPJPE, WALK_MPJPE, WALK_ACCELERATION = 1.0, 1.0, 1.0
FLOOR, SLIDE = 0.0, 0.0


@pytest.fixture(scope="module")
def networks(weights: Path) -> Networks:
    return load_networks("cpu")


@pytest.fixture(scope="module")
def still(networks: Networks, examples: Path) -> Recovery:
    return recover(examples / "still.jpg", Settings(), networks=networks)


@pytest.fixture(scope="module")
def walk(networks: Networks, examples: Path) -> Recovery:
    return recover(examples / "walk.mp4", WALK, networks=networks)


def measured(motion: Motion, reference: Path) -> Measured:
    assert motion.joints is not None
    ours = NamedJoints(JOINT_NAMES, motion.frames, motion.joints.astype(np.float64))
    return measure(ours, joints_of_motion(reference), list(LIMB_JOINTS))


def mesh(motion: Motion) -> np.ndarray:
    """(F, V, 3) metres, world."""
    return pose_body(load_body(motion.body), motion.poses, motion.betas, motion.trans)[0]


def difference(recovery: Recovery, still: Recovery) -> float:
    """Millimetres between the only person's pose and the one of the unchanged still, aligned."""
    (motion,), (plain,) = recovery.motions, still.motions
    assert motion.joints is not None
    assert plain.joints is not None
    aligned = align_similarity(motion.joints, plain.joints)
    return float(np.linalg.norm(aligned - plain.joints, axis=-1).mean() * 1000)


def test_the_still_is_recovered(still, examples):
    (motion,) = still.motions
    figures = measured(motion, examples / "still.npz")
    assert figures.pa_mpjpe < STILL_PA_MPJPE
    assert figures.root_aligned_mpjpe < STILL_MPJPE
    assert motion.fps == 0
    assert motion.frames.tolist() == [0]
    assert motion.source == str((examples / "still.jpg").resolve())


def test_the_walk_is_recovered(walk, examples):
    (motion,) = walk.motions
    assert motion.frames.tolist() == list(range(40))
    assert motion.fps == 25
    assert (walk.frame_count, walk.stopped_at, walk.warnings) == (40, None, [])
    figures = measured(motion, examples / "walk.npz")
    assert figures.frames == 40
    assert figures.pa_mpjpe < WALK_PA_MPJPE
    assert figures.root_aligned_mpjpe < WALK_MPJPE
    assert figures.acceleration < WALK_ACCELERATION


def test_the_parts_of_a_motion_fit_together(walk):
    (motion,) = walk.motions
    count = len(motion.frames)
    assert motion.poses.shape == (count, 24, 3)
    assert motion.betas.shape == (10,)
    assert motion.confidence is not None
    assert motion.confidence.shape == (count, 24)
    assert motion.confidence.min() >= 0
    assert motion.confidence.max() <= 1
    assert motion.camera is not None
    np.testing.assert_allclose(motion.camera.rotation @ motion.camera.rotation.T, np.eye(3), atol=1e-9)
    _, joints = pose_body(load_body("free"), motion.poses, motion.betas, motion.trans)
    assert motion.joints is not None
    np.testing.assert_allclose(motion.camera.to_camera(joints), motion.joints, atol=1e-4)
    assert motion.joints[..., 2].min() > 0.5  # in front of the camera


def test_the_joints_lie_on_the_keypoints(walk):
    (motion,) = walk.motions
    assert motion.camera is not None
    assert motion.joints is not None
    assert motion.keypoints_2d is not None
    pixels = motion.camera.project(motion.joints)
    keypoints = motion.keypoints_2d[..., :2]
    tall = np.ptp(pixels[..., 1], axis=1).mean()
    for name in ("left_ankle", "right_ankle", "left_knee", "right_knee", "left_wrist", "right_wrist"):
        from human_mesh_recovery.inference_server.body.skeleton import KEYPOINT_INDEX

        off = np.linalg.norm(pixels[:, JOINT_INDEX[name]] - keypoints[:, KEYPOINT_INDEX[name]], axis=1)
        assert np.median(off) < 0.05 * tall, name


def test_the_walker_stands_on_the_floor(walk):
    (motion,) = walk.motions
    lowest = mesh(motion)[..., 2].min(axis=1)
    assert np.abs(lowest).max() < FLOOR, lowest
    head = pose_body(load_body("free"), motion.poses, motion.betas, motion.trans)[1][:, JOINT_INDEX["head"], 2]
    assert (head > 1.1).all()


def test_standing_feet_do_not_slide(walk, examples):
    """Where the true foot stands still, ours does too: its ankle moves a few millimetres a frame at most."""
    (motion,) = walk.motions
    truth = joints_of_motion(examples / "walk.npz").joints[:40]
    assert motion.joints is not None
    for name in ("left_ankle", "right_ankle"):
        true_step = np.linalg.norm(np.diff(truth[:, JOINT_INDEX[name]], axis=0), axis=1)
        step = np.linalg.norm(np.diff(motion.joints[:, JOINT_INDEX[name]], axis=0), axis=1)
        stands = true_step < 0.004
        assert stands.sum() >= 5
        assert np.median(step[stands]) < SLIDE, name


def test_progress_is_told(networks, examples):
    told: list[Progress] = []
    recover(examples / "walk.mp4", Settings(start=5, end=7), told.append, networks=networks)
    assert [(p.stage, p.done, p.total) for p in told] == [
        *(("people", done, 3) for done in range(4)),
        ("fit", 0, 1),
        ("fit", 1, 1),
    ]


def test_frame_numbers_are_the_source_s(networks, examples):
    (motion,) = recover(examples / "walk.mp4", Settings(start=30, end=33), networks=networks).motions
    assert motion.frames.tolist() == [30, 31, 32, 33]


def test_a_stop_keeps_what_was_seen(networks, examples):
    seen: list[Progress] = []
    recovery = recover(
        examples / "walk.mp4", Settings(start=10), seen.append, lambda: len(seen) > 4, networks=networks
    )
    assert recovery.stopped_at == 13
    assert recovery.frame_count == 4
    assert recovery.motions[0].frames.tolist() == [10, 11, 12, 13]


def test_a_focal_length_that_is_given_is_kept(networks, examples):
    settings = Settings(SolveSettings(focal_length=1477.3))
    (motion,) = recover(examples / "still.jpg", settings, networks=networks).motions
    assert motion.camera is not None
    assert motion.camera.focal_length == 1477.3
    truth = joints_of_motion(examples / "still.npz").joints
    assert motion.joints is not None
    # with the true lens the distance follows from the body's height, which the shape leaves open by some percent
    assert motion.joints[0, 0, 2] == pytest.approx(truth[0, 0, 2], rel=0.15)


def test_an_unknown_method_and_a_body_that_is_missing(networks, examples, tmp_path):
    with pytest.raises(RecoveryError, match="no method 'magic'"):
        recover(examples / "still.jpg", Settings(SolveSettings("magic")), networks=networks)
    with pytest.raises(RecoveryError) as caught:
        recover(examples / "still.jpg", Settings(SolveSettings(body=str(tmp_path / "no.npz"))), networks=networks)
    assert "no.npz" in caught.value.message


@pytest.mark.parametrize("picture", ["noise", "landscape", "pixel"])
def test_nobody_is_found_where_nobody_is(networks, tmp_path, picture):
    random = np.random.default_rng(1)
    rows = np.linspace(0, 1, 480)[:, None, None]
    image = {
        "noise": random.integers(0, 256, (480, 640, 3)),
        "landscape": np.where(rows < 0.6, [235, 206, 150], [60, 140, 90]) * (0.6 + 0.4 * rows) * np.ones((1, 640, 1)),
        "pixel": np.full((1, 1, 3), 120),
    }[picture].astype(np.uint8)
    path = tmp_path / f"{picture}.png"
    cv2.imwrite(str(path), image)
    with pytest.raises(RecoveryError) as caught:
        recover(path, Settings(), networks=networks)
    assert caught.value.code == "no_person"
    assert str(path) in caught.value.message


def test_sixteen_bits_grey_and_alpha_end_in_the_same_person(networks, still, examples, tmp_path):
    image = cv2.imread(str(examples / "still.jpg"))
    alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
    cv2.imwrite(str(tmp_path / "deep.png"), image.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.concatenate([image, alpha], axis=2))
    cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(tmp_path / "grey16.png"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257)
    for name, tolerance in (("deep", 0.1), ("alpha", 0.1), ("grey", 40), ("grey16", 40)):
        recovery = recover(tmp_path / f"{name}.png", Settings(), networks=networks)
        assert difference(recovery, still) < tolerance, name


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_still_turned_by_exif_ends_in_the_same_person(networks, still, examples, tmp_path, orientation):
    upright = np.asarray(Image.open(examples / "still.jpg"))
    stored = np.rot90(upright, {3: 2, 6: 1, 8: -1}[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "turned.png", exif=exif)
    recovery = recover(tmp_path / "turned.png", Settings(), networks=networks)
    assert (recovery.source.width, recovery.source.height) == (960, 720)
    assert difference(recovery, still) < 0.1


def test_a_picture_of_12000_pixels(networks, still, examples, tmp_path):
    small = Image.open(examples / "still.jpg")
    small.resize((12000, 9000), Image.Resampling.BICUBIC).save(tmp_path / "huge.jpg", quality=80)
    recovery = recover(tmp_path / "huge.jpg", Settings(), networks=networks)
    assert difference(recovery, still) < 25
    camera, plain = recovery.motions[0].camera, still.motions[0].camera
    assert camera is not None
    assert plain is not None
    assert (camera.width, camera.height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    np.testing.assert_allclose(camera.principal_point, [(camera.width - 1) / 2, (camera.height - 1) / 2])
    assert camera.focal_length / camera.width == pytest.approx(plain.focal_length / plain.width, rel=0.1)
    ours = camera.project(np.asarray(recovery.motions[0].joints)) / camera.width
    assert np.abs(ours - plain.project(np.asarray(still.motions[0].joints)) / plain.width).max() < 0.02
    # the user's focal length is that of the file's pixels
    settings = Settings(SolveSettings(focal_length=12000.0))
    told = recover(tmp_path / "huge.jpg", settings, networks=networks).motions[0].camera
    assert told is not None
    assert told.focal_length == pytest.approx(LONGEST_SIDE)


@pytest.fixture(scope="module")
def cut_short(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The walk with its index in front, as streamed films have it, cut in the middle of its 117 frames."""
    return cut_short_video(examples / "walk.mp4", tmp_path_factory.mktemp("cut") / "cut.mp4")


def cut_short_video(whole: Path, path: Path) -> Path:
    """Moves the index (moov) to the front, corrects its offsets (stco), and drops the latter half of the data."""
    data = whole.read_bytes()
    places, offset = {}, 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 4], "big")
        places[data[offset + 4 : offset + 8]] = slice(offset, offset + size)
        offset += size
    index = bytearray(data[places[b"moov"]])
    table = index.index(b"stco") + 8
    for entry in range(int.from_bytes(index[table : table + 4], "big")):
        at = slice(table + 4 + 4 * entry, table + 8 + 4 * entry)
        moved = int.from_bytes(index[at], "big") + len(index)
        index[at] = moved.to_bytes(4, "big")
    before = data[: places[b"mdat"].start]
    media = data[places[b"mdat"]]
    path.write_bytes(before + index + media[: len(media) // 2])
    return path


def test_a_video_that_ends_early_keeps_what_was_read_and_says_so(networks, cut_short, tmp_path):
    recovery = recover(cut_short, Settings(start=20), networks=networks)
    (warning,) = recovery.warnings
    assert "ends early" in warning
    assert "117" in warning
    (motion,) = recovery.motions
    assert 20 < len(motion.frames) == recovery.frame_count < 90
    assert motion.frames.tolist() == list(range(20, 20 + recovery.frame_count))


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
    told: list[tuple[int, int]] = []
    write_preview(walk.source, walk.motions, tmp_path / "p.mp4", lambda done, total: told.append((done, total)))
    assert told == [(done, 40) for done in range(1, 41)]
    source = open_source(tmp_path / "p.mp4")
    assert (source.width, source.height, source.fps, source.frame_count) == (640, 360, 25, 40)
    (motion,) = walk.motions
    assert motion.camera is not None
    assert motion.joints is not None
    frames = zip(read_frames(source), read_frames(walk.source, 0, 39), motion.joints, strict=True)
    for drawn, plain, joints in frames:
        off = np.abs(drawn.image.astype(int) - plain.image).max(axis=2) > 25
        pixels = motion.camera.project(joints).round().astype(int)
        inside = [off[y, x] for x, y in pixels if 0 <= x < 640 and 0 <= y < 360]
        assert np.mean(inside) > 0.8, drawn.index


@pytest.mark.parametrize("fps", [0.5, 24000 / 1001, 1000 / 7, 999.9, 30000.0])
def test_a_preview_of_any_frame_rate_and_an_odd_size(walk, tmp_path, fps):
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((49, 65, 3), 90, np.uint8))
    source = open_source(tmp_path, fps)
    motion = dataclasses.replace(walk.motions[0], camera=None)
    write_preview(source, [cut_to(motion, 3)], tmp_path / "p.mp4")
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


def test_the_nearer_person_is_drawn_over_the_farther(walk):
    """The mesh of the second person, half a metre nearer, hides the first's."""
    (motion,) = walk.motions
    assert motion.camera is not None
    camera = dataclasses.replace(motion.camera, rotation=np.eye(3), translation=np.zeros(3))
    vertices = motion.camera.to_camera(mesh(cut_to(motion, 1))[0])
    nearer = vertices * 0.9  # the same pixels
    alone, both = (np.full((360, 640, 3), 128, np.uint8) for _ in range(2))
    faces = load_body("free").faces
    draw_mesh(alone, nearer, faces, camera, (200, 100, 0))
    draw_mesh(both, np.concatenate([nearer, vertices]), np.concatenate([faces, faces + len(vertices)]), camera,
              (200, 100, 0))  # fmt: skip
    assert np.mean((alone == both).all(axis=2)) > 0.99
