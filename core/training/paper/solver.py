# SPDX-License-Identifier: Apache-2.0
"""A run of the paper's training: its stages in one folder, each from where it was stopped."""

import dataclasses
from pathlib import Path

from ...errors import MissingPackageError

try:
    import torch  # noqa: F401 - said here once, in a sentence, for all modules below
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from ...files import written_whole
from ...progress import Progress, part, silent
from ..data.pairs import TrainingDataError
from .config import PaperConfig
from .corpus import Corpus, load_corpus
from .discriminator_stages import StyleStage, SyncStage
from .generator_stage import WEIGHTS_FILE, GeneratorStage
from .stage import Context, Stage
from .world import join_world

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


def train(config: PaperConfig, data: Path, run: Path, stage: str = ALL, progress: Progress = silent) -> Outcome:
    """Train one stage or all in the folder `run`, or go on with a run that was stopped.

    data: folder of sample clips, or a manifest file. Under `torchrun` every process calls this.
    Raises TrainingDataError where data or configuration do not do, OutputError where nothing can be written.
    """
    stages = _wanted(stage, config)
    corpus = _corpus(config, data)  # first, so that a wrong folder leaves nothing behind
    world = join_world(config.device)
    try:
        context = Context(config, corpus, world, Path(run))
        world.from_first(lambda: _claim(Path(run), config))
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


def _corpus(config: PaperConfig, data: Path) -> Corpus:
    return load_corpus(data, config.held_out_share, config.hold_out, config.generator.prosody_dim > 0)


def _wanted(stage: str, config: PaperConfig) -> tuple[type[Stage], ...]:
    """The stages to run; of all of them, those that the configuration has a use for."""
    if stage != ALL:
        if stage not in STAGE_NAMES:
            raise TrainingDataError(f"There is no stage {stage}: stages are {', '.join(STAGE_NAMES)} and {ALL}.")
        return tuple(kind for kind in STAGES if kind.name == stage)
    own = not config.discriminators
    needed = {"sync": own and config.weights.sync > 0, "style": own and config.weights.style > 0, "generator": True}
    return tuple(kind for kind in STAGES if needed[kind.name])


def _claim(run: Path, config: PaperConfig) -> None:
    """A folder holds the state of one configuration. Raises TrainingDataError."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / CONFIG_FILE
    if path.is_file() and PaperConfig.load(path) != config:
        raise TrainingDataError(f"{run} holds another run. Choose another folder or delete it.")
    with written_whole(path) as temporary:
        temporary.write_text(config.to_json(), encoding="utf-8")
