# SPDX-License-Identifier: Apache-2.0
"""The audio features of a line, [prosody | whisper] in each row: the input of the networks beside phoneme labels.

Weights take the first `audio_dim` columns (`GeneratorConfig`).
"""

import numpy as np

from ...progress import Progress, silent
from ..audio.sound_file import Audio
from .prosody import PROSODY_DIM, normalised, prosody
from .whisper import whisper_features
from .whisper_basis import WHISPER_DIM

SOUND_DIM = PROSODY_DIM + WHISPER_DIM
"""All columns of a row."""
WHISPER_LOOKAHEAD_ROWS = 2
"""A row holds the Whisper features of so many rows later: lips depend on the sound of up to eight rows after theirs
(labels lag by three), and the networks' window ends after five."""


def audio_feature_rows(
    audio: Audio,
    rows: int,
    columns: int = SOUND_DIM,
    progress: Progress = silent,
    measures: np.ndarray | None = None,
) -> np.ndarray:
    """(rows, columns) float32, one row for each label.

    columns: PROSODY_DIM or SOUND_DIM, or any number of the first; there are no more than SOUND_DIM. Prosody alone never
    loads Whisper. `progress` may raise Cancelled. measures: the first `rows` or more of prosody's `measured`, where
    they are known.
    """
    prosody_rows = prosody(audio, rows) if measures is None else normalised(measures[:rows].copy())
    if columns <= PROSODY_DIM:
        return prosody_rows[:, :columns]
    features = np.zeros((rows, min(columns, SOUND_DIM)), np.float32)
    features[:, :PROSODY_DIM] = prosody_rows
    whisper_rows = whisper_features(audio, rows + WHISPER_LOOKAHEAD_ROWS, progress)
    features[:, PROSODY_DIM:] = whisper_rows[WHISPER_LOOKAHEAD_ROWS:, : columns - PROSODY_DIM]
    return features
