"""The SMPL that a checkpoint embeds, as a body file of the user's own.

It is the user's by the licence of SMPL's owner, and so it only goes from one of the user's files into another, on the
same machine.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..weights import store
from ..whole_file import whole_file

LICENCE = (
    "This is the SMPL that the checkpoint embeds: the licence is between you and the owner of the body model. It stays "
    "on this machine, and is not to be passed on."
)


def write_embedded_body(content: Mapping[str, NDArray], name: str) -> Path:
    """Puts a body's arrays, named as in SMPL's files, into the folder of networks, as a file that `load_body` reads.

    Raises RecoveryError("unwritable").
    """
    path = store.cache_folder() / f"{name}.npz"
    with whole_file(path, "The embedded body") as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(temporary, **content)
    return path
