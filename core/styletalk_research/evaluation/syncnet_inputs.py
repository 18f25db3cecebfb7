# SPDX-License-Identifier: Apache-2.0
"""SyncNet's inputs from a film: faces of 224 pixels at 25 fps, and 13 cepstra a hundredth of a second."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.fft import dct

from styletalk.errors import StyleTalkError
from styletalk.files.reading import reason_of
from styletalk.speech.audio.decoders import LOCAL_FILES_ONLY

from .videos import resized

FILM_RATE_HZ = 25.0
FACE_PIXELS = 224
MARGIN = 0.4
"""The published crop reaches this share of the face's size beyond it at the sides, and twice that below."""

BEYOND = 110
"""Grey value beyond the edges of a picture."""

SAMPLE_RATE_HZ = 16000
WINDOW, STEP, SPECTRUM = 400, 160, 512
"""Samples: 25 ms of sound every 10 ms, in a Fourier transform of 512."""
BANDS, CEPSTRA, LIFTER = 26, 13, 22
PRE_EMPHASIS = 0.97
INT16 = 32768.0
"""The public network was trained on samples as 16-bit integers."""
TIME_SLACK = 1e-3
"""In frames: times in a film are rounded."""
PICTURES_SEARCHED = 10
"""In so many pictures of a film or up to twice as many the face is looked for."""
MAX_FRAMES = 7500
"""Five minutes; a longer film is judged on its first five minutes."""


@dataclass(frozen=True, eq=False)
class FilmInputs:
    """faces: (F, 224, 224, 3) uint8 BGR at 25 fps. cepstra: (S, 13) float64 at 100 Hz. note: how the face was found."""

    faces: np.ndarray
    cepstra: np.ndarray
    note: str = ""


def read_film(path: Path) -> FilmInputs:
    """A film's faces and sound; a silent film's sound is the .wav of its name beside it. Raises StyleTalkError."""
    sound = _sound(path)
    box, note = face_box(spread(frames_at_25(path)))
    faces = [_face(frame, box) for frame in frames_at_25(path)]
    return FilmInputs(np.stack([face[..., ::-1] for face in faces]), mfcc(sound), note)


def _sound(path: Path) -> np.ndarray:
    """(N,) samples at 16 kHz. Raises AudioError."""
    from styletalk.errors import AudioError
    from styletalk.speech.audio.sound_file import load_audio

    beside = path.with_suffix(".wav")
    try:
        return load_audio(path).samples
    except AudioError:
        if not beside.is_file():
            raise
        return load_audio(beside).samples


def frames_at_25(path: Path) -> Iterator[np.ndarray]:
    """RGB pictures (H, W, 3) uint8 of a film, the one that is shown at each 1/25 s. Raises StyleTalkError."""
    import av
    import av.error

    count, ends, shown = 0, 0.0, None
    try:
        with av.open(str(path.absolute()), options=LOCAL_FILES_ONLY) as film:
            rate = film.streams.video[0].average_rate
            lasts = FILM_RATE_HZ / float(rate) if rate else 1.0
            for frame in film.decode(video=0):
                begins = (frame.time or 0.0) * FILM_RATE_HZ - TIME_SLACK
                picture = frame.to_ndarray(format="rgb24")
                shown = picture if shown is None else shown  # before the first one, the first one
                while count < min(begins, MAX_FRAMES):
                    yield shown
                    count += 1
                shown, ends = picture, begins + lasts
    except (av.error.FFmpegError, OSError, LookupError, ValueError, ArithmeticError) as error:
        raise StyleTalkError(
            f"{path.name} is no film that can be read ({reason_of(error)}). Export it as .mp4."
        ) from error
    if shown is None:
        raise StyleTalkError(f"{path.name} holds no picture.")
    if count < min(max(ends, 1), MAX_FRAMES):
        yield shown


def spread(frames: Iterable[np.ndarray], count: int = PICTURES_SEARCHED) -> list[np.ndarray]:
    """`count` pictures or up to twice as many, evenly from all of them, however many come."""
    kept, stride = [], 1
    for number, frame in enumerate(frames):
        if number % stride == 0:
            kept.append(frame)
        if len(kept) > 2 * count:
            kept, stride = kept[::2], 2 * stride
    return kept


