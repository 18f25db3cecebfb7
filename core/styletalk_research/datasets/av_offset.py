# SPDX-License-Identifier: Apache-2.0
"""By how many rows a face leads its labels, measured: extractors and codecs shift sound against picture.

An offset of L says that row i of the face goes with label i + L. Shifting the sample clips by their own offsets doubled
what a linear model explains, so a wrong offset costs more than any network gains.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS
from styletalk.tracking.lag import Lag

from .clip import Clip


def offset_of(lag_s: float) -> int:
    """By how many rows a face leads its labels that is so much later than its sound."""
    return LABEL_LEAD_ROWS - round(lag_s * FRAME_RATE_HZ)


def with_measured_offsets(clips: Collection[Clip], lags: Mapping[str, Lag]) -> tuple[tuple[Clip, ...], int]:
    """The clips with the offsets that their lags say (by name), and how many keep the offset they had.

    A clip whose lag is not sure goes by the others of its speaker, then by all.
    """
    everybody = _median(clips, lags)
    measured, kept = [], 0
    for clip in clips:
        own = _median([clip], lags)
        speaker = _median([other for other in clips if other.speaker == clip.speaker], lags)
        found = next((lag_s for lag_s in (own, speaker, everybody) if lag_s is not None), None)
        kept += found is None
        measured.append(clip if found is None else replace(clip, av_offset=offset_of(found)))
    return tuple(measured), kept


def _median(clips: Iterable[Clip], lags: Mapping[str, Lag]) -> float | None:
    """The median of what is sure, each row counting."""
    sure = [clip for clip in clips if clip.name in lags and lags[clip.name].sure]
    seconds = [lags[clip.name].seconds for clip in sure]
    return float(np.median(np.repeat(seconds, [clip.rows for clip in sure]))) if sure else None
