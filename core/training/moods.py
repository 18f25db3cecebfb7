# SPDX-License-Identifier: Apache-2.0
"""The presets, made from statistics: the mean, covariance and temporal spectrum of a mood's clips, never their rows.

    python -m core.training.moods DATA [--weights FILE]

People differ more than moods do, so a mood is what its clips have in common against speech at rest, made stronger by a
documented factor, and moved the likeliest way to where the readouts of that mood belong.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..styles.clip import ENCODER_ROWS, StyleClip
from ..styles.presets import preset_names, preset_path
from .data.pairs import Readouts, load_pairs, load_readouts, load_style_rows
from .distillation.style_bank import Amplifier, level_covariance, likeliest_move

LICENCE = "CC0-1.0"
SEED = 20
SPECTRUM_ROWS = 64
THUMBNAIL = 96
"""Pixels on each side of a preset's picture."""


@dataclass(frozen=True)
class Mood:
    """How a preset comes about.

    clips: beginnings of the names of the clips that show it. strength: factor on their difference from neutral.
    readouts: where the mean expression is moved, as differences from neutral (the neutral one: from
    the speech clips), in distances between the eye corners.
    gap, width: standard deviations of mouth gap and width of the preset's motion, in the same unit.
    """

    name: str
    clips: tuple[str, ...]
    strength: float = 1.0
    readouts: Mapping[str, float] = field(default_factory=dict)
    gap: float = 0.05
    width: float = 0.04


MOODS = (
    # The speech clips' mouths stand open by a centimetre on average; an animator's neutral face closes it.
    Mood("neutral", ("andrew", "feifeili", "KristiNoem", "Obama"), readouts={"gap": -0.03}, gap=0.050, width=0.038),
    Mood("happy", ("happyenglish", "vscodehappy", "nice"), 0.6,
         {"corner": 0.06, "width": 0.12, "inner_brow": 0.025, "outer_brow": 0.025, "eye": -0.01, "gap": 0.0},
         gap=0.058, width=0.048),
    Mood("sad", ("sad_emotion", "sadgirl"), 0.6,
         {"corner": -0.05, "width": -0.03, "inner_brow": 0.05, "eye": -0.045, "gap": 0.0},
         gap=0.042, width=0.032),
    Mood("angry", ("angryice", "furious"), 0.8,
         {"corner": -0.02, "inner_brow": -0.07, "outer_brow": -0.025, "brow_distance": -0.022, "gap": 0.02},
         gap=0.052, width=0.045),
    Mood("surprised", ("surprisegirl", "spata"), 0.5,
         {"inner_brow": 0.11, "outer_brow": 0.13, "eye": 0.09, "gap": 0.03, "corner": 0.0, "width": -0.02},
         gap=0.060, width=0.042),
)  # fmt: skip


def make_presets(data_dir: Path) -> dict[str, StyleClip]:
    """Every preset by name, synthesised from the sample clips of `data_dir`. Deterministic."""
    clips = {pair.name: pair.expression for pair in load_pairs(data_dir)} | load_style_rows(data_dir)
    readouts = load_readouts(data_dir)
    amplifier = Amplifier.fit(np.concatenate([rows - rows.mean(0) for rows in clips.values()]), readouts)
    moves = level_covariance(list(clips.values()))
    at_rest = mean_level(clips, MOODS[0])
    neutral = mood_level(MOODS[0], at_rest, at_rest, moves, readouts)
    presets = {}
    for index, mood in enumerate(MOODS):
        shown = mean_level(clips, mood)
        level = mood_level(mood, neutral, shown, moves, readouts) if index else neutral
        motion = synthetic_motion(_of_mood(clips, mood), ENCODER_ROWS, np.random.default_rng(SEED + index))
        presets[mood.name] = StyleClip(
            clip=level + with_amplitude(motion, mood, amplifier), name=mood.name, mood=mood.name, licence=LICENCE
        )
    return presets


def mood_level(mood: Mood, neutral: np.ndarray, shown: np.ndarray, moves: np.ndarray, readouts: Readouts) -> np.ndarray:
    """(64,) mean expression: the shown difference from neutral, then the likeliest move to the mood's readouts."""
    level = neutral + mood.strength * (shown - neutral)
    if not mood.readouts:
        return level
    columns = np.stack([readouts.column(name) for name in mood.readouts], axis=1)  # (64, R)
    missing = np.array(list(mood.readouts.values())) - (level - neutral) @ columns
    return level + likeliest_move(columns, moves, missing)


