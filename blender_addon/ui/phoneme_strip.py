# SPDX-License-Identifier: GPL-3.0-or-later
"""The words and phonemes of the active line, drawn over the timeline and the dope sheet where they are said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..data import corrections
from ..data.heard import SYMBOLS
from ..operators.phonemes import frame_of, line_of
from ..styletalk.phonemes import VISEMES

BOTTOM_PX, HEIGHT_PX, TEXT_PX, NUMBERS_PX = 8, 17, 11, 24
"""At an interface scale of 1: where the phonemes begin, above the scroll bar at rest; the words lie above them, below
the keys of a timeline as high as Blender's first one; the frames' numbers at the top stay free."""
WORD_COLOUR, DOUBTFUL_COLOUR, MISSED_COLOUR = (0.2, 0.2, 0.22, 0.85), (0.7, 0.45, 0.05, 0.9), (0.8, 0.12, 0.1, 0.95)
PLAYHEAD_COLOUR = (0.95, 0.95, 0.95, 0.95)
COLOURS = {
    "silence": (0.2, 0.2, 0.22, 0.5),
    "closed lips": (0.55, 0.25, 0.55, 0.85),
    "lip on teeth": (0.25, 0.5, 0.5, 0.85),
    "rounded": (0.25, 0.35, 0.65, 0.85),
    "open": (0.6, 0.35, 0.25, 0.85),
    "spread": (0.35, 0.5, 0.3, 0.85),
    "consonant": (0.36, 0.36, 0.4, 0.85),
}
_handlers: list[Any] = []


@dataclass(frozen=True)
class Block:
    """A word or phoneme on the screen: text, left and right edge and height of its lower one in pixels, colour."""

    text: str
    left: float
    right: float
    bottom: float
    colour: tuple[float, float, float, float]


def attach() -> None:
    """Draw from now on; nothing without a window."""
    if not bpy.app.background:
        _handlers.append(bpy.types.SpaceDopeSheetEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def detach() -> None:
    """The mirror of `attach`."""
    while _handlers:
        bpy.types.SpaceDopeSheetEditor.draw_handler_remove(_handlers.pop(), "WINDOW")


def blocks(context: Any, x_of: Any, height: float, scale: float) -> Iterator[Block]:
    """What is to be drawn of the active line: phonemes, and words where a region of that height has room for both.

    x_of: the pixel of a frame. scale: of the interface.
    """
    line = line_of(context)
    if line is None or not line.heard.version or not context.scene.styletalk_view.show_strip:
        return
    row = HEIGHT_PX * scale
    room = height - NUMBERS_PX * scale - row
    bottom = max(0.0, min(BOTTOM_PX * scale, room))

    def block(item: Any, text: str, bottom: float, colour: tuple[float, float, float, float]) -> Block:
        first, last = frame_of(context, line, item.start_s), frame_of(context, line, item.end_s)
        is_now = text in SYMBOLS and first <= context.scene.frame_current < last
        return Block(text, x_of(first), x_of(last), bottom, PLAYHEAD_COLOUR if is_now else colour)

    for each in line.heard.phonemes:
        yield block(each, each.symbol, bottom, _colour_of(each))
    for each in line.heard.words if room >= bottom + row else ():
        colour = DOUBTFUL_COLOUR if corrections.is_doubtful(each) else WORD_COLOUR
        yield block(each, each.word, bottom + row, colour)


def _colour_of(phoneme: Any) -> tuple[float, float, float, float]:
    if phoneme.missed_mm:
        return MISSED_COLOUR
    return next(COLOURS[name] for name, symbols in VISEMES.items() if phoneme.symbol in symbols)


def _draw() -> None:
    context = bpy.context
    region, scale = context.region, context.preferences.system.ui_scale
    view = region.view2d

    def x_of(frame: float) -> float:
        return view.view_to_region(frame, 0.0, clip=False)[0]

    seen = [each for each in blocks(context, x_of, region.height, scale) if each.right > 0 and each.left < region.width]
    if seen:
        _draw_shapes(seen, HEIGHT_PX * scale - 1)
        _draw_texts(seen, scale)


def _draw_shapes(seen: list[Block], height: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    corners, colours, triangles = [], [], []
    for each in seen:
        first, right, top = len(corners), max(each.right - 1, each.left + 1), each.bottom + height
        corners += [(each.left, each.bottom), (right, each.bottom), (right, top), (each.left, top)]
        colours += [each.colour] * 4
        triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    shader = compat.strip_shader()
    gpu.state.blend_set("ALPHA")
    batch_for_shader(shader, "TRIS", {"pos": corners, "color": colours}, indices=triangles).draw(shader)
    gpu.state.blend_set("NONE")


def _draw_texts(seen: list[Block], scale: float) -> None:
    """In the middle of each block that has room for its text."""
    import blf

    compat.set_font_size(0, TEXT_PX * scale)
    for each in seen:
        width = blf.dimensions(0, each.text)[0]
        if width + 2 <= each.right - each.left:
            shade = 0.05 if each.colour == PLAYHEAD_COLOUR else 0.95
            blf.color(0, shade, shade, shade, 1.0)
            blf.position(0, (each.left + each.right - width) / 2, each.bottom + 4 * scale, 0.0)
            blf.draw(0, each.text)
