# SPDX-License-Identifier: Apache-2.0
"""openfacefx as a baseline where it is installed (pip install openfacefx): rule-based lip-sync with coarticulation.

It is given the same phonemes with the same times as the networks, its ARKit curves are sampled when each row happens,
and the open face turns them into coefficients.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from styletalk.errors import MissingPackageError
from styletalk.face.model import open_face
from styletalk.face.retarget import ARKIT_NAMES
from styletalk.phonemes import SILENCE, PhonemeTrack
from styletalk.timeline import film_row_time_s

from ..datasets.recordings import Recording
from .systems import System, levelled
from .visemes import coefficients_of_arkit, fitted

CURVE_RATE_HZ = 60.0


def openfacefx_systems(pairs: Sequence[Recording]) -> list[System]:
    """Its own ARKit poses, and poses fitted to the other clips. Raises MissingPackageError without openfacefx."""
    try:
        import openfacefx  # pyright: ignore[reportMissingImports] - a baseline for those who have it
    except ImportError as error:
        raise MissingPackageError("openfacefx is not installed: pip install openfacefx") from error

    def posed(pair: Recording, style: np.ndarray) -> np.ndarray:
        return levelled(coefficients_of_arkit(arkit_curves(openfacefx, pair.utterance.labels), open_face()), style)

    about = f"openfacefx {openfacefx.__version__} on the same phonemes"
    own = System("openfacefx", "baseline", f"{about}, its own ARKit poses", posed)
    best = fitted(pairs, lambda labels: viseme_curves(openfacefx, labels))
    return [own, System("openfacefx, fitted", "baseline", f"{about}, poses fitted to the other clips", best)]


def arkit_curves(openfacefx: Any, labels: np.ndarray) -> np.ndarray:
    """(T, 52) float64: what openfacefx does with ARKit shapes for labels (T,). openfacefx: the module."""
    shapes = openfacefx.retarget(_track(openfacefx, labels), openfacefx.PRESETS["arkit"])
    return _sampled(shapes, ARKIT_NAMES, len(labels))


def viseme_curves(openfacefx: Any, labels: np.ndarray) -> np.ndarray:
    """(T, 15) float64: its visemes for labels (T,)."""
    return _sampled(_track(openfacefx, labels), openfacefx.VISEMES, len(labels))


def _track(openfacefx: Any, labels: np.ndarray) -> Any:
    segments = [
        openfacefx.PhonemeSegment("sil" if s.phoneme == SILENCE else s.phoneme, max(s.start_s, 0.0), s.end_s)
        for s in PhonemeTrack.from_labels(labels).segments
        if s.end_s > 0
    ]
    return openfacefx.generate_from_alignment(segments, fps=CURVE_RATE_HZ)


def _sampled(track: Any, names: Sequence[str], rows: int) -> np.ndarray:
    """(rows, len(names)) float64: the channels of a track when each row happens, 0 where it has none of that name."""
    times_s = film_row_time_s(np.arange(rows))
    weights = np.zeros((rows, len(names)))
    for channel in track.channels:
        if channel.name in names:
            keys = [(key.time, key.value) for key in channel.keys]
            weights[:, list(names).index(channel.name)] = np.interp(times_s, *np.transpose(keys))
    return weights
