# SPDX-License-Identifier: Apache-2.0
"""Hearsay: what teachers who hear nothing are told of lines without faces, by those who listen.

Two minutes of real motion are few examples of what a phoneme does. Teachers who listen know far better how a strange
line moves than its labels tell; of the motion that they make of an hour of voices, the labels' share can be learnt.
This is learning with privileged information (Vapnik and Vashist, 2009). Mouth gap and width of clips left out, labels
alone: .671 / .600 instead of .656 / .580 (docs/training-study.md).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...datasets.pairs import SpeechPair
from ...datasets.utterances import HeardLine
from .teacher import Teachers

TOLD_ROWS = 1800
"""Of a line, no more: a minute."""
REAL_COPIES = 8
"""How often a real clip counts beside what is told."""


def hearsay(pairs: Sequence[SpeechPair], listening: Teachers, voices: Sequence[HeardLine]) -> list[SpeechPair]:
    """Real pairs, repeated, and voices moved as `listening` would move them."""
    config = replace(listening.config, crispness=0.0)  # what is quick is given back once, by who learns from this
    smooth = Teachers(listening.networks, [*listening.kernels.values()], listening.space, config)
    told = []
    for index, line in enumerate(voices):
        labels, audio_features = line.labels[:TOLD_ROWS], line.audio_features[:TOLD_ROWS]
        told.append(
            SpeechPair(f"voice {index}", "", labels, smooth.speak(labels, audio_features), Path(), audio_features)
        )
    return [*list(pairs) * REAL_COPIES, *told]
