"""Motion of Biovision hierarchies (.bvh). Of the places only the offsets count."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...bvh_file import Hierarchy, read_bvh_file
from .sampling import every_thirtieth, frame_times, sample
from .skeleton import Recording, Skeleton

Array = NDArray[np.float64]


def read_bvh(path: Path) -> Recording:
    """Raises ValueError where it is none."""
    file = read_bvh_file(path)
    hierarchy, table = file.hierarchy, file.table
    sampling = every_thirtieth(frame_times(len(table), 1 / file.seconds if file.seconds > 0 else 0))
    quaternions = sample(sampling, lambda rows: _quaternions(hierarchy, table[rows]))
    skeleton = Skeleton(hierarchy.names, hierarchy.parents, hierarchy.offsets, hierarchy.tips)
    return Recording(skeleton, quaternions)


def _quaternions(hierarchy: Hierarchy, table: Array) -> Array:
    """Frames (F, columns) -> (F, J, 4)."""
    quaternions = np.zeros((len(table), len(hierarchy.angles), 4))
    quaternions[..., 0] = 1
    for joint, (columns, axes) in enumerate(hierarchy.angles):
        if axes:
            turns = Rotation.from_euler(axes, table[:, columns], degrees=True)
            quaternions[:, joint] = np.roll(turns.as_quat(), 1, axis=-1)  # SciPy's have w last
    return quaternions