def _face(frame: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """(224, 224, 3) uint8: the face of a picture."""
    return np.round(resized(cut_out(frame, box).astype(np.float64), (FACE_PIXELS, FACE_PIXELS))).astype(np.uint8)


def face_box(frames: list[np.ndarray]) -> tuple[tuple[int, int, int, int], str]:
    """(top, bottom, left, right) of the published crop round the face, one for the film, and how it was found.

    It is a square and may reach beyond the picture.

    With mediapipe: round the median of the faces found in the frames. Without: the middle square of the picture.
    """
    height, width = frames[0].shape[:2]
    try:
        import mediapipe
    except ImportError:
        return _square(height, width), "Without mediapipe the middle square of the picture was taken for the face."
    found = [box for frame in frames if (box := _found_face(mediapipe, frame)) is not None]
    if not found:
        return _square(height, width), "Where no face was found the middle square of the picture was taken."
    x, y, half = np.median(found, axis=0)
    top, bottom = y - half, y + half * (1 + 2 * MARGIN)
    left, right = x - half * (1 + MARGIN), x + half * (1 + MARGIN)
    return (round(top), round(bottom), round(left), round(right)), ""


def cut_out(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The part (top, bottom, left, right) of a picture (H, W, 3); what lies beyond its edges is grey, as published."""
    top, bottom, left, right = box
    height, width = picture.shape[:2]
    around = ((max(0, -top), max(0, bottom - height)), (max(0, -left), max(0, right - width)), (0, 0))
    padded = np.pad(picture, around, constant_values=BEYOND)
    down, across = max(0, -top), max(0, -left)
    return padded[top + down : bottom + down, left + across : right + across]


def _square(height: int, width: int) -> tuple[int, int, int, int]:
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return top, top + side, left, left + side


def _found_face(mediapipe: Any, picture: np.ndarray) -> tuple[float, float, float] | None:
    """(x, y, half the larger side) of a face in pixels, or None."""
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True) as mesh:
        faces = mesh.process(picture).multi_face_landmarks
    if not faces:
        return None
    points = np.array([[p.x * picture.shape[1], p.y * picture.shape[0]] for p in faces[0].landmark])
    low, high = points.min(0), points.max(0)
    return float((low + high)[0] / 2), float((low + high)[1] / 2), float((high - low).max() / 2)


def mfcc(samples: np.ndarray) -> np.ndarray:
    """(S, 13) float64 mel cepstra of samples (N,) in -1..1 at 16 kHz, a row every 10 ms.

    Davis & Mermelstein 1980 with the customary constants: pre-emphasis 0.97, windows of 25 ms without taper, 26 mel
    bands from 0 to 8 kHz, orthonormal cosine transform, lifter 22, and the log energy in place of the first.
    """
    sound = np.asarray(samples, np.float64) * INT16
    sound = np.append(sound[0], sound[1:] - PRE_EMPHASIS * sound[:-1])
    count = 1 + max(0, int(np.ceil((len(sound) - WINDOW) / STEP)))
    padded = np.pad(sound, (0, max(0, (count - 1) * STEP + WINDOW - len(sound))))
    frames = padded[np.arange(count)[:, None] * STEP + np.arange(WINDOW)]
    power = np.abs(np.fft.rfft(frames, SPECTRUM)) ** 2 / SPECTRUM  # (S, 257)
    tiny = np.finfo(float).eps
    bands = np.log(np.maximum(power @ mel_bands().T, tiny))
    lifter = 1 + LIFTER / 2 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
    cepstra = np.asarray(dct(bands, norm="ortho"))[:, :CEPSTRA] * lifter
    cepstra[:, 0] = np.log(np.maximum(power.sum(1), tiny))
    return cepstra


def mel_bands() -> np.ndarray:
    """(26, 257): triangular bands, evenly spaced in mel between 0 and 8 kHz."""
    top = 2595 * np.log10(1 + SAMPLE_RATE_HZ / 2 / 700)
    edges_hz = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    bins = np.floor((SPECTRUM + 1) * edges_hz / SAMPLE_RATE_HZ)
    at = np.arange(SPECTRUM // 2 + 1)
    bands = np.zeros((BANDS, len(at)))
    for k, (low, middle, high) in enumerate(zip(bins[:-2], bins[1:-1], bins[2:], strict=True)):
        rising, falling = (at >= low) & (at < middle), (at >= middle) & (at < high)
        bands[k, rising] = (at[rising] - low) / (middle - low)
        bands[k, falling] = (high - at[falling]) / (high - middle)
    return bands
