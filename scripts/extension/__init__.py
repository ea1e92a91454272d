"""What scripts/build_extension.py is made of: targets, their wheels, and what goes into a zip."""
