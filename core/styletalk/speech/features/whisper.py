# SPDX-License-Identifier: Apache-2.0
"""Whisper features: the hidden states of Whisper's encoder at 30 fps, one row for each phoneme label.

The encoder was trained on many voices in many rooms, so its features predict mouth motion better than band energies do.
They are projected from 384 dimensions on the principal directions of speech and normalised over the speech of the line,
as prosody is.
"""

import numpy as np

from ...progress import Progress, silent
from ..audio.sound_file import Audio
from ..hearing.listening import listen
from ..hearing.windows import nearness_to
from .prosody import LIMIT, PRIOR_ROWS
from .whisper_basis import WHISPER_DIM, whisper_basis


def whisper_features(audio: Audio, rows: int, progress: Progress = silent) -> np.ndarray:
    """(rows, WHISPER_DIM) float32: a row for each of `PhonemeTrack.labels`, at the times of `prosody`.

    In pauses longer than half a second, and beyond the sound, zeros. A gain changes nothing. Memory beside the result
    is constant. `progress` may raise Cancelled. Raises WeightsError where the encoder's weights are damaged.
    """
    heard = listen(audio, progress)
    found = np.zeros((rows, WHISPER_DIM), np.float32)
    found[: len(heard.features)] = heard.features[:rows]
    speech = np.zeros(rows, bool)
    speech[: len(heard.speech)] = heard.speech[:rows]
    return _normalised(found, speech, whisper_basis().typical)


def _normalised(raw: np.ndarray, speech: np.ndarray, typical: np.ndarray) -> np.ndarray:
    """Columns (T, D) less their mean over speech (T,), at their typical deviation (D,), zero far from speech; in place.

    Both are shrunk towards typical values: half a second of speech is too short to estimate its own.
    """
    if not speech.any():
        return np.zeros_like(raw)
    share = float(speech.sum() / (speech.sum() + PRIOR_ROWS))
    nearness = nearness_to(speech)
    for column in range(raw.shape[1]):  # one by one: an hour's columns are 55 MB
        spoken = raw[speech, column]
        variance = share * float(spoken.var()) + (1.0 - share) * float(typical[column]) ** 2
        raw[:, column] -= np.float32(share * spoken.mean())
        raw[:, column] *= nearness * np.float32(typical[column] / np.sqrt(variance))
    return np.clip(raw, -LIMIT, LIMIT, out=raw)
