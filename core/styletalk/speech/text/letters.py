# SPDX-License-Identifier: Apache-2.0
"""The phonemes of a word that the dictionary lacks, guessed from its letters.

A gated recurrent unit reads the letters, another one says the phonemes (Cho et al. 2014). The weights are those of the
package g2p-en (Apache-2.0), in float16; each symbol's embedding is stored multiplied by the matrix that takes it in:
styletalk_research.hearing.pack_pronunciations.
"""

import reprlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import TranscriptError, WeightsError
from ...files.npz import read_npz
from ...files.reading import UnusableContent
from ...phonemes import PHONEME_INDEX, PHONEMES, SILENCE

WEIGHTS_FILE = Path(__file__).parent / "data" / "letters_to_phonemes.npz"
_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_CONSONANTS = tuple(p for p in PHONEMES if p not in (*_VOWELS, SILENCE, "NSN"))
LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
"""Symbols of the encoder, in the order of its embedding."""
PHONE_SYMBOLS = (
    "<pad>", "<unk>", "<s>", "</s>", *sorted([*_CONSONANTS, "UW", *(v + stress for v in _VOWELS for stress in "012")])
)  # fmt: skip
"""Symbols of the decoder, in the order of its embedding; vowels carry a stress digit."""
MAX_LETTERS, MAX_PHONES = 60, 30
"""Of a word that are read and said; what is longer is no word."""


@lru_cache(maxsize=4096)
def guess(word: str) -> tuple[str, ...]:
    """Phonemes of a word that no dictionary has. Raises TranscriptError where it has no letters, WeightsError."""
    phonemes = (sound.rstrip("012") for sound in _sounds(word))
    return tuple(p for p in phonemes if p in PHONEME_INDEX and p != SILENCE) or ("AH",)


@lru_cache(maxsize=4096)
def stresses(word: str) -> tuple[int, ...]:
    """Of each vowel of an English word whether it has none, the main or a lesser stress: 0, 1, 2. Raises as `guess`."""
    return tuple(int(sound[-1]) for sound in _sounds(word) if sound[-1] in "012")


def _sounds(word: str) -> tuple[str, ...]:
    letters = [letter for letter in word.lower() if letter in LETTERS][:MAX_LETTERS]
    if not letters:
        raise TranscriptError(
            f"The word {reprlib.repr(word)} in the transcript has no Latin letters. Spell it as it is spoken."
        )
    return tuple(_said(_read(letters)))


def _read(letters: list[str]) -> np.ndarray:
    """(256,): the encoder's state after the letters and the end mark."""
    state = np.zeros(_weights()["enc_b_hh"].shape[0] // 3, np.float32)
    for letter in [*letters, "</s>"]:
        state = _step("enc", LETTERS.index(letter), state)
    return state


def _said(state: np.ndarray) -> list[str]:
    """The most probable sound after each, until the end mark."""
    weights, sounds, sound = _weights(), [], PHONE_SYMBOLS.index("<s>")
    for _ in range(MAX_PHONES):
        state = _step("dec", sound, state)
        sound = int(np.argmax(weights["fc_w"] @ state + weights["fc_b"]))
        if PHONE_SYMBOLS[sound] == "</s>":
            break
        sounds.append(PHONE_SYMBOLS[sound])
    return sounds


def _step(part: str, symbol: int, state: np.ndarray) -> np.ndarray:
    """One step of a gated recurrent unit: h' = (1 − z) n + z h. state: (256,)."""
    weights, width = _weights(), len(state)
    from_x = weights[f"{part}_in"][symbol]  # (768,): reset, update, new
    from_h = weights[f"{part}_w_hh"] @ state + weights[f"{part}_b_hh"]
    gates = 1.0 / (1.0 + np.exp(-(from_x[: 2 * width] + from_h[: 2 * width])))
    new = np.tanh(from_x[2 * width :] + gates[:width] * from_h[2 * width :])
    return new + gates[width:] * (state - new)


@lru_cache(maxsize=1)
def _weights() -> dict[str, np.ndarray]:
    def unusable(reason: str) -> WeightsError:
        return WeightsError(f"The weights {WEIGHTS_FILE.name} cannot be read ({reason}). Install StyleTalk again.")

    with read_npz(WEIGHTS_FILE, unusable) as stored:
        width = len(stored["enc_b_hh"]) // 3
        if any(stored[name].shape != shape for name, shape in _shapes(width).items()):
            raise UnusableContent("it is of another network")
        if not all(np.isfinite(tensor).all() for tensor in stored.values()):
            raise UnusableContent("some of its numbers are infinite or none")
        return {name: tensor.astype(np.float32) for name, tensor in stored.items()}


def _shapes(width: int) -> dict[str, tuple[int, ...]]:
    """Of all tensors, for states of that width."""
    sounds, gates = len(PHONE_SYMBOLS), 3 * width
    return {
        "enc_in": (len(LETTERS), gates), "enc_w_hh": (gates, width), "enc_b_hh": (gates,),
        "dec_in": (sounds, gates), "dec_w_hh": (gates, width), "dec_b_hh": (gates,),
        "fc_w": (sounds, width), "fc_b": (sounds,),
    }  # fmt: skip
