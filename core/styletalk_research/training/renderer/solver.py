# SPDX-License-Identifier: Apache-2.0
"""A run of the renderer's training, in one folder, from where it was stopped."""

import contextlib
from pathlib import Path

from styletalk.errors import MissingPackageError

try:
    import torch  # noqa: F401 - said here once, in a sentence, for all modules below
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from styletalk.progress import Progress, part, silent

from ...datasets.footage import load_footage
from ..paper.distributed import join_processes
from ..paper.stage import Context
from ..run_folder import check_free, claimed
from .config import RendererTraining
from .pairs import make_reels
from .stage import RendererStage

READING = 0.02
"""Of the progress."""


def train(config: RendererTraining, data: Path, run: Path, progress: Progress = silent) -> tuple[Path, str]:
    """Train in the folder `run`, or go on there; the weights' file, and what the user should know of the result.

    data: folder of sample clips with films, or of films of one person each. Under `torchrun` every process calls this.
    Raises TrainingDataError where data or configuration cannot be used, WeightsError for VGG's, OutputError.
    """
    processes = join_processes(config.device)
    try:
        processes.from_first(lambda: check_free(run))  # before long reading
        footage = load_footage(data, config.size, config.clips, run / "tracks", part(progress, 0, READING))
        reels = make_reels(footage, config.held_out_share)
        with contextlib.ExitStack() as stack:
            processes.from_first(lambda: stack.enter_context(claimed(run, config, reels.facts)))
            stage = RendererStage(Context(config, reels, processes, run))
            stage.run(part(progress, READING, 1))
            return stage.weights_file, _note(stage)
    finally:
        processes.leave()


def _note(stage: RendererStage) -> str:
    """How near it comes, as a sentence."""
    figures = stage.standing.figures
    compared = f"{figures['error']:.4f}, the photo as it is by {figures['still']:.4f}"
    return f"On what was held out, frames differ from the film by {compared} (mean of 0..1). {stage.note}".strip()
