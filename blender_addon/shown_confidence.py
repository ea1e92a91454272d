"""Show Confidence: the people of a scene in the colours of their confidence, and viewports that show them."""

import bpy
from bpy.app.handlers import persistent

from . import people, settings, viewport_colours
from .scene import colouring
from .scene.people import find_person


def apply(scene: bpy.types.Scene) -> None:
    """Colours everybody in the scene, or nobody, as the panel's switch says; also those who came since."""
    wanted = settings.of(scene).show_confidence
    for result in settings.of(scene).results:
        for listed in result.people:
            if not people.is_there(listed):
                continue
            person = find_person(listed.rig.name)
            if wanted:
                colouring.colour(person)
            else:
                colouring.uncolour(person.figure)
    fit_viewports()


def fit_viewports() -> None:
    """Viewports show the colours while there are any in the file."""
    if any(settings.of(scene).show_confidence and is_known(scene) for scene in bpy.data.scenes):
        viewport_colours.show_attributes()
    else:
        viewport_colours.restore()


def is_known(scene: bpy.types.Scene) -> bool:
    """Whether anybody in the scene has a confidence to show."""
    return any(
        people.has_confidence(listed) for result in settings.of(scene).results for listed in result.people
    )


def register() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_undone)


def unregister() -> None:
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_undone)


@persistent
def _undone(*_what: object) -> None:
    """Undo takes the colours from the people, but leaves viewports as they are."""
    fit_viewports()
