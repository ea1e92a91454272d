"""Motions into Blender scenes and files."""
