# SPDX-License-Identifier: Apache-2.0
"""What somebody should look at before a line is used: a sound that is clipped, a text that is not what is said, …"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..animation import FaceAnimation
from ..phonemes import SILENCE
from ..request import AnimationRequest
from ..speech.audio.sound_file import Audio
from .coverage import KEPT_WORDS, Coverage, coverage_of, sentences_of

CLIPPED_PEAK, CLIPPED_RUN, MAX_CLIPPED_S = 0.98, 4, 0.005
"""So many samples in a row at the peak, which is near full scale, are cut off; more of them than this can be heard."""
MAX_PHONEMES_PER_S = 20.0
"""In the stretches in which somebody speaks. The fastest speakers say 18."""
KINDS = ("failed", "clipped", "quiet", "too fast", "text", "language", "pronunciation", "no words", "note")


@dataclass(frozen=True)
class Finding:
    """kind: one of KINDS. sentence: what was found, and what to do."""

    kind: str
    sentence: str


def findings_of(audio: Audio, request: AnimationRequest, animation: FaceAnimation) -> tuple[Finding, ...]:
    """All that is to be said of a line that was made."""
    return tuple(_findings(audio, request, animation))


def measures_of(audio: Audio, request: AnimationRequest, animation: FaceAnimation) -> dict[str, Any]:
    """Numbers for the report: seconds, phonemes a second, words; of the text its language, "" where there is none, how
    many words it has, and which of them neither a dictionary nor a rule tells how to say."""
    coverage = coverage_of(request)
    return {
        "seconds": round(audio.duration_s, 3),
        "phonemes_per_s": round(speech_rate(animation), 1),
        "words": len(animation.track.words),
        "method": animation.track.method,
        "language": coverage.language if coverage is not None else "",
        "text_words": coverage.words if coverage is not None else 0,
        "unsure_words": list(coverage.unsure[:KEPT_WORDS]) if coverage is not None else [],
    }


def speech_rate(animation: FaceAnimation) -> float:
    """Phonemes a second where somebody speaks; 0 where nobody does."""
    spoken = [each for each in animation.track.segments if each.phoneme != SILENCE]
    seconds = sum(each.end_s - each.start_s for each in spoken)
    return len(spoken) / seconds if seconds else 0.0


def clipped_seconds(audio: Audio) -> float:
    """How much of a sound stands still at its peak."""
    peak = max(float(np.abs(audio.samples).max(initial=0.0)), CLIPPED_PEAK)
    at_peak = np.abs(audio.samples) >= 0.999 * peak
    edges = np.diff(np.concatenate([[0], at_peak.astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)
    return float(lengths[lengths >= CLIPPED_RUN].sum()) / (len(audio.samples) / audio.duration_s)


def _findings(audio: Audio, request: AnimationRequest, animation: FaceAnimation) -> Iterator[Finding]:
    clipped = clipped_seconds(audio)
    if clipped > MAX_CLIPPED_S:
        yield Finding("clipped", f"{1000 * clipped:.0f} ms of the sound are clipped. Record it at a lower level.")
    if audio.gain != 1.0:
        yield Finding("quiet", "The sound is very quiet. Check that it is the right recording.")
    rate = speech_rate(animation)
    if rate > MAX_PHONEMES_PER_S:
        yield Finding("too fast", f"{rate:.0f} phonemes a second: nobody speaks so fast. Check text and sound.")
    coverage = coverage_of(request)
    yield from (Finding(*found) for found in (sentences_of(coverage) if coverage is not None else ()))
    if not animation.track.words and request.phonemes is None:
        yield Finding("no words", "No words were found: the phonemes are as heard. Give the text for better ones.")
    elif note := _of_the_text(animation, coverage):
        yield Finding("text", note)
    elif animation.metadata.get("note"):
        yield Finding("note", str(animation.metadata["note"]))


def _of_the_text(animation: FaceAnimation, coverage: Coverage | None) -> str:
    """What was noticed of the text while it was laid over the sound, without what the coverage says already."""
    note = animation.track.note
    return (note.replace(coverage.note, "") if coverage.note else note).strip() if coverage is not None else ""
