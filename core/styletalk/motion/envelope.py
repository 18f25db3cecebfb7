# SPDX-License-Identifier: Apache-2.0
"""How strong a style is along a line: it comes before the first word, swells where the line does, and goes.

A track of 1 in the mean of the speech, which the style's intensity is multiplied by: δ = δ_neutral + k(t) (δ_style −
δ_neutral). Before and after the line it is 0, the face neutral and at rest.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..emphasis import Emphasis
from ..phonemes import SILENCE, PhonemeTrack
from ..timeline import FRAME_RATE_HZ, MAX_ROWS, row_time_s
from .noise import Noise
from .smooth import eased, smoothstep

REST_S = 0.1
"""How long the face is at rest before it leaves it, and once it is there again."""
SWELL = 0.3
"""By how much of itself a style grows on a syllable that is stressed fully."""
STRESS_EASE_S = 0.17
"""A syllable's swell begins and ends this much before and after it: an expression is slower than the mouth."""
PHRASE_PAUSE_S = 0.2
"""A silence this long ends a phrase."""
PHRASE_END_S = 0.45
"""A phrase's last words, on which a style swells as on a stressed syllable, as far as they have stress themselves."""
PHRASE_END_SHARE = 0.4
"""Of the swell of a stressed syllable, where they have none."""
HOLD_NOISE = 0.025
"""How much a held expression comes and goes by itself, standard deviation."""
HOLD_NOISE_HZ = 0.3
VOICE_S = 1.0
"""How long one speaks up or down before the face follows."""
VOICE_PER_DB, VOICE_PER_SEMITONE = 0.04, 0.03
"""What a voice that is so much louder or higher than the line's adds to the intensity."""
WHISPERED = 0.3
"""What is taken off where nothing is voiced."""
VOICED_SHARE = 0.3
"""Of speech, from which on it is no whisper."""
VOICE_BOUNDS = (0.6, 1.5)


@dataclass(frozen=True)
class EnvelopeOptions:
    """lead_in_s, lead_out_s: how long the expression takes to come before the first sound and to go after the last one;
    with 0 it is there from the first row, or to the last one. swell: grow on stressed syllables and phrase ends.
    follow_voice: with a raised voice more of it, with a low one or a whisper less. micro_movement: never quite still.
    seed: decides the latter."""

    lead_in_s: float = 0.0
    lead_out_s: float = 0.0
    swell: bool = False
    follow_voice: bool = False
    micro_movement: bool = False
    seed: int = 0


def lead_rows(track: PhonemeTrack, rows: int, options: EnvelopeOptions) -> tuple[int, int]:
    """How many rows a line of `rows` rows needs before its sound and after it, for the expression to come and go."""
    span = speech_span(track)
    if span is None:
        return 0, 0
    first, last = span
    before = math.ceil((options.lead_in_s + REST_S) * FRAME_RATE_HZ - first) if options.lead_in_s else 0
    after = math.ceil((options.lead_out_s + REST_S) * FRAME_RATE_HZ + last) + 1 - rows if options.lead_out_s else 0
    before = min(max(before, 0), MAX_ROWS - rows)
    return before, min(max(after, 0), MAX_ROWS - rows - before)


def speech_span(track: PhonemeTrack) -> tuple[float, float] | None:
    """First and last row, in fractions, in which something is said; None where nothing is."""
    spoken = [each for each in track.segments if each.phoneme != SILENCE]
    if not spoken:
        return None
    begins_s, ends_s = spoken[0].start_s, max(each.end_s for each in spoken)
    return (begins_s - row_time_s(0)) * FRAME_RATE_HZ, (ends_s - row_time_s(0)) * FRAME_RATE_HZ


def spoken_rows(span: tuple[float, float]) -> slice:
    """The whole rows of such a span."""
    return slice(max(0, math.floor(span[0])), max(1, math.ceil(span[1]) + 1))


def envelope(track: PhonemeTrack, emphasis: Emphasis, options: EnvelopeOptions) -> np.ndarray:
    """(T,) float64, at least 0: the strength of a style in each row, 1 in the mean of the speech, but for the voice's.

    track, emphasis: of the rows of the line, those that `lead_rows` adds included.
    """
    rows, span = len(emphasis), speech_span(track)
    if span is None:
        return np.ones(rows)
    swell = 1.0 + np.zeros(rows)
    if options.swell:
        swell += SWELL * _swell(track, emphasis)
    if options.micro_movement:
        swell += HOLD_NOISE * Noise(rows, 1, np.random.default_rng([options.seed, 7])).track(0, HOLD_NOISE_HZ)
    spoken = swell[spoken_rows(span)]
    swell /= spoken.mean() if len(spoken) else 1.0
    if options.follow_voice:
        swell *= _voice(emphasis)
    return swell * _comes_and_goes(rows, span, options)


def _comes_and_goes(rows: int, span: tuple[float, float], options: EnvelopeOptions) -> np.ndarray:
    """(T,) 0 at rest, 1 from the first sound to the last one, smooth between."""
    row, track = np.arange(rows), np.ones(rows)
    if options.lead_in_s:
        track *= smoothstep(1.0 + (row - span[0]) / (options.lead_in_s * FRAME_RATE_HZ))
    if options.lead_out_s:
        track *= smoothstep(1.0 - (row - span[1]) / (options.lead_out_s * FRAME_RATE_HZ))
    return track


def _swell(track: PhonemeTrack, emphasis: Emphasis) -> np.ndarray:
    """(T,) 0..1: where a style swells, on stressed syllables and on the last words of a phrase."""
    stress, ends = emphasis.stress.astype(np.float64), np.zeros(len(emphasis))
    for last in phrase_ends(track):
        first = last - PHRASE_END_S * FRAME_RATE_HZ
        near = np.arange(max(0, math.ceil(first)), max(0, min(len(ends), math.floor(last) + 1)))
        height = PHRASE_END_SHARE + (1 - PHRASE_END_SHARE) * stress[near].max(initial=0.0)
        ends[near] = height * smoothstep((near - first) / (last - first))
    return eased(np.maximum(stress, ends), STRESS_EASE_S)


def phrase_ends(track: PhonemeTrack) -> list[float]:
    """The rows, in fractions, at which a phrase ends: before pauses of PHRASE_PAUSE_S or more, and the last sound."""
    spoken = [each for each in track.segments if each.phoneme != SILENCE]
    nexts_s = [each.start_s for each in spoken[1:]] + [math.inf]
    ends_s = [a.end_s for a, next_s in zip(spoken, nexts_s, strict=True) if next_s - a.end_s >= PHRASE_PAUSE_S]
    return [(end_s - row_time_s(0)) * FRAME_RATE_HZ for end_s in ends_s]


def _voice(emphasis: Emphasis) -> np.ndarray:
    """(T,) within VOICE_BOUNDS: how raised the voice is around each row, beside the line's own; pauses hold it."""
    speech = (emphasis.loudness_db != 0).astype(np.float64)
    voiced = (emphasis.pitch_semitones != 0).astype(np.float64)
    near, near_voiced = eased(speech, VOICE_S), eased(voiced, VOICE_S)
    louder = eased(emphasis.loudness_db, VOICE_S) / np.maximum(near, 1e-3)
    higher = eased(emphasis.pitch_semitones, VOICE_S) / np.maximum(near_voiced, 1e-3)
    whispered = np.clip(1.0 - near_voiced / np.maximum(VOICED_SHARE * near, 1e-3), 0.0, 1.0)
    track = 1.0 + VOICE_PER_DB * louder + VOICE_PER_SEMITONE * higher - WHISPERED * whispered
    return np.clip(track, *VOICE_BOUNDS)
