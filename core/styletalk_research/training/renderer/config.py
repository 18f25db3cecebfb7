# SPDX-License-Identifier: Apache-2.0
"""The configuration of a renderer's training: frozen dataclasses, one JSON file."""

import dataclasses
import math
import re
from dataclasses import dataclass, field

from styletalk.photoreal.neural.networks.config import RendererConfig

from ...config_file import RunConfig
from ...datasets.errors import TrainingDataError
from ..paper.config import DEVICES, MAX_SEED, PRECISIONS, UNITS


@dataclass(frozen=True)
class RendererLosses:
    """λ of each term. 0 switches a term off, and what it needs.

    warped, final: perceptual distance of the warped photo and of the frame to the film (PIRenderer, section 3.4);
    style: distance of the Gram matrices of the frame, only with VGG. reconstruction: L1 of the frame.
    adversarial: what a patch discriminator, trained along, says of the frame; the published training has none.
    """

    warped: float = 2.5
    final: float = 4.0
    style: float = 1000.0
    reconstruction: float = 0.0
    adversarial: float = 0.0


@dataclass(frozen=True)
class RendererTraining(RunConfig):
    """Everything that decides the result of a run, beside the data. The defaults are the published ones.

    network: sizes of the renderer. size: pixels of a picture's side. losses: λ of each term.
    start: weights of a renderer of the same sizes to go on from, such as a published checkpoint; empty: from nothing.
    vgg: VGG-19 weights of the user's (`torchvision` names) for the perceptual distance; empty: multi-scale distance
        of pixels and of edges instead. scales: how many resolutions, each half the one before, are compared.
    warm_up: steps in which mapping and warping learn alone, before the editing net joins. steps: of all; a run goes on
        where it is given more.
    batch: pairs of a step (on each process). photo_frames: the photo is drawn from so many first frames; 0: from all.
    clips: names of the clips to learn from; none: all. held_out_share: of every clip, its end, not learnt from.
    units: "published" windows as they are, or "deviation": scaled to unit size while training.
    discriminator_width: channels of the discriminator's first layer. clip_gradients: largest norm; 0: any.
    evaluate_every, save_every, log_every: steps. precision, device, seed: as for the paper's recipe.
    """

    recipe = "renderer"
    minor = ("device", "save_every", "log_every", "steps")

    network: RendererConfig = field(default_factory=RendererConfig)
    losses: RendererLosses = field(default_factory=RendererLosses)
    size: int = 256
    start: str = ""
    vgg: str = ""
    scales: int = 4
    warm_up: int = 200000
    steps: int = 400000
    batch: int = 20
    photo_frames: int = 0
    clips: tuple[str, ...] = ()
    held_out_share: float = 0.2
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.5, 0.999)
    units: str = "published"
    discriminator_width: int = 64
    clip_gradients: float = 0.0
    evaluate_every: int = 5000
    save_every: int = 1000
    log_every: int = 100
    precision: str = "float32"
    device: str = "cpu"
    seed: int = 1

    def __post_init__(self) -> None:
        """Raises TrainingDataError, which names what contradicts itself; WeightsError for the network's sizes."""
        for name, minimum in _COUNTS.items():
            count = getattr(self, name)
            if type(count) is not int or count < minimum:
                raise TrainingDataError(
                    f"The training configuration has {name} = {count!r}, below {minimum}. Correct the file."
                )
        for holds, sentence in self._rules():
            if not holds:
                raise TrainingDataError(f"The training configuration has {sentence}. Correct the file.")

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        """What holds, and what to say where it does not."""
        weights, multiple = dataclasses.astuple(self.losses), self.network.picture_multiple
        return (
            (all(0 <= weight < math.inf for weight in weights) and any(weights), "a negative weight, or none above 0"),
            (self.size % multiple == 0, f"size = {self.size}, no multiple of {multiple} as its network needs"),
            (self.size >= 8 * 2**self.scales, f"scales = {self.scales}, too many for pictures of {self.size} pixels"),
            (self.warm_up < self.steps, f"warm_up = {self.warm_up}, which leaves no steps for the editing net"),
            (0 < self.learning_rate < math.inf, "a learning rate that is not above 0"),
            (all(0 <= beta < 1 for beta in self.betas), "betas outside 0..1"),
            (0 <= self.clip_gradients < math.inf, "clip_gradients below 0"),
            (0 < self.held_out_share < 1, "a held_out_share outside 0..1"),
            (self.seed < MAX_SEED, f"a seed of {MAX_SEED} or more"),
            (self.units in UNITS, f"the units {self.units!r}; known are {', '.join(UNITS)}"),
            (self.precision in PRECISIONS, f"the precision {self.precision!r}; known are {', '.join(PRECISIONS)}"),
            (self.precision != "float16" or self.device != "cpu", "float16 on the CPU; take bfloat16 there"),
            (re.fullmatch(DEVICES, self.device) is not None, f"the device {self.device!r}; known are cpu and cuda"),
        )

    @property
    def portable(self) -> "RendererTraining":
        """See RunConfig: with the names of the files alone."""
        names = {name: getattr(self, name).replace("\\", "/").rpartition("/")[2] for name in ("start", "vgg")}
        return dataclasses.replace(self, **names)


_COUNTS = {
    "size": 16, "scales": 1, "warm_up": 0, "steps": 1, "batch": 1, "photo_frames": 0, "discriminator_width": 1,
    "evaluate_every": 1, "save_every": 1, "log_every": 1, "seed": 0,
}  # fmt: skip
"""What is counted → its minimum."""
