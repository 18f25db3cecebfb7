# SPDX-License-Identifier: Apache-2.0
"""Our spelling tables beside espeak-ng: the visemes of everyday sentences, and which language they are taken for.

    python -m styletalk_research.hearing.languages

Debian: `apt install espeak-ng`. Mandarin and Japanese are given to it in pinyin and kana, which its own few characters
do not cover; so the dictionaries themselves are not judged there.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletalk.phonemes import PHONEME_INDEX, VISEME_OF_PHONEME
from styletalk.speech.formats.symbols import phoneme_symbol
from styletalk.speech.languages.detection import language_of
from styletalk.speech.languages.lexicons import japanese_words
from styletalk.speech.languages.reading import Reader

VOICES = {
    "de": "de", "fr": "fr-fr", "es": "es", "it": "it", "pt": "pt-br", "nl": "nl", "pl": "pl", "ru": "ru", "tr": "tr",
    "hi": "hi", "zh": "cmn-latn-pinyin", "ja": "ja", "ko": "ko",
}  # fmt: skip
EQUAL = {
    "": {"ɥ": "y", "r": "ɾ"},
    "de": {"ɜ": "ɐ"},  # its name of the vowel in -er
    "fr": {"ə": "ø"},  # the mute e is round
    "pt": {"y": "ɪ", "æ": "a", "l_j": "ʎ", "ɾ_ə": "ɾ"},  # y: its name of the unstressed i
    "ru": {"y": "ɨ", "u\"": "u"},
    "ko": {"ph": "p"},
    "ja": {"ɯ": "u", "ʔ": ""},
    "zh": {"χ": "x", "ɜ": "", "s.": "ʂ", "h": "", "o-": "ɤ", "nɡ": "ŋ", "i.": "ɨ", "i̪": "ɨ"},
}  # fmt: skip
"""Names that mean another sound in a voice of espeak-ng than in IPA, and two ways to write one sound."""
NO_VOWEL_FOLLOWS = r"[rɾ](?!_[ˈˌ]*[aeiouɑɐɛəɜɪɔœøʊʏy])"
"""German r that is a vowel, ɐ; espeak-ng writes the consonant."""
GLIDES = {"AW": ("AA", "UH"), "AY": ("AA", "IH"), "OY": ("AO", "IH")}


def sections() -> dict[str, list[str]]:
    """Language → its sentences in everyday.txt."""
    text = Path(__file__).with_name("everyday.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[(\w+)\]\n", text, flags=re.MULTILINE)[1:]
    return {name: lines.strip().split("\n") for name, lines in zip(parts[::2], parts[1::2], strict=True)}


def espeak_phonemes(sentences: Sequence[str], language: str) -> list[list[str]]:
    """Our phonemes of what espeak-ng says for each sentence."""
    return [_ours(_said(readable(sentence, language), VOICES[language]), language) for sentence in sentences]


def visemes(phonemes: Sequence[str]) -> list[int]:
    """What lips do: one class after another, diphthongs as two."""
    parts = [PHONEME_INDEX[part] for each in phonemes for part in GLIDES.get(each, (each,))]
    shown = VISEME_OF_PHONEME[parts].tolist()
    return [each for number, each in enumerate(shown) if number == 0 or each != shown[number - 1]]


def edit_distance(a: Sequence[int], b: Sequence[int]) -> int:
    """Levenshtein (1966): insertions, deletions and substitutions from one sequence to the other."""
    row = np.arange(len(b) + 1)
    for number, each in enumerate(a, 1):
        changed = np.minimum(row[1:] + 1, row[:-1] + (np.array(b) != each))
        steps = np.concatenate([[number], changed]) - np.arange(len(b) + 1)
        row = np.minimum.accumulate(steps) + np.arange(len(b) + 1)
    return int(row[-1])


def spoken(sentence: str, language: str) -> list[str]:
    """Our phonemes of a sentence."""
    reader = Reader(language)
    return [each for word in reader.words(sentence) for each in reader.pronunciations(word)[0]]


def _said(text: str, voice: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["espeak-ng", "-q", "--ipa", "--sep=_", "-v", voice, "-f", file.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _ours(ipa: str, language: str) -> list[str]:
    """espeak-ng's sounds, "_" between them, in our phonemes."""
    ipa = re.sub(NO_VOWEL_FOLLOWS, "ɐ", ipa) if language == "de" else ipa
    for theirs, ours in {**EQUAL[""], **EQUAL.get(language, {})}.items():
        ipa = ipa.replace(theirs, ours)
    sounds = (re.sub(r"[^\w]|\d", "", each) for each in re.split(r"[_\s-]", ipa))
    return [phoneme for sound in sounds if sound for phoneme in _of_sound(sound)]


def _of_sound(sound: str) -> list[str]:
    """Of an affricate both parts: espeak-ng has one name for pf, in which the lips do two things."""
    if sound in ("pf", "ts", "ja", "ju", "iɛ", "iɑ", "iou", "uo", "uei", "yæ", "yɛ"):
        return [each for part in sound for each in _of_sound(part)]
    found = phoneme_symbol(sound)
    return [found] if found else [each for part in sound if (each := phoneme_symbol(part))]


def readable(sentence: str, language: str) -> str:
    """A sentence as espeak-ng can read it."""
    if language == "ja":
        return "".join(sound for _, sound in japanese_words(sentence))
    if language == "zh":
        from pypinyin import Style, lazy_pinyin  # pyright: ignore[reportMissingImports]

        return " ".join(lazy_pinyin(sentence, style=Style.TONE3))
    return sentence


def main() -> None:
    """Print the table of docs/languages.md."""
    texts = sections()
    print("| language | sentences | visemes | edit distance | agreement | ms a sentence | taken for another |")
    print("|---|---|---|---|---|---|---|")
    for language, sentences in texts.items():
        wrong = [found for each in sentences if (found := language_of(each)) != language]
        if language == "en":
            print(f"| en | {len(sentences)} | | | | | {len(wrong)} |")
            continue
        spoken(sentences[0], language)  # tables and dictionaries are loaded once
        began = time.perf_counter()
        ours = [visemes(spoken(each, language)) for each in sentences]
        took_ms = 1000 * (time.perf_counter() - began) / len(sentences)
        theirs = [visemes(each) for each in espeak_phonemes(sentences, language)]
        errors, count = sum(map(edit_distance, ours, theirs)), sum(map(len, theirs))
        guesses = f"{len(wrong)} {' '.join(sorted(set(wrong)))}".strip()
        agreement = 1 - errors / count
        print(f"| {language} | {len(sentences)} | {count} | {errors} | {agreement:.3f} | {took_ms:.1f} | {guesses} |")


if __name__ == "__main__":
    main()
