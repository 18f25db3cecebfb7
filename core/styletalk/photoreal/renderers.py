# SPDX-License-Identifier: Apache-2.0
"""Which renderer moves the photo, and what both of them can be told.

Both are made from a portrait and give `frames(motion, rows)`: pictures of these rows, in order. Renderers import
nothing from each other, and this module imports them only when one is chosen.
"""

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..animation import FaceAnimation
from ..errors import RenderError

if TYPE_CHECKING:
    from .portrait import Portrait

AUTO, WARP, NEURAL = "auto", "warp", "neural"
RENDERERS = (AUTO, WARP, NEURAL)
KEEP, ALPHA = "keep", "alpha"
DEVICES = ("auto", "cpu", "cuda")
MIN_SIZE_PX, MAX_SIZE_PX = 64, 8192
MAX_MOUTH_OFFSET_MM = 20.0
MAX_MOUTH_AMOUNT = 3.0
MAX_BATCH = 1024
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class PassOptions:
    """What decides how a portrait is moved.

    renderer: one of RENDERERS; auto is neural where a checkpoint is given, else warp. checkpoint: weights of the neural
    renderer. size: pixels of the longer side of the frame, None for the photo's own. background: KEEP, ALPHA or a
    colour such as "#00FF00". mouth_offset_mm: how much further the lips are open, below 0 less; for a photo whose mouth
    was misjudged. mouth_amount: factor on the mouth's movement. batch: frames at a time, None for a usual number;
    device: one of DEVICES; both are the neural renderer's. Raises RenderError.
    """

    renderer: str = AUTO
    checkpoint: Path | None = None
    size: int | None = None
    background: str = KEEP
    mouth_offset_mm: float = 0.0
    mouth_amount: float = 1.0
    batch: int | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.renderer not in RENDERERS:
            raise RenderError(f"There is no renderer {self.renderer!r}. Choose one of {', '.join(RENDERERS)}.")
        if self.device not in DEVICES:
            raise RenderError(f"There is no device {self.device!r}. Choose one of {', '.join(DEVICES)}.")
        if self.background not in (KEEP, ALPHA) and not _COLOUR.fullmatch(self.background):
            raise RenderError(f"The background {self.background!r} is unknown. Give keep, alpha or #RRGGBB.")
        _check("size", self.size, MIN_SIZE_PX, MAX_SIZE_PX)
        _check("batch", self.batch, 1, MAX_BATCH)
        _check("mouth offset", self.mouth_offset_mm, -MAX_MOUTH_OFFSET_MM, MAX_MOUTH_OFFSET_MM)
        _check("mouth amount", self.mouth_amount, 0.0, MAX_MOUTH_AMOUNT)
        if self.chosen == NEURAL and self.checkpoint is None:
            raise RenderError("The neural renderer needs its weights. Name them as checkpoint, or choose warp.")

    @property
    def chosen(self) -> str:
        """WARP or NEURAL."""
        if self.renderer == AUTO:
            return WARP if self.checkpoint is None else NEURAL
        return self.renderer

    @property
    def colour(self) -> tuple[int, int, int] | None:
        """0..255 each, None where the background is no colour."""
        if self.background in (KEEP, ALPHA):
            return None
        red, green, blue = bytes.fromhex(self.background[1:])
        return red, green, blue


class Renderer(Protocol):
    """What a portrait is moved by."""

    def frames(self, motion: FaceAnimation, rows: range | None = None) -> Iterator[np.ndarray]:
        """(h, w, 3) uint8 for each of `rows`, by default all; (h, w, 4), straight alpha, unless the background is
        kept. motion: at the film's own rate, which its metadata name as `film_fps`."""
        ...


def quiet(sentence: str) -> None:
    """For callers who do not want to know of a fallback."""


def make_renderer(portrait: "Portrait", options: PassOptions, notify: Callable[[str], None] = quiet) -> Renderer:
    """The renderer that the options choose. notify: is given a sentence where something falls back.

    Raises RenderError, WeightsError, MissingPackageError.
    """
    check_background(portrait, options)
    if options.chosen == NEURAL:
        from .neural.renderer import NeuralRenderer

        assert options.checkpoint is not None
        return NeuralRenderer(
            portrait, options.checkpoint, options.device, options.batch, options=options, notify=notify
        )
    from .warp import WarpRenderer

    return WarpRenderer(portrait, options.size, options=options)


def check_background(portrait: "Portrait", options: PassOptions) -> None:
    """Whether it is known what of the photo is background, where that is to change. Raises RenderError."""
    if options.background != KEEP and portrait.alpha is None:
        raise RenderError(
            "Nothing says what is background in this photo. Keep the background, or give a picture with alpha."
        )


def check_checkpoint(options: PassOptions) -> None:
    """Whether the weights are there; ask before long work. Raises RenderError."""
    if options.chosen == NEURAL and not os.path.isfile(str(options.checkpoint)):
        raise RenderError(f"There are no weights {options.checkpoint}. Check the path.")


def _check(name: str, value: float | None, minimum: float, maximum: float) -> None:
    if value is not None and not (math.isfinite(value) and minimum <= value <= maximum):
        raise RenderError(f"The {name} {value:g} is out of range. Choose {minimum:g} to {maximum:g}.")
