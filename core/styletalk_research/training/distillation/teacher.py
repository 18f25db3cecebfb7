# SPDX-License-Identifier: Apache-2.0
"""The teachers: small convolutions and a kernel ridge, averaged, from phonemes and sound to motion.

Families that err differently are worth more together than the best alone. What they know is distilled into the
StyleTalk networks.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from styletalk.files.reading import explaining
from styletalk.files.torch_file import read_torch
from styletalk.progress import Progress, silent
from styletalk.speech.features.prosody import PROSODY_DIM

from ...config_file import config_from_json
from ...datasets.errors import TrainingDataError
from ...datasets.recordings import Recording
from ..state_file import write_state
from .convolution import TargetUtterance, TeacherNetwork, train_network
from .kernel_ridge import LABELS, PROSODY, WHISPER, KernelRidge
from .likeness import Likeness
from .teacher_config import TeacherConfig

SIXTH_DIFFERENCE = np.array([-1.0, 6.0, -15.0, 20.0, -15.0, 6.0, -1.0], np.float32) / 20.0


@dataclass(frozen=True)
class MotionSpace:
    """Principal components under the metric 1/std² + lip Jacobian (both scaled to the same trace).

    encode: (64, K) float32, motion row -> components of unit variance. decode: (K, 64) float32, back.
    """

    encode: np.ndarray
    decode: np.ndarray

    @classmethod
    def fit(cls, motion: np.ndarray, lips: np.ndarray, components: int, lip_share: float = 0.5) -> "MotionSpace":
        """The space of motion (N, 64), clip means removed. lips: (64, L) Jacobian of lip landmarks."""
        deviation = motion.std(0) + 1e-4
        whitening = np.diag(1.0 / deviation**2)
        lip_metric = lips @ lips.T
        covariance = motion.T @ motion / len(motion)
        lip_metric *= np.trace(whitening @ covariance) / np.trace(lip_metric @ covariance)
        metric = (1.0 - lip_share) * whitening + lip_share * lip_metric
        root = np.linalg.cholesky(metric)  # metric = root rootᵀ, so |x root|² is the metric's length of row x
        values, vectors = np.linalg.eigh(root.T @ covariance @ root)
        order = np.argsort(values)[::-1][:components]
        scale = np.sqrt(values[order])
        encode = root @ vectors[:, order] / scale
        decode = (scale[:, None] * vectors[:, order].T) @ np.linalg.inv(root)
        return cls(encode=encode.astype(np.float32), decode=decode.astype(np.float32))

    @property
    def importance(self) -> np.ndarray:
        """(K,) float32, sums to K: the share of each component in the motion's metric length."""
        power = (self.decode**2).sum(1)
        return power * len(power) / power.sum()


