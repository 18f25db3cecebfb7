# SPDX-License-Identifier: Apache-2.0
"""How much of a line's text is read for sure: by the dictionary in English, by rules of spelling in other languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import StyleTalkError
from ..request import LANGUAGES, AnimationRequest
from ..speech.languages.detection import another_language
from ..speech.text.dictionary import dictionary
from ..speech.text.transcript import Transcript, parse_transcript

SHOWN_WORDS = 5
KEPT_WORDS = 50
"""That the report names of a line."""


@dataclass(frozen=True)
class Coverage:
    """language: a code of `request.LANGUAGES`. words: how many the text has. guessed: English words that no dictionary
    has. unknown: words with letters that no rule knows, and these; borrowed: words in another script, and the language
    by whose rules they are read. looks: the language that the text clearly is in, where it is said to be in another.
    note: what the transcript itself says of letters that are left out, which `unknown` says as well."""

    language: str
    words: int
    guessed: tuple[str, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    borrowed: Mapping[str, str] = field(default_factory=dict)
    looks: str = ""
    note: str = ""

    @property
    def unsure(self) -> tuple[str, ...]:
        """The words whose sound is not told by the language's own dictionary or rules."""
        return tuple(dict.fromkeys([*self.guessed, *self.unknown, *self.borrowed]))


def coverage_of(request: AnimationRequest) -> Coverage | None:
    """That of the line's text; None where it has none, or its alignment says what is spoken."""
    if request.transcript is None or request.phonemes is not None:
        return None
    try:
        transcript = parse_transcript(request.transcript, request.language)
    except StyleTalkError:
        return None
    looks = "" if request.language == "auto" else another_language(request.transcript, request.language)
    return Coverage(
        transcript.language, len(transcript.words), guessed_words(transcript), transcript.unknown, transcript.borrowed,
        looks, transcript.note,
    )  # fmt: skip


def guessed_words(transcript: Transcript) -> tuple[str, ...]:
    """English words of the text that are not in the dictionary: how they are said is guessed from their letters."""
    if transcript.language != "en":
        return ()
    known = dictionary()
    return tuple(dict.fromkeys(w for w in transcript.words if w not in known and w.removesuffix("'s") not in known))


def sentences_of(coverage: Coverage) -> Iterator[tuple[str, str]]:
    """(kind, sentence) for all that somebody should listen to or set right."""
    named = LANGUAGES[coverage.language]
    if coverage.looks:
        yield (
            "language",
            f"The text looks {LANGUAGES[coverage.looks]}, and its language is set to {named}. Correct one of them.",
        )
    if coverage.guessed:
        yield (
            "pronunciation",
            f"Not in the dictionary, so guessed from the letters: {_some(coverage.guessed)}. Listen to them.",
        )
    if coverage.unknown:
        letters = " ".join(dict.fromkeys("".join(coverage.unknown.values())))
        yield (
            "pronunciation",
            f"No rule of {named} knows the letters {letters}, which are left out: {_some(coverage.unknown)}. Write "
            "these words otherwise.",
        )
    for language in dict.fromkeys(coverage.borrowed.values()):
        words = [word for word, read_as in coverage.borrowed.items() if read_as == language]
        yield ("pronunciation", f"Read by the rules of {LANGUAGES[language]}: {_some(words)}. Listen to them.")


def _some(words: "tuple[str, ...] | list[str] | Mapping[str, str]") -> str:
    shown = list(words)[:SHOWN_WORDS]
    return ", ".join(shown) + (" …" if len(words) > SHOWN_WORDS else "")
