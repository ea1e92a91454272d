"""The methods that are offered, by name."""

from .keypoints import KEYPOINTS
from .method import Method

METHODS: dict[str, Method] = {method.name: method for method in (KEYPOINTS,)}
DEFAULT_METHOD = KEYPOINTS.name
