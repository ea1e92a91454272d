"""The result in the scene: shown at once, following the settings, and baked or taken away."""

from pathlib import Path

import bpy

from ...inference_server.errors import RecoveryError
from ..scene import marks
from ..sources.source import scene_rate
from . import apply, bake, choices, humanoid, motions, onto, presets
from .humanoid import HumanMotion, Mapping
from .read import read_skeleton
from .read_poses import keys_of
from .retargeted import Settings

_kept: dict[tuple[object, ...], HumanMotion] = {}
"""The latest motion, by what it was read from, so that a changed setting reads nothing again."""


def press(scene: bpy.types.Scene, source: bpy.types.Object | None, target: bpy.types.Object) -> None:
    """Shows `source`'s motion, or that of the file, on `target`. Raises RecoveryError, with no motion changed."""
    chosen = choices.of(scene)
    _kept.clear()
    human = _motion(scene, source)
    known = chosen.shown_target == target and any(item.bone for item in chosen.bones)
    understood = _understood(scene, target, mapping_of(scene) if known else None)
    channels = onto.solve(understood, human, _settings(chosen))
    apply.show(target, channels, _title(scene, source, target))
    with choices.filling():
        chosen.shown_source, chosen.shown_target = source, target
        chosen.problem = ""
        chosen.note = "; ".join(onto.notes(understood, _settings(chosen)))
    if not known:
        tell_bones(scene, target, understood.shown)


def _understood(scene: bpy.types.Scene, target: bpy.types.Object, mapping: Mapping | None) -> onto.Target:
    """The character, by the user's presets where no bones were chosen.

    What is not recognised can be chosen by hand then.
    """
    if mapping is None and target.library is None:
        mapping = presets.preset_for(read_skeleton(target))
    try:
        return onto.understand(target, _controls(choices.of(scene)), mapping)
    except RecoveryError as error:
        if error.code == "rig_not_human":
            tell_bones(scene, target, Mapping("hand", {}))
        raise


def follow(scene: bpy.types.Scene) -> None:
    """Solves again what is shown, with the settings of now; what goes wrong is told in the panel."""
    chosen = choices.of(scene)
    if not is_shown(scene):
        return
    try:
        understood, channels = _solved(scene)
    except RecoveryError as error:
        chosen.problem = str(error)
        return
    apply.show(chosen.shown_target, channels, _title(scene, chosen.shown_source, chosen.shown_target))
    chosen.problem = ""
    chosen.note = "; ".join(onto.notes(understood, _settings(chosen)))


def take_away(scene: bpy.types.Scene, target: bpy.types.Object) -> None:
    """The character as it was before."""
    chosen = choices.of(scene)
    apply.put_back(target)
    chosen.problem = chosen.note = ""


def bake_shown(scene: bpy.types.Scene) -> bpy.types.Action:
    """Keys for good. Raises RecoveryError."""
    chosen = choices.of(scene)
    _kept.clear()  # what else than keys moves the source may have changed
    _, channels = _solved(scene)
    tolerance = bake.Tolerance(chosen.degrees, chosen.millimetres) if chosen.simplify else None
    title = _title(scene, chosen.shown_source, chosen.shown_target)
    return bake.bake(chosen.shown_target, channels, title, chosen.output, tolerance)


def guess(scene: bpy.types.Scene, target: bpy.types.Object) -> None:
    """Recognises a character's bones anew, whatever was corrected. Raises RecoveryError."""
    chosen = choices.of(scene)
    tell_bones(scene, target, onto.understand(target, _controls(chosen)).shown)
    follow(scene)


def use_bones(scene: bpy.types.Scene, target: bpy.types.Object, mapping: Mapping) -> None:
    """Takes a character's bones from a preset. Raises RecoveryError where it lacks one of them."""
    onto.understand(target, _controls(choices.of(scene)), mapping)
    tell_bones(scene, target, mapping)
    follow(scene)


def is_shown(scene: bpy.types.Scene) -> bool:
    """Whether a result is on the character that is not baked yet."""
    target = choices.there(choices.of(scene).shown_target)
    return target is not None and apply.live_action(target) is not None


def mapping_of(scene: bpy.types.Scene) -> Mapping:
    """The bones as the panel has them."""
    chosen = choices.of(scene)
    bones = {
        item.name: (item.bone, *filter(None, item.more.split("\n"))) for item in chosen.bones if item.bone
    }
    return Mapping(chosen.table, bones, chosen.root_bone or None)


def tell_bones(scene: bpy.types.Scene, target: bpy.types.Object, mapping: Mapping) -> None:
    """Puts a character's bones into the panel, where they can be corrected."""
    chosen = choices.of(scene)
    with choices.filling():
        chosen.shown_target = target
        chosen.bones.clear()
        for bone in humanoid.BONES:
            item = chosen.bones.add()
            item.name = bone
            first, *others = mapping.bones.get(bone) or ("",)
            item.bone, item.more = first, "\n".join(others)
        chosen.table, chosen.root_bone = mapping.table, mapping.root or ""


def _solved(scene: bpy.types.Scene) -> tuple[onto.Target, list[onto.Channel]]:
    chosen = choices.of(scene)
    if chosen.shown_source is not None and choices.there(chosen.shown_source) is None:
        raise _gone()
    human = _motion(scene, chosen.shown_source)
    understood = onto.understand(chosen.shown_target, _controls(chosen), mapping_of(scene))
    return understood, onto.solve(understood, human, _settings(chosen))


def _motion(scene: bpy.types.Scene, source: bpy.types.Object | None) -> HumanMotion:
    chosen = choices.of(scene)
    if source is None and not chosen.file:
        raise _gone()
    if source is not None:
        key: tuple[object, ...] = (source.session_uid, keys_of(source), scene_rate(scene))
    else:
        path = Path(bpy.path.abspath(chosen.file))
        key = (str(path), scene_rate(scene), scene.frame_start)
    if key not in _kept:
        _kept.clear()
        if source is not None:
            _kept[key] = motions.of_armature(source, scene_rate(scene))
        else:
            _kept[key] = motions.of_file(path, scene_rate(scene), scene.frame_start)
    return _kept[key]


def _gone() -> RecoveryError:
    return RecoveryError(
        "nothing_chosen", "The motion's armature is gone.", "Select another one, and press Retarget."
    )


def _controls(chosen: choices.RetargetChoices) -> onto.Controls:
    return onto.Controls(chosen.arms == "IK", chosen.legs == "IK")


def _settings(chosen: choices.RetargetChoices) -> Settings:
    return Settings(
        feet=chosen.feet,
        root=chosen.root,
        place=chosen.place,
        scale=chosen.scale,
        hands=chosen.hands,
    )


def _title(scene: bpy.types.Scene, source: bpy.types.Object | None, target: bpy.types.Object) -> str:
    """The action's name: who moves whom."""
    if source is None:
        whose = Path(choices.of(scene).file).stem
    else:
        whose = source.name.removesuffix(" Rig") if marks.PERSON in source else source.name
    return f"{whose} on {target.name}"
