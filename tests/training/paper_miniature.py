# SPDX-License-Identifier: Apache-2.0
"""A miniature data set in the published layout, and a configuration that trains on it in seconds."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import soundfile
from scipy.io import savemat

from styletalk.networks.config import GeneratorConfig
from styletalk_research.discriminators.lip_sync import SyncConfig
from styletalk_research.discriminators.style import StyleConfig
from styletalk_research.training.paper.config import LossWeights, PaperConfig

GENERATOR = GeneratorConfig(
    d_model=16, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=16, kernels=2, phoneme_dim=8
)
ALONE = LossWeights(triplet=0, sync=0, style=0, temporal=0)
"""The reconstruction and nothing else."""


def write_clip(path: Path, expression: np.ndarray) -> None:
    coefficients = np.zeros((len(expression), 257), np.float32)
    coefficients[:, 80:144] = expression
    savemat(path, {"coeff": coefficients})


def write_data(folder: Path, with_sound: bool = False, raised: float = 0.0, phonemes: int = 60) -> Path:
    """Three speakers and two silent styles: faces are a function of labels, about a level of their own.

    raised: added to every coefficient of the speakers, for other faces that say the same. phonemes: of each speaker,
    five rows each; the styles have twenty fewer.
    """
    rng = np.random.default_rng(3)
    for name in ("styletalk/speech", "styletalk/style_clips", "calibration"):
        (folder / name).mkdir(parents=True)
    meaning = rng.normal(0, 0.3, (41, 64))
    for name in ("anna_1", "bert_1", "carl_1"):
        labels = np.repeat(rng.integers(0, 41, phonemes), 5)
        faces = np.roll(meaning[labels], -3, axis=0) + rng.normal(0, 0.3, 64) + raised
        write_clip(folder / f"styletalk/speech/{name}.mat", faces)
        (folder / f"styletalk/speech/{name}_seq.json").write_text(json.dumps(labels.tolist()))
        if with_sound:
            soundfile.write(
                folder / f"styletalk/speech/{name}.wav", rng.normal(0, 0.1, phonemes * 5 * 16000 // 30), 16000
            )
    for name in ("glad_clip1", "grim_clip1"):
        clip = meaning[np.repeat(rng.integers(0, 41, phonemes - 20), 5)] + rng.normal(0, 0.3, 64)
        write_clip(folder / f"styletalk/style_clips/{name}.mat", clip)
    offsets = dict.fromkeys(("anna_1", "bert_1", "carl_1"), 3)
    (folder / "styletalk/av_offsets.json").write_text(json.dumps({"lead": offsets}))
    np.save(folder / "calibration/J64_mediapipe478.npy", rng.normal(0, 0.05, (64, 478, 3)))
    return folder


def miniature(**changes) -> PaperConfig:
    config = PaperConfig(
        generator=GENERATOR,
        sync=SyncConfig(steps=12, batch=8, mouth_points=12, mouth_frames=3, width=16, embedding=8, phoneme_dim=4),
        style=StyleConfig(steps=12, batch=4, width=8),
        frames=16, style_rows=(20, 40), steps=12, batch=4, learning_rate=1e-3, temporal_width=8,
        held_out_share=0.2, evaluate_every=6, save_every=4, log_every=1,
    )  # fmt: skip
    return dataclasses.replace(config, **changes)
