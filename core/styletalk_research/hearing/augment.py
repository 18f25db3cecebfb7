# SPDX-License-Identifier: Apache-2.0
"""What can happen to a voice before it is heard: noise, rooms, music, telephones, whispering, shouting, another speed.

Each takes samples (N,) float32 at 16 kHz and a random generator, and returns as many, or with `at_speed` fewer or more.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter as butterworth
from scipy.signal import fftconvolve, lfilter, resample_poly, sosfilt

from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ

from .spoken import Spoken

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SPEEDS = (0.86, 0.93, 1.08, 1.16)
WHISPER_ORDER, WHISPER_FRAME = 18, 480


def with_noise(samples: np.ndarray, rng: np.random.Generator, snr_db: float | None = None) -> np.ndarray:
    """Noise whose spectrum falls by 0 … 6 dB an octave, at snr_db or 3 … 25 dB below the voice."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum *= np.maximum(np.arange(len(spectrum)), 20.0) ** -rng.uniform(0.0, 1.0)
    noise = np.fft.irfft(spectrum, len(samples)).astype(np.float32)
    return samples + _below(samples, noise, rng.uniform(3.0, 25.0) if snr_db is None else snr_db)


def with_music(samples: np.ndarray, rng: np.random.Generator, snr_db: float | None = None) -> np.ndarray:
    """Chords of decaying tones with overtones, and a beat, 3 … 20 dB below the voice."""
    beat = round(rng.uniform(0.25, 0.6) * SAMPLE_RATE_HZ)
    time = np.arange(2 * beat) / SAMPLE_RATE_HZ
    music = np.zeros(len(samples) + 2 * beat, np.float32)
    for start in range(0, len(samples), beat):
        root = 110.0 * 2 ** (rng.integers(0, 24) / 12)
        for step in rng.choice([0, 3, 4, 7, 10, 12, 16, 19], 4, replace=False):
            for overtone in range(1, 6):
                tone = np.sin(2 * np.pi * root * 2 ** (step / 12) * overtone * time + rng.uniform(0, 6))
                music[start : start + 2 * beat] += tone * np.exp(-3 * time) / overtone**1.3
        hit = rng.standard_normal(len(time)) * np.exp(-rng.uniform(20, 60) * time)
        music[start : start + 2 * beat] += hit * rng.uniform(0, 2)
    return samples + _below(samples, music[: len(samples)], rng.uniform(3.0, 20.0) if snr_db is None else snr_db)


def in_room(samples: np.ndarray, rng: np.random.Generator, decay_s: float | None = None) -> np.ndarray:
    """A direct sound, a few reflections, and a tail that falls by 60 dB in 0.2 … 0.9 s."""
    decay_s = rng.uniform(0.2, 0.9) if decay_s is None else decay_s
    time = np.arange(round(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    response = rng.standard_normal(len(time)) * 10 ** (-3 * time / decay_s) * (time > 0.004)
    response *= rng.uniform(0.3, 1.2) / np.sqrt((response**2).sum())
    response[0] = 1.0
    for delay_s in rng.uniform(0.002, 0.02, 4):
        response[round(delay_s * SAMPLE_RATE_HZ)] += rng.uniform(-0.5, 0.5)
    return fftconvolve(samples, response)[: len(samples)].astype(np.float32)


def on_telephone(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """300 … 3400 Hz, more or less, in eight bits of μ-law."""
    band = butterworth(4, [rng.uniform(150, 350), rng.uniform(3000, 3800)], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    heard = np.asarray(sosfilt(band, samples)) / max(float(np.abs(samples).max()), 1e-6)
    squeezed = np.sign(heard) * np.log1p(255 * np.abs(heard)) / np.log(256)
    squeezed = np.rint(squeezed * 127) / 127
    return (np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log(256)) / 255).astype(np.float32)


def whispered(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise through the voice's own resonances (linear prediction), without its low end."""
    hop, window = WHISPER_FRAME // 2, np.hanning(WHISPER_FRAME)
    padded = np.pad(samples, WHISPER_FRAME)
    out = np.zeros(len(padded))
    for start in range(0, len(padded) - WHISPER_FRAME, hop):
        frame = padded[start : start + WHISPER_FRAME] * window
        own = np.correlate(frame, frame, "full")[WHISPER_FRAME - 1 : WHISPER_FRAME + WHISPER_ORDER]
        if own[0] < 1e-6:
            continue
        own[0] *= 1.001
        toeplitz = own[np.abs(np.subtract.outer(np.arange(WHISPER_ORDER), np.arange(WHISPER_ORDER)))]
        resonances = np.linalg.solve(toeplitz, own[1:])
        error = max(own[0] - resonances @ own[1:], 0.0)
        noise = rng.standard_normal(WHISPER_FRAME) * np.sqrt(error / WHISPER_FRAME)
        out[start : start + WHISPER_FRAME] += lfilter([1.0], np.concatenate([[1.0], -resonances]), noise) * window
    high = butterworth(2, rng.uniform(200, 600), "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(sosfilt(high, out[WHISPER_FRAME : WHISPER_FRAME + len(samples)]), np.float32)


def shouted(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A flatter spectrum and less dynamics, clipped."""
    bright = samples - rng.uniform(0.5, 0.9) * np.concatenate([[0.0], samples[:-1]])
    bright = bright / max(float(np.abs(bright).max()), 1e-6)
    return np.clip(np.sign(bright) * np.abs(bright) ** rng.uniform(0.6, 0.9), -0.7, 0.7).astype(np.float32)


def equalised(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another microphone: up to ±9 dB, smoothly over frequency."""
    spectrum = np.fft.rfft(samples)
    knots = np.linspace(0, len(spectrum), 7)
    gain_db = np.interp(np.arange(len(spectrum)), knots, rng.uniform(-9, 9, 7))
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(samples)).astype(np.float32)


CHANGES: tuple[Change, ...] = (with_noise, with_noise, in_room, with_music, on_telephone, whispered, shouted, equalised)
"""By how often they are chosen."""


def at_speed(line: Spoken, speed: float) -> Spoken:
    """Played faster: pitch and resonances rise with it, as of a smaller speaker."""
    percent = round(100 * speed)
    samples = resample_poly(line.samples, 100, percent).astype(np.float32)
    return Spoken(samples, line.labels, line.times_s * 100 / percent, line.source)


def changed(line: Spoken, rng: np.random.Generator) -> Spoken:
    """A line after one or two things that can happen to it."""
    samples = line.samples
    for change in rng.choice(len(CHANGES), rng.integers(1, 3), replace=False):
        samples = CHANGES[change](samples, rng)
    return Spoken(samples, line.labels, line.times_s, line.source)


def _below(voice: np.ndarray, other: np.ndarray, decibels: float) -> np.ndarray:
    """`other`, so many dB below the power of the loud parts of `voice`."""
    loud = np.abs(voice) > 0.05 * np.abs(voice).max()
    power = float((voice[loud] ** 2).mean()) if loud.any() else 1e-6
    scale = np.sqrt(power / max(float((other**2).mean()), 1e-12)) * 10 ** (-decibels / 20)
    return (other * scale).astype(np.float32)
