# SPDX-License-Identifier: Apache-2.0
"""What a phoneme looks like on a face: articulatory features beside its name, so that few clips teach many phonemes."""

from functools import lru_cache

import numpy as np

from styletalk.phonemes import PHONEMES

# (height, backness, rounding) at the start and the end of each vowel, 0..1; ARPAbet, General American.
_VOWELS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "AA": ((0.0, 0.8, 0.0), (0.0, 0.8, 0.0)),
    "AE": ((0.1, 0.1, 0.0), (0.1, 0.1, 0.0)),
    "AH": ((0.4, 0.5, 0.0), (0.4, 0.5, 0.0)),
    "AO": ((0.3, 0.9, 0.7), (0.3, 0.9, 0.7)),
    "AW": ((0.0, 0.5, 0.0), (0.8, 0.9, 0.8)),
    "AY": ((0.0, 0.5, 0.0), (0.8, 0.1, 0.0)),
    "EH": ((0.4, 0.1, 0.0), (0.4, 0.1, 0.0)),
    "ER": ((0.5, 0.5, 0.4), (0.5, 0.5, 0.4)),
    "EY": ((0.5, 0.1, 0.0), (0.8, 0.0, 0.0)),
    "IH": ((0.8, 0.2, 0.0), (0.8, 0.2, 0.0)),
    "IY": ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "OW": ((0.5, 0.9, 0.7), (0.8, 0.9, 0.9)),
    "OY": ((0.4, 0.9, 0.8), (0.8, 0.1, 0.0)),
    "UH": ((0.8, 0.8, 0.6), (0.8, 0.8, 0.6)),
    "UW": ((1.0, 0.9, 1.0), (1.0, 0.9, 1.0)),
}
_CONSONANTS: dict[str, tuple[str, ...]] = {
    "bilabial": ("B", "M", "P"),
    "labiodental": ("F", "V"),
    "dental": ("DH", "TH"),
    "alveolar": ("D", "L", "N", "S", "T", "Z"),
    "postalveolar": ("CH", "JH", "R", "SH", "ZH"),
    "velar": ("G", "K", "NG", "W"),
    "glottal": ("HH",),
    "rounded": ("W", "SH", "CH", "JH", "ZH", "R"),
    "stop": ("B", "D", "G", "K", "P", "T", "CH", "JH"),
    "fricative": ("DH", "F", "HH", "S", "SH", "TH", "V", "Z", "ZH", "CH", "JH"),
    "nasal": ("M", "N", "NG"),
    "approximant": ("L", "R", "W", "Y"),
    "palatal": ("Y",),
    "teeth_together": ("S", "Z", "SH", "ZH", "CH", "JH"),
    "silent": ("SIL", "NSN"),
}


@lru_cache(maxsize=1)
def phoneme_features() -> np.ndarray:
    """(41, F) float32: one-hot name, then articulatory features, of each phoneme label."""
    articulation = np.array([_articulation(phoneme) for phoneme in PHONEMES], np.float32)
    return np.concatenate([np.eye(len(PHONEMES), dtype=np.float32), articulation], axis=1)


def _articulation(phoneme: str) -> list[float]:
    vowel = _VOWELS.get(phoneme)
    shape = [1.0, *vowel[0], *vowel[1]] if vowel else [0.0] * 7
    return shape + [float(phoneme in members) for members in _CONSONANTS.values()]
