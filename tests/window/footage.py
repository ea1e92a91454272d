"""Files of a user who has footage in Blender and has not yet recovered anything."""

STRIP = """
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 30, 1.0
editor = scene.sequence_editor or scene.sequence_editor_create()
strips = editor.strips if hasattr(editor, 'strips') else editor.sequences
for number, path in enumerate({paths!r}):
    strip = strips.new_movie(os.path.basename(path), path, 1 + number, {first} - {skip})
    strip.frame_offset_start = {skip}
    strip.frame_final_duration = {frames}
    strip.select = True
if hasattr(bpy.context.workspace, 'sequencer_scene'):
    bpy.context.workspace.sequencer_scene = scene
scene.frame_set({first})
bpy.ops.ed.undo_push(message='Footage')
"""


def strips(paths: list[str], first: int, skip: int, frames: int) -> str:
    """Code that puts videos into the sequencer as selected strips, one above the other, and nothing else.

    first: the scene's frame where they begin; skip: the source's frames before that; frames: how many they show.
    """
    return STRIP.format(paths=paths, first=first, skip=skip, frames=frames)


PICTURES = """
scene = bpy.context.scene
editor = scene.sequence_editor or scene.sequence_editor_create()
strips = editor.strips if hasattr(editor, 'strips') else editor.sequences
names = {names!r}
strip = strips.new_image('frames', {folder!r} + '/' + names[0], 1, {first})
for name in names[1:]:
    strip.elements.append(name)
strip.frame_final_duration = len(names)
strip.select = True
if hasattr(bpy.context.workspace, 'sequencer_scene'):
    bpy.context.workspace.sequencer_scene = scene
bpy.ops.ed.undo_push(message='Footage')
"""


def picture_strip(folder: str, names: list[str], first: int) -> str:
    """Code that puts pictures of a folder into the sequencer as one selected strip."""
    return PICTURES.format(folder=folder, names=names, first=first)
