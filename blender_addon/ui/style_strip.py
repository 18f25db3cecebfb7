# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails of all styles along the lower edge of a 3D view: where each lies, and drawing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import compat
from ..data.style_shelf import Shown

FACE_PX, GAP_PX, EDGE_PX, NAME_PX, LINE_PX, TEXT_PX, SAID_PX = 76, 6, 12, 16, 18, 11, 13
"""At an interface scale of 1: a thumbnail, between two, round all, the height of a name and of a line of text; the
letters of names and of the sentences above."""
BACK, CHOSEN, LIGHT, DIM = (0.09, 0.09, 0.1, 0.86), (0.27, 0.5, 0.85, 1.0), (1.0, 1.0, 1.0, 1.0), (0.8, 0.8, 0.82, 1.0)


@dataclass(frozen=True)
class Layout:
    """Where thumbnails lie in a region. left, right: between what lies over it. rows: the number of rows."""

    count: int
    left: float
    right: float
    scale: float

    @property
    def columns(self) -> int:
        """How many lie side by side."""
        room = self.right - self.left - 2 * EDGE_PX * self.scale
        return max(1, min(self.count, int(room // self.step)))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-self.count // self.columns)

    @property
    def step(self) -> float:
        """Pixels from one thumbnail to the next."""
        return (FACE_PX + GAP_PX) * self.scale

    @property
    def row_step(self) -> float:
        """Pixels from one row to the next."""
        return self.step + NAME_PX * self.scale

    @property
    def top(self) -> float:
        """Where the strip ends."""
        return (EDGE_PX + 3 * LINE_PX) * self.scale + self.rows * self.row_step

    def corner(self, number: int) -> tuple[float, float]:
        """The left lower corner of a thumbnail."""
        row, column = divmod(number, self.columns)
        width = self.columns * self.step
        left = (self.left + self.right - width) / 2
        bottom = EDGE_PX * self.scale + (self.rows - 1 - row) * self.row_step + NAME_PX * self.scale
        return left + column * self.step, bottom

    def at(self, x: float, y: float) -> int:
        """The thumbnail at a place of the region, -1 where there is none."""
        size = FACE_PX * self.scale
        for number in range(self.count):
            left, bottom = self.corner(number)
            if left <= x < left + size and bottom - NAME_PX * self.scale <= y < bottom + size:
                return number
        return -1


def layout_of(context: Any, area: Any, region: Any, count: int) -> Layout:
    """The layout in a region, beside the sidebar and the tools where these lie over it."""
    left, right = 0.0, float(region.width)
    if context.preferences.system.use_region_overlap:
        for other in (each for each in area.regions if each.type in ("UI", "TOOLS") and each.width > 1):
            if other.x <= region.x + 1:
                left = max(left, float(other.width))
            else:
                right = min(right, float(other.x - region.x))
    return Layout(count, left, right, context.preferences.system.ui_scale or 1.0)


class Strip:
    """Draws the shelf. Textures are made once."""

    def __init__(self, shown: Sequence[Shown]) -> None:
        self.shown = tuple(shown)
        self._textures: dict[int, Any] = {}

    def draw(self, layout: Layout, selected: int, sentences: tuple[str, str]) -> None:
        """All thumbnails with their names, the selected one framed, and two sentences above."""
        import gpu

        gpu.state.blend_set("ALPHA")
        _rectangle((layout.left, 0.0), (layout.right, layout.top), BACK)
        size = FACE_PX * layout.scale
        for number, each in enumerate(self.shown):
            left, bottom = layout.corner(number)
            if number == selected:
                edge = 3 * layout.scale
                _rectangle((left - edge, bottom - edge), (left + size + edge, bottom + size + edge), CHOSEN)
            if each.thumbnail is not None:
                _picture(self._texture(number), (left, bottom), size)
        gpu.state.blend_set("NONE")
        self._write(layout, selected, sentences)

    def _write(self, layout: Layout, selected: int, sentences: tuple[str, str]) -> None:
        size = FACE_PX * layout.scale
        compat.set_font_size(0, TEXT_PX * layout.scale)
        for number, each in enumerate(self.shown):
            left, bottom = layout.corner(number)
            _centred(each.name, left + size / 2, bottom - 12 * layout.scale, size, LIGHT if number == selected else DIM)
        compat.set_font_size(0, SAID_PX * layout.scale)
        middle, room = (layout.left + layout.right) / 2, layout.right - layout.left - 2 * EDGE_PX
        for number, sentence in enumerate(sentences, start=1):
            height = layout.top - (number * LINE_PX + GAP_PX) * layout.scale
            _centred(sentence, middle, height, room, LIGHT if number == 1 else DIM)

    def _texture(self, number: int) -> Any:
        import gpu

        if number not in self._textures:
            picture = self.shown[number].thumbnail
            assert picture is not None
            height, width = picture.shape[:2]
            pixels = np.ones((height, width, 4), np.float32)
            pixels[:, :, :3] = _linear(picture[::-1] / 255.0)  # the shader makes sRGB of it
            values = gpu.types.Buffer("FLOAT", pixels.size, pixels.ravel().tolist())
            self._textures[number] = gpu.types.GPUTexture((width, height), format="RGBA16F", data=values)
        return self._textures[number]


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _rectangle(low: tuple[float, float], high: tuple[float, float], colour: tuple[float, ...]) -> None:
    from gpu_extras.batch import batch_for_shader

    corners = [low, (high[0], low[1]), high, (low[0], high[1])]
    shader = compat.strip_shader()
    content = {"pos": corners, "color": [colour] * 4}
    batch_for_shader(shader, "TRIS", content, indices=[(0, 1, 2), (0, 2, 3)]).draw(shader)


def _picture(texture: Any, corner: tuple[float, float], size: float) -> None:
    from gpu_extras.batch import batch_for_shader

    (left, bottom), shader = corner, compat.image_shader()
    corners = [(left, bottom), (left + size, bottom), (left + size, bottom + size), (left, bottom + size)]
    content = {"pos": corners, "texCoord": [(0, 0), (1, 0), (1, 1), (0, 1)]}
    batch = batch_for_shader(shader, "TRIS", content, indices=[(0, 1, 2), (0, 2, 3)])
    shader.bind()
    shader.uniform_sampler("image", texture)
    batch.draw(shader)


def _centred(text: str, x: float, y: float, room: float, colour: tuple[float, ...]) -> None:
    import blf

    while text and blf.dimensions(0, text)[0] > room:
        text = text[:-2] + "…" if len(text) > 2 else ""
    blf.color(0, *colour)
    blf.position(0, x - blf.dimensions(0, text)[0] / 2, y, 0.0)
    blf.draw(0, text)
