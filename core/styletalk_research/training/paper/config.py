# SPDX-License-Identifier: Apache-2.0
"""The configuration of a run: frozen dataclasses, one JSON file, stored in the run folder and in the weights."""

import dataclasses
import math
import re
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from styletalk.networks.config import GeneratorConfig

from ...config_file import RunConfig
from ...datasets.errors import TrainingDataError
from ...datasets.manifest import relative_path
from ...discriminators.lip_sync import SyncConfig
from ...discriminators.style import StyleConfig

PRECISIONS = ("float32", "bfloat16", "float16")
UNITS = ("published", "deviation")
DEVICES = r"cpu|cuda(:\d+)?"
MAX_SEED = 1 << 31
"""Stage, process and step are packed beside it into the 64 bits of torch's seeds."""


@dataclass(frozen=True)
class LossWeights:
    """λ of each term of the generator's loss (paper, section 3). 0 switches a term off, and what it needs."""

    reconstruction: float = 88.0
    triplet: float = 1.0
    sync: float = 1.0
    style: float = 1.0
    temporal: float = 1.0


@dataclass(frozen=True)
class PaperConfig(RunConfig):
    """Everything that decides the result of a run, beside the data.

    generator: sizes of the networks. `kernels` 4, 8, 16 are the paper's; 1 is its static feed-forward (one kernel is
        the same for every style); `pooling` "mean" its average pooling.
    weights: λ of each term. l1_share: μ of the reconstruction. triplet_margin: as in the paper.
    frames: rows of a sequence. style_rows: shortest and longest style clip.
    steps, batch: of the generator's training, sequences in each step (on each process).
    units: "published" coefficients as the paper feeds them, or "deviation": scaled to unit size while training.
    temporal_width, temporal_learning_rate: of the temporal discriminator, which is trained along.
    clip_gradients: largest norm of a gradient; 0: any.
    held_out_share: of every recording, or of a style's recordings, that nothing is learnt from, see
        corpus.held_out_rows. hold_out: names of recordings of which nothing at all is learnt.
    discriminators: run folder whose frozen discriminators the generator's training takes; empty: this run's own.
    evaluate_every, save_every, log_every: steps. patience: evaluations without a better one after which the
        generator's training ends with its best weights; 0: train all steps and keep the last.
    precision: "float32"; "bfloat16" or, on CUDA, "float16" for mixed precision. device: "cpu" or "cuda".
    """

    recipe = "paper"
    minor = ("device", "save_every", "log_every")

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    sync: SyncConfig = field(default_factory=SyncConfig)
    style: StyleConfig = field(default_factory=StyleConfig)
    frames: int = 64
    style_rows: tuple[int, int] = (64, 256)
    steps: int = 100000
    batch: int = 16
    learning_rate: float = 1e-4
    l1_share: float = 0.1
    triplet_margin: float = 5.0
    units: str = "published"
    temporal_width: int = 64
    temporal_learning_rate: float = 1e-4
    clip_gradients: float = 5.0
    held_out_share: float = 0.15
    hold_out: tuple[str, ...] = ()
    discriminators: str = ""
    evaluate_every: int = 500
    save_every: int = 500
    log_every: int = 10
    patience: int = 0
    precision: str = "float32"
    device: str = "cpu"
    seed: int = 1

    def __post_init__(self) -> None:
        """Raises TrainingDataError, which names what contradicts itself."""
        for name, minimum in _COUNTS.items():
            count = attrgetter(name)(self)
            if type(count) is not int or count < minimum:
                raise TrainingDataError(
                    f"The training configuration has {name} = {count!r}, below {minimum}. Correct the file."
                )
        for holds, sentence in (*self._numbers(), *self._contradictions()):
            if not holds:
                raise TrainingDataError(f"The training configuration has {sentence}. Correct the file.")

    def _numbers(self) -> tuple[tuple[bool, str], ...]:
        """What holds of each number by itself, and what to say where it does not."""
        rates = (self.learning_rate, self.temporal_learning_rate, self.sync.learning_rate, self.style.learning_rate)
        decays = (self.sync.weight_decay, self.style.weight_decay)
        weights = dataclasses.astuple(self.weights)
        return (
            (all(0 < rate < math.inf for rate in rates), "a learning rate that is not above 0"),
            (all(0 <= decay < math.inf for decay in decays), "a weight_decay below 0"),
            (all(0 <= weight < math.inf for weight in weights) and any(weights), "a negative weight, or none above 0"),
            (0 <= self.clip_gradients < math.inf, "clip_gradients below 0"),
            (0 <= self.triplet_margin < math.inf, "a triplet_margin below 0"),
            (0 <= self.l1_share <= 1, "an l1_share outside 0..1"),
            (0 <= self.sync.dropout < 1, "a sync.dropout outside 0..1"),
            (0 < self.held_out_share < 1, "a held_out_share outside 0..1"),
            (self.seed < MAX_SEED, f"a seed of {MAX_SEED} or more"),
        )

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        """The same of what must go together, and of names."""
        return (
            (self.frames >= max(8, self.sync.mouth_frames), f"frames = {self.frames}, too short for patches of 8"),
            (1 <= self.style_rows[0] <= self.style_rows[1], "style_rows that are no range"),
            (self.style_rows[1] <= self.generator.style_frames, "style_rows beyond the generator's style_frames"),
            (self.sync.mouth_frames % 2 == 1, "an even number of mouth_frames"),
            (self.sync.batch % 4 == 0, "a sync.batch that is no multiple of 4: half in sync, a quarter of each other"),
            (1 <= self.sync.shifts[0] <= self.sync.shifts[1], "sync.shifts that are no range"),
            (self.precision in PRECISIONS, f"the precision {self.precision!r}; known are {', '.join(PRECISIONS)}"),
            (self.precision != "float16" or self.device != "cpu", "float16 on the CPU; take bfloat16 there"),
            (re.fullmatch(DEVICES, self.device) is not None, f"the device {self.device!r}; known are cpu and cuda"),
            (self.units in UNITS, f"the units {self.units!r}; known are {', '.join(UNITS)}"),
        )

    @property
    def portable(self) -> "PaperConfig":
        """See RunConfig."""
        face, discriminators = Path(self.sync.face).name, Path(self.discriminators).name
        return dataclasses.replace(self, sync=dataclasses.replace(self.sync, face=face), discriminators=discriminators)

    def stored_in(self, folder: Path) -> "PaperConfig":
        """See RunConfig. Who takes the lip-sync discriminator later needs the face whose mouth it knows."""
        face = relative_path(Path(self.sync.face), folder) if self.sync.face else ""
        return dataclasses.replace(self.portable, sync=dataclasses.replace(self.sync, face=face))


_COUNTS = {
    "steps": 1, "batch": 1, "evaluate_every": 1, "save_every": 1, "log_every": 1, "patience": 0, "seed": 0,
    "temporal_width": 1, "style.steps": 1, "style.batch": 1, "style.width": 1, "sync.steps": 1, "sync.batch": 1,
    "sync.mouth_points": 1, "sync.mouth_frames": 1, "sync.width": 2, "sync.embedding": 1, "sync.phoneme_dim": 1,
}  # fmt: skip
"""What is counted → its minimum."""
