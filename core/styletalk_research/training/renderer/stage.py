# SPDX-License-Identifier: Apache-2.0
"""The renderer's training: mapping and warping first, then with the editing net (PIRenderer, section 3.4).

L = λ_w P(warped) + λ_f P(frame) + λ_s S(frame) + λ_r L1(frame) + λ_a A(frame): P the perceptual distance to the film,
S that of Gram matrices, A the score of a patch discriminator that learns along.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from styletalk.photoreal.neural.networks.checkpoint import load_renderer, save_renderer
from styletalk.photoreal.neural.networks.renderer import PhotorealRenderer

from ...datasets.errors import TrainingDataError
from ...discriminators import temporal
from ...discriminators.patches import judged_without_learning
from ...discriminators.pictures import PictureDiscriminator
from ..paper.optimiser_state import OptimiserState, mixed
from ..paper.stage import Context, Stage, checked
from .config import RendererTraining
from .learner import RendererLearner
from .objectives import Features, load_vgg19, perceptual_distance, pixels_and_edges, style_distance
from .pairs import PairBatch, Pairs, Reels, batch_of, held_out

WEIGHTS_FILE = "renderer.safetensors"
JUDGED_EVERY = 5
"""Of the held-out pictures, every fifth is judged while training."""


class RendererStage(Stage[RendererTraining, Reels]):
    """Trains a renderer, and a discriminator of pictures where one is asked for."""

    name, number = "renderer", 4

    def __init__(self, context: Context[RendererTraining, Reels]) -> None:
        super().__init__(context)
        config, device = context.config, context.processes.device
        self.vgg = load_vgg19(Path(config.vgg)).to(device) if config.vgg else None
        self.features: Features = self.vgg or pixels_and_edges
        self.standing.finished &= self.standing.step >= config.steps  # a run goes on when it is given more steps

    @property
    def steps(self) -> int:
        return self.config.steps

    def prepare(self) -> Mapping[str, OptimiserState]:
        config, reels, processes = self.config, self.context.corpus, self.context.processes
        self.pairs = Pairs(reels, config)
        mean, deviation = torch.from_numpy(reels.mean), torch.from_numpy(reels.deviation)
        if config.units == "published":
            mean, deviation = torch.zeros_like(mean), torch.ones_like(deviation)
        network = RendererLearner(config.network, mean, deviation)
        if config.start:
            network.adopt(_started(config))
        common = (config.learning_rate, config.clip_gradients, config.precision, processes)
        networks = {"renderer": OptimiserState(network, *common, betas=config.betas)}
        if config.losses.adversarial:
            judge = PictureDiscriminator(config.discriminator_width)
            networks["pictures"] = OptimiserState(judge, *common, betas=config.betas)
        return networks

    def advance(self, step: int) -> dict[str, Tensor]:
        learner, processes = self.networks["renderer"], self.context.processes
        batch = self.pairs.draw(step, processes.items(self.config.batch)).to(processes.device)
        edit = step >= self.config.warm_up
        with mixed(self.config.precision, processes.device):
            moved, frame = learner.parallel(batch.photos, batch.windows, edit)
        terms = self.terms(moved.float(), None if frame is None else frame.float(), batch.real)
        # Some weights have no part in it, by design or before the editing net joins; processes wait for all gradients.
        unused = sum(0.0 * weights.sum() for weights in learner.network.parameters())
        learner.descend(checked(terms, self.name, step) + unused)
        if frame is not None and "pictures" in self.networks:
            terms = terms | {"discriminator": self._train_discriminator(batch.real, frame.detach().float(), step)}
        return terms

    def terms(self, moved: Tensor, frame: Tensor | None, real: Tensor) -> dict[str, Tensor]:
        """The weighted terms of the loss by name, of warped photos, frames once there are some, and the film's."""
        losses, scales, terms = self.config.losses, self.config.scales, {}
        if losses.warped or frame is None:
            terms["warped"] = (losses.warped or 1.0) * perceptual_distance(self.features, moved, real, scales)
        if frame is None:
            return terms
        if losses.final:
            terms["final"] = losses.final * perceptual_distance(self.features, frame, real, scales)
        if losses.style and self.vgg is not None:
            terms["style"] = losses.style * style_distance(self.features, frame, real)
        if losses.reconstruction:
            terms["reconstruction"] = losses.reconstruction * (frame - real).abs().mean()
        if losses.adversarial:
            scores = judged_without_learning(self.networks["pictures"].network, frame)
            terms["adversarial"] = losses.adversarial * temporal.generator_loss(scores)
        return terms

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Mean absolute difference to the film, 0..1, on what is held out: of frames, and of the photo as it is."""
        sums: dict[str, list[float]] = {"error": [], "warped": [], "still": []}
        for reel in self.context.corpus.reels:
            items = held_out(reel, JUDGED_EVERY)
            for first in range(0, len(items), self.config.batch):
                batch = batch_of(items[first : first + self.config.batch]).to(self.context.processes.device)
                for name, made in self._shown(batch).items():
                    sums[name] += ((made - batch.real).abs().mean((1, 2, 3)) / 2).tolist()
        return {name: sum(values) / len(values) for name, values in sums.items()}

    def finish(self) -> None:
        """Write the renderer in published units, with the configuration in its metadata."""
        about = {"training": self.config.portable.to_json(), "steps": str(self.standing.step)}
        network = replace(self.config.network, picture=self.config.size)
        save_renderer(self.weights_file, self.learner.in_published_units(), network, about)

    @property
    def weights_file(self) -> Path:
        """What `finish` writes."""
        return self.context.folder / WEIGHTS_FILE

    @property
    def learner(self) -> RendererLearner:
        """The renderer in its units."""
        assert isinstance(self.network, RendererLearner)
        return self.network

    def _shown(self, batch: PairBatch) -> dict[str, Tensor]:
        edit = self.standing.step > self.config.warm_up
        moved, frame = self.learner(batch.photos, batch.windows, edit)
        return {"error": moved if frame is None else frame, "warped": moved, "still": batch.photos}

    def _train_discriminator(self, real: Tensor, made: Tensor, step: int) -> Tensor:
        """One step of the discriminator; its loss."""
        optimised = self.networks["pictures"]
        with mixed(self.config.precision, self.context.processes.device):
            scores = optimised.parallel(torch.cat([real, made]))
        loss = temporal.discriminator_loss(*scores.float().chunk(2))
        optimised.descend(checked({"discriminator": loss}, self.name, step))
        return loss


def _started(config: RendererTraining) -> PhotorealRenderer:
    """The renderer to go on from. Raises WeightsError, and TrainingDataError for one of other sizes."""
    renderer, sizes = load_renderer(Path(config.start))
    if replace(sizes, picture=config.network.picture) != config.network:
        raise TrainingDataError(f"{config.start} is a renderer of other sizes. Set `network` to its own: {sizes}.")
    return renderer
