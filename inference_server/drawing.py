"""A shaded mesh drawn over the picture that it was recovered from."""

import cv2
import numpy as np

from .motion import Camera

OPACITY = 0.82
LIGHT = np.array([-0.35, -0.55, -0.76])
"""(3,) towards the light in camera space: over the viewer's left shoulder."""
AMBIENT = 0.35
SHIFT = 4
"""Binary places of a pixel in OpenCV's drawing: vertices are not rounded to whole pixels."""


def draw_mesh(
    image: np.ndarray, vertices: np.ndarray, faces: np.ndarray, camera: Camera, colour: tuple[int, int, int]
) -> None:
    """Draws over `image` (H, W, 3) RGB uint8, in place.

    vertices (V, 3) metres in camera space; faces (T, 3); colour red, green, blue. Triangles are painted from
    the farthest to the nearest (the painter's algorithm); those that face away or lie behind the camera are
    left out.
    """
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = (normals * corners[:, 0]).sum(axis=1) < 0
    in_front = corners[:, :, 2].min(axis=1) > 0.05
    visible = np.flatnonzero(facing & in_front)
    visible = visible[np.argsort(-corners[visible, :, 2].mean(axis=1))]
    if not len(visible):
        return
    light = LIGHT / np.linalg.norm(LIGHT)
    lengths = np.linalg.norm(normals[visible], axis=1) + 1e-12
    brightness = AMBIENT + (1 - AMBIENT) * np.clip(normals[visible] @ light / lengths, 0, 1)
    shades = (brightness[:, None] * np.array(colour)).round()
    pixels = camera.project(corners[visible])
    # far outside of the picture OpenCV's fixed-point numbers overflow
    reach = 4 * max(image.shape[:2])
    points = (np.clip(pixels, -reach, reach) * 2**SHIFT).round().astype(np.int32)
    drawn = image.copy()
    for triangle, shade in zip(points, shades.tolist(), strict=True):
        cv2.fillConvexPoly(drawn, triangle, shade, cv2.LINE_8, SHIFT)
    cv2.addWeighted(drawn, OPACITY, image, 1 - OPACITY, 0, dst=image)
