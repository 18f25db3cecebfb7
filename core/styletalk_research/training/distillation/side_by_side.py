# SPDX-License-Identifier: Apache-2.0
"""Several runs of one size at once, as one computation on one GPU: the folds of a cross-validation.

Each run has a process of its own, which trains its teachers and makes its batches; the students are one stack of
weights that takes each step together.
"""

import multiprocessing
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from styletalk.files.torch_file import read_torch
from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.progress import Progress, silent

from ...datasets.errors import TrainingDataError
from ..run_folder import claimed
from ..state_file import write_state
from .config import TrainingConfig
from .distill import Mouth, clip_rows
from .material import batch_maker, data_facts, training_recordings
from .solver import STATE_FILE, export, first_student, mouth_readouts, schedule
from .stack import Layout, Stack
from .student import Normalisation, Student

SLOTS = 8
"""Batches that a run's process may be ahead."""
FIRST_FILE, BATCHES = "first.pt", "batches"
"""In the run folder: what its student begins with; in the folder above: the batches of all."""
FAILED, OVER = -1, -1
WAIT = 0.0005
"""Seconds between two looks at what another process has done."""


@dataclass(frozen=True)
class Exchange:
    """What the processes share, in files. slots: (SLOTS, M, length) float32 batches. ready: (M,) batches that each run
    has made, or FAILED. taken: (1,) steps that are done, or OVER.
    """

    slots: np.ndarray
    ready: np.ndarray
    taken: np.ndarray

    @classmethod
    def at(cls, folder: Path, runs: int, length: int, mode: str = "r+") -> "Exchange":
        """The exchange in a folder; mode "w+" makes it, all zero."""

        def shared(name: str, kind: type, shape: tuple[int, ...]) -> np.ndarray:
            return np.memmap(folder / name, kind, mode, shape=shape)  # pyright: ignore

        return cls(
            shared("slots", np.float32, (SLOTS, runs, length)), shared("ready", np.int64, (runs,)),
            shared("taken", np.int64, (1,)),
        )  # fmt: skip


def train_side_by_side(
    configs: Sequence[TrainingConfig], folder: Path, seconds: float | None = None, progress: Progress = silent
) -> list[Path]:
    """Train runs that differ in what is held out alone; returns their weights files, in order.

    seconds: after which the students stop to learn, whatever number of steps that is; None for the configurations'.
    Raises TrainingDataError, OutputError.
    """
    if len({replace(config, **_OWN).to_json() for config in configs}) != 1:
        raise TrainingDataError("Runs side by side differ in what is held out alone. Train the others by themselves.")
    first, batches, began = configs[0], Path(folder) / BATCHES, time.monotonic()
    batches.mkdir(parents=True, exist_ok=True)
    layout = Layout(first)
    length = layout.length(first.style_rows[1])
    exchange = Exchange.at(batches, len(configs), length, "w+")
    spawn = multiprocessing.get_context("spawn")
    workers = [
        spawn.Process(target=_supply, args=(config, run, len(configs), batches), daemon=True)
        for run, config in enumerate(configs)
    ]
    try:
        for worker in workers:
            worker.start()
        _wait(exchange, 1)
        stack = Stack([_first(config) for config in configs], first)
        steps = _train(stack, exchange, first, None if seconds is None else began + seconds, progress)
    finally:
        exchange.taken[0] = OVER
        for worker in workers:
            worker.join(10.0)
        shutil.rmtree(batches, ignore_errors=True)
    for run, config in enumerate(configs):
        student = stack.student(run)
        state = {f"module.{name}": tensor for name, tensor in student.state_dict().items()}
        write_state(Path(config.work_dir) / STATE_FILE, {"average": state})
        export(student, config, steps)
    return [Path(config.output) for config in configs]


_OWN = {"hold_out": (), "hold_out_styles": (), "work_dir": "", "output": ""}


def _train(stack: Stack, exchange: Exchange, config: TrainingConfig, end: float | None, progress: Progress) -> int:
    """All steps, until the time `end` where it is given; returns how many they were."""
    step, began, share = 0, time.monotonic(), 0.0
    while share < 1.0:
        rows = clip_rows(step, config)
        _wait(exchange, step + 1)
        floats = torch.from_numpy(exchange.slots[step % SLOTS, :, : stack.layout.length(rows)])
        losses = stack.step(floats, rows, schedule(step, config, share))
        step += 1
        exchange.taken[0] = step
        share = step / config.steps if end is None else (time.monotonic() - began) / max(end - began, WAIT)
        if step % 200 == 0:
            mean = float(losses.mean())
            if not np.isfinite(mean):
                raise TrainingDataError("The loss is no number any more. Begin again with a lower learning_rate.")
            progress(min(share, 1.0), f"training: step {step}, loss {mean:.3f}")
    return step


def _wait(exchange: Exchange, made: int) -> None:
    """Until all runs have made so many batches. Raises TrainingDataError where one has failed."""
    while (least := int(exchange.ready.min())) < made:
        if least == FAILED:
            raise TrainingDataError(f"Run {int(exchange.ready.argmin())} of those side by side failed; see its errors.")
        time.sleep(WAIT)


def _first(config: TrainingConfig) -> tuple[Student, Mouth]:
    """What a run's process has left as its beginning."""
    begun = read_torch(Path(config.work_dir) / FIRST_FILE)
    state = begun["student"]
    student = Student(
        StyleTalkGenerator(config.generator), Normalisation(state["mean"].numpy(), state["deviation"].numpy())
    )
    student.load_state_dict(state)
    return student, Mouth.of(student, begun["lips"].numpy(), begun["driven"].numpy())


def _supply(config: TrainingConfig, run: int, runs: int, folder: Path) -> None:
    """A run's process: its teachers, what its student begins with, then its batches, as long as they are asked for."""
    torch.set_num_threads(1)
    layout = Layout(config)
    exchange = Exchange.at(folder, runs, layout.length(config.style_rows[1]))
    try:
        recordings = () if config.rules else training_recordings(config)
        with claimed(Path(config.work_dir), config, data_facts(config, recordings)):
            maker = batch_maker(config, recordings)
            student = first_student(config, maker)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()  # what its teachers needed is the students' now
            lips, driven = map(torch.from_numpy, mouth_readouts(config, maker))
            write_state(
                Path(config.work_dir) / FIRST_FILE, {"student": student.state_dict(), "lips": lips, "driven": driven}
            )
            step = 0
            while (taken := int(exchange.taken[0])) != OVER:
                if step - taken >= SLOTS:
                    time.sleep(WAIT)
                    continue
                floats = layout.packed(maker.batch(step))
                exchange.slots[step % SLOTS, run, : len(floats)] = floats.numpy()
                step += 1
                exchange.ready[run] = step
    except BaseException:
        exchange.ready[run] = FAILED
        raise
