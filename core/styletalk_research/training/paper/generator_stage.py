# SPDX-License-Identifier: Apache-2.0
"""The generator's training: L = λ_rec L_rec + λ_trip L_trip + λ_sync L_sync + λ_style L_style + λ_tem L_tem.

(paper, section 3, "Objective functions")
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from styletalk.networks.checkpoints.generator import save_generator

from ...discriminators import lip_sync, temporal
from ...discriminators.frozen import frozen, sync_discriminator
from ...discriminators.patches import judged_without_learning
from ...discriminators.style import style_loss
from ...discriminators.temporal import TemporalDiscriminator
from ..units import in_published_units
from .batches import HELD_OUT, SpeechBatch, SpeechBatches, moved_to
from .config import PaperConfig
from .corpus import Corpus
from .discriminator_stages import discriminator_folder, frozen_style
from .normalised_generator import NormalisedGenerator
from .objectives import reconstruction_loss, triplet_loss
from .optimiser_state import OptimiserState, mixed
from .stage import Context, Stage, checked

WEIGHTS_FILE = "weights.safetensors"
JUDGED_STEPS, JUDGED_BATCH = 2, 16
"""Batches of held-out speech that the generator is judged on."""


class GeneratorStage(Stage[PaperConfig, Corpus]):
    """Trains the generator against the frozen discriminators and the temporal one, which learns along."""

    name, number = "generator", 3

    def __init__(self, context: Context[PaperConfig, Corpus]) -> None:
        super().__init__(context)
        config, corpus = context.config, context.corpus
        folder, device = discriminator_folder(config, context.folder), context.processes.device
        self.sync = self.style = None
        if config.weights.sync:
            self.sync = frozen("sync", sync_discriminator(config.sync, config.generator), folder, device)
        if config.weights.style:
            self.style = frozen_style(config, corpus, folder, device)

    @property
    def steps(self) -> int:
        return self.config.steps

    @property
    def patience(self) -> int:
        return self.config.patience

    def prepare(self) -> Mapping[str, OptimiserState]:
        config, corpus, processes = self.config, self.context.corpus, self.context.processes
        self.batches = SpeechBatches(corpus.train, corpus, config)
        self.judged = SpeechBatches(corpus.held_out, corpus, config)
        network = NormalisedGenerator(config, corpus)
        weights, common = config.weights, (config.clip_gradients, config.precision, processes)
        networks = {"generator": OptimiserState(network, config.learning_rate, *common)}
        if weights.temporal:
            mean, deviation = torch.from_numpy(corpus.mean), torch.from_numpy(corpus.deviation)
            judge = TemporalDiscriminator(config.temporal_width, 1, mean, deviation)
            networks["temporal"] = OptimiserState(judge, config.temporal_learning_rate, *common)
        return networks

    def advance(self, step: int) -> dict[str, Tensor]:
        generator, processes = self.networks["generator"], self.context.processes
        batch = moved_to(self.batches.draw(step, processes.items(self.config.batch)), processes.device)
        with mixed(self.config.precision, processes.device):
            made, codes = generator.parallel(batch.windows, batch.audio_features, batch.clips, batch.padding)
            terms = self.terms(made.float(), codes.float(), batch)
        unused = 0.0 * made.float().sum()  # processes wait for every weight's gradient, also with the triplet alone
        generator.descend(checked(terms, self.name, step) + unused)
        if "temporal" in self.networks:
            shown = self.generator.published(made.detach().float())
            terms = terms | {"temporal_discriminator": self._train_temporal(batch.recorded, shown, step)}
        return terms

    def terms(self, made: Tensor, codes: Tensor, batch: SpeechBatch) -> dict[str, Tensor]:
        """The weighted terms of the loss by name: made (B, T, 64) in normalised units, codes (3B, d)."""
        config, weights = self.config, self.config.weights
        shown = self.generator.published(made)
        terms = {}
        if weights.reconstruction:
            recorded = self.generator.normalised(batch.recorded)
            terms["reconstruction"] = weights.reconstruction * reconstruction_loss(made, recorded, config.l1_share)
        if weights.triplet:
            anchor, same, other = codes.chunk(3)
            terms["triplet"] = weights.triplet * triplet_loss(anchor, same, other, config.triplet_margin)
        if self.sync is not None:
            around, windows = lip_sync.windows_of_sequence(shown, batch.windows, config.sync.mouth_frames)
            terms["sync"] = weights.sync * lip_sync.generator_loss(self.sync(around, windows))
        if self.style is not None:
            terms["style"] = weights.style * style_loss(self.style(shown).float(), batch.styles)
        if weights.temporal:
            scores = judged_without_learning(self.networks["temporal"].network, shown)
            terms["temporal"] = weights.temporal * temporal.generator_loss(scores.float())
        return terms

    @property
    def generator(self) -> NormalisedGenerator:
        """The generator in its units."""
        assert isinstance(self.network, NormalisedGenerator)
        return self.network

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """First the reconstruction of held-out speech, which says when a plateau is reached; then every term."""
        sums: dict[str, float] = {}
        for step in range(JUDGED_STEPS):
            batch = moved_to(self.judged.draw(step, range(JUDGED_BATCH), HELD_OUT), self.context.processes.device)
            made, codes = self.network(batch.windows, batch.audio_features, batch.clips, batch.padding)
            recorded = self.generator.normalised(batch.recorded)
            figures = {"error": reconstruction_loss(made, recorded, self.config.l1_share)}
            figures |= self.terms(made, codes, batch)
            sums = {name: sums.get(name, 0.0) + float(value) / JUDGED_STEPS for name, value in figures.items()}
        return sums

    def finish(self) -> None:
        """Write the weights in published units, with the configuration in their metadata."""
        kept_step = self.standing.best_step if self.patience else self.standing.step
        about = {"training": self.config.portable.to_json(), "steps": str(kept_step)}
        generator = in_published_units(self.generator.generator, self.generator.mean, self.generator.deviation)
        save_generator(self.context.folder / WEIGHTS_FILE, generator, self.config.generator, about)

    def _train_temporal(self, recorded: Tensor, made: Tensor, step: int) -> Tensor:
        """One step of the temporal discriminator; its loss."""
        optimised = self.networks["temporal"]
        with mixed(self.config.precision, self.context.processes.device):
            scores = optimised.parallel(torch.cat([recorded, made]))
        real, fake = scores.float().chunk(2)
        loss = temporal.discriminator_loss(real, fake)
        optimised.descend(checked({"temporal_discriminator": loss}, self.name, step))
        return loss
