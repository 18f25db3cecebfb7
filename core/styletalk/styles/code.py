# SPDX-License-Identifier: Apache-2.0
"""From a style to its code, encoded only where the file does not already carry it for these weights."""

from typing import Protocol

import numpy as np

from .clip import StyleClip


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
