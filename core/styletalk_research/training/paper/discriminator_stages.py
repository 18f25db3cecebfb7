# SPDX-License-Identifier: Apache-2.0
"""The two discriminators that are trained first, judged on what they have not seen, and frozen.

(paper, section 3, "Lip-sync discriminator" and "Style discriminator")
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from styletalk.files.json_text import read_json
from styletalk.files.reading import explaining
from styletalk.files.writing import written_whole

from ...datasets.errors import TrainingDataError
from ...discriminators import lip_sync
from ...discriminators.frozen import frozen, sync_discriminator
from ...discriminators.style import StyleDiscriminator, chosen_styles, style_loss
from ..run_folder import DATA_FILE
from .batches import HELD_OUT, StyleBatches, SyncBatch, SyncBatches, moved_to
from .config import PaperConfig
from .corpus import Corpus, labelled
from .optimiser_state import OptimiserState, mixed
from .stage import Stage, checked

REPORT_FILE = "discriminators.json"
JUDGED_STEPS = 8
"""Batches that a held-out figure is measured on."""
JUDGED_BATCH = 256


class SyncStage(Stage[PaperConfig, Corpus]):
    """Trains the lip-sync discriminator."""

    name, number = "sync", 1

    @property
    def steps(self) -> int:
        return self.config.sync.steps

    def prepare(self) -> Mapping[str, OptimiserState]:
        context, config = self.context, self.config
        self.batches = SyncBatches(context.corpus.train, config)
        self.judged = {"held_out": SyncBatches(context.corpus.held_out, config)}
        if labelled(context.corpus.unseen, SyncBatches.shortest(config)):
            self.judged["unseen"] = SyncBatches(context.corpus.unseen, config)
        network = sync_discriminator(config.sync, config.generator)
        return {"sync": OptimiserState(network, config.sync.learning_rate, config.clip_gradients, config.precision,
                                context.processes, config.sync.weight_decay)}  # fmt: skip

    def advance(self, step: int) -> dict[str, Tensor]:
        optimised, processes = self.networks["sync"], self.context.processes
        batch = moved_to(self.batches.draw(step, processes.items(self.config.sync.batch)), processes.device)
        with mixed(self.config.precision, processes.device):
            synchrony = optimised.parallel(batch.expression, batch.windows)
        terms = {"cross_entropy": lip_sync.discriminator_loss(synchrony, batch.together)}
        optimised.descend(checked(terms, self.name, step))
        return terms

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        for kind, batches in self.judged.items():
            drawn = [batches.draw(step, range(JUDGED_BATCH), HELD_OUT) for step in range(JUDGED_STEPS)]
            figures |= {f"{kind}_{name}": value for name, value in self._figures(drawn).items()}
        return figures

    def finish(self) -> None:
        _report(self.context.folder, "sync", self.standing.figures | {"steps": self.standing.step})

    def _figures(self, drawn: list[SyncBatch]) -> dict[str, float]:
        device = self.context.processes.device
        synchrony = torch.cat([self.network(b.expression.to(device), b.windows.to(device)) for b in drawn]).cpu()
        together = torch.cat([batch.together for batch in drawn])
        shifted = torch.cat([batch.shifted for batch in drawn])
        return sync_figures(synchrony, together, shifted)


class StyleStage(Stage[PaperConfig, Corpus]):
    """Trains the style discriminator."""

    name, number = "style", 2

    @property
    def steps(self) -> int:
        return self.config.style.steps

    def prepare(self) -> Mapping[str, OptimiserState]:
        context, config = self.context, self.config
        self.batches = StyleBatches(context.corpus.train, context.corpus, config)
        self.judged = StyleBatches(context.corpus.held_out, context.corpus, config)
        network = style_discriminator(config, context.corpus)
        return {"style": OptimiserState(network, config.style.learning_rate, config.clip_gradients, config.precision,
                                 context.processes, config.style.weight_decay)}  # fmt: skip

    def advance(self, step: int) -> dict[str, Tensor]:
        optimised, processes = self.networks["style"], self.context.processes
        batch = moved_to(self.batches.draw(step, processes.items(self.config.style.batch)), processes.device)
        with mixed(self.config.precision, processes.device):
            logits = optimised.parallel(batch.expression)
        terms = {"cross_entropy": style_loss(logits.float(), batch.styles)}
        optimised.descend(checked(terms, self.name, step))
        return terms

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        batch = moved_to(self.judged.draw(0, range(2 * JUDGED_BATCH), HELD_OUT), self.context.processes.device)
        logits = self.network(batch.expression)
        return {
            "held_out_cross_entropy": float(style_loss(logits, batch.styles)),
            "held_out_accuracy": float((chosen_styles(logits) == batch.styles).float().mean()),
        }

    def finish(self) -> None:
        judged = {"styles": len(self.context.corpus.styles), "styles_held_out": len(self.judged.names)}
        _report(self.context.folder, "style", self.standing.figures | judged | {"steps": self.standing.step})


def sync_figures(synchrony: Tensor, together: Tensor, shifted: Tensor) -> dict[str, float]:
    """Held-out figures of P_sync (N,): cross-entropy, accuracy at P = 0.5, by kind, and the best threshold's.

    together (N,): 1 in sync; shifted (N,) bool: out of sync by a shift, the others by another clip's phonemes.
    """
    right = (synchrony > 0.5) == together.bool()
    foreign = ~together.bool() & ~shifted
    order = synchrony.argsort(descending=True)
    hits = together[order].cumsum(0) + (1 - together).sum() - (1 - together)[order].cumsum(0)
    positives, negatives = synchrony[together.bool()], synchrony[~together.bool()]
    return {
        "cross_entropy": float(lip_sync.discriminator_loss(synchrony, together)),
        "accuracy": float(right.float().mean()),
        "accuracy_in_sync": float(right[together.bool()].float().mean()),
        "accuracy_shifted": float(right[shifted].float().mean()),
        "accuracy_other_clip": float(right[foreign].float().mean()),
        "accuracy_best_threshold": float(hits.max() / len(synchrony)),
        "area_under_curve": float((positives[:, None] > negatives).float().mean()),
    }


def style_discriminator(config: PaperConfig, corpus: Corpus) -> StyleDiscriminator:
    """A new one, for the styles of the corpus."""
    mean, deviation = torch.from_numpy(corpus.mean), torch.from_numpy(corpus.deviation)
    return StyleDiscriminator(config.style.width, len(corpus.styles), mean, deviation)


def frozen_style(config: PaperConfig, corpus: Corpus, folder: Path, device: torch.device) -> torch.nn.Module:
    """The style discriminator of a finished stage. Raises TrainingDataError where it is not there, or knows others."""
    path = folder / DATA_FILE
    with explaining(lambda reason: TrainingDataError(f"{path} is damaged ({reason}). Train the discriminators again.")):
        known = read_json(path).get("styles") if path.is_file() else list(corpus.styles)
    if known != list(corpus.styles):
        raise TrainingDataError(
            f"The style discriminator in {folder} knows other styles. Train it on these recordings."
        )
    return frozen("style", style_discriminator(config, corpus), folder, device)


def _report(folder: Path, name: str, figures: Mapping[str, float]) -> None:
    """Add the figures to the run's report on its discriminators."""
    path = folder / REPORT_FILE
    try:
        report = dict(read_json(path))
    except (OSError, ValueError, TypeError):
        report = {}  # none yet, or damaged: every stage that is done writes its part again
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps({**report, name: dict(figures)}, indent=2), encoding="utf-8")


def discriminator_folder(config: PaperConfig, run: Path) -> Path:
    """Where the frozen discriminators lie that a configuration uses."""
    return Path(config.discriminators) if config.discriminators else run
