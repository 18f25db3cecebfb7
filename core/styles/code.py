# SPDX-License-Identifier: Apache-2.0
"""From a style to its code, encoded only where the file does not already carry it for these weights."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..errors import StyleError
from .clip import ENCODER_ROWS, StyleClip


class StyleEncoderEngine(Protocol):
    """What is needed of an engine (networks.inference.Engine has it)."""

    @property
    def weights_hash(self) -> str:
        """Names the weights."""
        ...

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """(N, 64) float32 rows -> (d,) float32 code."""
        ...


def style_code(style: StyleClip, engine: StyleEncoderEngine) -> np.ndarray:
    """(d,) float32: the code of `style` under the engine's weights, from the style file where it is cached there."""
    cached = style.codes.get(engine.weights_hash)
    if cached is not None:
        return cached
    return np.asarray(engine.encode_style(style.encoder_rows), np.float32).reshape(-1)


def blended(styles: Sequence[StyleClip], shares: Sequence[float], name: str, engine: StyleEncoderEngine) -> StyleClip:
    """A style between others: its code is the weighted sum of theirs, its clip has their mixed level and amplitude.

    shares: one weight a style, made to sum to one; more than two styles are welcome. The clip serves other weights,
    under which it is encoded afresh. Raises StyleError where shares and styles do not match.
    """
    if len(styles) < 2 or len(styles) != len(shares) or min(shares) < 0 or sum(shares) <= 0:
        raise StyleError("A blend needs two styles or more, with one positive share each.")
    weights = np.asarray(shares, np.float64) / float(sum(shares))
    code = sum(w * style_code(style, engine) for w, style in zip(weights, styles, strict=True))
    strongest = styles[int(np.argmax(weights))]
    return StyleClip(
        clip=_mixed_clip(styles, weights, strongest), name=name, mood=strongest.mood,
        default_intensity=float(sum(w * s.default_intensity for w, s in zip(weights, styles, strict=True))),
        licence=_common_licence(styles), codes={engine.weights_hash: np.asarray(code, np.float32)},
    )  # fmt: skip


def _mixed_clip(styles: Sequence[StyleClip], weights: np.ndarray, motion: StyleClip) -> np.ndarray:
    """(N, 64): mixed mean and deviation round the motion of one of them; summing motions would cancel them."""
    mean = sum(w * s.clip.mean(0) for w, s in zip(weights, styles, strict=True))
    deviation = sum(w * s.clip.std(0) for w, s in zip(weights, styles, strict=True))
    rows = motion.clip[:ENCODER_ROWS]
    return mean + (rows - rows.mean(0)) * (deviation / np.maximum(rows.std(0), 1e-6))


def _common_licence(styles: Sequence[StyleClip]) -> str:
    licences = sorted({style.licence for style in styles if style.licence})
    return " and ".join(licences)
