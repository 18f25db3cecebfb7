# SPDX-License-Identifier: Apache-2.0
"""Pseudo-labels: motion for utterances without faces, made by teachers with sound for teachers of labels alone.

Two minutes of real motion are few examples of what a phoneme does. Teachers with sound know far better how an unknown
utterance moves than its labels tell; of the motion that they make of an hour of voices, the labels' share can be
learnt. This is learning with privileged information (Vapnik and Vashist, 2009). Mouth gap and width of clips left out,
labels alone: .671 / .600 instead of .656 / .580 (docs/training-study.md).
"""

from collections.abc import Sequence
from dataclasses import replace

from ...datasets.recordings import Recording, Utterance
from .teacher import Teachers

MAX_ROWS = 1800
"""Of an utterance: a minute."""
RECORDED_COPIES = 8
"""How often a recording counts beside what is pseudo-labelled."""


def pseudo_labelled(
    recordings: Sequence[Recording], with_sound: Teachers, voices: Sequence[Utterance]
) -> list[Recording]:
    """Recordings, repeated, and voices moved as `with_sound` would move them."""
    config = replace(with_sound.config, crispness=0.0)  # what is quick is given back once, by who learns from this
    smooth = Teachers(with_sound.networks, [*with_sound.kernels.values()], with_sound.space, config)
    made = []
    for index, voice in enumerate(voices):
        spoken = voice.first(MAX_ROWS)
        motion = smooth.speak(spoken.labels, spoken.audio_features)
        made.append(Recording(f"voice {index}", "", motion, spoken.labels, spoken.audio_features))
    return [*list(recordings) * RECORDED_COPIES, *made]
