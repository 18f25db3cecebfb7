# SPDX-License-Identifier: Apache-2.0
"""One run of training: teachers, then the student; state on disk, so that a killed run goes on where it stopped."""

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError

try:
    import torch
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from styletalk.files.reading import explaining
from styletalk.files.torch_file import read_torch
from styletalk.networks.checkpoints.generator import save_generator
from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.progress import Progress, part, silent

from ...datasets.errors import TrainingDataError
from ...datasets.pairs import lip_jacobian
from ...datasets.recordings import Recording
from ...discriminators.frozen import not_a_state
from ..clock import Clock
from ..run_folder import check_free, claimed
from ..state_file import write_state
from ..units import in_published_units
from .audio_input import with_audio_input
from .config import TrainingConfig
from .distill import BatchMaker, Mouth, student_loss
from .initialisation import initialise_as_autoencoder
from .material import batch_maker, data_facts, training_recordings
from .student import Normalisation, Student

STATE_FILE = "state.pt"
TEACHER_SHARE = 0.15
"""How much of the progress bar the teachers take."""


class Solver:
    """Holds the student, its averaged copy and the optimiser of a run; `run` takes it to the end."""

    def __init__(self, config: TrainingConfig, recordings: Sequence[Recording], progress: Progress = silent) -> None:
        self.config = config
        self.folder = Path(config.work_dir)
        self.maker = batch_maker(config, recordings, part(progress, 0.0, TEACHER_SHARE))
        self.student = first_student(config, self.maker).to(config.device)
        self.mouth = Mouth.of(self.student, *mouth_readouts(config, self.maker))
        self.average = torch.optim.swa_utils.AveragedModel(
            self.student, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema), use_buffers=False
        )
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=config.learning_rate, weight_decay=0.01)
        self.step = 0
        self.history: list[dict[str, float]] = []
        self._resume()

    def run(self, progress: Progress = silent) -> Path:
        """Train to the last step and write the weights. Returns their path. `progress` may raise Cancelled."""
        clock = Clock(self.step, self.config.steps)
        while self.step < self.config.steps:
            terms = self._advance(self.mouth)
            if self.step % self.config.save_every == 0 or self.step == self.config.steps:
                self.history.append({"step": self.step, **terms})
                self._save()
            progress(self.step / self.config.steps, clock.stage("training", self.step, terms))
        return self.export()

    def export(self) -> Path:
        """Write the averaged student in published units, float16, with the configuration in its metadata."""
        student = self.average.module
        assert isinstance(student, Student)
        return export(student, self.config, self.step)

    def _advance(self, mouth: Mouth) -> dict[str, float]:
        """One optimiser step; the loss terms by name."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * schedule(self.step, self.config)
        batch = self.maker.batch(self.step)
        batch = dataclasses.replace(
            batch, **{f.name: getattr(batch, f.name).to(self.config.device) for f in dataclasses.fields(batch)}
        )
        self.student.train()
        terms = student_loss(self.student, batch, mouth, self.config)
        self.optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.student)
        self.step += 1
        return {name: float(term.detach()) for name, term in terms.items()}

    def _save(self) -> None:
        state = {
            "step": self.step, "student": self.student.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "history": self.history, "random": torch.get_rng_state(),
        }  # fmt: skip
        write_state(self.folder / STATE_FILE, state)

    def _resume(self) -> None:
        path = self.folder / STATE_FILE
        if not path.is_file():
            return
        with explaining(lambda _: TrainingDataError(not_a_state(path))):
            state = read_torch(path)
            self.student.load_state_dict(state["student"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            torch.set_rng_state(state["random"])
            self.step, self.history = int(state["step"]), list(state["history"])


def first_student(config: TrainingConfig, maker: BatchMaker) -> Student:
    """The student that a run begins with; the maker takes over its units. Raises TrainingDataError."""
    torch.manual_seed(config.seed)
    student = Student(StyleTalkGenerator(config.generator), maker.normalisation)
    start = config.start_from or config.pretrained
    if not start:
        initialise_as_autoencoder(student, maker.bank, config.seed)
        return student
    path = Path(start) / STATE_FILE
    with explaining(lambda _: TrainingDataError(f"{path} is not the state of such a network. Correct start_from.")):
        average = read_torch(path)["average"]
        found = {name[len("module.") :]: tensor for name, tensor in average.items() if name.startswith("module.")}
        found = with_audio_input(config.generator.audio_dim, found, "generator.")
        student.load_state_dict(found)
        maker.normalisation = Normalisation(found["mean"].numpy(), found["deviation"].numpy())
    return student


def read_config(path: Path | None, data: Path, run: Path) -> TrainingConfig:
    """The configuration of a JSON file (None: the shipped sizes) for the clips in `data`, run in the folder `run`.

    The weights become weights.safetensors in that folder. Raises TrainingDataError.
    """
    config = TrainingConfig() if path is None else TrainingConfig.load(path)
    return replace(config, data_dir=str(data), work_dir=str(run), output=str(Path(run) / "weights.safetensors"))


def train(config: TrainingConfig, progress: Progress = silent) -> Path:
    """Train as configured, or go on with a run that was stopped; returns the weights file.

    Raises TrainingDataError where the data is not there or the folder is another run's, OutputError where nothing can
    be written.
    """
    run = Path(config.work_dir)
    check_free(run)
    recordings = training_recordings(config)  # first what can be missing: a wrong folder leaves nothing behind
    with claimed(run, config, data_facts(config, recordings)):
        return Solver(config, recordings, progress).run(part(progress, TEACHER_SHARE, 1.0))


def export(student: Student, config: TrainingConfig, steps: int) -> Path:
    """Write a student in published units, float16, with the configuration in its metadata. Raises OutputError."""
    output = Path(config.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    generator = in_published_units(student.generator, student.mean, student.deviation)
    save_generator(output, generator, config.generator, {"training": config.portable.to_json(), "steps": str(steps)})
    return output


def mouth_readouts(config: TrainingConfig, maker: BatchMaker) -> tuple[np.ndarray, np.ndarray]:
    """(64, L) of all lip points and (64, 2) of gap and width, in published units."""
    return lip_jacobian(Path(config.data_dir)).astype(np.float32), maker.bank.amplifier.readout


def schedule(step: int, config: TrainingConfig, share: float | None = None) -> float:
    """Share of the learning rate at `step`: a linear warm-up, then half a cosine down to 2 %. share: of the way."""
    warm = min(1.0, (step + 1) / max(config.warmup_steps, 1))
    share = step / config.steps if share is None else share
    return warm * (0.02 + 0.98 * 0.5 * (1.0 + float(np.cos(np.pi * min(share, 1.0)))))
