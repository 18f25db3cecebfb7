# SPDX-License-Identifier: Apache-2.0
"""espeak-ng speaks thirteen languages and says when it says what; its library is called with ctypes.

Debian: `apt install libespeak-ng1 espeak-ng-data`. It knows few Chinese and Japanese characters: those sentences are
read in pinyin and kana (`pip install pypinyin janome`).
"""

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from scipy.signal import resample_poly

from styletalk.errors import MissingPackageError
from styletalk.phonemes import SILENCE
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ
from styletalk.speech.formats.symbols import phoneme_symbol

from .languages import readable, sections
from .spoken import Spoken, spoken

LANGUAGES = {
    "de": "de", "fr": "fr", "es": "es", "it": "it", "pt": "pt-br", "nl": "nl", "pl": "pl", "ru": "ru", "tr": "tr",
    "hi": "hi", "zh": "cmn-latn-pinyin", "ja": "ja", "ko": "ko",
}  # fmt: skip
"""Sections of everyday.txt, and the voices that read them."""
SPEAKERS = ("", "+f2", "+f5", "+m3", "+m7")
"""espeak-ng's changes of a voice."""
WORDS_A_MINUTE, PITCH = (110, 190), (25, 75)
RATE, PITCH_PARAMETER = 1, 3
"""Numbers of espeak-ng's parameters."""
OTHER_NAMES = {
    "r": "D", "r.": "D", "ɾ": "D", "ʁ": "G", "ʀ": "G", "ɣ": "G", "ɭ": "L", "ɽ": "D", "ɳ": "N", "ɴ": "NG", "ʝ": "Y",
    "ss": "S", "s-": "S", "t-": "T", "d-": "D", "k-": "K", "th": "T", "kh": "K", "ph": "P", "tsh": "S", "tɕh": "CH",
    "s.": "SH", "ts.": "CH", "ts.h": "CH", "o-": "AH", "i.": "IH", "i̪": "IH", "ɯ": "IH", "ɯᵝ": "UH", "œ": "AO",
    "ø": "UH", "ɔø": "OY", "oɪ": "OY", "ɛɪ": "EY", "ei": "EY", "ai": "AY", "ɑu": "AW", "ʌʊ": "AW", "ou": "OW",
    **dict.fromkeys(("ja", "ju", "iɛ", "iɑ", "iou", "uo", "uei", "yæ", "yɛ", "onɡ", "œy", "iʊ", "eʊ", "uɪ"), ""),
}  # fmt: skip
"""espeak-ng's names that are not IPA, and sounds that English lacks, by the lips; two sounds in one are unknown."""
MNEMONICS = {"ru": {"y": "IH"}, "pt-br": {"y": "IH", "æ": "AH"}}
"""Names that mean something else in one voice."""
MIN_SILENCE_S = 0.05
PHONEME_EVENTS, IN_IPA, SYNCHRONOUS, UTF_8, END, PHONEME = 1, 2, 2, 1, 0, 7
QUIET = 0.01
"""Of a line's peak: where an event without a name has less than this, nothing is said."""


class _Name(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_ms", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p),
        ("id", _Name),
    ]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def everyday(language: str) -> list[str]:
    """The sentences of a section of everyday.txt, as espeak-ng reads them."""
    return [readable(line, language) for line in sections()[language]]


def espeak_speech(texts: Sequence[str], voice: str, rng: np.random.Generator) -> Iterator[Spoken]:
    """Each text by a voice of espeak-ng, at changing speed and pitch, by changing speakers."""
    library, rate_hz = _library()
    for text in texts:
        library.espeak_SetVoiceByName(f"{voice}{rng.choice(SPEAKERS)}".encode())
        library.espeak_SetParameter(RATE, int(rng.integers(*WORDS_A_MINUTE)), 0)
        library.espeak_SetParameter(PITCH_PARAMETER, int(rng.integers(*PITCH)), 0)
        samples, events = _said(library, text)
        segments = _segments(samples, rate_hz, events, {**OTHER_NAMES, **MNEMONICS.get(voice, {})})
        heard = resample_poly(samples, SAMPLE_RATE_HZ, rate_hz).astype(np.float32)
        yield spoken(heard, segments, f"espeak {voice}")


def _said(library: ctypes.CDLL, text: str) -> tuple[np.ndarray, list[tuple[str, float]]]:
    """samples (N,) float32, and (IPA, start in seconds) of each sound."""
    pieces, events = [np.zeros(0, np.float32)], []

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, event: "ctypes._Pointer[_Event]") -> int:
        if samples and count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / 32768)
        for number in range(10_000):
            if event[number].type == END:
                break
            if event[number].type == PHONEME:
                name = bytes(event[number].id.string).decode("utf-8", "replace")
                events.append((name, event[number].audio_ms / 1000))
        return 0

    callback, encoded = _CALLBACK(take), text.encode()
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, UTF_8, None, None)
    return np.concatenate(pieces), events


def _segments(
    samples: np.ndarray, rate_hz: int, events: Sequence[tuple[str, float]], names: Mapping[str, str]
) -> Iterator[tuple[str, float, float]]:  # fmt: skip
    """(symbol or "", start, end); what has no name is silence where it is quiet."""
    peak = max(float(np.abs(samples).max()), 1e-6)
    starts_s = [start_s for _, start_s in events] + [len(samples) / rate_hz]
    if starts_s[0] > 0.0:
        yield SILENCE, 0.0, starts_s[0]
    for (name, start_s), end_s in zip(events, starts_s[1:], strict=True):
        part = samples[round(start_s * rate_hz) : round(end_s * rate_hz)]
        if name:
            yield names[name] if name in names else phoneme_symbol(name) or "", start_s, end_s
        elif len(part) > MIN_SILENCE_S * rate_hz and float(np.sqrt((part**2).mean())) < QUIET * peak:
            yield SILENCE, start_s, end_s


@lru_cache(maxsize=1)
def _library() -> tuple[ctypes.CDLL, int]:
    try:
        library = ctypes.CDLL("libespeak-ng.so.1")
    except OSError as error:
        raise MissingPackageError("These voices need espeak-ng. Install it: `apt install espeak-ng`.") from error
    rate_hz = library.espeak_Initialize(SYNCHRONOUS, 0, None, PHONEME_EVENTS | IN_IPA)
    library.espeak_SetSynthCallback.argtypes = [_CALLBACK]
    return library, rate_hz
