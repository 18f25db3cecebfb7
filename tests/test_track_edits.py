# SPDX-License-Identifier: Apache-2.0
"""Corrections of a phoneme track: what is asked for changes, all else stays, and the track stays in order."""

import random

import pytest

from styletalk import track_edits as edits
from styletalk.errors import TrackEditError
from styletalk.phonemes import PHONEMES, PhonemeSegment, PhonemeTrack, WordSegment

TRACK = PhonemeTrack(
    (
        PhonemeSegment("HH", 0.1, 0.2),
        PhonemeSegment("AY", 0.2, 0.5),
        PhonemeSegment("B", 0.8, 0.9),
        PhonemeSegment("AA", 0.9, 1.2),
    ),
    2.0,
    words=(WordSegment("hi", 0.1, 0.5, 0.9), WordSegment("bah", 0.8, 1.2, 0.4)),
)


def said(track: PhonemeTrack) -> list[tuple[str, float, float]]:
    return [(each.phoneme, round(each.start_s, 3), round(each.end_s, 3)) for each in track.segments]


def test_a_symbol_changes_alone():
    assert said(edits.with_symbol(TRACK, 2, "P")) == [*said(TRACK)[:2], ("P", 0.8, 0.9), said(TRACK)[3]]
    with pytest.raises(TrackEditError, match="not one of the 41"):
        edits.with_symbol(TRACK, 2, "Q")


def test_a_boundary_that_two_share_moves_for_both():
    assert said(edits.with_start(TRACK, 1, 0.15))[:2] == [("HH", 0.1, 0.15), ("AY", 0.15, 0.5)]
    assert said(edits.with_end(TRACK, 0, 0.3))[:2] == [("HH", 0.1, 0.3), ("AY", 0.3, 0.5)]


def test_a_boundary_at_a_pause_moves_for_one_and_stops_at_the_neighbour():
    assert said(edits.with_end(TRACK, 1, 0.7))[1:3] == [("AY", 0.2, 0.7), ("B", 0.8, 0.9)]
    assert said(edits.with_end(TRACK, 1, 5.0))[1:3] == [("AY", 0.2, 0.8), ("B", 0.8, 0.9)]
    assert said(edits.with_start(TRACK, 0, -5.0))[0] == ("HH", 0.0, 0.2)
    assert said(edits.with_end(TRACK, 3, 5.0))[3] == ("AA", 0.9, 2.0)


def test_no_phoneme_becomes_shorter_than_a_hundredth_of_a_second():
    assert said(edits.with_start(TRACK, 1, 9.0))[:2] == [("HH", 0.1, 0.49), ("AY", 0.49, 0.5)]
    assert said(edits.with_start(TRACK, 1, 0.0))[:2] == [("HH", 0.1, 0.11), ("AY", 0.11, 0.5)]


def test_split_merge_and_remove():
    halves = edits.split(TRACK, 1)
    assert said(halves)[1:3] == [("AY", 0.2, 0.35), ("AY", 0.35, 0.5)]
    assert edits.merged_with_next(halves, 1) == TRACK
    assert said(edits.merged_with_next(TRACK, 1))[1:] == [("AY", 0.2, 0.9), ("AA", 0.9, 1.2)]
    assert said(edits.removed(TRACK, 0)) == said(TRACK)[1:]
    with pytest.raises(TrackEditError, match="last phoneme"):
        edits.merged_with_next(TRACK, 3)
    with pytest.raises(TrackEditError, match="Select one"):
        edits.removed(TRACK, 4)


def test_a_phoneme_is_put_into_a_pause_or_takes_the_rest_of_another_one():
    track, place = edits.inserted(TRACK, 0.6, "S")
    assert place == 2 and said(track)[2] == ("S", 0.6, 0.68)
    track, place = edits.inserted(TRACK, 0.77, "S")
    assert said(track)[2:4] == [("S", 0.77, 0.8), ("B", 0.8, 0.9)]
    track, place = edits.inserted(TRACK, 0.3, "S")
    assert place == 2 and said(track)[1:3] == [("AY", 0.2, 0.3), ("S", 0.3, 0.5)]
    for time_s in (-1.0, 0.2, 2.0, 9.0):
        with pytest.raises(TrackEditError, match="no room"):
            edits.inserted(TRACK, time_s, "S")


def test_a_changed_word_asks_for_its_phonemes_and_an_empty_one_is_gone():
    changed = edits.with_word(TRACK, 0, " ho ")
    assert said(changed) == said(TRACK)[2:] and changed.words == (WordSegment("ho", 0.1, 0.5), TRACK.words[1])
    assert edits.with_word(TRACK, 1, "").words == TRACK.words[:1]


def test_what_changed_is_from_the_first_to_the_last_difference():
    assert edits.changed_span(TRACK, TRACK) is None
    assert edits.changed_span(TRACK, edits.with_symbol(TRACK, 2, "P")) == edits.Span(0.8, 0.9)
    assert edits.changed_span(TRACK, edits.with_start(TRACK, 1, 0.15)) == edits.Span(0.1, 0.5)
    assert edits.changed_span(edits.removed(TRACK, 3), TRACK) == edits.Span(0.9, 1.2)
    rounded = PhonemeTrack(tuple(PhonemeSegment(p, a + 1e-7, b + 1e-7) for p, a, b in said(TRACK)), 2.0)
    assert edits.changed_span(TRACK, rounded) is None, "a .blend keeps single precision"
    silent = PhonemeTrack((*TRACK.segments, PhonemeSegment("SIL", 1.2, 2.0)), 2.0)
    assert edits.changed_span(TRACK, silent) is None


def test_times_that_were_only_rounded_are_the_former_ones_again():
    rounded = PhonemeTrack(tuple(PhonemeSegment(p, a + 1e-7, b - 1e-7) for p, a, b in said(TRACK)), 2.0)
    assert edits.with_times_of(TRACK, rounded).segments == TRACK.segments
    changed = edits.with_times_of(TRACK, edits.with_end(rounded, 0, 0.25))
    assert said(changed)[:2] == [("HH", 0.1, 0.25), ("AY", 0.25, 0.5)] and changed.segments[2:] == TRACK.segments[2:]


def test_a_thousand_edits_in_a_row_leave_a_track_in_order():
    """PhonemeTrack itself refuses what overlaps or ends before it begins."""
    rng, track = random.Random(3), TRACK
    for _ in range(1000):
        place, time_s = rng.randrange(-1, len(track.segments) + 1), rng.uniform(-0.5, 2.5)
        ways = (
            lambda t, p=place: edits.split(t, p),
            lambda t, p=place: edits.removed(t, p),
            lambda t, p=place: edits.merged_with_next(t, p),
            lambda t, p=place, s=time_s: edits.with_start(t, p, s),
            lambda t, p=place, s=time_s: edits.with_end(t, p, s),
            lambda t, s=time_s: edits.inserted(t, s, rng.choice(PHONEMES))[0],
            lambda t, p=place: edits.with_symbol(t, p, rng.choice(PHONEMES)),
        )
        try:
            track = rng.choice(ways)(track)
        except TrackEditError:
            continue
        shortest = min((each.end_s - each.start_s for each in track.segments), default=1.0)
        assert shortest > edits.SHORTEST_S - 1e-9
