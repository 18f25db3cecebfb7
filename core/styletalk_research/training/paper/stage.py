# SPDX-License-Identifier: Apache-2.0
"""What all stages share, the paper's three and the renderer's: steps, held-out figures, a plateau, state, the end."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from styletalk.progress import Progress, silent

from ...datasets.errors import TrainingDataError
from ...discriminators.frozen import not_a_state, read_state
from ..clock import Clock
from ..state_file import write_state
from .distributed import Processes
from .optimiser_state import OptimiserState
from .run_log import RunLog

DROPOUT_SEED = 1 << 20
"""Steps lie below this, so that every stage, step and process has its own dropout."""


class StageConfig(Protocol):
    """What a stage asks of a configuration; intervals in steps."""

    @property
    def seed(self) -> int: ...

    @property
    def evaluate_every(self) -> int: ...

    @property
    def save_every(self) -> int: ...

    @property
    def log_every(self) -> int: ...


ConfigT = TypeVar("ConfigT", bound=StageConfig)
CorpusT = TypeVar("CorpusT")


@dataclass(frozen=True)
class Context(Generic[ConfigT, CorpusT]):
    """What a stage works with. corpus: what is learnt from. folder: of the run."""

    config: ConfigT
    corpus: CorpusT
    processes: Processes
    folder: Path


@dataclass
class Standing:
    """How far a stage has come. best: its weights where the held-out figure was lowest; unimproved: evaluations since.

    figures: of the last evaluation.
    """

    step: int = 0
    finished: bool = False
    best_figure: float = math.inf
    best_step: int = 0
    unimproved: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)


class Stage(ABC, Generic[ConfigT, CorpusT]):
    """One of the run's trainings. `run` takes it to its end, from where its saved state stands.

    number: part of every seed. networks: its networks, by name; the first is what the stage is for.
    """

    name: ClassVar[str]
    number: ClassVar[int]

    def __init__(self, context: Context[ConfigT, CorpusT]) -> None:
        self.context, self.config = context, context.config
        self.standing = Standing()
        self.note = ""
        torch.manual_seed(self._seed(0))
        self.networks = self.prepare()
        self._resume()

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many the stage takes, at most."""

    @property
    def patience(self) -> int:
        """Evaluations without a better one after which the stage ends; 0: never, and the last weights are kept."""
        return 0

    @abstractmethod
    def prepare(self) -> Mapping[str, OptimiserState]:
        """Make what draws the batches, and the networks to train; torch's random numbers are seeded."""

    @abstractmethod
    def advance(self, step: int) -> dict[str, Tensor]:
        """One step; the terms of its losses by name."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Figures on what is held out; the first is what a plateau is judged by, lower being better."""

    def finish(self) -> None:  # most stages have nothing more to write
        """Called on the first process, whenever it is done and the networks are final and saved."""

    @property
    def network(self) -> torch.nn.Module:
        """What the stage is for."""
        return next(iter(self.networks.values())).network

    @property
    def state_file(self) -> Path:
        """Where the state lies, running or finished."""
        return self.context.folder / f"{self.name}.pt"

    def run(self, progress: Progress = silent) -> None:
        """Train to the end. `progress` may raise Cancelled. Raises TrainingDataError where the loss is lost."""
        log = RunLog(self.context.folder, self.name, self.standing.step) if self.context.processes.first else None
        self.note = log.note if log else ""
        clock = Clock(self.standing.step, self.steps)
        try:
            while not self.standing.finished:
                terms = self._step()
                self._after_step(terms, log)
                progress(self.standing.step / self.steps, clock.stage(self.name, self.standing.step, terms))
        finally:
            if log:
                log.close()
        if self.context.processes.first:
            self.finish()  # again where a run was complete: its files may have been lost since

    def _step(self) -> dict[str, float]:
        """One step; its terms averaged over the processes."""
        torch.manual_seed(self._seed(self.standing.step + 1))
        for optimised in self.networks.values():
            optimised.parallel.train()
        terms = self.advance(self.standing.step)
        self.standing.step += 1
        return self.context.processes.mean({name: float(term.detach()) for name, term in terms.items()})

    def _after_step(self, terms: dict[str, float], log: RunLog | None) -> None:
        """Log, evaluate, save, as often as each is due."""
        config, standing, step = self.config, self.standing, self.standing.step
        last = step >= self.steps
        if log and (last or step % config.log_every == 0):
            log.write(step, "train", terms)
        if last or step % config.evaluate_every == 0:
            self._judge(log)
            last = last or 0 < self.patience <= standing.unimproved
        if last:
            self._end()
        if last or step % config.save_every == 0:
            self._save()

    def _judge(self, log: RunLog | None) -> None:
        """Figures of the held-out material, the same on all processes."""
        standing = self.standing
        for optimised in self.networks.values():
            optimised.network.eval()
        standing.figures = self.context.processes.from_first(self.evaluate)
        if log:
            log.write(standing.step, "held out", standing.figures)
        figure = next(iter(standing.figures.values()))
        if figure < standing.best_figure:
            standing.best_figure, standing.best_step, standing.unimproved = figure, standing.step, 0
            if self.patience:
                standing.best = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        else:
            standing.unimproved += 1

    def _end(self) -> None:
        """The networks are final: the best ones where a plateau decides, else the last."""
        self.standing.finished = True
        if self.standing.best:
            self.network.load_state_dict(self.standing.best)
            self.standing.best = {}
        self.network.eval()

    def _save(self) -> None:
        if not self.context.processes.first:
            return
        networks = {name: optimised.state() for name, optimised in self.networks.items()}
        write_state(self.state_file, {"networks": networks, "standing": vars(self.standing)})

    def _resume(self) -> None:
        state = read_state(self.state_file)
        if state is None:
            return
        try:
            for name, optimised in self.networks.items():
                optimised.resume(state["networks"][name])
            self.standing = Standing(**state["standing"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingDataError(not_a_state(self.state_file)) from error
        for optimised in self.networks.values():
            optimised.network.eval()

    def _seed(self, step: int) -> int:
        parts = (self.config.seed * 8 + self.number) * 64 + self.context.processes.rank
        return parts * DROPOUT_SEED + step % DROPOUT_SEED


def checked(terms: dict[str, Tensor], stage: str, step: int) -> Tensor:
    """The sum of the terms. Raises TrainingDataError where it is not a number, before it spoils the weights."""
    total = torch.stack(list(terms.values())).sum()
    if not torch.isfinite(total):
        lost = ", ".join(name for name, term in terms.items() if not torch.isfinite(term))
        raise TrainingDataError(
            f"In stage {stage}, step {step + 1}, the loss is no longer a number ({lost}). Lower the learning rate or "
            "set precision to float32, and start again: the run goes on from its last saved state."
        )
    return total
