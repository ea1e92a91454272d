"""The people of a result, as the panel knows them."""

from pathlib import Path

import bpy

from ..inference_server.errors import RecoveryError
from . import settings
from .client.job_files import TRACKS
from .scene import confidence, marks, recovered
from .scene.people import find_person
from .scene.people import is_shown as is_rig_shown


def is_there(person: settings.FoundPerson) -> bool:
    """Whether rig and body are in a scene; what was deleted lives on in the file as long as it is pointed at."""
    rig = person.rig
    if rig is None or not rig.users_scene:
        return False
    try:
        return bool(find_person(rig.name).figure.users_scene)
    except RecoveryError:
        return False


def is_shown(person: settings.FoundPerson) -> bool:
    return is_rig_shown(person.rig.name)


def has_confidence(person: settings.FoundPerson) -> bool:
    """Whether it is known how well each of the person's joints was seen."""
    return is_there(person) and confidence.has_confidence(person.rig)


def active(context: bpy.types.Context) -> settings.FoundPerson | None:
    """Whose rig or body is the active object, of the active result; else the first of those who are there."""
    result = settings.active(context.scene)
    there = [person for person in result.people if is_there(person)] if result is not None else []
    chosen = context.view_layer.objects.active
    return next((person for person in there if chosen in (person.rig, *person.rig.children)), None) or next(
        iter(there), None
    )


def can_refine(result: settings.Result) -> bool:
    """Whether what was seen was kept, so that bodies can be fitted again."""
    return bool(result.folder) and (Path(result.folder) / TRACKS).is_file()


def remove(result: settings.Result, person: settings.FoundPerson) -> None:
    """Removes what is left of somebody from the file."""
    rig = person.rig
    number = None if rig is None else rig.get(marks.PERSON)
    person.rig = None
    if rig is not None and rig.users_collection:
        recovered.remove_person(rig.name)
    elif rig is not None:
        bpy.data.objects.remove(rig)
    if result.collection is not None:
        for left in list(result.collection.all_objects):
            # of somebody whose rig the user has deleted
            own = number is None or left.get(marks.PERSON) == number
            if left.type == "MESH" and marks.PERSON in left and own and left.parent is None:
                bpy.data.objects.remove(left)
