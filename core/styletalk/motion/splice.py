# SPDX-License-Identifier: Apache-2.0
"""A new animation of a line in the stretch where its phonemes have changed, the former one everywhere else.

What is outside is the former's bit for bit. Head and eyes look where they looked: a corrected sound is no other
performance.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..animation import FaceAnimation
from ..timeline import FRAME_RATE_HZ, ROW_DELAY_ROWS
from ..track_edits import Span

MARGIN_ROWS = 14
"""Rows that are new on either side of a change. The networks see five labels to either side of theirs, three later;
lips open within six rows of a closure; a pause moves the mouth for as long."""
FADE_ROWS = 6
"""The outer ones of these go from the former to the new."""
ALSO_KEPT = ("phonemes", "transcript", "recogniser", "language", "former", "engine", "device", "precision")
"""Options that may differ between the two: they say how phonemes are found and what computes."""
_FADED = ("coefficients", "blinks", "tongue", "upper", "intensity")
_KEPT = ("head_pose", "gaze")


def are_of_one_line(former: FaceAnimation, metadata: Mapping[str, Any]) -> bool:
    """Whether a former animation was made with the options in `metadata`, but for words and phonemes."""
    made_otherwise = (*ALSO_KEPT, "note", "phoneme_method", "missed_closures", "kept_rows", "versions")
    names = {*former.metadata, *metadata} - set(made_otherwise)
    return all(former.metadata.get(name) == metadata.get(name) for name in names)


def spliced(former: FaceAnimation, new: FaceAnimation, changed: Span | None) -> tuple[FaceAnimation, int]:
    """The former animation with `new` in the stretch of `changed`, and how many of its rows are the former's.

    The rows are those that `new` has: where the former has none, they are new. With nothing changed all that the
    former has is kept.
    """
    numbers = new.first_row + np.arange(len(new))
    places = numbers - former.first_row
    there = (places >= 0) & (places < len(former))
    share = np.where(there, _share_of_new(numbers, changed), 1.0)
    old = np.clip(places, 0, len(former) - 1)
    arrays = {name: _mixed(getattr(former, name), getattr(new, name), old, share) for name in _FADED}
    arrays |= {
        name: _mixed(getattr(former, name), getattr(new, name), old, np.where(there, 0.0, 1.0)) for name in _KEPT
    }
    return replace(new, **arrays), int(np.count_nonzero(share == 0.0))


def _share_of_new(numbers: np.ndarray, changed: Span | None) -> np.ndarray:
    """(T,) 0 in the former's rows, 1 in new ones, rising smoothly in between."""
    if changed is None:
        return np.zeros(len(numbers))
    first = math.floor(changed.start_s * FRAME_RATE_HZ) - ROW_DELAY_ROWS - MARGIN_ROWS
    last = math.ceil(changed.end_s * FRAME_RATE_HZ) - ROW_DELAY_ROWS + MARGIN_ROWS
    inside = np.minimum(numbers - first, last - numbers) / FADE_ROWS
    share = np.clip(inside, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _mixed(old: np.ndarray | None, new: np.ndarray | None, places: np.ndarray, share: np.ndarray) -> Any:
    """Rows of old at `places` (T,) where the share (T,) is 0, of new (T, …) where it is 1, their mixture between."""
    if old is None or new is None:
        return new
    weight = share.reshape(-1, *[1] * (new.ndim - 1)).astype(np.float32)
    mixed = (old[places] * (1 - weight) + new * weight).astype(new.dtype)
    mixed[share == 0.0], mixed[share == 1.0] = old[places][share == 0.0], new[share == 1.0]
    return mixed