def mean_level(clips: Mapping[str, np.ndarray], mood: Mood) -> np.ndarray:
    """(64,) mean expression of a mood: every person counts once, however many clips there are."""
    people: dict[str, list[np.ndarray]] = {}
    for name, rows in _named(clips, mood).items():
        people.setdefault(name.split("_")[0], []).append(rows.mean(0))
    return np.mean([np.mean(levels, axis=0) for levels in people.values()], axis=0)


def synthetic_motion(clips: list[np.ndarray], rows: int, rng: np.random.Generator) -> np.ndarray:
    """(rows, 64) Gaussian motion with the clips' covariance and, for each principal component, their mean spectrum."""
    covariance = np.mean([np.cov(clip.T) for clip in clips], axis=0)
    values, vectors = np.linalg.eigh(covariance)
    noise = rng.normal(size=(rows, len(values)))
    shape = np.sqrt(mean_spectrum(clips, vectors, rows))  # (rows // 2 + 1, 64)
    tracks = np.fft.irfft(np.fft.rfft(noise, axis=0) * shape, n=rows, axis=0)
    tracks = (tracks - tracks.mean(0)) / (tracks.std(0) + 1e-9)
    return (tracks * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def mean_spectrum(clips: list[np.ndarray], vectors: np.ndarray, rows: int) -> np.ndarray:
    """(rows // 2 + 1, 64) power over frequency of each component, averaged over stretches of about two seconds."""
    powers = []
    for clip in clips:
        tracks = (clip - clip.mean(0)) @ vectors
        for start in range(0, max(len(tracks) - SPECTRUM_ROWS, 0) + 1, SPECTRUM_ROWS // 2):
            piece = tracks[start : start + SPECTRUM_ROWS]
            window = np.hanning(len(piece))[:, None]
            powers.append(np.abs(np.fft.rfft(piece * window, n=SPECTRUM_ROWS, axis=0)) ** 2)
    coarse = np.mean(powers, axis=0)
    fine = np.linspace(0, 1, rows // 2 + 1)
    grid = np.linspace(0, 1, len(coarse))
    return np.stack([np.interp(fine, grid, column) for column in coarse.T], axis=1)


def with_amplitude(motion: np.ndarray, mood: Mood, amplifier: Amplifier) -> np.ndarray:
    """Motion (N, 64) with the mood's standard deviations of mouth gap and width; the rest keeps its own."""
    own = amplifier.amplitudes(motion)
    return amplifier.apply(motion, np.array([mood.gap / own[0], mood.width / own[1], 1.0]))


def save_presets(presets: Mapping[str, StyleClip], weights: "Path | None" = None) -> None:
    """Write the preset files with their pictures; with `weights`, with their codes under these weights too."""
    engine = None
    if weights is not None:
        from ..networks.inference import load_engine

        engine = load_engine(weights, engine="numpy")
    for name in preset_names():
        style = presets[name].with_thumbnail(portrait(presets[name]))
        path = preset_path(name)
        if engine is not None:
            style = style.with_code(engine.weights_hash, engine.encode_style(style.encoder_rows))
        path.parent.mkdir(parents=True, exist_ok=True)
        style.save(path)


def portrait(style: StyleClip) -> np.ndarray:
    """(THUMBNAIL, THUMBNAIL, 3) uint8: the open face with the style's mean expression."""
    from ..face.model import open_face
    from ..render.preview import Framing, render_mesh

    face = open_face()
    vertices = face.vertices(style.clip.mean(0, keepdims=True))[0]
    whole = Framing.of(face.mean)
    eyes_to_chin = face.mean[face.mean[:, 2] > np.percentile(face.mean[:, 2], 60)]  # the front, without neck and skull
    centre = np.array([0.0, eyes_to_chin[:, 1].mean(), whole.centre[2]])
    return render_mesh(vertices, face.triangles, size=THUMBNAIL, framing=Framing(centre, 0.62 * whole.radius))


def _named(clips: Mapping[str, np.ndarray], mood: Mood) -> dict[str, np.ndarray]:
    return {name: rows for name, rows in clips.items() if name.startswith(mood.clips)}


def _of_mood(clips: Mapping[str, np.ndarray], mood: Mood) -> list[np.ndarray]:
    return list(_named(clips, mood).values())


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m core.training.moods")
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("--weights", type=Path, help="cache the style codes of these weights in the files")
    options = parser.parse_args(arguments)
    save_presets(make_presets(options.data), options.weights)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
