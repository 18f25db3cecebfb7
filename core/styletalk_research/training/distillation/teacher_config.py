# SPDX-License-Identifier: Apache-2.0
"""Sizes and schedule of the teachers, found by leaving out one clip at a time: docs/training-study.md."""

from dataclasses import dataclass

from styletalk.speech.features.prosody import PROSODY_DIM


@dataclass(frozen=True)
class TeacherConfig:
    """Everything that decides what the teachers know.

    sound: whether they take audio features beside the labels, the first sound_dim columns.
    seeds: networks in the ensemble.
    width, blocks, lead: channels and residual convolutions of a network, and how far ahead its view is centred.
    components, lip_share: of the space that they learn in (MotionSpace).
    steps, batch, frames, learning_rate, weight_decay, ema, velocity_weight: of the training of a network.
    dropout; random_labels, the share that is wrong; sound_dropout and whisper_dropout, shares of the excerpts without
        audio features, or without those of Whisper; stretch, of the pace; swing_noise, colour_noise, sound_noise,
        deviations of what is done to the sound.
    amplitude_power: how far clips are brought to one amplitude before they are learnt from.
    kernel_share: of the kernel ridge beside the networks. whisper_share: of the kernel ridge from Whisper features
        beside both. labels_only_kernel_share: of that of labels alone. They remember at most kernel_rows rows, on
        kernel_device.
    recorded_copies: how often a clip whose coefficients came with it counts beside one that was tracked in a film.
    crispness: how much of what is quick is given back, see teacher.crisp. labels_only_crispness: share of it for
        teachers of labels alone, whose motion is small, so that what is quick in it grows most when it is scaled up.
    """

    sound: bool = True
    sound_dim: int = PROSODY_DIM
    seeds: int = 4
    width: int = 64
    blocks: int = 3
    lead: int = 3
    components: int = 12
    lip_share: float = 0.5
    steps: int = 300
    batch: int = 12
    frames: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    ema: float = 0.985
    velocity_weight: float = 1.0
    dropout: float = 0.2
    random_labels: float = 0.05
    sound_dropout: float = 0.2
    whisper_dropout: float = 0.2
    stretch: float = 0.15
    swing_noise: float = 0.2
    colour_noise: float = 0.4
    sound_noise: float = 0.3
    amplitude_power: float = 0.5
    kernel_share: float = 0.35
    whisper_share: float = 0.4
    labels_only_kernel_share: float = 0.35
    kernel_rows: int = 4500
    kernel_device: str = "cpu"
    recorded_copies: int = 2
    crispness: float = 1.2
    labels_only_crispness: float = 0.5
