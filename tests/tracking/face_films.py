# SPDX-License-Identifier: Apache-2.0
"""Films of nobody: the open face, drawn by the project's own rasteriser, in which MediaPipe finds a face."""

import functools
from fractions import Fraction
from pathlib import Path

import numpy as np

SIDE = 192
OPENINGS = (0.0, 0.4, 0.9, 1.4, 1.8, 1.4, 0.9, 0.4)
"""Of coefficient 0, which opens the jaw where it is negative: one round of it, picture by picture."""
RATE = 25


@functools.cache
def drawn(yaw: float = 0.0) -> tuple[np.ndarray, ...]:
    """(SIDE, SIDE, 3) uint8 for each of OPENINGS."""
    from styletalk.animation import FaceAnimation
    from styletalk.face.model import open_face
    from styletalk_research.pictures.face_pictures import face_pictures

    coefficients = np.zeros((len(OPENINGS), 64), np.float32)
    coefficients[:, 0] = -np.array(OPENINGS)
    still = FaceAnimation.still(coefficients, np.full(len(OPENINGS), 31, np.int16))
    return tuple(face_pictures(open_face(), still, range(len(OPENINGS)), SIDE, (yaw, 0.0)))


def talking(count: int) -> list[np.ndarray]:
    """So many pictures of the open face, which opens and shuts its mouth."""
    return [drawn()[k % len(OPENINGS)] for k in range(count)]


def openings(count: int) -> np.ndarray:
    """(count,) how far the mouth of `talking` is open."""
    return np.array([OPENINGS[k % len(OPENINGS)] for k in range(count)])


def _nonsense(packet):
    import av

    found = av.Packet(bytes([0, 0, 1, 90, 0x41]) + 89 * b"\x55")  # says that it is longer than it is
    found.pts, found.dts, found.time_base, found.stream = packet.pts, packet.dts, packet.time_base, packet.stream
    return found


def write(path: Path, pictures, times_s=None, sound_from_s=None, rotation=0, damaged=()) -> Path:
    """A film of pictures (H, W, 3), shown at times_s or RATE a second, with a second of noise as its sound.

    damaged: numbers of pictures in whose place there is nonsense."""
    import av

    if times_s is None:
        times_s = np.arange(len(pictures)) / RATE
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=1000)
        film.height, film.width = pictures[0].shape[:2]
        film.pix_fmt, film.options = "yuv420p", {"crf": "12", "preset": "ultrafast", "tune": "zerolatency", "bf": "0"}
        film.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            film.set_display_rotation(rotation)
        sound = container.add_stream("pcm_s16le", rate=16000, layout="mono") if sound_from_s is not None else None
        for number, (picture, time_s) in enumerate(zip(pictures, times_s, strict=True)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            frame.pts, frame.time_base = round(1000 * time_s), Fraction(1, 1000)
            packets = [_nonsense(packet) if number in damaged else packet for packet in film.encode(frame)]
            container.mux(packets)
        container.mux(film.encode(None))
        if sound is not None:
            noise = np.random.default_rng(0).normal(0, 3000, (1, 16000)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(noise, "s16", "mono")
            frame.rate, frame.pts, frame.time_base = 16000, round(16000 * sound_from_s), Fraction(1, 16000)
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path
