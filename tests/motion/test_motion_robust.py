# SPDX-License-Identifier: Apache-2.0
"""Sound unlike the training data, from end to end: the mouth rests in pauses, nothing drifts, flaps or breaks."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from closures_measured import closure_rate

from styletalk.animation import FaceAnimation
from styletalk.api import AnimationRequest, animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.errors import AudioError
from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap
from styletalk.motion.rest import rest_weight
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, load_audio

TEXT = TRANSCRIPT.read_text(encoding="utf-8")
PAUSE_S, SETTLED_S = 10.0, 1.4
AT_REST_MM, STILL_MM = 1.5, 0.1
ROUNDED_MM = 0.15
"""Corrections after the mouth has come to rest part the lips by this much more at most."""
DRIFT_STD = 0.5
FASTEST_MM = 20.0
"""Millimetres a row that real lips reach in the sample clips."""
FACE, LIPS = open_face(), LipGap.of(open_face())


@pytest.fixture(scope="module")
def speech():
    """(samples, rate) of the bundled line."""
    return np.asarray(load_audio(LINE).samples, np.float64), SAMPLE_RATE_HZ


def spoken(path: Path, text: str | None = TEXT, **options) -> FaceAnimation:
    return animate(AnimationRequest(path, text, pose="none", **options))


def room(count: int, rate: int, level: float = 0.008) -> np.ndarray:
    """Noise as rooms make it: louder the lower, steady."""
    noise = np.random.default_rng(0).normal(size=count)
    spectrum = np.fft.rfft(noise) / np.maximum(np.fft.rfftfreq(count, 1 / rate), 60.0)
    rumble = np.fft.irfft(spectrum, count)
    return level * rumble / rumble.std()


def whispered(samples: np.ndarray, rate: int) -> np.ndarray:
    """The same spectra without a voice: every window of 30 ms gets random phases."""
    generator, length = np.random.default_rng(1), int(0.03 * rate)
    window, out = np.hanning(length), np.zeros(len(samples) + length)
    for start in range(0, len(samples) - length, length // 4):
        spectrum = np.abs(np.fft.rfft(samples[start : start + length] * window))
        phases = np.exp(2j * np.pi * generator.random(len(spectrum)))
        out[start : start + length] += window * np.fft.irfft(spectrum * phases, length)
    return 0.3 * out[: len(samples)] / np.abs(out).max()


def check_mouth(animation: FaceAnimation) -> np.ndarray:
    """What holds of any sound; returns the lips' opening (T,) mm."""
    opening = LIPS.opening_mm(animation.coefficients)
    silent = rest_weight(animation.phonemes) == 1
    assert opening[silent].max(initial=0.0) < AT_REST_MM + ROUNDED_MM
    assert np.isfinite(animation.coefficients).all() and np.abs(animation.coefficients).max() < 8
    assert np.abs(np.diff(opening)).max(initial=0.0) < FASTEST_MM
    rate, _, deepest_mm = closure_rate(animation, FACE)
    assert rate == 1.0 and deepest_mm < CLOSED_MM
    return opening


@pytest.mark.parametrize("kind", ["silence", "room noise"])
def test_ten_seconds_of_pause_are_ten_seconds_of_rest_and_the_face_comes_back_the_same(tmp_path, speech, kind):
    samples, rate = speech
    pause = np.zeros(int(PAUSE_S * rate))
    both = np.concatenate([samples, pause, samples])
    soundfile.write(tmp_path / "a.wav", both + (room(len(both), rate) if kind == "room noise" else 0), rate)
    animation = spoken(tmp_path / "a.wav", f"{TEXT} {TEXT}")
    opening = check_mouth(animation)
    begins = len(samples) / rate
    inside = (animation.times_s > begins + SETTLED_S) & (animation.times_s < begins + PAUSE_S - SETTLED_S)
    assert opening[inside].max() < AT_REST_MM
    assert np.abs(np.diff(opening[inside])).max() < STILL_MM
    first, second = animation.times_s < begins, animation.times_s > begins + PAUSE_S
    drift = animation.coefficients[first].mean(0) - animation.coefficients[second].mean(0)
    assert np.abs(drift / FACE.coefficient_std).max() < DRIFT_STD


