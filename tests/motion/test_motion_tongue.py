# SPDX-License-Identifier: Apache-2.0
"""`tongue_track`: each sound has its place, nothing passes closed lips, nothing is too quick."""

import numpy as np
import pytest

from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.motion import tongue
from styletalk.motion.lips import LipGap
from styletalk.motion.tongue import SHUT_MM, tongue_track
from styletalk.phonemes import PHONEMES, PhonemeSegment, PhonemeTrack
from styletalk.timeline import row_time_s

FACE = open_face()
OUT, UP, BACK, WIDE = range(4)
FASTEST_M_S = 0.33
"""Tips of tongues reach 0.2 to 0.3 m/s when people speak."""


def spoken(*names: str, each_s: float = 0.12) -> PhonemeTrack:
    """The sounds one after another, half a second of silence on either side that no segment names."""
    starts = 0.5 + each_s * np.arange(len(names) + 1)
    segments = tuple(PhonemeSegment(*each) for each in zip(names, starts[:-1], starts[1:], strict=True))
    return PhonemeTrack(segments, float(starts[-1]) + 0.5)


def parted(rows: int, jaw: float = -1.2) -> np.ndarray:
    """(T, 64): lips and teeth apart."""
    coefficients = np.zeros((rows, 64), np.float32)
    coefficients[:, 0] = jaw
    return coefficients


def moved(track: PhonemeTrack, **how: float) -> np.ndarray:
    return tongue_track(track, parted(round(track.duration_s * 30), **how), FACE)


def at(track: PhonemeTrack, number: int) -> int:
    """The row in the middle of a segment."""
    segment = track.segments[number]
    middle_s = (segment.start_s + segment.end_s) / 2
    return int(np.argmin(np.abs(row_time_s(np.arange(round(track.duration_s * 30))) - middle_s)))


@pytest.mark.parametrize("vowel", ["AA", "IY", "UW"])
def test_each_consonant_has_its_place_whatever_the_vowel(vowel):
    for name in ("T", "D", "N", "L", "S", "Z", "SH", "CH", "JH", "TH", "DH", "K", "G", "NG"):
        track = spoken(vowel, name, vowel)
        row = moved(track)[at(track, 1)]
        if name in ("TH", "DH"):
            assert row[OUT] > 0.25 and row[UP] < 0.4, name
        elif name in ("K", "G", "NG"):
            assert row[BACK] > 0.9 and row[UP] < 0.3, name
        else:
            assert row[UP] > 0.6 and row[OUT] == 0, name


def test_front_vowels_are_wide_and_back_vowels_are_back():
    rows = {}
    for name in ("IY", "EH", "AA", "UW"):
        track = spoken("HH", name, "HH")
        rows[name] = moved(track)[at(track, 1)]
    assert rows["IY"][WIDE] > 0.8 and rows["EH"][WIDE] > 0.5 and rows["IY"][BACK] == rows["EH"][BACK] == 0
    assert min(rows["AA"][BACK], rows["UW"][BACK]) > 0.35 and rows["UW"][WIDE] < 0.2


def test_a_diphthong_moves():
    track = spoken("HH", "AY", "HH", each_s=0.3)
    row = at(track, 1)
    before, after = moved(track)[[row - 3, row + 3]]
    assert before[BACK] > 0.3 > after[BACK] and after[WIDE] > 0.8 > before[WIDE]


def test_lips_do_not_move_the_tongue():
    """During P it goes from one neighbour's place to the other's."""
    track = spoken("IY", "P", "UW")
    rows = moved(track)[at(track, 0) : at(track, 2)]
    assert (np.diff(rows[:, WIDE]) < 1e-3).all() and (np.diff(rows[:, BACK]) > -1e-3).all()


@pytest.mark.parametrize("name", PHONEMES)
def test_every_phoneme_is_known_within_range_and_left_for_silence(name):
    track = spoken(name, name)
    rows = moved(track)
    assert rows.dtype == np.float32 and rows.min() >= 0 and rows.max() <= 1
    assert not rows[:8].any() and not rows[-8:].any(), "at rest in silence"


