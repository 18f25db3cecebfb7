# SPDX-License-Identifier: Apache-2.0
"""A clip of somebody's face, as every objective of the training takes it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class Recording:
    """A clip in the published convention: row i of the face goes with label i + 3.

    name: unique in its manifest. speaker: whose face; what the split goes by. style: the class of the style
    discriminator (MEAD: speaker, emotion and level; HDTF: the speaker). expression: (T, 64) float32, published
    coefficients at 30 fps. labels: (T,) int16 in 0..40, or None where nobody knows what is said. audio_features: (T, F)
    float32, rows as those of the labels, or None. sound: the audio file, or None.
    """

    name: str
    speaker: str
    style: str
    expression: np.ndarray
    labels: np.ndarray | None = None
    audio_features: np.ndarray | None = None
    sound: Path | None = None
