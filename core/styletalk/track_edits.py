# SPDX-License-Identifier: Apache-2.0
"""Corrections of a phoneme track by hand: each takes a track and gives a new one that is still in order.

A phoneme is named by its place among the segments. Times are seconds of the sound.
"""

from dataclasses import dataclass, replace

from .errors import TrackEditError
from .phonemes import PHONEME_INDEX, SILENCE, PhonemeSegment, PhonemeTrack, WordSegment

SHORTEST_S = 0.01
"""No correction makes a phoneme shorter."""
INSERTED_S = 0.08
"""How long a phoneme is that is put into a pause, where there is room."""
SAME_S = 0.001
"""Times that differ by less are the same: a .blend keeps them in single precision."""

Segments = tuple[PhonemeSegment, ...]


@dataclass(frozen=True)
class Span:
    """A stretch of a sound, in seconds."""

    start_s: float
    end_s: float


def with_symbol(track: PhonemeTrack, place: int, symbol: str) -> PhonemeTrack:
    """Let a phoneme be another one. Raises TrackEditError for a symbol that is none."""
    if symbol not in PHONEME_INDEX:
        raise TrackEditError(f"{symbol!r} is not one of the 41 phonemes. Use ARPAbet symbols.")
    return _with(track, place, place + 1, (replace(_at(track, place), phoneme=symbol),))


def with_start(track: PhonemeTrack, place: int, start_s: float) -> PhonemeTrack:
    """Let a phoneme begin at another time, as near to that as its neighbour allows.

    One that ends where it began ends there from now on, but stays SHORTEST_S long.
    """
    segment, segments = _at(track, place), track.segments
    earliest_s = 0.0 if place == 0 else segments[place - 1].end_s
    touching = place > 0 and segment.start_s - earliest_s < SAME_S
    if touching:
        earliest_s = segments[place - 1].start_s + SHORTEST_S
    moved = replace(segment, start_s=_between(earliest_s, start_s, segment.end_s - SHORTEST_S))
    if not touching:
        return _with(track, place, place + 1, (moved,))
    return _with(track, place - 1, place + 1, (replace(segments[place - 1], end_s=moved.start_s), moved))


def with_end(track: PhonemeTrack, place: int, end_s: float) -> PhonemeTrack:
    """Let a phoneme end at another time: see `with_start`."""
    segment, segments, last = _at(track, place), track.segments, len(track.segments) - 1
    latest_s = track.duration_s if place == last else segments[place + 1].start_s
    touching = place < last and latest_s - segment.end_s < SAME_S
    if touching:
        latest_s = segments[place + 1].end_s - SHORTEST_S
    moved = replace(segment, end_s=_between(segment.start_s + SHORTEST_S, end_s, latest_s))
    if not touching:
        return _with(track, place, place + 1, (moved,))
    return _with(track, place, place + 2, (moved, replace(segments[place + 1], start_s=moved.end_s)))


def split(track: PhonemeTrack, place: int) -> PhonemeTrack:
    """Two halves in place of one phoneme, both what it was. Raises TrackEditError where it is too short."""
    segment = _at(track, place)
    middle_s = (segment.start_s + segment.end_s) / 2
    if segment.end_s - segment.start_s < 2 * SHORTEST_S:
        raise TrackEditError(f"The {segment.phoneme} is too short to be split. Make it longer first.")
    halves = replace(segment, end_s=middle_s), replace(segment, start_s=middle_s)
    return _with(track, place, place + 1, halves)


def merged_with_next(track: PhonemeTrack, place: int) -> PhonemeTrack:
    """One phoneme that lasts to the end of the next one, which is gone. Raises TrackEditError for the last one."""
    segment = _at(track, place)
    if place + 1 == len(track.segments):
        raise TrackEditError("This is the last phoneme: there is no next one to merge with.")
    return _with(track, place, place + 2, (replace(segment, end_s=track.segments[place + 1].end_s),))


def removed(track: PhonemeTrack, place: int) -> PhonemeTrack:
    """A pause in place of a phoneme."""
    _at(track, place)
    return _with(track, place, place + 1, ())


