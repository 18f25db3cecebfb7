# SPDX-License-Identifier: Apache-2.0
"""A whole transcript onto a whole recording.

Where the words are what is said, each has its phonemes; where they are not, the phonemes are as heard, and the track's
note says so. The times of subtitles help where they are right.
"""

import itertools
from bisect import bisect
from collections.abc import Sequence, Set

import numpy as np

from ...errors import TranscriptError
from ...phonemes import PhonemeTrack, joined_track
from ...progress import Progress, part, silent
from ...request import LANGUAGES
from ..audio.sound_file import Audio
from ..hearing.listening import listen
from ..languages.accent import with_accents
from ..text.transcript import Transcript
from .aligner import Alignment, alignment_of, audible, evidence, share_explained
from .cues import cue_windows
from .graph import Pronouncing
from .stretches import Placed, Stretches

METHOD = "transcript ({language}), aligned"
MATCH = (14.0, 0.4, 0.4)
"""The evidence of the best run of words: below it, another text may fit as well by chance. Or the share of the speech,
or of the words: a short transcript has little evidence, but it is all of the speech, or all said."""
MATCH_WITH_ACCENTS = (20.0, 0.45, 1.0)
"""The same in other languages than English, whose sounds may have been more phonemes than one (docs/languages.md)."""
MAX_WORDS, MAX_WORDS_PER_S = 3000, 20
"""Of a transcript for any recording, and for each of its seconds: nobody says more."""
NOTED_S, NOTED_GAPS, NOTED_WORDS, SHOWN_WORDS = 0.8, 3, 5, 4
"""From which length on the user is told of other speech and of words that are not said; of the longest places."""


def align_transcript(audio: Audio, transcript: Transcript, progress: Progress = silent) -> PhonemeTrack:
    """Align the words of a transcript to the sound they are spoken in.

    Raises TranscriptError where none of them are said, WeightsError, what `progress` and `pronunciations` raise.
    """
    words = transcript.words
    if len(words) > MAX_WORDS + MAX_WORDS_PER_S * audio.duration_s:
        raise TranscriptError(
            f"The transcript has {len(words)} words, more than can be said in {audio.duration_s:.0f} s. Give the text "
            f"of {audio.path.name} alone."
        )
    progress(0.0, "aligning the transcript")
    heard = listen(audible(audio), part(progress, 0.0, 0.7)).log_probabilities
    log_probabilities = heard if transcript.language == "en" else with_accents(heard)
    placed = place(transcript, log_probabilities, transcript.pronunciations, part(progress, 0.7, 1.0))
    score = share_explained(placed.runs, log_probabilities)
    if not _matches(placed, len(words), score, MATCH if transcript.language == "en" else MATCH_WITH_ACCENTS):
        raise TranscriptError(f"The transcript does not match the speech in {audio.path.name}. Correct it, or omit it.")
    alignment = alignment_of(placed.runs, placed.gaps, words, heard, score)
    note = note_of(alignment, words, {word.number for run in placed.runs for word in run})
    return joined_track(
        alignment.segments, alignment.words, audio.duration_s,
        METHOD.format(language=LANGUAGES[transcript.language]), f"{transcript.note} {note}".strip(),
    )  # fmt: skip


def place(
    transcript: Transcript, log_probabilities: np.ndarray, pronunciations: Pronouncing, progress: Progress = silent
) -> Placed:
    """The words of a transcript where they are said; by its cues, where those fit and not all words are found."""
    frames, share = len(log_probabilities), 1 / 3 if transcript.cues else 1.0

    def passed(number: int, windows: np.ndarray | None) -> Placed:
        stretches = Stretches(transcript.words, log_probabilities, pronunciations, windows)
        return _all_of(stretches, frames, part(progress, number * share, (number + 1) * share))

    found = passed(0, None)
    timed = [passed(number, windows) for number, windows in enumerate(cue_windows(transcript, found), start=1)]
    return max([*timed, found], key=lambda placed: round(sum(map(evidence, placed.runs)), 1))


def _all_of(stretches: Stretches, frames: int, progress: Progress) -> Placed:
    runs, gaps = [], []
    for placed in stretches:
        runs += placed.runs
        gaps += placed.gaps
        last = max([run[-1].bounds[-1] for run in runs[-1:]] + [end for _, end in gaps[-1:]], default=0.0)
        progress(last / frames, "aligning the transcript")
    return Placed(tuple(runs), tuple(gaps))


def _matches(placed: Placed, words: int, score: float, asked: tuple[float, float, float]) -> bool:
    said = {word.number for run in placed.runs for word in run}
    best = max(map(evidence, placed.runs), default=0.0)
    evidence_asked, of_speech, of_words = asked
    return best >= evidence_asked or score >= of_speech or 0 < of_words * words <= len(said)


def note_of(alignment: Alignment, words: Sequence[str], said: Set[int]) -> str:
    """What the user should know of a transcript that says other things than the recording, or "".

    words: of the transcript. said: the numbers of those that are.
    """
    notes = []
    gaps = [gap for gap in _wide_gaps(alignment) if gap[1] - gap[0] >= NOTED_S]
    if gaps:
        longest = sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:NOTED_GAPS])
        where = ", ".join(f"between {start_s:.0f} and {end_s:.0f} s" for start_s, end_s in longest)
        where += f" and in {len(gaps) - NOTED_GAPS} more places" if len(gaps) > NOTED_GAPS else ""
        notes.append(f"{where[0].upper()}{where[1:]} the transcript is not what is said: there it is as heard.")
    if len(words) - len(said) >= NOTED_WORDS:
        notes.append(f"{len(words) - len(said)} of the {len(words)} words of the transcript are not said")
        notes[-1] += f", the most in a row from “{' '.join(_longest_unsaid(words, said)[:SHOWN_WORDS])}” on."
    return " ".join(notes)


def _longest_unsaid(words: Sequence[str], said: Set[int]) -> Sequence[str]:
    """The most words in a row that are not said."""
    places = [-1, *sorted(said), len(words)]
    first, end = max(itertools.pairwise(places), key=lambda pair: pair[1] - pair[0])
    return words[first + 1 : end]


def _wide_gaps(alignment: Alignment) -> list[tuple[float, float]]:
    """Gaps without a word between them as one."""
    starts_s = [word.start_s for word in alignment.words]
    joined: list[tuple[float, float]] = []
    for start_s, end_s in alignment.gaps:
        if joined and bisect(starts_s, start_s) == bisect(starts_s, joined[-1][0]):
            start_s = joined.pop()[0]
        joined.append((start_s, end_s))
    return joined
