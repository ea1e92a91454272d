"""A real Blender window: a still in the Image Editor, and a batch in which one file is broken."""

import shutil
from pathlib import Path

from .blender_window import BlenderWindow
from .recover_tab import NOTHING_RUNS, RECOVER, bodies, press_recover


def test_a_still_open_in_the_image_editor(window: BlenderWindow, examples: Path):
    still = window.run.bring(examples / "still.jpg")
    window.ask(f"""
place = area('VIEW_3D')
place.type = 'IMAGE_EDITOR'
place.spaces.active.image = bpy.data.images.load({still!r})
""")
    press_recover(window, "IMAGE_EDITOR")
    bodies(window, 1)
    window.screenshot("still")


def test_a_batch_goes_on_after_a_broken_file(window: BlenderWindow, examples: Path):
    folder = window.run.folder / "batch"
    folder.mkdir(exist_ok=True)
    (folder / "1 broken.jpg").write_text("this is no picture")
    shutil.copyfile(examples / "still.jpg", folder / "2 still.jpg")
    shutil.copyfile(examples / "still.jpg", folder / "3 again.jpg")
    window.ask(f"""
settings = bpy.context.scene.human_mesh_recovery
settings.source = 'FILES'
for name in {sorted(path.name for path in folder.iterdir())!r}:
    item = settings.files.add()
    item.name, item.path = name, {window.run.inside("batch")!r} + '/' + name
""")
    window.open_tab("Recover")
    window.click(window.find_button(RECOVER))
    window.wait_for("len(figures()) == 2", 120)
    window.wait_for(NOTHING_RUNS)
    problems = window.ask("job()['problems']")
    assert len(problems) == 1
    assert "1 broken.jpg" in " ".join(problems[0])
    window.screenshot("batch")
