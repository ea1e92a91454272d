"""What a scene remembers of the panel: the choices for the next press, and what earlier ones gave."""

# pyright: reportInvalidTypeForm=false

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..inference_server.methods.catalogue import CATALOGUE, DEFAULT_METHOD
from .retarget import choices as retarget_choices
from .scene import recovered

SOURCES = (
    ("AUTO", "Automatic", "The editor that this panel is in, else what is selected, else the files below"),
    ("IMAGE", "Image Editor", "The image that is open in the Image Editor"),
    ("REFERENCES", "Reference Images", "The selected image empties of the 3D viewport"),
    ("STRIPS", "Strips", "The selected movie and image strips of the Video Sequencer"),
    ("CLIP", "Movie Clip", "The clip that is open in the Movie Clip Editor, with its camera if it is solved"),
    ("FILES", "Files", "The files of the list below"),
)
BODIES = (
    ("FREE", "Free Body", "The body that comes with the add-on, free for every use"),
    ("FILE", "Own File", "A body file of your own, such as SMPL"),
)


def _smoothing() -> FloatProperty:
    return FloatProperty(
        name="Smoothing",
        description="How strongly shaking is calmed; 0 leaves every frame as it was seen",
        default=1.0,
        min=0.0,
        max=3.0,
        subtype="FACTOR",
        update=_refine,
    )


def _refine(owner: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    """A result's own smoothing or contact was changed: its bodies are fitted again after a moment's rest."""
    if isinstance(owner, Result):
        from . import refining, running

        refining.wish(owner)
        running.wake()


def _rename(person: "FoundPerson", _context: bpy.types.Context) -> None:
    """Names the objects of somebody in the list; while the list is being filled there are none yet."""
    from . import people

    if people.is_there(person):
        recovered.rename_person(person.rig.name, person.name)


def _show_confidence(owner: "RecoverySettings", _context: bpy.types.Context) -> None:
    from . import shown_confidence

    shown_confidence.apply(owner.id_data)


class FileItem(bpy.types.PropertyGroup):
    """A file of the list; its name is what the list shows."""

    path: StringProperty(name="Path", description="Where the file lies", subtype="FILE_PATH")


class ResultWarning(bpy.types.PropertyGroup):
    """Something that the user should know of a result; its name is the text."""


class FoundPerson(bpy.types.PropertyGroup):
    """Somebody who was recovered."""

    name: StringProperty(name="Name", description="Name of the person's objects", update=_rename)
    path: StringProperty(name="Motion", description="The person's motion file", subtype="FILE_PATH")
    rig: PointerProperty(type=bpy.types.Object, name="Rig", description="The person's armature")


class Result(bpy.types.PropertyGroup):
    """What was recovered from one source."""

    key: StringProperty(description="By which it is known, whatever it is called")
    source: StringProperty(name="Source", description="What it was recovered from")
    folder: StringProperty(name="Folder", description="Where its files lie", subtype="DIR_PATH")
    collection: PointerProperty(type=bpy.types.Collection)
    camera: PointerProperty(type=bpy.types.Object)
    people: CollectionProperty(type=FoundPerson)
    warnings: CollectionProperty(type=ResultWarning)
    smoothing: _smoothing()
    foot_contact: BoolProperty(
        name="Foot Contact",
        description="Keep standing feet where they are on the floor",
        default=True,
        update=_refine,
    )
    solved_smoothing: FloatProperty()
    solved_contact: BoolProperty()
    move: FloatProperty(description="Metres along X that it was moved aside")
    first_frame: IntProperty()
    last_frame: IntProperty()
    low: FloatProperty()
    high: FloatProperty()


class RecoverySettings(bpy.types.PropertyGroup):
    """A scene's `human_mesh_recovery`."""

    source: EnumProperty(
        name="Source", description="Where the pictures come from", items=SOURCES, default="AUTO"
    )
    files: CollectionProperty(type=FileItem, name="Files", description="Files that are chosen by hand")
    active_file: IntProperty(name="File", description="The selected file")
    use_frame_range: BoolProperty(
        name="Frame Range", description="Use only some of each video's frames", default=False
    )
    first: IntProperty(
        name="First", description="First frame of the video to use, counted from 0", default=0, min=0
    )
    last: IntProperty(name="Last", description="Last frame of the video to use", default=100, min=0)
    method: EnumProperty(
        name="Method",
        description="How people are recovered",
        items=[(entry.name, entry.label, entry.summary) for entry in CATALOGUE.values()],
        default=DEFAULT_METHOD,
    )
    body: EnumProperty(
        name="Body", description="The body that is fitted to people", items=BODIES, default="FREE"
    )
    body_file: StringProperty(
        name="Body File", description="An SMPL body file: .npz, .pkl or .json", subtype="FILE_PATH"
    )
    people: IntProperty(
        name="People at Most",
        description="How many people to keep, the most prominent first; 0 keeps everybody",
        default=0,
        min=0,
        soft_max=10,
    )
    smoothing: _smoothing()
    foot_contact: BoolProperty(
        name="Foot Contact", description="Keep standing feet where they are on the floor", default=True
    )
    fingers: BoolProperty(
        name="Fingers",
        description="Recover fingers, too, where hands are large enough in the picture; takes a sixth longer",
        default=True,
    )
    set_up: BoolProperty(
        name="Set Up Scene",
        description="Look through the recovered camera, with the footage behind the people, "
        "and stretch the frame range over them",
        default=True,
    )
    show_confidence: BoolProperty(
        name="Show Confidence",
        description="Colour people by how well each part of them was seen at the current frame: blue-grey is "
        "sure, orange to dark red is guessed. Switch it off before exporting",
        default=False,
        update=_show_confidence,
    )
    results: CollectionProperty(type=Result, name="Results", description="What was recovered into this scene")
    active_result: IntProperty(name="Result", description="The selected result")
    retarget: PointerProperty(
        type=retarget_choices.RetargetChoices, description="A person's motion onto a character"
    )


CLASSES = (*retarget_choices.CLASSES, FileItem, ResultWarning, FoundPerson, Result, RecoverySettings)


def of(scene: bpy.types.Scene) -> RecoverySettings:
    return scene.human_mesh_recovery


def active(scene: bpy.types.Scene) -> Result | None:
    """The result that the panel shows."""
    settings = of(scene)
    return (
        settings.results[settings.active_result] if settings.active_result < len(settings.results) else None
    )


def find(scene: bpy.types.Scene, key: str) -> Result | None:
    return next((result for result in of(scene).results if result.key == key), None)
