"""All that imports bpy."""
