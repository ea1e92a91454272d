"""All that Blender is told of when the extension is switched on, and forgets when it is switched off."""

import bpy
from bpy.app.handlers import persistent

from . import keys, preferences, running, settings, shown_confidence
from .operators import files, open_result, people, press, results, retarget, unsure
from .operators import preferences as preference_operators
from .panels import main as panel

CLASSES = (
    *settings.CLASSES,
    *preferences.CLASSES,
    *press.CLASSES,
    *files.CLASSES,
    *results.CLASSES,
    *people.CLASSES,
    *unsure.CLASSES,
    *open_result.CLASSES,
    *retarget.CLASSES,
    *preference_operators.CLASSES,
    *panel.CLASSES,
)


def register() -> None:
    for kind in CLASSES:
        bpy.utils.register_class(kind)
    bpy.types.Scene.human_mesh_recovery = bpy.props.PointerProperty(type=settings.RecoverySettings)
    bpy.app.handlers.load_post.append(_loaded)
    keys.register()
    shown_confidence.register()


def unregister() -> None:
    """Ends what is running, too."""
    running.stop()
    shown_confidence.unregister()
    keys.unregister()
    bpy.app.handlers.load_post.remove(_loaded)
    del bpy.types.Scene.human_mesh_recovery
    for kind in reversed(CLASSES):
        bpy.utils.unregister_class(kind)


@persistent
def _loaded(_path: str) -> None:
    running.loaded_file()
    shown_confidence.fit_viewports()
