"""What is hidden because it stands where recovered people do, and what stays; in each Blender."""

from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy", reason="Blender as a Python module is not installed")

from mathutils import Matrix

from human_mesh_recovery.blender_addon.scene.default_cube import hide_default_cube
from human_mesh_recovery.blender_addon.scene.reference_images import hide_reference_images


@pytest.fixture(autouse=True)
def _new_file():
    bpy.ops.wm.read_factory_settings()
    camera = bpy.context.scene.camera
    camera.matrix_world = Matrix.Translation((0, 0, 10))  # looks down at the origin
    bpy.context.view_layer.update()


def reference(picture: Path, place: tuple[float, float, float] = (0, 0, 0)):
    """A reference image of the user's, of a picture that is made here."""
    image = bpy.data.images.new(picture.stem, 4, 4)
    image.filepath_raw, image.file_format = str(picture), "PNG"
    image.save()
    empty = bpy.data.objects.new(picture.stem, None)
    empty.empty_display_type, empty.data, empty.location = "IMAGE", image, place
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    return empty


def hidden(*pictures: Path) -> bool:
    scene, layer = bpy.context.scene, bpy.context.view_layer
    return hide_reference_images(scene, layer, {str(picture) for picture in pictures})


def test_the_default_cube_is_hidden_but_no_other():
    layer = bpy.context.view_layer
    cube = bpy.data.objects["Cube"]
    cube.data.vertices[0].co.x *= 2
    assert not hide_default_cube(layer)
    cube.data.vertices[0].co.x /= 2
    assert hide_default_cube(layer)
    assert cube.hide_get()
    assert cube.hide_render
    assert not hide_default_cube(layer)


def test_the_reference_image_in_the_camera_s_view_is_hidden(tmp_path: Path):
    picture, other = tmp_path / "a.png", tmp_path / "b.png"
    empty, aside = reference(picture), reference(tmp_path / "c.png", (50, 0, 0))
    another = reference(other)
    assert hidden(picture, tmp_path / "c.png")
    assert empty.hide_get()
    assert not aside.hide_get()
    assert not another.hide_get()
    assert not hidden(picture)
