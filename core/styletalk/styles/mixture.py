# SPDX-License-Identifier: Apache-2.0
"""The coefficients of a line in a style of an intensity, or in several styles by their shares."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..progress import Progress, silent
from ..request import NEUTRAL_STYLE
from .clip import StyleClip
from .code import StyleEncoderEngine, style_code
from .library import read_style


class MixingEngine(StyleEncoderEngine, Protocol):
    """What is needed of an engine (networks.inference.Engine has it)."""

    def coefficients_of_styles(
        self, labels: np.ndarray, codes: np.ndarray, progress: Progress, audio_features: np.ndarray | None
    ) -> np.ndarray:
        """Labels (T,) and codes (S, d) -> expression (S, T, 64)."""
        ...


def styled_coefficients(
    engine: MixingEngine,
    labels: np.ndarray,
    style: StyleClip,
    intensity: float | np.ndarray,
    progress: Progress = silent,
    audio_features: np.ndarray | None = None,
) -> np.ndarray:
    """δ = δ_neutral + k (δ_style − δ_neutral) on the same phonemes, (T,) int16 → (T, 64) float32.

    intensity: k, a number or (T,). An intensity of 1 is the style as it is and needs no neutral pass, nor does the
    neutral style. audio_features: (T, F), see `audio_features_of`.
    """
    rows = np.ones((1, len(labels)), np.float32)
    return mixed_coefficients(engine, labels, ((style,), rows), intensity, progress, audio_features)


def mixed_coefficients(
    engine: MixingEngine,
    labels: np.ndarray,
    styles: tuple[Sequence[StyleClip], np.ndarray],
    intensity: float | np.ndarray,
    progress: Progress = silent,
    audio_features: np.ndarray | None = None,
) -> np.ndarray:
    """δ = δ_neutral + k (Σ s δ_style − δ_neutral), as `styled_coefficients` makes it for a single style.

    styles: the styles and (S, T) float32 their shares in each row, 1 together. The networks run once for each style
    that has a share somewhere, and share what they hear.
    """
    codes, shares = _distinct([style_code(style, engine) for style in styles[0]], styles[1])
    neutral_code = style_code(read_style(NEUTRAL_STYLE), engine)
    is_neutral = len(codes) == 1 and np.array_equal(codes[0], neutral_code)
    if np.all(intensity == 1.0) or is_neutral:
        return _mixture(engine.coefficients_of_styles(labels, np.stack(codes), progress, audio_features), shares)
    codes, shares = _distinct([neutral_code, *codes], np.concatenate([np.zeros_like(shares[:1]), shares]), first=True)
    made = engine.coefficients_of_styles(labels, np.stack(codes), progress, audio_features)
    styled = made[1] if len(made) == 2 and np.all(shares[1] == 1.0) else _mixture(made, shares)
    return made[0] + np.asarray(intensity, np.float32).reshape(-1, 1) * (styled - made[0])


def _distinct(
    codes: list[np.ndarray], shares: np.ndarray, first: bool = False
) -> tuple[list[np.ndarray], np.ndarray]:  # fmt: skip
    """Codes that differ and have a share somewhere, with the shares of those that are alike added. first: keep it."""
    found: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
    for place, (code, share) in enumerate(zip(codes, shares, strict=True)):
        if not share.any() and not (first and place == 0) and len(share):
            continue
        known = found.get(code.tobytes())
        found[code.tobytes()] = (code, share if known is None else known[1] + share)
    found = found or {b"": (codes[0], shares[0])}
    return [code for code, _ in found.values()], np.stack([share for _, share in found.values()])


def _mixture(made: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(T, 64) of (S, T, 64) by shares (S, T)."""
    return made[0] if len(made) == 1 else np.einsum("std,st->td", made, shares)
