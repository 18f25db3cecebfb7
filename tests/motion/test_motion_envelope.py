# SPDX-License-Identifier: Apache-2.0
"""An expression that comes, swells and goes: the strength of a style along a line."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.emphasis import Emphasis
from styletalk.motion.envelope import EnvelopeOptions, envelope, lead_rows, phrase_ends, speech_span
from styletalk.motion.line import SpokenLine
from styletalk.phonemes import SILENCE_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.timeline import FRAME_RATE_HZ, MAX_ROWS, row_time_s

ROWS = 300
ALL = EnvelopeOptions(lead_in_s=0.5, lead_out_s=0.7, swell=True, micro_movement=True)


def track(first_s: float = 0.1, last_s: float = 9.9, pause=(4.0, 4.6)) -> PhonemeTrack:
    segments = [PhonemeSegment("AA", first_s, pause[0]), PhonemeSegment("AA", pause[1], last_s)]
    return PhonemeTrack(tuple(segments), 10.0)


def stressed(rows: int, *times_s: float) -> Emphasis:
    times = row_time_s(np.arange(rows))
    bumps = [np.clip(1 - np.abs(times - at) / 0.15, 0, 1) for at in times_s]
    return replace(Emphasis.none(rows), stress=np.max([np.zeros(rows), *bumps], axis=0).astype(np.float32))


def row_at(time_s: float) -> int:
    return round((time_s - row_time_s(0)) * FRAME_RATE_HZ)


def test_a_line_gets_the_rows_that_its_expression_needs_and_no_more():
    before, after = lead_rows(track(), ROWS, ALL)
    first, last = speech_span(track())
    assert first + before >= 0.5 * FRAME_RATE_HZ and before > 0
    assert before + ROWS + after - 1 - before - last >= 0.7 * FRAME_RATE_HZ and after > 0
    roomy = track(first_s=1.0, last_s=8.0)
    assert lead_rows(roomy, ROWS, ALL) == (0, 0), "silence at the ends of the sound is room enough"
    assert lead_rows(track(), ROWS, EnvelopeOptions(swell=True)) == (0, 0)
    assert lead_rows(PhonemeTrack((), 10.0), ROWS, ALL) == (0, 0)
    assert sum(lead_rows(track(), MAX_ROWS - 5, ALL)) <= 5, "the longest line there is"


def test_the_face_is_at_rest_at_both_ends_and_all_there_while_it_speaks():
    line = SpokenLine.of(
        track(), np.zeros(ROWS, np.int16), Emphasis.none(ROWS), replace(ALL, micro_movement=False), 1.5
    )
    times = row_time_s(line.first_row + np.arange(len(line.labels)))
    assert line.intensity[0] == 0 and line.intensity[1] == 0 and line.intensity[-1] == 0 and line.intensity[-2] == 0
    spoken = (times >= 0.1) & (times <= 9.9)
    assert line.intensity[spoken].min() > 1.5 * 0.8
    assert line.intensity[spoken].mean() == pytest.approx(1.5, rel=0.01)
    assert np.abs(np.diff(line.intensity)).max() < 0.25, "nothing jumps"
    added = line.labels[: -line.first_row], line.labels[ROWS - line.first_row :]
    assert all((each == SILENCE_INDEX).all() and len(each) for each in added)


def test_a_style_swells_on_stressed_words_and_at_the_ends_of_phrases():
    only = EnvelopeOptions(swell=True)
    found = envelope(track(), stressed(ROWS, 2.0, 7.0), only)
    assert found[row_at(2.0)] > found[row_at(1.2)] + 0.1 and found[row_at(7.0)] > found[row_at(6.2)] + 0.1
    ends = [row_time_s(row) for row in phrase_ends(track())]
    assert ends == pytest.approx([4.0, 9.9]), "a pause of 0.6 s ends a phrase, and so does the line"
    assert found[row_at(3.9)] > found[row_at(3.0)] + 0.03
    spoken = slice(*(round(row) for row in speech_span(track())))
    assert found[spoken].mean() == pytest.approx(1.0, abs=0.01)
    assert (envelope(track(), stressed(ROWS, 2.0), EnvelopeOptions()) == 1.0).all(), "each part can be switched off"


def test_a_hold_is_never_quite_still_and_the_seed_decides_it():
    still = EnvelopeOptions(micro_movement=True, seed=3)
    one, same, other = (envelope(track(), Emphasis.none(ROWS), replace(still, seed=seed)) for seed in (3, 3, 4))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert 0.01 < one.std() < 0.05 and np.abs(np.diff(one)).max() < 0.01


def voice(loud_db: float, semitones: float, voiced: bool = True) -> Emphasis:
    """The first half of the line at the median, the second as told."""
    half = np.arange(ROWS) >= ROWS // 2
    loudness = np.where(half, loud_db, 0.01).astype(np.float32)
    pitch = np.where(half, semitones if voiced else 0.0, 0.01).astype(np.float32)
    return Emphasis(loudness, pitch, np.zeros(ROWS, np.float32))


def test_the_intensity_follows_the_voice_within_bounds_where_that_is_wanted():
    follow = EnvelopeOptions(follow_voice=True)
    for emphasis, sign in ((voice(10, 5), 1), (voice(-10, -4), -1), (voice(-3, 0, voiced=False), -1)):
        found = envelope(track(pause=(5.0, 5.05)), emphasis, follow)
        late, early = found[row_at(8.0)], found[row_at(2.0)]
        assert sign * (late - early) > 0.2 and abs(early - 1) < 0.05
        assert found.min() >= 0.6 and found.max() <= 1.5
        assert (envelope(track(), emphasis, EnvelopeOptions()) == 1.0).all()


@pytest.mark.parametrize("rows", [0, 1, 2, 15])
def test_the_shortest_lines_have_an_envelope_too(rows):
    short = PhonemeTrack((PhonemeSegment("AA", 0.0, 0.05),), max(rows, 1) / FRAME_RATE_HZ)
    line = SpokenLine.of(short, np.zeros(rows, np.int16), Emphasis.none(rows), ALL, 1.0)
    assert np.isfinite(line.intensity).all() and line.intensity[0] == 0 and line.intensity[-1] == 0
    assert line.intensity.max() > 0.8
