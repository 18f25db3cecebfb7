# SPDX-License-Identifier: Apache-2.0
"""P, B and M are seen closed when they are heard, at every usual frame rate.

The times come from a speech synthesiser that says when each of its own phones is, not from our aligner.
"""

import shutil
import subprocess

import numpy as np
import pytest

from styletalk.face.model import open_face
from styletalk.motion.articulation import closed_s, shut_spans
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.finish import MotionOptions, Performance, finish
from styletalk.motion.lips import BILABIALS, LipGap
from styletalk.motion.resample import scene_samples
from styletalk.phonemes import PHONEME_INDEX, PhonemeSegment, PhonemeTrack
from styletalk.timeline import row_time_s

RATES = (24.0, 25.0, 30000 / 1001, 30.0, 60.0)
SENTENCES = (
    "My papa baked a big pumpkin pie for Bob and me.",
    "Please bring the map back before the boat comes home.",
    "Many people may be mumbling about problems, but nobody stops them.",
)
FLITE_TO_OURS = {
    "pau": "SIL",
    "ax": "AH",
    "axr": "ER",
    "ix": "IH",
    "ux": "UW",
    "dx": "D",
    "el": "L",
    "en": "N",
    "em": "M",
}


@pytest.fixture(scope="module", params=SENTENCES)
def track(request, tmp_path_factory):
    """The synthesiser's own phones of a sentence: it prints `phone:end time` for each."""
    if shutil.which("flite") is None:
        pytest.skip("needs flite for speech with known phone times: apt-get install flite")
    sound = tmp_path_factory.mktemp("flite") / "a.wav"
    command = ["flite", "-voice", "slt", "-psdur", "-t", request.param, "-o", str(sound)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    segments, start_s = [], 0.0
    for word in printed.split():
        phone, _, end = word.rpartition(":")
        name = FLITE_TO_OURS.get(phone, phone.upper())
        if float(end) > start_s:
            segments.append(PhonemeSegment(name, start_s, float(end)))
        start_s = float(end)
    return PhonemeTrack(tuple(segments), start_s, "flite")


def heard_closures(track):
    return [s for s in track.segments if s.phoneme in BILABIALS]


def never_seen_shut(samples, lips, closures, fps):
    """The closures during which, one scene frame before to one after, the lips are never as near as CLOSED_MM."""
    opening = lips.opening_mm(samples.coefficients)
    times = samples.times_s

    def shut(segment):
        near = (times >= segment.start_s - 1 / fps - 1e-6) & (times <= segment.end_s + 1 / fps + 1e-6)
        return near.any() and opening[near].min() <= CLOSED_MM

    return [segment for segment in closures if not shut(segment)]


def wide_open_mouth(rows, seed=0):
    """Coefficients of a person who never closes the mouth: jaw well open and all else in smooth motion."""
    generator = np.random.default_rng(seed)
    noise = np.stack([np.convolve(generator.normal(size=rows), np.hanning(9) / 4, "same") for _ in range(64)], axis=1)
    coefficients = noise * open_face().coefficient_std
    coefficients[:, 0] -= 1.0
    return coefficients.astype(np.float32)


@pytest.mark.parametrize("fps", RATES)
def test_a_mouth_that_never_closes_is_seen_closed_when_it_is_heard(track, fps):
    labels = track.labels()
    face, closures = open_face(), heard_closures(track)
    lips = LipGap.of(face)
    open_mouth = wide_open_mouth(len(labels))
    raw = finish(open_mouth, labels, face, MotionOptions(closures=False))
    assert len(never_seen_shut(scene_samples(raw, fps), lips, closures, fps)) > 0.8 * len(closures) > 4
    finished = finish(open_mouth, labels, face, MotionOptions())
    assert never_seen_shut(scene_samples(finished, fps), lips, closures, fps) == []


def test_each_closure_is_nearest_at_the_right_time(track):
    """Without any tolerance of a scene frame: the closed row lies within the phone, or half a row of its edge."""
    labels = track.labels()
    finished = finish(wide_open_mouth(len(labels)), labels, open_face(), MotionOptions())
    opening = LipGap.of(open_face()).opening_mm(finished.coefficients)
    for segment in heard_closures(track):
        near = (finished.times_s >= segment.start_s - 1 / 60) & (finished.times_s <= segment.end_s + 1 / 60)
        assert opening[near].min() <= CLOSED_MM


@pytest.fixture(scope="module")
def engine():
    from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
    from styletalk.networks.engine.inference import load_engine

    if not DEFAULT_WEIGHTS.is_file():
        pytest.skip("needs the default weights, which are not in this checkout")
    return load_engine()


def styles():
    from styletalk.styles.presets import preset_names

    return preset_names()


@pytest.mark.parametrize("style", styles())
@pytest.mark.parametrize("intensity", (1.0, 1.5))
def test_the_networks_close_the_lips_in_every_style(track, engine, style, intensity):
    from styletalk.styles.library import load_preset
    from styletalk.styles.mixture import styled_coefficients

    labels = track.labels()
    coefficients = styled_coefficients(engine, labels, load_preset(style), intensity)
    finished = finish(coefficients, labels, open_face(), MotionOptions())
    lips, closures = LipGap.of(open_face()), heard_closures(track)
    for fps in RATES:
        assert never_seen_shut(scene_samples(finished, fps), lips, closures, fps) == []
    assert lips.places_mm(finished.coefficients).min() >= -CLOSED_MM


def test_every_bilabial_is_a_label(track):
    labels = set(track.labels().tolist())
    assert {PHONEME_INDEX[s.phoneme] for s in heard_closures(track)} <= labels


@pytest.mark.parametrize("name, last_s", (("M", 2.46), ("P", 2.42)))
def test_lips_stay_shut_through_a_hum_of_seconds(name, last_s):
    held = PhonemeTrack((PhonemeSegment("AA", 0.0, 0.5), PhonemeSegment(name, 0.5, 2.5)), 3.0)
    ((first, last),) = row_time_s(shut_spans(held))
    assert first <= 0.54 and last >= last_s


def spoken(*sounds):
    """A track of (phoneme, seconds)."""
    ends = np.cumsum([seconds for _, seconds in sounds])
    starts = [0.0, *ends[:-1]]
    segments = [PhonemeSegment(name, a, b) for (name, _), a, b in zip(sounds, starts, ends, strict=True)]
    return PhonemeTrack(tuple(segments), float(ends[-1]))


@pytest.mark.parametrize("between", ([], [("T", 0.04)], [("SIL", 0.03)]), ids=str)
def test_lips_stay_shut_from_one_closure_to_the_next_where_nothing_parts_them(between):
    """Stop by, might be in fast speech, Bob Peters."""
    track = spoken(("AA", 0.3), ("P", 0.08), *between, ("B", 0.08), ("AA", 0.3))
    ((first, last),) = shut_spans(track)
    finished = finish(wide_open_mouth(30), track.labels(30), open_face(), performance=Performance(track))
    opening = LipGap.of(open_face()).opening_mm(finished.coefficients)
    assert last - first > 3 and opening[int(first) + 1 : int(last) + 1].max() <= CLOSED_MM
    assert opening[[int(first) - 3, int(last) + 4]].min() > CLOSED_MM


def test_a_vowel_or_a_pause_between_two_closures_parts_them():
    for name, seconds in (("AA", 0.07), ("SIL", 0.3), ("F", 0.08)):
        assert len(shut_spans(spoken(("AA", 0.3), ("P", 0.08), (name, seconds), ("B", 0.08), ("AA", 0.3)))) == 2


def test_the_rule_for_long_and_short_closures_is_one():
    long, short = PhonemeSegment("P", 1.0, 3.0), PhonemeSegment("M", 1.0, 1.1)
    assert closed_s(short) == pytest.approx((1.02, 1.08)) and closed_s(long) == pytest.approx((1.04, 2.92))