def inserted(track: PhonemeTrack, time_s: float, symbol: str) -> tuple[PhonemeTrack, int]:
    """A new phoneme at that time, and its place: in a pause a short one, within a phoneme its rest from there on.

    Raises TrackEditError beyond the sound, or where there is no room.
    """
    segments = track.segments
    place = sum(each.start_s <= time_s for each in segments)
    end_s = segments[place].start_s if place < len(segments) else track.duration_s
    before = segments[place - 1] if place else None
    if before is not None and before.end_s > time_s:
        cut, new = replace(before, end_s=time_s), PhonemeSegment(symbol, time_s, before.end_s)
        _check_room(min(cut.end_s - cut.start_s, new.end_s - new.start_s))
        return _with(track, place - 1, place, (cut, new)), place
    new = PhonemeSegment(symbol, time_s, min(end_s, time_s + INSERTED_S))
    _check_room(new.end_s - new.start_s if time_s >= 0.0 else 0.0)
    return _with(track, place, place, (new,)), place


def with_word(track: PhonemeTrack, place: int, word: str) -> PhonemeTrack:
    """Let another word, or none where it is empty, be said in a word's time; its phonemes go, for they are not known.

    Whoever reads such a track again finds them in the sound: a word without phonemes asks for that.
    """
    old, words = track.words[place], track.words
    kept = tuple(each for each in track.segments if not _is_within(each, old))
    new = (replace(old, word=word.strip(), confidence=None),) if word.strip() else ()
    return replace(track, segments=kept, words=(*words[:place], *new, *words[place + 1 :]))


def word_at(track: PhonemeTrack, segment: PhonemeSegment) -> int | None:
    """The place of the word that a phoneme belongs to, None in a stretch without words."""
    return next((place for place, word in enumerate(track.words) if _is_within(segment, word)), None)


def changed_span(before: PhonemeTrack, after: PhonemeTrack) -> Span | None:
    """From the first to the last time at which the two say different things; None where there is none."""
    old, new = _sounding(before), _sounding(after)
    first = 0
    while first < min(len(old), len(new)) and _are_same(old[first], new[first]):
        first += 1
    if first == len(old) == len(new):
        return None
    rest = min(len(old), len(new)) - first
    last = 0
    while last < rest and _are_same(old[-1 - last], new[-1 - last]):
        last += 1
    others = [*old[first : len(old) - last], *new[first : len(new) - last]]
    return Span(min(each.start_s for each in others), max(each.end_s for each in others))


def with_times_of(former: PhonemeTrack, track: PhonemeTrack) -> PhonemeTrack:
    """The track, in which phonemes that have not changed have the former's times to the last bit."""
    known = {(each.phoneme, round(each.start_s / SAME_S)): each for each in former.segments}
    kept = []
    for each in track.segments:
        place = round(each.start_s / SAME_S)
        near = (known.get((each.phoneme, place + step)) for step in (0, -1, 1))
        kept.append(next((old for old in near if old is not None and _are_same(old, each)), each))
    return replace(track, segments=tuple(kept))


def _is_within(segment: PhonemeSegment, word: WordSegment) -> bool:
    return word.start_s <= (segment.start_s + segment.end_s) / 2 < word.end_s


def _sounding(track: PhonemeTrack) -> Segments:
    return tuple(each for each in track.segments if each.phoneme != SILENCE)


def _are_same(one: PhonemeSegment, other: PhonemeSegment) -> bool:
    apart_s = max(abs(one.start_s - other.start_s), abs(one.end_s - other.end_s))
    return one.phoneme == other.phoneme and apart_s < SAME_S


def _at(track: PhonemeTrack, place: int) -> PhonemeSegment:
    if not 0 <= place < len(track.segments):
        raise TrackEditError("No phoneme is selected. Select one in the list.")
    return track.segments[place]


def _with(track: PhonemeTrack, first: int, end: int, segments: Segments) -> PhonemeTrack:
    return replace(track, segments=(*track.segments[:first], *segments, *track.segments[end:]))


def _between(low_s: float, time_s: float, high_s: float) -> float:
    return max(low_s, min(time_s, high_s))


def _check_room(length_s: float) -> None:
    if length_s < SHORTEST_S:
        raise TrackEditError("There is no room for a phoneme here. Move the playhead into a pause or into a phoneme.")
