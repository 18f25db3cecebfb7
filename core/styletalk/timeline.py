# SPDX-License-Identifier: Apache-2.0
"""When things happen: rows, labels and seconds of the sound, and the delays between them. Nothing else knows them.

label j   is the phoneme of frame j - 1, read in its middle: published labels run one frame late
row i     shows label i + 3 (published clips lead their labels by three rows), and so
          in a film row i is the picture that is shown at (i + 2) / 30 s; but
          recorded pictures lead their sound by a row, in nearly every source measured (docs/accuracy.md), and so
row i     of an animation is the face at (i + 3) / 30 s of the sound
"""

import math
from typing import Any

FRAME_RATE_HZ = 30.0
"""Rows and labels a second."""
MAX_DURATION_S = 2 * 3600.0
"""No line is longer: at 16 kHz these are 460 MB. A file that says so is damaged."""
MAX_ROWS = round(MAX_DURATION_S * FRAME_RATE_HZ)
LABEL_DELAY_ROWS = 1
"""Label j is the phoneme of frame j - 1, which lasts from (j - 1) / 30 s to j / 30 s."""
LABEL_LEAD_ROWS = 3
"""Row i of a film, and of the networks that learnt from films, goes with label i + 3."""
FILM_LEAD_ROWS = 1
"""Recorded lips are closed this much before the sound of P, B and M is; an animation's are closed with it."""
SOUND_LEAD_ROWS = LABEL_LEAD_ROWS + FILM_LEAD_ROWS
"""Row i of an animation is seen when the frame of label i + 4 begins."""
FILM_DELAY_ROWS = LABEL_LEAD_ROWS - LABEL_DELAY_ROWS
ROW_DELAY_ROWS = FILM_DELAY_ROWS + FILM_LEAD_ROWS
MID_ROW = 0.5
"""Agreement with the published labels is best when a frame is read in its middle."""


def row_time_s(row: Any) -> Any:
    """When in the sound row `row` of an animation happens, in seconds. A number or an array of them."""
    return (row + ROW_DELAY_ROWS) / FRAME_RATE_HZ


def film_row_time_s(row: Any) -> Any:
    """When a film shows the picture that is row `row` of its coefficients, in seconds by the film's own clock.

    For what is learnt from films, measured on them or compared with them. A number or an array of them.
    """
    return (row + FILM_DELAY_ROWS) / FRAME_RATE_HZ


def label_time_s(label: Any) -> Any:
    """Where in the sound label `label` is read, in seconds: the middle of its frame. A number or an array of them."""
    return (label - LABEL_DELAY_ROWS + MID_ROW) / FRAME_RATE_HZ


def label_start_s(label: Any) -> Any:
    """When the frame of label `label` begins, in seconds; the first label lies before the sound."""
    return (label - LABEL_DELAY_ROWS) / FRAME_RATE_HZ


def label_at(time_s: float) -> int:
    """The label whose frame `time_s` lies in."""
    return math.floor(time_s * FRAME_RATE_HZ) + LABEL_DELAY_ROWS


def row_count(duration_s: float) -> int:
    """How many rows, and labels, cover a sound: ceil(duration_s * 30)."""
    return math.ceil(round(duration_s * FRAME_RATE_HZ, 6))