def test_nothing_comes_out_between_closed_lips():
    track = spoken("TH", "M", "DH", "B", "TH", each_s=0.07)
    rows = round(track.duration_s * 30)
    coefficients = parted(rows, jaw=0.0)
    coefficients[::4] = parted(len(coefficients[::4]))
    result = tongue_track(track, coefficients, FACE)
    shut = LipGap.of(FACE).opening_mm(coefficients) <= SHUT_MM
    assert shut.any() and not result[shut, OUT].any()


@pytest.mark.parametrize("each_s", [0.03, 0.05, 0.09])
def test_no_point_of_the_tongue_is_faster_than_people(each_s):
    names = np.random.default_rng(2).choice(PHONEMES, 200)
    rows = moved(spoken(*names, each_s=each_s))
    steps = np.abs(np.diff(rows, axis=0)).max(axis=0)
    assert (steps * tongue.SPAN_MM * 30 <= np.array(tongue.MOST_MM_S) * 1.001).all()
    changes_m = np.tensordot(np.diff(rows, axis=0), FACE.tongue, 1)  # (T, V, 3), of the whole face
    assert 30 * np.linalg.norm(changes_m, axis=-1).max() < FASTEST_M_S


@pytest.mark.parametrize("each_s", [0.06, 0.09])
def test_a_quick_t_still_touches(each_s):
    for name in ("T", "D", "N", "L"):
        track = spoken("AA", name, "AA", each_s=each_s)
        middle = at(track, 1)
        assert moved(track)[middle - 1 : middle + 2, UP].max() > 0.9, name


def test_the_jaw_carries_the_tongue():
    """In a jaw that is nearly closed the tip reaches the ridge with less."""
    track = spoken("AA", "T", "AA")
    low, high = (moved(track, jaw=jaw)[at(track, 1), UP] for jaw in (-1.2, -0.2))
    assert 0.7 < high < low


def test_rows_before_the_sound_belong_to_the_same_motion():
    """What begins ten rows before the sound has the same rows, ten later."""
    track = spoken("TH", "IH", "K")
    rows = round(track.duration_s * 30)
    led = tongue_track(track, parted(rows + 10), FACE, first_row=-10)
    np.testing.assert_allclose(led[10:], moved(track), atol=1e-6)


def test_a_line_of_nothing_has_no_rows_and_silence_moves_nothing():
    assert moved(PhonemeTrack((), 0.0)).shape == (0, 4)
    assert not moved(PhonemeTrack((), 2.0)).any()


def test_on_the_open_face_the_tip_is_where_it_must_be():
    """At T it is within 3 mm of the gum behind the upper teeth; at TH it lies between the teeth and peeps out."""
    middle = np.abs(FACE.mean[:, 0]) < 0.004
    tongues, gums, teeth = (
        np.isin(np.arange(FACE.vertex_count), FACE.triangles[FACE.region_triangles(name)]) & middle
        for name in ("tongue", "gums", "teeth")
    )
    lowered = np.abs(FACE.arkit[ARKIT_NAMES.index("jawOpen"), :, 1])
    upper, lower = lowered < 1e-6, lowered > 1e-3
    tip = np.flatnonzero(tongues)[FACE.mean[tongues, 2].argmax()]
    for name in ("T", "TH"):
        track = spoken("AH", name, "AH")
        row = slice(at(track, 1), at(track, 1) + 1)
        jaw = parted(1, jaw=-0.8)
        vertices = FACE.vertices(jaw, tongue=tongue_track(track, np.repeat(jaw, 40, axis=0), FACE)[row])[0]
        if name == "T":
            ridge = vertices[gums & upper & (FACE.mean[:, 2] < 0.088)]
            assert np.linalg.norm(ridge - vertices[tip], axis=1).min() < 0.003
        else:
            incisors = vertices[teeth & upper]
            assert 0 < vertices[tip, 2] - incisors[:, 2].max() < 0.006
            assert vertices[teeth & lower, 1].max() < vertices[tip, 1] < incisors[:, 1].min()
