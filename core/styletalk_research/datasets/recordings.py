# SPDX-License-Identifier: Apache-2.0
"""What is said, and who is seen saying it, as training, evaluation and experiments take them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.timeline import LABEL_LEAD_ROWS

from .errors import TrainingDataError


@dataclass(frozen=True)
class Utterance:
    """What is said, without a face. labels: (T,) integers in 0..40. audio_features: (T, F) float32, or None."""

    labels: np.ndarray
    audio_features: np.ndarray | None

    def first(self, rows: int) -> "Utterance":
        """Its first `rows` rows, or all where it has fewer."""
        features = self.audio_features
        return Utterance(self.labels[:rows], None if features is None else features[:rows])


@dataclass(frozen=True, eq=False)
class Recording:
    """A clip in the published convention: row i of the face goes with label i + 3.

    name: unique in its manifest. speaker: whose face; what the split goes by. expression: (T, 64) float32, published
    coefficients at 30 fps. labels: (T,) int16 in 0..40, or None where nobody knows what is said. audio_features: (T, F)
    float32, rows as those of the labels, or None. audio, video: files, or None. style: the class of the style
    discriminator (MEAD: speaker, emotion and level; HDTF: the speaker). av_offset: by how many rows the clip led its
    labels as recorded, before it was shifted. mouth: (T, 2) float32, gap and width of a face tracked in a film, as its
    landmarks show them, in distances between the outer eye corners; None where coefficients came as they are.
    """

    name: str
    speaker: str
    expression: np.ndarray
    labels: np.ndarray | None = None
    audio_features: np.ndarray | None = None
    audio: Path | None = None
    video: Path | None = None
    style: str = ""
    av_offset: int = LABEL_LEAD_ROWS
    mouth: np.ndarray | None = None

    @property
    def centred(self) -> np.ndarray:
        """(T, 64): expression minus the clip's mean."""
        return self.expression - self.expression.mean(0)

    @property
    def utterance(self) -> Utterance:
        """Its labels and audio features. Raises TrainingDataError where it has no labels."""
        if self.labels is None:
            raise TrainingDataError(f"{self.name} has no phoneme labels. Add them, or leave it out.")
        return Utterance(self.labels, self.audio_features)

    @property
    def halves(self) -> tuple[slice, slice]:
        """The two halves of the rows; one lends the style when the other is scored."""
        middle = len(self.expression) // 2
        return slice(0, middle), slice(middle, None)
