"""What was made here, by custom properties: so that it is found again, and nothing of the user's taken for it."""

from collections.abc import Iterable
from typing import Any

import bpy

MADE = "human_mesh_recovery_made"
"""What a data-block is for, on all that are made here."""
PERSON = "human_mesh_recovery_person"
"""The person's number in the result, on the rig, the figure and their collection."""
FILE = "human_mesh_recovery_file"
"""Path of the person's motion file, on the rig; "" where it is not known."""
BODY = "human_mesh_recovery_body"
"""Which body the figure is, as the motion names it, and whether it has fingers."""


def mark(made: Any, purpose: str) -> None:
    made[MADE] = purpose


def is_ours(block: Any) -> bool:
    return MADE in block


def find(blocks: Iterable[Any], purpose: str) -> Any | None:
    """The data-block that was made for that purpose."""
    return next((block for block in blocks if block.get(MADE) == purpose), None)


def actions_of(owner: Any) -> list[bpy.types.Action]:
    """The action that animates `owner`, if one does."""
    data = owner.animation_data if owner is not None else None
    return [data.action] if data is not None and data.action is not None else []


def remove_unused(blocks: Iterable[Any]) -> None:
    """Removes those that were made here and that nothing uses any more."""
    for block in dict.fromkeys(blocks):
        if is_ours(block) and block.users == 0:
            bpy.data.batch_remove([block])
