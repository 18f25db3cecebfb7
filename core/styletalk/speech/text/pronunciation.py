# SPDX-License-Identifier: Apache-2.0
"""The pronunciation of a word: from the embedded dictionary, or by a small network for words that are not in it.

The network is the grapheme-to-phoneme model whose weights come with the package g2p-en (Apache-2.0): a GRU encoder
over letters, a GRU decoder over phonemes. Its weights are read from the installed package and run here, because
importing the package imports nltk, which takes seconds and tries to download data that this use does not need.
"""

import functools
import importlib.util
import reprlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ...errors import MissingPackageError, TranscriptError
from ...phonemes import PHONEME_INDEX, PHONEMES, SILENCE

_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_CONSONANTS = tuple(p for p in PHONEMES if p not in (*_VOWELS, SILENCE, "NSN"))
LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
"""Symbols of the encoder, in the order of its embedding."""
PHONE_SYMBOLS = (
    "<pad>", "<unk>", "<s>", "</s>", *sorted([*_CONSONANTS, "UW", *(v + stress for v in _VOWELS for stress in "012")])
)  # fmt: skip
"""Symbols of the decoder, in the order of its embedding; vowels carry a stress digit."""
MAX_PHONES = 30
HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
VOICELESS = {"P", "T", "K", "F", "TH"}


def pronounce(word: str) -> tuple[str, ...]:
    """The phonemes of a normalised word (see transcript.normalise), without stress digits.

    Raises TranscriptError where the word has no letters, MissingPackageError where it needs g2p-en and that is missing.
    """
    known = dictionary().get(word)
    if known is not None:
        return known
    if word.endswith("'s") and len(word) > 2:
        return _with_s(pronounce(word[:-2]))
    return guess(word)


def _with_s(stem: tuple[str, ...]) -> tuple[str, ...]:
    """The possessive: bush's, cat's, room's."""
    if stem[-1] in HISSING:
        return (*stem, "IH", "Z")
    return (*stem, "S" if stem[-1] in VOICELESS else "Z")


class Dictionary(Mapping[str, tuple[str, ...]]):
    """The first pronunciation of each word, from lines such as "read R EH D".

    The lines stay text, sorted, for a binary search: to split them all takes as long as an alignment.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = sorted(lines)

    def __getitem__(self, word: str) -> tuple[str, ...]:
        at = bisect_left(self._lines, f"{word} ")
        found, *phonemes = self._lines[at].split() if at < len(self._lines) else ("",)
        if found != word or word.endswith(")"):  # "read(2)" is another pronunciation of "read"
            raise KeyError(word)
        return tuple(phonemes)

    def __iter__(self) -> Iterator[str]:
        words = (line.split(maxsplit=1)[0] for line in self._lines)
        return (word for word in words if not word.endswith(")"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@functools.lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """The dictionary that pocketsphinx carries (134k lines). Raises MissingPackageError."""
    return Dictionary((model_folder() / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines())


def model_folder() -> Path:
    """pocketsphinx's bundled English models. Raises MissingPackageError."""
    return _package_folder("pocketsphinx", "pocketsphinx") / "model" / "en-us"


@functools.lru_cache(maxsize=4096)
def guess(word: str) -> tuple[str, ...]:
    """Phonemes of a word that no dictionary has, by the g2p-en network. Raises TranscriptError, MissingPackageError."""
    letters = [letter for letter in word.lower() if letter in LETTERS]
    if not letters:
        raise TranscriptError(
            f"The word {reprlib.repr(word)} in the transcript has no Latin letters. Spell it as it is spoken."
        )
    sounds = _decode(_encode(letters))
    phonemes = tuple(sound.rstrip("012") for sound in sounds)
    return tuple(p for p in phonemes if p in PHONEME_INDEX and p != SILENCE) or ("AH",)


def _encode(letters: list[str]) -> np.ndarray:
    """(1, 128): the encoder's state after the letters and the end mark."""
    weights = _weights()
    state = np.zeros((1, weights["enc_w_hh"].shape[1]), np.float32)
    for letter in [*letters, "</s>"]:
        state = _gru_step(weights["enc_emb"][[LETTERS.index(letter)]], state, "enc")
    return state


def _decode(state: np.ndarray) -> list[str]:
    """The most probable sound after each, until the end mark."""
    weights, sounds, sound = _weights(), [], "<s>"
    for _ in range(MAX_PHONES):
        state = _gru_step(weights["dec_emb"][[PHONE_SYMBOLS.index(sound)]], state, "dec")
        sound = PHONE_SYMBOLS[int(np.argmax(state @ weights["fc_w"].T + weights["fc_b"]))]
        if sound == "</s>":
            break
        sounds.append(sound)
    return sounds


def _gru_step(x: np.ndarray, state: np.ndarray, part: str) -> np.ndarray:
    """One step of a gated recurrent unit (Cho et al. 2014): h' = (1 − z) n + z h. x: (1, 64), state: (1, 128)."""
    weights = _weights()
    from_x = np.split(x @ weights[f"{part}_w_ih"].T + weights[f"{part}_b_ih"], 3, axis=1)  # reset, update, new
    from_h = np.split(state @ weights[f"{part}_w_hh"].T + weights[f"{part}_b_hh"], 3, axis=1)
    reset, update = (_sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
    new = np.tanh(from_x[2] + reset * from_h[2])
    return (np.float32(1.0) - update) * new + update * state


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


@functools.lru_cache(maxsize=1)
def _weights() -> dict[str, np.ndarray]:
    path = _package_folder("g2p_en", "g2p-en") / "checkpoint20.npz"
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _package_folder(module: str, distribution: str) -> Path:
    """Where a package is installed, without importing it. Raises MissingPackageError."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackageError(
            f"The package {distribution} is not installed. Install it with `pip install {distribution}`."
        )
    return Path(next(iter(spec.submodule_search_locations)))
