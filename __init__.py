"""Human Mesh Recovery: photos and videos into rigged, animated bodies inside Blender.

The repository's root is the package and, zipped, the Blender extension. Only `blender_addon` imports bpy.
"""


def register() -> None:
    """Called by Blender when the extension is switched on."""
    from .blender_addon import registration  # not on import: the server and the tests have no bpy

    registration.register()


def unregister() -> None:
    """Called by Blender when the extension is switched off."""
    from .blender_addon import registration

    registration.unregister()
