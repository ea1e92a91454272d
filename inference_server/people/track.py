"""Follows people through a video, frame by frame, so that each keeps one identity.

Most frames run no detector: each person is looked for where the last frame left them. The detector runs a few
times a second, and at once when somebody is lost, to find newcomers, and to find the lost again by where they
can have got to and by what they wear.
"""

from typing import Final

import numpy as np

from . import appearance, boxes
from .association import assign, duplicates, oks
from .crop import Picture
from .detect import SURE, detect_people
from .identity import finish_tracks
from .keypoints import PoseObservation, box_region, estimate_again, estimate_anew
from .networks import Networks
from .person import TRUSTED, Person
from .tracks import Track, to_track

_DETECTIONS_A_SECOND: Final = 3.0
_SEARCHES_A_SECOND: Final = 15.0  # while somebody was lost just now
_LATER_SEARCHES_A_SECOND: Final = 5.0
_EVERY_FEW: Final = 3  # of the detections one is thorough
_SOON: Final = 0.5  # seconds
_PATIENCE: Final = 1.0  # seconds
_FAINT_PATIENCE: Final = 0.4  # seconds
_FAINT: Final = 0.15
_CLEARLY_A_PERSON: Final = 0.45
_SAME_POSE: Final = 0.5
_LIMIT: Final = 1.6
_MOST_UNSURE: Final = 6
_SPARE: Final = 3
_ALL_AROUND: Final = np.deg2rad(np.arange(0, 360, 60))


