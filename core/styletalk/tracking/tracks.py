# SPDX-License-Identifier: Apache-2.0
"""A face as it is seen in a film, and what is made of it: the two things that the parts of this folder hand on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LANDMARKS = 478
"""Of MediaPipe's face mesh with irises."""


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """The landmarks of one face in the N frames of a film.

    landmarks: (N, 478, 3) float32, pixels of the frame as it is shown (rotation flags applied): x right, y down, z away
    from the camera in the scale of x; NaN where no face was found. times_s: (N,) float64, when each frame is shown, on
    the clock of the film's sound, rising. quality: (N,) float32 in 0..1, how far a frame can be believed; 0 without a
    face. width, height: of the frame. cuts_s: when another shot begins. lag_s: how much later the mouth moves than the
    convention of `timeline.film_row_time_s` says; a frame belongs to the sound at times_s - lag_s; 0 where nobody
    measured. notes: sentences for the user on what was seen; no file keeps them.
    """

    landmarks: np.ndarray
    times_s: np.ndarray
    quality: np.ndarray
    width: int
    height: int
    cuts_s: tuple[float, ...] = ()
    lag_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class FittedFace:
    """A track as coefficients, 30 rows a second; row i is the picture at `timeline.film_row_time_s(i)`,
    less the lag; in a capture at `timeline.row_time_s(i)`.

    expression: (T, 64) float32, published coefficients. rotation: (T, 3) float32, the head's angles in radians as the
    published clips have them. translation: (T, 3) float32, metres at the open face's scale, from the clip's middle.
    identity: (80,) float32. quality: (T,) float32 in 0..1. usable: (T,) bool, false where the rows are bridged and not
    seen: no face, profile, hand, a cut. notes: sentences on what could not be seen.
    """

    expression: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray
    identity: np.ndarray
    quality: np.ndarray
    usable: np.ndarray
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
