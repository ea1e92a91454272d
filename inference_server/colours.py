"""The people's colours, the same in the preview and in Blender."""

PALETTE = ("#6c9bd2", "#d98f5a", "#86b86b", "#b58cc9", "#dcb35c", "#5fb3ab", "#d9849f", "#8c97a8")
"""sRGB; the ninth person has the first one's colour again."""


def srgb(person: int) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of the person at place `person`, from 0."""
    colour = PALETTE[person % len(PALETTE)]
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
