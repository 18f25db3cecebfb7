# SPDX-License-Identifier: Apache-2.0
"""How a line is said: loudness, pitch and stress at the times of its rows."""

from pathlib import Path

import numpy as np
import pytest

from styletalk.phonemes import PhonemeSegment, PhonemeTrack, WordSegment
from styletalk.speech.audio.sound_file import Audio
from styletalk.speech.features.emphasis import emphasis_of, emphasis_rows
from styletalk.speech.features.prosody import measured
from styletalk.timeline import row_count, row_time_s

RATE_HZ = 16_000
SYLLABLE_S, SYLLABLES = 0.2, 12
STRONG = 6
"""The syllable that is said louder and higher."""


def voice(gain: float = 1.0, voiced: bool = True) -> Audio:
    """Twelve syllables of 0.2 s, each 0.12 s of a hum at 120 Hz, the STRONG one three times as loud and at 160 Hz."""
    samples = np.zeros(int(SYLLABLES * SYLLABLE_S * RATE_HZ), np.float32)
    noise = np.random.default_rng(1).normal(size=len(samples))
    for k in range(SYLLABLES):
        at = slice(int((k + 0.4) * SYLLABLE_S * RATE_HZ), int((k + 1) * SYLLABLE_S * RATE_HZ))
        t = np.arange(at.stop - at.start) / RATE_HZ
        hum = sum(np.sin(2 * np.pi * n * (160 if k == STRONG else 120) * t) / n for n in range(1, 8))
        samples[at] = (hum if voiced else noise[at]) * np.hanning(len(t)) * (0.3 if k == STRONG else 0.1)
    return Audio(samples * np.float32(gain), Path("hum.wav"))


def spoken(vowel: str = "EH", words: tuple[str, ...] = ()) -> PhonemeTrack:
    """A T and a vowel in each syllable."""
    segments = []
    for k in range(SYLLABLES):
        start = k * SYLLABLE_S
        segments += [PhonemeSegment("T", start, start + 0.08), PhonemeSegment(vowel, start + 0.08, start + SYLLABLE_S)]
    each = SYLLABLES // len(words) if words else 0
    told = [WordSegment(w, k * each * SYLLABLE_S, (k + 1) * each * SYLLABLE_S) for k, w in enumerate(words)]
    return PhonemeTrack(tuple(segments), SYLLABLES * SYLLABLE_S, words=tuple(told))


def test_the_syllable_that_is_louder_and_higher_is_stressed_at_its_own_time():
    audio = voice()
    rows = row_count(audio.duration_s)
    found = emphasis_of(audio, spoken(), rows)
    assert len(found) == rows
    middle_s = (STRONG + 0.7) * SYLLABLE_S
    peak = int(found.stress.argmax())
    assert found.stress[peak] > 0.9 and abs(row_time_s(peak) - middle_s) < 0.05
    others = np.abs(row_time_s(np.arange(rows)) - middle_s) > SYLLABLE_S
    assert found.stress[others].max() < 0.4
    assert found.loudness_db[peak] > 6 and abs(found.pitch_semitones[peak] - 12 * np.log2(160 / 120)) < 0.5
    assert np.abs(np.diff(found.stress)).max() < 0.6, "a bump is smooth"


def test_a_whisper_has_stress_without_pitch_and_a_gain_changes_nothing():
    rows = row_count(voice().duration_s)
    whispered = emphasis_of(voice(voiced=False), spoken(), rows)
    assert not whispered.pitch_semitones.any() and whispered.stress.max() > 0.9
    loud, soft = (emphasis_of(voice(gain), spoken(), rows) for gain in (1.0, 0.02))
    assert np.allclose(loud.loudness_db, soft.loudness_db, atol=0.01) and np.allclose(loud.stress, soft.stress)


@pytest.mark.parametrize("duration_s", [0.05, 0.5, 3.0])
def test_silence_and_sounds_without_vowels_have_no_emphasis(duration_s):
    silence = Audio(np.zeros(int(duration_s * RATE_HZ), np.float32), Path("silence.wav"))
    rows = row_count(duration_s)
    for track in (PhonemeTrack((), duration_s), PhonemeTrack((PhonemeSegment("S", 0.0, duration_s),), duration_s)):
        found = emphasis_of(silence, track, rows)
        assert len(found) == rows
        assert not (found.stress.any() or found.loudness_db.any() or found.pitch_semitones.any())


def test_a_single_short_syllable_is_measured_too():
    audio = Audio(voice().samples[: RATE_HZ // 2], Path("short.wav"))
    found = emphasis_of(audio, PhonemeTrack((PhonemeSegment("AA", 0.3, 0.4),), 0.5), row_count(0.5))
    assert len(found) == 15 and np.isfinite(found.stress).all() and 0 <= found.stress.min() <= found.stress.max() <= 1


def test_the_words_say_where_stress_is_likely():
    even = Audio(np.resize(voice().samples[: int(SYLLABLE_S * RATE_HZ)], len(voice().samples)), Path("even.wav"))
    rows = row_count(even.duration_s)
    found = emphasis_of(even, spoken(words=("begin", "about", "believe", "again", "relax", "the only")), rows).stress
    syllable = (row_time_s(np.arange(rows)) / SYLLABLE_S).astype(int)
    assert max(found[syllable == 0]) < max(found[syllable == 1]), "be-GIN"
    unknown = emphasis_of(even, spoken(words=("bla",) * 6), rows).stress
    assert unknown.max() < 0.3, "syllables that do not differ, in words that nobody knows"


def test_a_measurement_that_is_there_is_not_made_again():
    audio, rows = voice(), row_count(voice().duration_s)
    measures = measured(audio, emphasis_rows(rows))
    empty = Audio(np.zeros(0, np.float32), audio.path)
    assert np.array_equal(
        emphasis_of(empty, spoken(), rows, measures).stress, emphasis_of(audio, spoken(), rows).stress
    )