class Teachers:
    """An ensemble: labels and sound -> mean motion in the published space, clip mean about zero."""

    def __init__(
        self, networks: Sequence[TeacherNetwork], kernels: Sequence[KernelRidge], space: MotionSpace,
        config: TeacherConfig,
    ) -> None:  # fmt: skip
        self.networks = tuple(network.eval() for network in networks)
        self.kernels = {kernel.by: kernel for kernel in kernels}
        self.space, self.config = space, config

    def speak(self, labels: np.ndarray, audio_features: np.ndarray | None = None) -> np.ndarray:
        """Labels (T,), audio_features (T, F) or None -> motion (T, 64) float32."""
        batch = torch.from_numpy(np.asarray(labels, np.int64))[None]
        sound = None if audio_features is None else torch.from_numpy(np.asarray(audio_features, np.float32))[None]
        return self.motion(batch, sound)[0].numpy()

    def motion(self, labels: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Labels (B, T) int64, audio_features (B, T, F) float32 or None -> motion (B, T, 64)."""
        return self.components(labels, audio_features) @ torch.from_numpy(self.space.decode)

    @torch.no_grad()
    def components(self, labels: Tensor, audio_features: Tensor | None = None) -> Tensor:
        """Labels (B, T) int64, audio_features (B, T, F) or None -> components (B, T, K), the ensemble's mean, crisp."""
        sound = audio_features if self.config.sound else None
        mean = torch.stack([network(labels, sound) for network in self.networks]).mean(0)
        for by, share in self._shares(sound):
            mean = (1.0 - share) * mean + share * _by_kernel(self.kernels[by], labels, sound)
        return crisp(mean, self.config.crispness)

    @torch.no_grad()
    def contributions(
        self, labels: np.ndarray, audio_features: np.ndarray | None, kinds: Sequence[str], clips: int
    ) -> np.ndarray:
        """(1 + C · kinds, T, K) components, crisp, whose sum is the ensemble's: of the networks, then of each clip.

        labels (T,), audio_features (T, F) or None. kinds: of kernel ridges; one that has no say here gives zeros.
        clips: C.
        """
        batch = torch.from_numpy(np.asarray(labels, np.int64))[None]
        sound = None if audio_features is None or not self.config.sound else torch.from_numpy(audio_features)[None]
        parts = torch.stack([network(batch, sound) for network in self.networks]).mean(0)  # (1, T, K)
        said = {by: parts.new_zeros(clips, *parts.shape[1:]) for by in kinds}
        for by, share in self._shares(sound):
            parts, said = (1.0 - share) * parts, {kind: (1.0 - share) * each for kind, each in said.items()}
            seen = None if sound is None else sound[0].numpy()
            said[by] = share * torch.from_numpy(self.kernels[by].contributions(labels, seen))
        return crisp(torch.cat([parts, *(said[by] for by in kinds)]), self.config.crispness).numpy()

    def _shares(self, sound: Tensor | None) -> list[tuple[str, float]]:
        """The share of each kernel, one after the other; that of Whisper features only where there are any."""
        if sound is None:
            shares = {LABELS: self.config.kernel_share}
        elif sound[..., PROSODY_DIM:].any():
            shares = {PROSODY: self.config.kernel_share, WHISPER: self.config.whisper_share}
        else:
            shares = {PROSODY: self.config.kernel_share}
        return [(by, share) for by, share in shares.items() if by in self.kernels]

    def save(self, path: Path) -> None:
        """Write the ensemble as tensors and its configuration."""
        state = {
            "config": json.dumps(dataclasses.asdict(self.config)),
            "networks": [network.state_dict() for network in self.networks],
            "kernels": [
                {"moments": k.moments.cpu(), "weights": k.weights.cpu(), "by": k.by, "owners": k.owners.cpu(),
                 "clips": k.clips}
                for k in self.kernels.values()
            ],
            "encode": torch.from_numpy(self.space.encode), "decode": torch.from_numpy(self.space.decode),
        }  # fmt: skip
        write_state(path, state)

    @classmethod
    def load(cls, path: Path) -> "Teachers":
        """The inverse of `save`. Raises TrainingDataError."""
        with explaining(
            lambda reason: TrainingDataError(f"{path} does not hold such teachers ({reason}). Train them again.")
        ):
            state = read_torch(path)
            config = config_from_json(TeacherConfig, state["config"])
            networks = [TeacherNetwork(config) for _ in state["networks"]]
            for network, weights in zip(networks, state["networks"], strict=True):
                network.load_state_dict(weights)
            on = config.kernel_device
            kernels = [
                KernelRidge(k["moments"].to(on), k["weights"].to(on), k["by"], k["owners"].to(on), k["clips"])
                for k in state["kernels"]
            ]
            return cls(networks, kernels, MotionSpace(state["encode"].numpy(), state["decode"].numpy()), config)


def train_teachers(
    recordings: Sequence[Recording], lips: np.ndarray, config: TeacherConfig, seed: int = 0,
    progress: Progress = silent, likeness: Likeness | None = None, space: MotionSpace | None = None,
) -> Teachers:  # fmt: skip
    """Fit the ensemble to `recordings`; lips: (64, L) lip Jacobian. Deterministic in seed. Raises TrainingDataError.

    likeness: of the recordings, for the kernel ridges. space: None for their own.
    """
    if config.sound and any(clip.audio_features is None for clip in recordings):
        raise TrainingDataError("A clip has no sound file beside it. Add it, or set teacher.sound to false.")
    scales = clip_amplitudes(recordings, lips, config.amplitude_power)
    motions = [clip.centred / scale for clip, scale in zip(recordings, scales, strict=True)]
    whole = [motion for clip, motion in zip(recordings, motions, strict=True) if clip.mouth is None]
    space = space or MotionSpace.fit(np.concatenate(whole or motions), lips, config.components, config.lip_share)
    utterances = [
        TargetUtterance(clip.utterance.labels.astype(np.int64), clip.audio_features if config.sound else None,
                        (motion @ space.encode).astype(np.float32), config.recorded_copies if clip.mouth is None else 1)
        for clip, motion in zip(recordings, motions, strict=True)
    ]  # fmt: skip
    networks = []
    for index in range(config.seeds):
        networks.append(train_network(utterances, space.importance, config, seed * 1000 + index))
        progress((index + 1) / (config.seeds + 1), "teachers")
    kernels = [
        KernelRidge.fit(
            utterances, config.kernel_rows, by, seed, config.kernel_device,
            None if likeness is None else likeness.among(by),
        )
        for by in _kinds(config)
    ]  # fmt: skip
    progress(1.0, "teachers")
    return Teachers(networks, kernels, space, config)


def _kinds(config: TeacherConfig) -> list[str]:
    """What the kernel ridges of an ensemble go by."""
    kinds = []
    if config.kernel_share > 0:
        kinds += [LABELS, PROSODY] if config.sound else [LABELS]
    if config.whisper_share > 0 and config.sound and config.sound_dim > PROSODY_DIM:
        kinds.append(WHISPER)
    return kinds


def clip_amplitudes(recordings: Sequence[Recording], lips: np.ndarray, power: float) -> np.ndarray:
    """(C,) lip movement of each clip against their geometric mean, to the `power`: loud clips must not teach most."""
    rms = np.array([np.sqrt(((clip.centred @ lips) ** 2).mean()) for clip in recordings])
    return (rms / np.exp(np.log(rms).mean())) ** power


def crisp(tracks: Tensor, crispness: float) -> Tensor:
    """Tracks (B, T, K) plus `crispness` sixth differences: times 1 + crispness · 3.2 · sin⁶(ω/2) at the frequency ω.

    Least squares predicts no more than it knows and leaves out what is quick, so that its motion has a fifth of the
    jerk of real motion. It knows nothing above 7 Hz (coherence with real clips below 0.2), and there this adds, less
    than real clips have (1.2 at 7.5 Hz: × 1.5 for × 2; at 15 Hz: × 5 for × 9). Of the filters tried it reaches half the
    real jerk at the least cost: .003 mouth gap r; fourth differences .006, second ones .013.
    """
    if crispness == 0.0:
        return tracks
    rows = tracks.transpose(1, 2).reshape(-1, 1, tracks.shape[1])  # (B·K, 1, T)
    padded = nn.functional.pad(rows, (3, 3), mode="replicate")
    quick = nn.functional.conv1d(padded, torch.from_numpy(SIXTH_DIFFERENCE)[None, None])
    return (rows + crispness * quick).reshape(tracks.shape[0], tracks.shape[2], -1).transpose(1, 2)


def _by_kernel(kernel: KernelRidge, labels: Tensor, audio_features: Tensor | None) -> Tensor:
    """(B, T, K) components of labels (B, T) and audio_features (B, T, F) or None, one by one."""
    sounds = [None] * len(labels) if audio_features is None else list(audio_features.numpy())
    return torch.from_numpy(
        np.stack([kernel.components(each, sound) for each, sound in zip(labels.numpy(), sounds, strict=True)])
    )
