# SPDX-License-Identifier: Apache-2.0
"""The directions in which speech varies in Whisper's encoder, from any recordings; they ship as whisper_basis.npz.

    python -m styletalk_research.datasets.whisper_basis SOUND [SOUND ...] [--sentences N] [--out NPZ]

Synthetic voices saying N sentences are added. Nothing of a recording remains but second moments of all.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.features.prosody import loudness_db, speech_rows
from styletalk.speech.features.whisper_basis import BASIS_FILE, WHISPER_DIM, Basis
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.hearing.windows import encoded_windows
from styletalk.timeline import FRAME_RATE_HZ, label_time_s

from .utterances import VOICES, sentences, synthesised

SIZE = 0.5
"""What the first column is scaled by after partial whitening, so that columns have about sound's size."""


def basis_of(lines: Sequence[np.ndarray], size: int = WHISPER_DIM) -> Basis:
    """The basis of the features (T, 384) of the speech of many lines, each line counted by the root of its length.

    Features at unit deviation within lines; principal components of them, of variance v, are scaled to the variance
    v^½: the first are the largest, but none drowns the others.
    """
    centred = np.concatenate([(line - line.mean(0)) / len(line) ** 0.25 for line in lines])
    weight = sum(len(line) ** 0.5 for line in lines)
    deviation = np.sqrt((centred**2).sum(0) / weight) + 1e-3
    variances, axes = np.linalg.eigh((centred / deviation).T @ (centred / deviation) / weight)
    variances, axes = variances[::-1][:size], axes[:, ::-1][:, :size]
    typical = SIZE * variances**0.25
    mean = np.mean([line.mean(0) for line in lines], axis=0)
    return Basis(mean, axes * (typical / np.sqrt(variances)) / deviation[:, None], typical)


def spoken_features(audio: Audio) -> np.ndarray:
    """(T, 384) float32 of the rows of a sound in which somebody speaks."""
    levels = loudness_db(audio, int(audio.duration_s * FRAME_RATE_HZ))
    spoken_s = label_time_s(np.flatnonzero(speech_rows(levels)))
    parts = [
        window.rows_at(spoken_s[slice(*np.searchsorted(spoken_s, [window.first_s, window.end_s]))])
        for window in encoded_windows(shipped_encoder(), audio, levels)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 384), np.float32)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.whisper_basis", description=__doc__)
    parser.add_argument("sounds", type=Path, nargs="+")
    parser.add_argument("--sentences", type=int, default=6)
    parser.add_argument("--out", type=Path, default=BASIS_FILE)
    options = parser.parse_args(arguments)
    lines = [spoken_features(load_audio(path)) for path in options.sounds]
    voiced = zip(sentences(options.sentences), itertools.cycle(VOICES), strict=False)
    lines += [spoken_features(synthesised(text, voice)[0]) for text, voice in voiced]
    basis_of([line for line in lines if len(line) > 30]).save(options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
