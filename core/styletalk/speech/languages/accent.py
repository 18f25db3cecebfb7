# SPDX-License-Identifier: Apache-2.0
"""How the sounds of other languages are heard by networks that know English.

A Spanish a is heard as AE, AA or AH, a German w as M or V. What was heard of a frame is shared out among the phonemes
that it may have been, so that a transcript's words are found although each was heard with an accent.
"""

from functools import lru_cache

import numpy as np

from ...phonemes import PHONEME_INDEX, PHONEMES

_HEARD_AS = """
    AA AE AH AO AW AY ER, AE EH AA AH, AH AA ER AE IH EH UH AO EY, AO AA OW AH L, AW AA AO OW AE AH, AY AA AE AH EH IY,
    EH AE EY IH AH, ER AH AO R AA, EY IH EH IY, IH IY UW EY AH EH Y, IY IH EY Y UW, OW AO UW UH L AA AH,
    OY AO OW UH IY, UH OW UW AH IH ER AO, UW OW UH IH IY L Y,
    B M P V W D, CH T SH JH S TH, D T R N L DH G, DH N M D L V Z, F TH S V P HH, G K N HH R ER W D NG, HH F K T SH G,
    JH D CH ZH Z T N Y, K T G HH F P CH, L R D N OW W Y, M N B V, N M NG D L, NG N G K M, P B K T F, R W L D ER G,
    S Z T TH F SH, SH S CH F ZH Z, T D K CH S TH DH P, TH S F T, V M B W F N DH, W V OW UW R L B, Y IY IH JH G L,
    Z S N ZH DH M, ZH SH Z JH
"""
"""A phoneme as it is meant, then as what it is often heard."""
SHARE = 0.5
"""With more, a transcript of something else fits too; with less, one that is right is refused: docs/languages.md."""


def with_accents(log_probabilities: np.ndarray) -> np.ndarray:
    """(F, 41) of what was heard → (F, 41) float16 of what may have been meant, log-probabilities both.

    Each phoneme gets half the probability of those that it is often heard as. For the words of a transcript; of what
    is not in it, what was heard is still the best guess.
    """
    meant = np.exp(log_probabilities.astype(np.float32)) @ _meant()
    return np.log(meant / meant.sum(axis=1, keepdims=True)).astype(np.float16)


@lru_cache(maxsize=1)
def _meant() -> np.ndarray:
    """(41, 41) float32: what share of the probability of q, heard, p gets."""
    table = np.eye(len(PHONEMES), dtype=np.float32)
    for row in _HEARD_AS.split(","):
        meant, *heard = row.split()
        table[[PHONEME_INDEX[each] for each in heard], PHONEME_INDEX[meant]] = SHARE
    return table
