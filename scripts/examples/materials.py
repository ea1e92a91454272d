"""What the figure is made of: skin with a face, eyes, cloth, shoes, hair. Colours are linear RGB."""

from dataclasses import dataclass

import bpy

from .nodes import Colour, Shader


@dataclass(frozen=True)
class Palette:
    """The colours of one figure."""

    skin: Colour
    hair: Colour
    shirt: Colour
    stripes: Colour | None
    trousers: Colour
    shoes: Colour


def make_materials(palette: Palette) -> dict[str, bpy.types.Material]:
    """Materials by the names that the parts use."""
    return {
        "skin": _skin(palette),
        "eye": _eye(),
        "shirt": _shirt(palette),
        "trousers": _trousers(palette),
        "shoe": _shoe(palette),
        "hair": _hair(palette),
    }


def _shades(colour: Colour, dark: float, light: float) -> tuple[Colour, Colour]:
    return [value * dark for value in colour], [min(1.0, value * light) for value in colour]


def _skin(palette: Palette) -> bpy.types.Material:
    shader = Shader("skin", 0.5)
    place = shader.place()
    colour = shader.mix(shader.noise(place, 25), *_shades(palette.skin, 0.93, 1.07))
    lips = shader.ellipsoid(place, (0, 0.5645, 0.17), (0.025, 0.0085, 0.03), 0.6)
    cheeks = shader.ellipsoid(place, (0.045, 0.585, 0.15), (0.025, 0.022, 0.05), 1.0)
    brows = shader.ellipsoid(place, (0.031, 0.657, 0.16), (0.020, 0.0038, 0.03), 0.5)
    sockets = shader.ellipsoid(place, (0.030, 0.6365, 0.15), (0.020, 0.0125, 0.03), 0.7)
    red, dark = _shades(palette.skin, 1.0, 1.0)[0], _shades(palette.hair, 0.6, 1.0)[0]
    colour = shader.mix(
        shader.math("MULTIPLY", lips, 0.6), colour, [red[0] * 0.8, red[1] * 0.38, red[2] * 0.5]
    )
    colour = shader.mix(
        shader.math("MULTIPLY", cheeks, 0.2), colour, [red[0] * 1.1, red[1] * 0.65, red[2] * 0.75]
    )
    colour = shader.mix(shader.math("MULTIPLY", brows, 0.9), colour, dark)
    colour = shader.mix(
        shader.math("MULTIPLY", sockets, 0.4), colour, [red[0] * 0.2, red[1] * 0.16, red[2] * 0.16]
    )
    _, height, _ = shader.separate(place)
    colour = shader.mix(shader.math("LESS_THAN", height, -0.75), colour, [0.02, 0.02, 0.025])  # socks
    scalp = shader.ellipsoid(place, (0, 0.70, 0.03), (0.085, 0.075, 0.085), 0.3)
    colour = shader.mix(shader.math("MULTIPLY", scalp, 0.85), colour, dark)
    return shader.finish(colour)


def _eye() -> bpy.types.Material:
    shader = Shader("eye", 0.15)
    place = shader.place()
    iris = shader.ellipsoid(place, (0.030, 0.636, 0.15), (0.0062, 0.0062, 1.0), 0.3)
    pupil = shader.ellipsoid(place, (0.030, 0.636, 0.15), (0.003, 0.003, 1.0), 0.3)
    colour = shader.mix(iris, [0.72, 0.70, 0.67], [0.09, 0.045, 0.02])
    return shader.finish(shader.mix(pupil, colour, [0.004, 0.004, 0.004]))


def _shirt(palette: Palette) -> bpy.types.Material:
    shader = Shader("shirt", 0.85)
    place = shader.place()
    colour = shader.mix(shader.noise(place, 14, 6), *_shades(palette.shirt, 0.82, 1.18))
    if palette.stripes:
        across, height, _ = shader.separate(place)
        band = shader.math("GREATER_THAN", shader.math("FRACT", shader.math("MULTIPLY", height, 13.0)), 0.74)
        trunk = shader.math(
            "MULTIPLY", shader.between(across, -0.17, 0.17), shader.between(height, -0.07, 0.37)
        )
        colour = shader.mix(shader.math("MULTIPLY", band, trunk), colour, palette.stripes)
    shader.bump(shader.noise(shader.scaled(place, (1.0, 0.6, 1.0)), 11, 3), 0.45, 0.03)
    return shader.finish(colour)


def _trousers(palette: Palette) -> bpy.types.Material:
    shader = Shader("trousers", 0.8)
    place = shader.place()
    colour = shader.mix(shader.noise(place, 14, 6), *_shades(palette.trousers, 0.75, 1.25))
    shader.bump(shader.noise(shader.scaled(place, (1.0, 0.7, 1.0)), 10, 3), 0.45, 0.03)
    return shader.finish(colour)


def _shoe(palette: Palette) -> bpy.types.Material:
    """A canvas shoe: white sole, toe cap and laces."""
    shader = Shader("shoe", 0.55)
    across, height, along = shader.separate(shader.place())
    sole = shader.math("LESS_THAN", height, 0.022)
    cap = shader.math("GREATER_THAN", along, 0.165)
    rows = shader.math("GREATER_THAN", shader.math("FRACT", shader.math("MULTIPLY", along, 62.0)), 0.55)
    tongue = shader.math(
        "MULTIPLY", shader.between(across, -0.020, 0.020), shader.between(along, 0.045, 0.125)
    )
    laces = shader.math("MULTIPLY", rows, tongue)
    white = shader.math("MAXIMUM", shader.math("MAXIMUM", sole, cap), laces)
    return shader.finish(shader.mix(white, palette.shoes, [0.75, 0.74, 0.71]))


def _hair(palette: Palette) -> bpy.types.Material:
    shader = Shader("hair", 0.4)
    info = shader.tree.nodes.new("ShaderNodeHairInfo")
    dark, light = _shades(palette.hair, 0.6, 1.6)
    return shader.finish(shader.mix(info.outputs["Random"], dark, light))
