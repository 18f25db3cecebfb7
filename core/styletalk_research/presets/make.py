# SPDX-License-Identifier: Apache-2.0
"""The preset files: expression and motion of each mood as a style clip, with its picture and its code."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.animation import UPPER_SHAPES
from styletalk.face.model import open_face
from styletalk.face.portrait import portrait
from styletalk.styles.clip import ENCODER_ROWS, StyleClip
from styletalk.styles.presets import preset_names, preset_path

from ..datasets.pairs import load_readouts, load_recordings, load_style_rows
from ..training.distillation.style_bank import Amplifier, level_covariance
from .levels import LevelSolver, mood_faces
from .motion import mood_motion
from .table import MOODS

LICENCE = "CC0-1.0"
SEED = 20
SEEN = 0.04
THUMBNAIL = 96
"""Pixels on each side of a preset's picture."""


def make_presets(data_dir: Path) -> dict[str, StyleClip]:
    """Every preset by name, from the sample clips of `data_dir`. Deterministic. Raises TrainingDataError."""
    clips = {pair.name: pair.expression for pair in load_recordings(data_dir)} | load_style_rows(data_dir)
    motions = np.concatenate([rows - rows.mean(0) for rows in clips.values()])
    amplifier = Amplifier.fit(motions, load_readouts(data_dir))
    faces = mood_faces(clips, MOODS, LevelSolver(open_face(), level_covariance(list(clips.values()))))
    presets = {}
    for index, mood in enumerate(MOODS):
        motion = mood_motion(clips, mood, MOODS, amplifier, ENCODER_ROWS, SEED + index)
        level, upper = faces[mood.name]
        clip = (level + motion).astype(np.float16).astype(np.float32)  # half the size on disk
        presets[mood.name] = StyleClip(
            clip=clip,
            name=mood.name,
            mood=mood.name,
            licence=LICENCE,
            origin=mood.origin,
            made_of=mood.made_of,
            shapes=named_shapes(upper),
        )
    return presets


def named_shapes(upper: np.ndarray) -> dict[str, float]:
    """Weights (15,) of the upper face by name, in hundredths, without those too small to be seen."""
    rounded = {name: round(float(weight), 2) for name, weight in zip(UPPER_SHAPES, upper, strict=True)}
    return {name: weight for name, weight in rounded.items() if weight >= SEEN}


def save_presets(presets: Mapping[str, StyleClip], weights: "Path | None" = None) -> None:
    """Write the preset files with their pictures; with `weights`, with their codes under these weights too."""
    engine = None
    if weights is not None:
        from styletalk.networks.engine.inference import load_engine

        engine = load_engine(weights, engine="numpy")
    for name in preset_names():
        style = presets[name]
        picture = portrait(open_face(), style.clip.mean(0), THUMBNAIL, style.upper())
        style = replace(style, thumbnail=picture)
        path = preset_path(name)
        if engine is not None:
            code = engine.encode_style(style.encoder_rows)
            style = replace(style, codes={**style.codes, engine.weights_hash: code})
        path.parent.mkdir(parents=True, exist_ok=True)
        style.save(path)
