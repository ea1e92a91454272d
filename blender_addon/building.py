"""What was recovered into the scene, and into the list of the Result panel."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..inference_server.errors import RecoveryError
from ..inference_server.motion import Motion, load_motion
from . import arrangement, people, settings, shown_confidence
from .client import job_files
from .press import Problem
from .retarget import apply, live
from .scene import build, camera, recovered
from .scene.timeline import Timeline, plan
from .sources.source import scene_rate


@dataclass
class Found:
    """A result as it lies in its files."""

    name: str
    motions: list[Motion]
    files: list[Path]
    folder: Path | None = None
    record: job_files.JobRecord = field(default_factory=lambda: job_files.JobRecord(""))

    @property
    def footage(self) -> str:
        """By which it is known whether two results came from the same pictures."""
        source = self.record.source
        return str(source.get("path") or source.get("files") or self.motions[0].source or self.files[0])

    @property
    def frames(self) -> list[str]:
        """The pictures of an image sequence, in order."""
        return list(self.record.source.get("files") or ())


def read_folder(folder: Path) -> Found:
    """A job's people. Raises RecoveryError where there are none, or a file is missing or damaged."""
    record = job_files.read_record(folder)
    files = [folder / name for name in record.people]
    if not files:
        raise RecoveryError(
            "no_people", f"There are no people in {folder}.", "Choose the folder of another recovery."
        )
    return Found(record.name, [load_motion(path) for path in files], files, folder, record)


def read_file(path: Path) -> Found:
    """One motion file, which may be another program's. Raises RecoveryError."""
    return Found(path.stem, [load_motion(path)], [path])


def timeline_of(scene: bpy.types.Scene, motions: Sequence[Motion], placement: dict[str, Any]) -> Timeline:
    """Where in the scene's time the people stand."""
    first = int(placement.get("first_frame", scene.frame_start))
    positions = placement.get("positions")
    if not positions:
        return plan(motions, scene_rate(scene), first)
    return Timeline(scene_rate(scene), first, np.asarray(positions, dtype=np.float64))


def add_all(
    scene: bpy.types.Scene, found: Sequence[Found], set_up: bool, on_progress: Callable[[float], None]
) -> list[Problem]:
    """Adds results, moving those aside that would stand in one another; what could not be added is told."""
    timelines = [timeline_of(scene, each.motions, each.record.placement) for each in found]
    spans = [_span(each, timeline) for each, timeline in zip(found, timelines, strict=True)]
    problems: list[Problem] = []
    first_new = len(settings.of(scene).results)
    for place, (each, timeline, move) in enumerate(
        zip(found, timelines, arrangement.sideways(spans, _standing(scene)), strict=True)
    ):
        each.motions = [arrangement.moved(motion, move) for motion in each.motions]

        def tell(fraction: float, place: int = place) -> None:
            on_progress((place + fraction) / len(found))

        try:
            # the scene's camera is that of the first
            made = recovered.add_recovered(
                scene, each.name, each.motions, timeline, set_up and place == 0, tell,
                [str(path) for path in each.files], each.frames,
            )  # fmt: skip
        except RecoveryError as error:
            problems.append(Problem(each.name, error.message, error.hint))
            continue
        if set_up:
            scene.frame_start = min(scene.frame_start, timeline.first_frame)
            scene.frame_end = max(scene.frame_end, timeline.last_frame)
        _list(scene, each, made, timeline, move)
    shown_confidence.apply(scene)
    settings.of(scene).active_result = min(first_new, max(0, len(settings.of(scene).results) - 1))
    return problems


