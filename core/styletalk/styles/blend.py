# SPDX-License-Identifier: Apache-2.0
"""Styles between styles.

Under the weights at hand a blend is the weighted sum of style codes: the paper's style space is made for that. For all
other weights the blend carries a clip, whose level, amplitude and motion change as smoothly with the shares.
"""

from collections.abc import Sequence

import numpy as np

from ..animation import UPPER_SHAPES
from ..errors import StyleError
from .clip import ENCODER_ROWS, StyleClip
from .code import StyleEncoderEngine, style_code
from .manner import mixed
from .manners import manner_of

MIN_DEVIATION = 1e-6


def blended(styles: Sequence[StyleClip], shares: Sequence[float], name: str, engine: StyleEncoderEngine) -> StyleClip:
    """A style between others: its code is the weighted sum of theirs, its clip has their mixed level and amplitude.

    shares: one weight a style, made to sum to one; more than two styles are welcome. The clip serves other weights,
    under which it is encoded afresh. Raises StyleError where shares and styles do not match.
    """
    if len(styles) < 2 or len(styles) != len(shares) or min(shares) < 0 or not 0 < sum(shares) < np.inf:
        raise StyleError("A blend needs two styles or more, with one positive share each.")
    weights = np.asarray(shares, np.float64) / float(sum(shares))
    code = sum(w * style_code(style, engine) for w, style in zip(weights, styles, strict=True))
    strongest = styles[int(np.argmax(weights))]
    return StyleClip(
        clip=mixed_clip([style.clip for style in styles], weights), name=name, mood=strongest.mood,
        default_intensity=float(sum(w * s.default_intensity for w, s in zip(weights, styles, strict=True))),
        licence=" and ".join(sorted({style.licence for style in styles if style.licence})), origin="blended",
        made_of=", ".join(f"{w:.0%} {style.name}" for w, style in zip(weights, styles, strict=True)),
        shapes=_mixed_shapes(styles, weights),
        codes={engine.weights_hash: np.asarray(code, np.float32)},
        manner=mixed([manner_of(style) for style in styles], weights),
    )  # fmt: skip


def _mixed_shapes(styles: Sequence[StyleClip], weights: np.ndarray) -> dict[str, float]:
    mixed = sum(w * style.upper() for w, style in zip(weights, styles, strict=True))
    return {name: float(weight) for name, weight in zip(UPPER_SHAPES, np.asarray(mixed), strict=True) if weight}


def blend(first: StyleClip, second: StyleClip, amount: float, engine: StyleEncoderEngine, name: str = "") -> StyleClip:
    """The style `amount` (0..1) of the way from `first` to `second`. Raises StyleError for any other amount."""
    check_amount(amount)
    return blended([first, second], [1.0 - amount, amount], name or f"{first.name}-{second.name}", engine)


def check_amount(amount: float) -> None:
    """Raises StyleError for an amount that lies outside 0..1."""
    if not 0.0 <= amount <= 1.0:
        raise StyleError(f"A blend goes from 0 (the first style) to 1 (the second); {amount:g} lies outside.")


def mixed_clip(clips: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """(N, 64) float32: mean and deviation are the weighted sums of those of the clips, and so is the motion.

    clips: (N_i, 64) each, of which the first 256 rows count. weights: sum to one. Motions that know nothing of each
    other add like noise: by sines of the shares their sum keeps its size, and moves no faster at the ends.
    """
    clips = [clip[:ENCODER_ROWS].astype(np.float64) for clip in clips]
    mean = sum(w * clip.mean(0) for w, clip in zip(weights, clips, strict=True))
    deviation = sum(w * clip.std(0) for w, clip in zip(weights, clips, strict=True))
    rows = max(len(clip) for clip in clips)
    motion = np.zeros((rows, clips[0].shape[1]))
    for weight, clip in zip(weights, clips, strict=True):
        spread = np.maximum(clip.std(0), MIN_DEVIATION)
        motion += np.sin(np.pi / 2 * weight) * lengthened((clip - clip.mean(0)) / spread, rows)
    motion -= motion.mean(0)
    return (mean + motion * (deviation / np.maximum(motion.std(0), MIN_DEVIATION))).astype(np.float32)


def lengthened(rows: np.ndarray, count: int) -> np.ndarray:
    """(count, D): the rows forwards and backwards in turn, so that nothing jumps where they begin again."""
    there_and_back = np.concatenate([rows, rows[::-1]])
    return there_and_back[np.arange(count) % len(there_and_back)]
