# SPDX-License-Identifier: Apache-2.0
"""A run of the paper's training: its stages in one folder, each from where it was stopped."""

import contextlib
import dataclasses
from pathlib import Path

from styletalk.errors import MissingPackageError

try:
    import torch  # noqa: F401 - label_windows here once, in a sentence, for all modules below
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from styletalk.progress import Progress, part, silent

from ...datasets.errors import TrainingDataError
from ..run_folder import check_free, claimed
from .config import PaperConfig
from .corpus import Corpus, Data, load_corpus
from .discriminator_stages import StyleStage, SyncStage
from .distributed import join_processes
from .generator_stage import WEIGHTS_FILE, GeneratorStage
from .stage import Context, Stage

PaperStage = Stage[PaperConfig, Corpus]
STAGES: tuple[type[PaperStage], ...] = (SyncStage, StyleStage, GeneratorStage)
STAGE_NAMES = tuple(stage.name for stage in STAGES)
ALL = "all"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run has written. figures: the last held-out ones, by stage. note: what the user should know of it."""

    files: tuple[Path, ...]
    figures: dict[str, dict[str, float]]
    note: str = ""


def train(config: PaperConfig, data: Data, run: Path, stage: str = ALL, progress: Progress = silent) -> Outcome:
    """Train one stage or all in the folder `run`, or go on with a run that was stopped.

    data: folder of sample clips, or a manifest file, or several of them. Under `torchrun` every process calls this.
    Raises TrainingDataError where data or configuration cannot be used, OutputError where nothing can be written.
    """
    stages, run = _wanted(stage, config), Path(run)
    processes = join_processes(config.device)
    try:
        processes.from_first(lambda: check_free(run))  # before long reading
        progress(0.0, "reading the recordings")
        corpus = load_corpus(data, config.held_out_share, config.hold_out, config.generator.audio_dim)
        with contextlib.ExitStack() as stack:
            processes.from_first(lambda: stack.enter_context(claimed(run, config, corpus.facts)))
            return _train_stages(stages, Context(config, corpus, processes, run), progress)
    finally:
        processes.leave()


def _train_stages(stages: tuple[type[PaperStage], ...], context: Context, progress: Progress) -> Outcome:
    """Each in turn, as soon as those before it are on disk."""
    figures, files, notes = {}, [], []
    for index, kind in enumerate(stages):
        stage = kind(context)
        stage.run(part(progress, index / len(stages), (index + 1) / len(stages)))
        context.processes.from_first(lambda: None)  # all wait until the first has written
        figures[stage.name] = stage.standing.figures
        files.append(context.folder / WEIGHTS_FILE if kind is GeneratorStage else stage.state_file)
        notes += [_accuracy(stage), stage.note]
    return Outcome(tuple(files), figures, " ".join(note for note in dict.fromkeys(notes) if note))


def _accuracy(stage: PaperStage) -> str:
    """How often a discriminator is right on what was held out, as a sentence; empty for other stages."""
    share = stage.standing.figures.get("held_out_accuracy")
    return "" if share is None else f"The {stage.name} discriminator is right on {share:.1%} of what was held out."


def _wanted(stage: str, config: PaperConfig) -> tuple[type[PaperStage], ...]:
    """The stages to run; of all of them, those that the configuration has a use for."""
    if stage != ALL:
        if stage not in STAGE_NAMES:
            raise TrainingDataError(f"There is no stage {stage}: stages are {', '.join(STAGE_NAMES)} and {ALL}.")
        return tuple(kind for kind in STAGES if kind.name == stage)
    own = not config.discriminators
    needed = {"sync": own and config.weights.sync > 0, "style": own and config.weights.style > 0, "generator": True}
    return tuple(kind for kind in STAGES if needed[kind.name])