def rebuild(scene: bpy.types.Scene, result: settings.Result, number: int | None = None) -> None:
    """Gives a result's people, or one of them, the motions in their files. Raises RecoveryError."""
    files = [Path(person.path) for person in result.people]
    motions = [arrangement.moved(load_motion(path), result.move) for path in files]
    record = job_files.read_record(Path(result.folder)) if result.folder else job_files.JobRecord("")
    # those who are not in the scene any more count, too: whoever came first is at the first frame
    everybody = [load_motion(Path(result.folder) / name) for name in record.people] or motions
    timeline = timeline_of(scene, everybody, record.placement or {"first_frame": result.first_frame})
    for place, (person, motion) in enumerate(zip(result.people, motions, strict=True)):
        if number not in (None, place):
            continue
        if people.is_there(person):
            apply.put_back(person.rig)  # what was retargeted onto them, whose action is not their own
            recovered.rebuild_person(person.rig.name, motion, timeline)
        elif number is not None:
            people.remove(result, person)
            _put_back(scene, result, person, motion, timeline, place)
    if number is None:
        if result.camera is not None:
            _refresh_view(scene, result.camera, motions, timeline)
        note_solved(result, record)
    shown_confidence.apply(scene)
    live.follow(scene)


def note_solved(result: settings.Result, record: job_files.JobRecord) -> None:
    """Notes which settings the bodies were fitted with; the sliders then differ only where the user moves them."""
    known = record.settings
    result.solved_smoothing = float(known.get("smoothing", 1.0))
    result.solved_contact = bool(known.get("foot_contact", True))
    result.warnings.clear()
    for text in record.warnings:
        result.warnings.add().name = text


def _list(
    scene: bpy.types.Scene, found: Found, made: recovered.Made, timeline: Timeline, move: float
) -> None:
    """Adds a result to the list of the panel."""
    chosen = settings.of(scene)
    result = chosen.results.add()
    result.key = uuid.uuid4().hex
    result.name = made.collection.name
    result.source = found.footage
    result.folder = str(found.folder) if found.folder else ""
    result.collection, result.camera = made.collection, made.view
    result.move = move
    result.first_frame, result.last_frame = timeline.first_frame, timeline.last_frame
    result.low, result.high = arrangement.width(found.motions)
    note_solved(result, found.record)
    result.smoothing, result.foot_contact = result.solved_smoothing, result.solved_contact
    for made_person, path in zip(made.people, found.files, strict=True):
        person = result.people.add()
        person.name = made_person.figure.name
        person.path = str(path)
        person.rig = made_person.rig


def _put_back(
    scene: bpy.types.Scene,
    result: settings.Result,
    person: settings.FoundPerson,
    motion: Motion,
    timeline: Timeline,
    place: int,
) -> None:
    """Builds somebody anew who was deleted."""
    if result.collection not in scene.collection.children_recursive:
        result.collection = build.child_collection(result.name, scene.collection, recovered.RESULT)
    made = build.build_person(motion, timeline, result.collection, place, person.path)
    name = person.name
    person.rig = made.rig
    person.name = name  # names the objects as the user called them


def _refresh_view(
    scene: bpy.types.Scene, view: bpy.types.Object, motions: Sequence[Motion], timeline: Timeline
) -> None:
    """The camera's place and lens depend on the bodies, too."""
    seen = next((motion.camera for motion in motions if motion.camera is not None), None)
    if seen is None:
        return
    fresh = camera.add_camera(scene, seen)
    view.matrix_world = fresh.matrix_world
    lens = fresh.data
    for name in ("lens", "shift_x", "shift_y", "sensor_fit"):
        setattr(view.data, name, getattr(lens, name))
    bpy.data.objects.remove(fresh)
    bpy.data.cameras.remove(lens)
    if seen.moves:
        camera.key_camera(view, motions, timeline)


def _span(found: Found, timeline: Timeline) -> arrangement.Span:
    low, high = arrangement.width(found.motions)
    is_fixed = bool(found.record.settings.get("camera"))
    return arrangement.Span(
        timeline.first_frame, timeline.last_frame, low, high, found.footage, is_fixed or found.folder is None
    )


def _standing(scene: bpy.types.Scene) -> list[arrangement.Span]:
    """The results that are in the scene already."""
    return [
        arrangement.Span(result.first_frame, result.last_frame, result.low, result.high, result.source)
        for result in settings.of(scene).results
        if any(people.is_there(person) for person in result.people)
    ]