class PeopleTracker:
    """Feed it the frames in order with `update`, then take the people from `finish`.

    `fps` is the source's frame rate, 0 for a still. `people` is how many to keep, None for all.
    """

    def __init__(self, networks: Networks, fps: float, people: int | None = None) -> None:
        self._networks = networks
        self._fps = fps
        self._rate = max(fps, 1.0)
        self._people = people
        self._live: list[Person] = []
        self._gone: list[Person] = []
        self._next_id = 0
        self._detections = 0
        self._last_detection = -np.inf
        self._rejected: list[tuple[int, np.ndarray]] = []
        self._size = (1, 1)

    def update(self, frame_index: int, image: np.ndarray) -> list[tuple[int, PoseObservation]]:
        """Finds everybody in a frame (H,W,3) RGB uint8: (track id, observation) of those seen."""
        picture = Picture(image)
        self._size = (image.shape[1], image.shape[0])
        seen = self._follow(frame_index, picture)
        lost = [p for p in self._live if p.id not in seen or seen[p.id].confidence < TRUSTED]
        if frame_index - self._last_detection >= self._fps / self._detection_rate(frame_index, lost):
            self._discover(frame_index, picture, seen, lost)
        for person in self._live:
            if person.id in seen:
                person.add(frame_index, seen[person.id])
                if person.wants_colours(frame_index) and _is_clear(person.id, seen):
                    person.add_colours(frame_index, appearance.describe(image, seen[person.id].keypoints))
        self._gone += [p for p in self._live if p.faint(frame_index) > _PATIENCE]
        self._live = [p for p in self._live if p.faint(frame_index) <= _PATIENCE]
        return list(seen.items())

    def finish(self) -> list[Track]:
        """Everybody that was seen, each once and without holes, the most important first."""
        tracks = [to_track(person) for person in self._gone + self._live]
        return finish_tracks(tracks, self._fps, self._size, self._people)

    def _detection_rate(self, frame: int, lost: list[Person]) -> float:
        """Detections a second."""
        if any(person.faint(frame) < _SOON for person in lost):
            return _SEARCHES_A_SECOND
        return _LATER_SEARCHES_A_SECOND if lost or not self._live else _DETECTIONS_A_SECOND

    def _follow(self, frame: int, picture: Picture) -> dict[int, PoseObservation]:
        """Looks for each person where they are expected. Of two who land on one body one is let go."""
        found: dict[int, PoseObservation] = {}
        for person in self._live:
            if person.frames[-1] < frame - 1:
                continue  # nobody was there in the last frame either: left to _discover
            observation = estimate_again(self._networks, picture, person.expected_region(frame))
            enough = _FAINT if person.faint(frame) < _FAINT_PATIENCE else TRUSTED
            if observation.confidence >= enough and person.motion_cost(frame, observation) < 1:
                found[person.id] = observation
        people = {p.id: p for p in self._live}
        ids = list(found)
        for i, j in duplicates([found[k].keypoints for k in ids], _SAME_POSE):
            pair = [k for k in (ids[i], ids[j]) if k in found]
            if len(pair) == 2:
                colours = [appearance.describe(picture.image, found[k].keypoints) for k in pair]
                costs = [people[k].cost(frame, found[k], c) for k, c in zip(pair, colours, strict=True)]
                del found[pair[int(np.argmax(costs))]]
        return found

    def _discover(
        self, frame: int, picture: Picture, seen: dict[int, PoseObservation], lost: list[Person]
    ) -> None:
        """Adds to `seen` the lost who are found again, and newcomers."""
        thorough = bool(lost) or not self._live or self._detections % _EVERY_FEW == 0
        self._detections += 1
        self._last_detection = frame
        sure = {k: o for k, o in seen.items() if o.confidence >= TRUSTED}
        found = [self._search(frame, picture, person) for person in lost if person.id not in seen]
        searched = [(o, False) for o in found if o is not None]
        detected = self._examine(frame, picture, detect_people(self._networks, picture, thorough), sure, lost)
        candidates: list[tuple[PoseObservation, bool]] = []
        for found_here, new in sorted(detected + searched, key=lambda c: -c[0].confidence):
            others = [o.keypoints for o in sure.values()] + [o.keypoints for o, _ in candidates]
            if all(oks(found_here.keypoints, other) < _SAME_POSE for other in others):
                candidates.append((found_here, new))
        colours = [appearance.describe(picture.image, o.keypoints) for o, _ in candidates]
        costs = np.array(
            [[p.cost(frame, o, c) for (o, _), c in zip(candidates, colours, strict=True)] for p in lost]
        )
        pairs = assign(costs.reshape(len(lost), len(candidates)), _LIMIT)
        for row, column in pairs:
            known = seen.get(lost[row].id)
            if known is None or candidates[column][0].confidence > known.confidence:
                seen[lost[row].id] = candidates[column][0]
        again = {column for _, column in pairs}
        self._welcome(seen, [o for k, (o, new) in enumerate(candidates) if new and k not in again])

    def _examine(
        self,
        frame: int,
        picture: Picture,
        detections: np.ndarray,
        sure: dict[int, PoseObservation],
        lost: list[Person],
    ) -> list[tuple[PoseObservation, bool]]:
        """Poses in the boxes (N,5) that nobody followed accounts for, and whether each may be a newcomer."""
        taken = np.array([o.box for o in sure.values()]).reshape(-1, 4)
        self._rejected = [(k, box) for k, box in self._rejected if frame - k < self._rate]
        results = []
        tried = 0
        for box, score in zip(detections[:, :4], detections[:, 4], strict=True):
            known = np.concatenate([taken, np.array([b for _, b in self._rejected]).reshape(-1, 4)])
            awaited = any(_may_be_at(person, frame, box) for person in lost)
            if len(known) and boxes.iou(box[None], known).max() > 0.4:
                continue
            if not awaited and (score < 0.5 * SURE or boxes.contained(box, detections, score)):
                continue
            if score < SURE:
                tried += 1
                if tried > _MOST_UNSURE:
                    break
            rotations = _ALL_AROUND if awaited else (0.0,)
            found = estimate_anew(self._networks, picture, box_region(box), rotations)
            if found is not None and found.confidence < _CLEARLY_A_PERSON and not self._fps:
                found = estimate_anew(self._networks, picture, box_region(box), _ALL_AROUND)
            enough = TRUSTED if score >= SURE else _CLEARLY_A_PERSON
            new = found is not None and found.confidence >= enough
            if found is not None and (new or (awaited and found.confidence >= _FAINT)):
                results.append((found, new))
            else:
                self._rejected.append((frame, box))
        return results

    def _search(self, frame: int, picture: Picture, person: Person) -> PoseObservation | None:
        """Looks for a lost person where they are expected, turned any way, as in a somersault."""
        region = person.expected_region(frame)
        if not (0 <= region.x < self._size[0] and 0 <= region.y < self._size[1]):
            return None
        found = estimate_anew(self._networks, picture, region, region.rotation + _ALL_AROUND)
        return found if found is not None and found.confidence >= _FAINT else None

    def _welcome(self, seen: dict[int, PoseObservation], newcomers: list[PoseObservation]) -> None:
        """Begins to follow newcomers. Where only so many people are wanted, a few more are followed, since who
        matters shows in the end; beyond those the larger replace the smaller.
        """
        for found in sorted(newcomers, key=lambda o: -float(boxes.area(o.box))):
            if self._people is not None and len(self._live) >= self._people + _SPARE:
                smallest = min(
                    self._live, key=lambda p: float(boxes.area(p.seen[-1].box)) if p.seen else np.inf
                )
                if not smallest.seen or boxes.area(found.box) < 1.5 * boxes.area(smallest.seen[-1].box):
                    return
                self._live.remove(smallest)
                self._gone.append(smallest)
                seen.pop(smallest.id, None)
            person = Person(self._next_id, self._rate)
            self._next_id += 1
            self._live.append(person)
            seen[person.id] = found


def _is_clear(who: int, seen: dict[int, PoseObservation]) -> bool:
    """Whether somebody is seen well enough, and far enough from others, to look at their clothes."""
    others = np.array([o.box for k, o in seen.items() if k != who]).reshape(-1, 4)
    apart = not len(others) or boxes.iou(seen[who].box[None], others).max() < 0.1
    return bool(apart and seen[who].confidence > 0.5)


def _may_be_at(person: Person, frame: int, box: np.ndarray) -> bool:
    """Whether a lost person can have got to a box (4,): rough, the pose found in it will tell."""
    last = person.seen[-1].box
    region = person.expected_region(frame)
    side = max(last[2:] - last[:2])
    distance = np.linalg.norm((box[:2] + box[2:]) / 2 - region.centre)
    return bool(distance < side * (0.5 + 2 * person.unseen(frame)) and max(box[2:] - box[:2]) > 0.3 * side)
