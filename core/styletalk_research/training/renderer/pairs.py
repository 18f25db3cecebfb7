# SPDX-License-Identifier: Apache-2.0
"""What each step learns from: photos, the windows of other moments, and the film's pictures of those moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from styletalk.photoreal.neural.driving import windows_at

from ...datasets.errors import TrainingDataError
from ...datasets.footage import Footage
from ..run_folder import data_digest
from .config import RendererTraining

MIN_ROWS = 10
"""Pictures of a clip to learn from, and to judge by."""
MIN_DEVIATION = 1e-3
"""A channel that moves less, as in few clips one may, is not scaled."""


@dataclass(frozen=True, eq=False)
class Reel:
    """A clip ready to draw from: rows below `end` are learnt from, the others judge. windows: (T, 73, 27)."""

    footage: Footage
    windows: np.ndarray
    end: int


@dataclass(frozen=True, eq=False)
class Reels:
    """All clips. mean, deviation: (73,) float32, of the rows that are learnt from."""

    reels: tuple[Reel, ...]
    mean: np.ndarray
    deviation: np.ndarray

    @property
    def facts(self) -> dict[str, Any]:
        """What a run keeps of them, to know them again."""
        parts = ((r.footage.name, str(r.end), r.footage.coefficients, r.footage.pose9) for r in self.reels)
        return {"digest": data_digest(part for reel in parts for part in reel), "clips": len(self.reels)}


@dataclass(frozen=True)
class PairBatch:
    """photos and real: (B, 3, S, S) in -1..1. windows: (B, 73, 27)."""

    photos: Tensor
    windows: Tensor
    real: Tensor

    def to(self, device: torch.device) -> "PairBatch":
        """The same batch on a device."""
        return PairBatch(*(each.to(device, non_blocking=True) for each in (self.photos, self.windows, self.real)))


def make_reels(footage: Sequence[Footage], held_out_share: float) -> Reels:
    """Cut each clip into what is learnt from and its end, which is not. Raises TrainingDataError for short clips."""
    reels = []
    for clip in footage:
        end = len(clip) - round(len(clip) * held_out_share)
        if min(end, len(clip) - end) < MIN_ROWS:
            raise TrainingDataError(f"{clip.name} is too short, with {len(clip)} pictures. Leave it out.")
        both = np.concatenate([clip.coefficients, clip.pose9], axis=1)
        reels.append(Reel(clip, windows_at(both, range(len(clip)), clip.rate_hz), end))
    rows = [np.concatenate([r.footage.coefficients[: r.end], r.footage.pose9[: r.end]], axis=1) for r in reels]
    seen = np.concatenate(rows)  # (N, 73)
    deviation = np.where(seen.std(0) > MIN_DEVIATION, seen.std(0), 1.0)
    return Reels(tuple(reels), seen.mean(0).astype(np.float32), deviation.astype(np.float32))


class Pairs:
    """Draws pairs, each clip as often as it is long. Item i of step s depends on the seed, s and i alone."""

    def __init__(self, reels: Reels, config: RendererTraining) -> None:
        self.reels, self.config = reels.reels, config
        self.ends = np.cumsum([reel.end for reel in self.reels])

    def draw(self, step: int, items: range) -> PairBatch:
        """The items of a step."""
        return batch_of([self._item(np.random.default_rng((self.config.seed, step, item))) for item in items])

    def _item(self, rng: np.random.Generator) -> tuple[Reel, int, int]:
        """A clip, the row of its photo, and the row to render."""
        reel = self.reels[int(np.searchsorted(self.ends, rng.integers(self.ends[-1]), side="right"))]
        photos = min(self.config.photo_frames or reel.end, reel.end)
        return reel, int(rng.integers(photos)), int(rng.integers(reel.end))


def held_out(reel: Reel, every: int = 1) -> list[tuple[Reel, int, int]]:
    """The first picture as photo, with every `every`-th row that nothing was learnt from."""
    return [(reel, 0, row) for row in range(reel.end, len(reel.footage), every)]


def batch_of(items: Sequence[tuple[Reel, int, int]]) -> PairBatch:
    """Clips, the rows of their photos and the rows to render, as tensors."""
    photos = np.stack([reel.footage.frames[photo] for reel, photo, _ in items])
    real = np.stack([reel.footage.frames[row] for reel, _, row in items])
    windows = np.stack([reel.windows[row] for reel, _, row in items])
    return PairBatch(as_pictures(photos), torch.from_numpy(windows), as_pictures(real))


def as_pictures(frames: np.ndarray) -> Tensor:
    """(B, S, S, 3) uint8 -> (B, 3, S, S) float32 in -1..1."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1
