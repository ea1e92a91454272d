# Blender's modules are compiled and carry no types: whatever they hold may be anything.
from typing import Any

def __getattr__(name: str) -> Any: ...
