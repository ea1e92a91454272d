"""What is keyed for a retargeted motion, in numbers: one channel a property of a bone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...inference_server.body import rotation
from .retargeted import Retargeted
from .rotation_modes import QUATERNION, from_mode, property_of, to_mode

REST: dict[str, tuple[float, ...]] = {
    "location": (0.0, 0.0, 0.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
}
"""A pose bone's properties where the bone is at rest."""


@dataclass(frozen=True)
class Channel:
    """The keys of one property of a pose bone."""

    bone: str
    attribute: str
    """The property, as a path from the bone: "location", '["IK_FK"]'."""
    frames: np.ndarray
    """(N,) the scene's frames."""
    values: np.ndarray
    """(N, C), C what the property has components."""
    mode: str = ""
    """The bone's rotation mode, of a rotation."""

    @property
    def path(self) -> str:
        """From the object."""
        escaped = self.bone.replace("\\", "\\\\").replace('"', '\\"')
        dot = "" if self.attribute.startswith("[") else "."
        return f'pose.bones["{escaped}"]{dot}{self.attribute}'


def channels_of(retargeted: Retargeted, modes: Mapping[str, str]) -> list[Channel]:
    """The channels of a motion; modes: each bone's rotation mode."""
    made = []
    for row, bone in enumerate(retargeted.bones):
        mode = modes[bone]
        values = to_mode(retargeted.rotations[:, row], mode)
        made.append(Channel(bone, property_of(mode), retargeted.frames, values, mode))
    for row, bone in enumerate(retargeted.moved):
        made.append(Channel(bone, "location", retargeted.frames, retargeted.locations[:, row]))
    return made


def held(bone: str, attribute: str, values: Iterable[float], frame: float) -> Channel:
    """One key, so that nothing else moves the property."""
    return Channel(bone, attribute, np.array([frame]), np.array([list(values)], dtype=np.float64))


def rest_channels(bone: str, properties: Iterable[str], frame: float) -> list[Channel]:
    """One key at rest for each of the properties."""
    return [held(bone, name, REST[name], frame) for name in properties]


def simplified(channel: Channel, degrees: float, distance: float) -> Channel:
    """The fewest keys found between which straight interpolation stays within a tolerance; the first and last stay.

    degrees: how far a rotation may be off; distance: how far a location, in the property's own unit. Of a part whose
    middle is off too far the worst frame is kept, and both halves looked at (Ramer 1972; Douglas and Peucker 1973).
    """
    if len(channel.frames) < 3:
        return channel
    tolerance = np.radians(degrees) if channel.mode else distance
    keep = np.zeros(len(channel.frames), dtype=bool)
    keep[[0, -1]] = True
    parts = [(0, len(keep) - 1)]
    while parts:
        first, last = parts.pop()
        errors = _errors(channel, first, last)
        if len(errors) and errors.max() > tolerance:
            middle = first + 1 + int(errors.argmax())
            keep[middle] = True
            parts += [(first, middle), (middle, last)]
    return Channel(channel.bone, channel.attribute, channel.frames[keep], channel.values[keep], channel.mode)


def _errors(channel: Channel, first: int, last: int) -> np.ndarray:
    """(last - first - 1,) how far each frame between two keys is off: radians of a rotation, else a distance."""
    frames = channel.frames[first : last + 1]
    share = ((frames[1:-1] - frames[0]) / (frames[-1] - frames[0]))[:, None]
    straight = channel.values[first] + (channel.values[last] - channel.values[first]) * share
    actual = channel.values[first + 1 : last]
    if not channel.mode:
        return np.linalg.norm(straight - actual, axis=1)
    one, other = (_quaternions(values, channel.mode) for values in (straight, actual))
    # of unit quaternions: half of the angle between the rotations is twice the arc sine of half the chord
    chords = np.minimum(np.linalg.norm(one - other, axis=1), np.linalg.norm(one + other, axis=1))
    return 4 * np.arcsin(np.minimum(chords / 2, 1.0))


def _quaternions(values: np.ndarray, mode: str) -> np.ndarray:
    """(N, 4) of unit length."""
    if mode == QUATERNION:
        return values / np.linalg.norm(values, axis=1, keepdims=True)
    return rotation.matrix_to_quaternion(from_mode(values, mode))
