# SPDX-License-Identifier: Apache-2.0
"""Sync confidence of our own lip-sync discriminator: does the mouth fit the phonemes, and at which time? (needs torch)

P_sync (paper, section 3, "Lip-sync discriminator") is taken with the sound at its time and moved by up to half a second
either way. As for SyncNet's confidence, what counts is how far the value at the right time stands out.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from styletalk.errors import MissingPackageError
from styletalk.files.json_text import read_json
from styletalk.progress import Progress, silent

from ..datasets.pairs import windows
from ..metrics.tables import Section, number, table
from .systems import Predictions

if TYPE_CHECKING:
    from ..discriminators.lip_sync import LipSyncDiscriminator

MAX_SHIFT = 15
"""Frames by which the sound is moved, either way."""
BLOCK_ROWS = 256


@dataclass(frozen=True)
class SyncScore:
    """P_sync (0..1) at the right time; confidence: that minus the median over shifts; offset: |shift| of the peak."""

    system: str
    kind: str
    probability: float
    confidence: float
    offset: float


@dataclass(frozen=True)
class SyncReport(Section):
    """The scores of all systems. judge: what the discriminator scored on held-out footage in its training, if known."""

    scores: tuple[SyncScore, ...]
    judge: str = ""

    def as_markdown(self) -> str:
        """A table: the networks beside the recording, the baselines and the controls."""
        head = ["", "P_sync", "confidence", "frames off at its highest"]
        rows = [[s.system, number(s.probability, 3), number(s.confidence, 3), number(s.offset, 1)] for s in self.scores]
        text = (
            "Our lip-sync discriminator on mouth and phonemes: P_sync at the right time, and how far it stands out "
            f"from the sound moved by up to {MAX_SHIFT} frames (confidence; 0 means that it sees no relation)."
        )
        lines = ["## Sync confidence", "", text, *([f"The judge itself: {self.judge}."] if self.judge else [])]
        return "\n".join([*lines, "", *table(head, rows)])


def sync_report(predictions: Predictions, weights: Path, progress: Progress = silent) -> SyncReport:
    """Judge all systems. weights: sync.pt of a run of `styletalk train --stage sync`, with its config.json.

    Raises WeightsError, MissingPackageError without torch.
    """
    judge = load_judge(weights)
    predictions.run(progress)
    scores = []
    for count, system in enumerate(predictions.systems):
        progress(count / len(predictions.systems), f"sync: {system.name}")
        curves = [
            shift_curve(judge, predictions.of(system, pair)[0], pair.utterance.labels)
            for pair in predictions.clips.pairs
        ]
        found = np.mean([curve_figures(curve) for curve in curves], axis=0)
        scores.append(SyncScore(system.name, system.kind, *map(float, found)))
    return SyncReport(tuple(scores), _trained(weights))


def load_judge(weights: Path) -> "LipSyncDiscriminator":
    """The frozen discriminator. Raises WeightsError, MissingPackageError."""
    try:
        from ..discriminators.frozen import load_sync_discriminator
    except ImportError as error:
        raise MissingPackageError("Sync confidence needs PyTorch: pip install torch") from error
    return load_sync_discriminator(weights)


def shift_curve(
    judge: "LipSyncDiscriminator", rows: np.ndarray, labels: np.ndarray, reach: int = MAX_SHIFT
) -> np.ndarray:
    """(2 * reach + 1,): mean P_sync of rows (T, 64) and labels (T,) moved by -reach..reach frames.

    Positive: the sound is later than it should be. The mouth and the labels are embedded once for all shifts.
    """
    mouths, phonemes = _embedded(judge, rows, labels)  # (N, E) each, directions
    count = len(mouths)
    curve = []
    for lag in range(-reach, reach + 1):
        first, last = max(lag, 0), count + min(lag, 0)
        together = (mouths[first:last] * phonemes[first - lag : last - lag]).sum(1)
        curve.append(float(np.clip(together, 0, 1).mean()))
    return np.array(curve)


def curve_figures(curve: np.ndarray) -> tuple[float, float, float]:
    """(P_sync at shift 0, that minus the median over shifts, |shift| of the highest)."""
    middle = len(curve) // 2
    return float(curve[middle]), float(curve[middle] - np.median(curve)), float(abs(int(np.argmax(curve)) - middle))


def _embedded(judge: "LipSyncDiscriminator", rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (N, E) of the mouth round each row and of its phoneme window, N = T - frames + 1."""
    import torch

    from ..discriminators.lip_sync import windows_of_sequence

    sequence = torch.from_numpy(np.asarray(rows, np.float32))[None]
    around, spoken = windows_of_sequence(sequence, torch.from_numpy(windows(labels))[None], judge.mouth_frames)
    blocks = range(0, len(around), BLOCK_ROWS)
    mouths = torch.cat([judge.mouth(around[k : k + BLOCK_ROWS]) for k in blocks])
    phonemes = torch.cat([judge.phonemes(spoken[k : k + BLOCK_ROWS]) for k in blocks])
    return tuple(torch.nn.functional.normalize(some, dim=1).numpy() for some in (mouths, phonemes))  # pyright: ignore


def _trained(weights: Path) -> str:
    """The discriminator's figures in the run's own report, "" where there is none."""
    path = weights.parent / "discriminators.json"
    if not path.is_file():
        return ""
    try:
        figures = read_json(path)["sync"]
        names = ("held_out_accuracy", "held_out_accuracy_shifted", "unseen_accuracy")
        return ", ".join(f"{name.replace('_', ' ')} {figures[name]:.2f}" for name in names if name in figures)
    except (OSError, ValueError, LookupError, TypeError):
        return ""
