# SPDX-License-Identifier: Apache-2.0
"""A run of the paper's training: its stages in one folder, each from where it was stopped."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from styletalk.errors import MissingPackageError, OutputError, StyleTalkError

try:
    import torch  # noqa: F401 - said here once, in a sentence, for all modules below
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from styletalk.files.writing import check_writable, sweep, written_whole
from styletalk.progress import Progress, part, silent

from ...datasets.errors import TrainingDataError
from .config import PaperConfig
from .corpus import DATA_FILE, Corpus, Data, load_corpus
from .discriminator_stages import StyleStage, SyncStage
from .distributed import join_world
from .generator_stage import WEIGHTS_FILE, GeneratorStage
from .stage import Context, Stage

CONFIG_FILE = "config.json"
STAGES: tuple[type[Stage], ...] = (SyncStage, StyleStage, GeneratorStage)
STAGE_NAMES = tuple(stage.name for stage in STAGES)
ALL = "all"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run has written. figures: the last held-out ones, by stage. note: what the user should know of it."""

    files: tuple[Path, ...]
    figures: dict[str, dict[str, float]]
    note: str = ""


def read_config(path: Path | None) -> PaperConfig:
    """The configuration of a JSON file; None for the paper's own. Raises TrainingDataError."""
    return PaperConfig() if path is None else PaperConfig.load(path)


def train(config: PaperConfig, data: Data, run: Path, stage: str = ALL, progress: Progress = silent) -> Outcome:
    """Train one stage or all in the folder `run`, or go on with a run that was stopped.

    data: folder of sample clips, or a manifest file, or several of them. Under `torchrun` every process calls this.
    Raises TrainingDataError where data or configuration do not do, OutputError where nothing can be written.
    """
    stages = _wanted(stage, config)
    _check_folder(Path(run))  # before long reading
    progress(0.0, "reading the recordings")
    corpus = _corpus(config, data)  # before the folder is made, so that wrong data leaves nothing behind
    world = join_world(config.device)
    try:
        context = Context(config, corpus, world, Path(run))
        world.from_first(lambda: _claim(Path(run), config, corpus))
        return _train_stages(stages, context, progress)
    finally:
        world.leave()


def _train_stages(stages: tuple[type[Stage], ...], context: Context, progress: Progress) -> Outcome:
    """Each in turn, as soon as those before it are on disk."""
    figures, files, notes = {}, [], []
    for index, kind in enumerate(stages):
        stage = kind(context)
        stage.run(part(progress, index / len(stages), (index + 1) / len(stages)))
        context.world.from_first(lambda: None)  # all wait until the first has written
        figures[stage.name] = stage.standing.figures
        files.append(context.folder / WEIGHTS_FILE if kind is GeneratorStage else stage.state_file)
        notes += [_accuracy(stage), stage.note]
    return Outcome(tuple(files), figures, " ".join(note for note in dict.fromkeys(notes) if note))


def _accuracy(stage: Stage) -> str:
    """How often a discriminator is right on what was held out, as a sentence; empty for other stages."""
    share = stage.standing.figures.get("held_out_accuracy")
    return "" if share is None else f"The {stage.name} discriminator is right on {share:.1%} of what was held out."


def _corpus(config: PaperConfig, data: Data) -> Corpus:
    return load_corpus(data, config.held_out_share, config.hold_out, config.generator.audio_dim)


def _wanted(stage: str, config: PaperConfig) -> tuple[type[Stage], ...]:
    """The stages to run; of all of them, those that the configuration has a use for."""
    if stage != ALL:
        if stage not in STAGE_NAMES:
            raise TrainingDataError(f"There is no stage {stage}: stages are {', '.join(STAGE_NAMES)} and {ALL}.")
        return tuple(kind for kind in STAGES if kind.name == stage)
    own = not config.discriminators
    needed = {"sync": own and config.weights.sync > 0, "style": own and config.weights.style > 0, "generator": True}
    return tuple(kind for kind in STAGES if needed[kind.name])


def _check_folder(run: Path) -> None:
    """Whether a folder can be made there, or written in. Raises OutputError."""
    above = next(path for path in (run.absolute(), *run.absolute().parents) if path.exists())
    check_writable(above / CONFIG_FILE)


def _claim(run: Path, config: PaperConfig, corpus: Corpus) -> None:
    """A folder holds the state of one configuration, learnt from one corpus. Raises TrainingDataError, OutputError."""
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot make the folder {run}: {error.strerror}. Choose another.") from error
    sweep(run)
    if _held(run / CONFIG_FILE, PaperConfig.from_json) not in (None, config):
        raise TrainingDataError(f"{run} holds another run. Choose another folder or delete it.")
    if _held(run / DATA_FILE, json.loads) not in (None, corpus.facts):
        raise TrainingDataError(
            f"The run in {run} began with other recordings. Give it those, choose another folder or delete it."
        )
    for name, text in ((CONFIG_FILE, config.to_json()), (DATA_FILE, json.dumps(corpus.facts))):
        with written_whole(run / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _held(path: Path, read: Callable[[str], Any]) -> Any:
    """What a run has written of itself, or None where it has not yet. Raises TrainingDataError."""
    if not path.is_file():
        return None
    try:
        return read(path.read_text(encoding="utf-8"))
    except (StyleTalkError, OSError, ValueError) as error:
        raise TrainingDataError(f"{path} is damaged, or no run's. Choose another folder or delete it.") from error
