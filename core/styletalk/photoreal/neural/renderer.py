# SPDX-License-Identifier: Apache-2.0
"""The neural renderer: the published networks, from a user's own weights, move the face of a portrait (needs torch)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...animation import FaceAnimation
from ...files.torch_file import import_torch
from ...timeline import FRAME_RATE_HZ
from ..portrait import Portrait
from ..renderers import KEEP, PassOptions
from .alignment import loose_square
from .driving import driven_rows, windows_at
from .frames import Parts, quiet, render_parts, usable_device
from .networks.checkpoint import load_renderer
from .networks.warping import warped
from .pasting import cut, laid_over, matched_colours

FILM_FPS = "film_fps"
"""In the metadata of a motion: how many of its rows there are a second."""
CHUNK_ROWS = 1024
"""Rows whose windows are made at a time: 8 MB."""


class NeuralRenderer:
    """Moves a portrait. Made once for each portrait; gives frames in order."""

    def __init__(
        self, portrait: Portrait, checkpoint: Path, device: str = "auto", batch: int | None = None, *,
        options: PassOptions | None = None, notify: Callable[[str], None] = quiet,
        pose_reference: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """checkpoint: the published file or our own. device, batch, notify: see `render_parts`; notify is told once on
        which device frames are rendered. pose_reference: (6,) the head_pose that the photo shows; by default the
        median of the motion's.
        Raises WeightsError, RenderError, MissingPackageError.
        """
        self._module, config = load_renderer(checkpoint)
        self.options = options or PassOptions()
        self._portrait = portrait = _of_size(portrait, self.options.size)
        self._how = {"batch": batch, "device": usable_device(device, notify), "notify": notify}
        self._reference = pose_reference
        self._square = loose_square(portrait.landmarks)
        self._picture = cut(portrait.pixels, self._square, config.picture) / 127.5 - 1  # (3, S, S)
        alpha = None if self.options.background == KEEP else portrait.alpha
        self._alpha = None if alpha is None else cut(alpha[..., None], self._square, config.picture)
        self._colours = matched_colours(self._at_rest(), self._picture)

    def frames(self, motion: FaceAnimation, rows: range | None = None) -> Iterator[np.ndarray]:
        """(h, w, 3) uint8 of each of `rows` (by default all), in order; (h, w, 4) unless the background is kept.

        motion: whole, at the film's own rate. Raises RenderError.
        """
        rows = range(len(motion)) if rows is None else rows
        fps = float(motion.metadata.get(FILM_FPS, FRAME_RATE_HZ))
        driven = driven_rows(motion, self._portrait, self._square, self.options, self._reference)
        for start in range(0, len(rows), CHUNK_ROWS):
            windows = windows_at(driven, rows[start : start + CHUNK_ROWS], fps)
            for parts in render_parts(self._module, self._picture, windows, **self._how):
                yield self._laid_over(parts)

    def _at_rest(self) -> np.ndarray:
        """(3, S, S): what the renderer makes of the photo's own expression and pose."""
        still = FaceAnimation.still(self._portrait.expression[None], np.zeros(1, np.int16))
        driven = driven_rows(still, self._portrait, self._square, PassOptions(), None)
        windows = windows_at(driven, range(1), FRAME_RATE_HZ)
        return next(render_parts(self._module, self._picture, windows, **self._how))[2]

    def _laid_over(self, parts: Parts) -> np.ndarray:
        """A rendered square in the photo, its colours matched."""
        flow, _, frame = parts
        gain, offset = self._colours.gain[:, None, None], self._colours.offset[:, None, None]
        frame = np.clip((frame * gain + offset + 1) * 127.5, 0, 255).astype(np.float32)
        photo = self._portrait.pixels
        if self._alpha is not None:
            assert self._portrait.alpha is not None
            photo = np.concatenate([photo, self._portrait.alpha[..., None]], axis=2)
            frame = np.concatenate([frame, _moved(self._alpha, flow)])
        return laid_over(photo, frame, self._square)


def _moved(alpha: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """(1, S, S): transparency moved as the picture is. flow: (2, h, w), from the warping net."""
    torch = import_torch()
    with torch.inference_mode():
        return warped(torch.from_numpy(alpha)[None], torch.from_numpy(flow)[None])[0].numpy()


def _of_size(portrait: Portrait, size: int | None) -> Portrait:
    """The portrait with a photo whose longer side has that many pixels."""
    height, width = portrait.pixels.shape[:2]
    if size is None or size == max(height, width):
        return portrait
    share = size / max(height, width)
    new = (max(1, round(height * share)), max(1, round(width * share)))
    alpha = None if portrait.alpha is None else _resized(portrait.alpha[..., None], new)[..., 0]
    factors = np.array([new[1] / width, new[0] / height, share], np.float32)
    return replace(
        portrait, pixels=_resized(portrait.pixels, new), alpha=alpha, landmarks=portrait.landmarks * factors,
        scale=portrait.scale * share, offset=portrait.offset * factors[:2],
    )  # fmt: skip


def _resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture (H, W, C) uint8 at another height and width."""
    torch = import_torch()
    pixels = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    shown = torch.nn.functional.interpolate(pixels, size=size, mode="bicubic", antialias=True)
    return np.ascontiguousarray(shown[0].permute(1, 2, 0).clamp(0, 255).round().byte().numpy())