@pytest.mark.parametrize("kind", ["whispered", "shouted"])
def test_a_whisper_and_a_shout_move_the_mouth_as_speech_does(tmp_path, speech, kind):
    samples, rate = speech
    samples = np.concatenate([np.zeros(rate), samples, np.zeros(rate)])
    other = whispered(samples, rate) if kind == "whispered" else np.clip(20 * samples, -1, 1)
    soundfile.write(tmp_path / "a.wav", samples, rate)
    soundfile.write(tmp_path / "b.wav", other, rate)
    faces = [spoken(tmp_path / name) for name in ("a.wav", "b.wav")]
    plain, strange = (check_mouth(face) for face in faces)
    assert np.corrcoef(plain, strange)[0, 1] > 0.7
    assert 0.6 < strange.std() / plain.std() < 1.7
    assert all((rest_weight(face.phonemes)[[0, -1]] == 1).all() for face in faces)  # check_mouth has seen a silence
    apart = (faces[1].coefficients - faces[0].coefficients) / FACE.coefficient_std
    middle = len(apart) // 2
    assert np.abs(apart[:middle].mean(0) - apart[middle:].mean(0)).max() < DRIFT_STD  # not farther as it goes on


def test_half_a_second_is_enough(tmp_path, speech):
    samples, rate = speech
    soundfile.write(tmp_path / "a.wav", samples[int(0.6 * rate) : int(1.1 * rate)], rate)
    animation = spoken(tmp_path / "a.wav", None, recogniser="heard", lead_in_s=0.0, lead_out_s=0.0)
    assert len(animation) in (14, 15)
    check_mouth(animation)


def test_noise_alone_is_no_speech(tmp_path, speech):
    _, rate = speech
    soundfile.write(tmp_path / "a.wav", room(4 * rate, rate, 0.03), rate)
    with pytest.raises(AudioError, match="No speech"):
        spoken(tmp_path / "a.wav", None, recogniser="heard")


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite, which sings slowly")
def test_long_vowels_are_held(tmp_path):
    text = "My bonnie lies over the ocean."
    sing = ["flite", "-voice", "slt", "--setf", "duration_stretch=2.6", "--setf", "int_f0_target_mean=260"]
    subprocess.run([*sing, "-t", text, "-o", str(tmp_path / "once.wav")], check=True)
    once, rate = soundfile.read(tmp_path / "once.wav")
    soundfile.write(tmp_path / "a.wav", np.concatenate([once, np.zeros(rate), once]), rate)
    animation = spoken(tmp_path / "a.wav", f"{text} {text}")
    opening = check_mouth(animation)
    assert (rest_weight(animation.phonemes) == 1).any()
    first, again = animation.times_s < len(once) / rate, animation.times_s > len(once) / rate + 1
    drift = animation.coefficients[first].mean(0) - animation.coefficients[again].mean(0)
    assert np.abs(drift / FACE.coefficient_std).max() < DRIFT_STD
    assert np.mean(np.abs(np.diff(opening)) < 0.5) > 0.4  # held, not wavering
    assert opening.max() > 5


@pytest.mark.shared
def test_another_language_neither_breaks_nor_drifts(tmp_path, shared_dir):
    samples, rate = soundfile.read(shared_dir / "data" / "facegood" / "2_01.wav")
    soundfile.write(tmp_path / "a.wav", samples[: 8 * rate], rate)
    animation = spoken(tmp_path / "a.wav", None, recogniser="heard")
    opening = check_mouth(animation)
    assert opening.std() > 1.0  # it speaks
    half = len(animation) // 2
    upper = np.abs(animation.coefficients[:half].mean(0) - animation.coefficients[half:].mean(0))
    assert (upper / FACE.coefficient_std).max() < 1.0
