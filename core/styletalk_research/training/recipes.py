# SPDX-License-Identifier: Apache-2.0
"""The ways to train: as the paper does it; by distillation, as what is shipped was made; the renderer of photos."""

from collections.abc import Sequence
from pathlib import Path

from styletalk.files.json_text import read_json
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
from styletalk.progress import Progress, silent

from ..config_file import RECIPE
from ..datasets.errors import TrainingDataError

PAPER, DISTILLATION, RENDERER = RECIPES = ("paper", "distillation", "renderer")
DEFAULT = "default"
STAGES = ("sync", "style", "generator", "all")


def chosen_recipe(config: Path | None, recipe: str | None, stage: str | None, processes: int = 1) -> str:
    """What the arguments say, or what the configuration says; a stage is the paper's; else distillation.

    processes: that were started to train together. Raises TrainingDataError where these contradict each other.
    """
    written = _recipe_of(config) if config else None
    wanted = recipe or (PAPER if stage else None)
    if stage and wanted != PAPER:
        raise TrainingDataError(f"Only the recipe {PAPER} has stages. Omit --stage, or --recipe.")
    if written and wanted and written != wanted:
        raise TrainingDataError(f"{config} is for the recipe {written}, not {wanted}. Give another configuration.")
    chosen = wanted or written or DISTILLATION
    if processes > 1 and chosen == DISTILLATION:
        raise TrainingDataError(f"The recipe {chosen} trains in one process. Start it without torchrun.")
    return chosen


def train_by(
    recipe: str, data: Sequence[Path], run: Path, config: Path | None, stage: str | None = None,
    progress: Progress = silent, start: str | None = None,
) -> tuple[tuple[Path, ...], str]:  # fmt: skip
    """Train in the folder `run`, or go on there. Returns the files written, and what the user should know.

    data: a folder, or manifests, several of which the paper's recipe learns from together. start: weights to go on
    from with the recordings of manifests, or DEFAULT (distillation/tuning).
    Raises TrainingDataError, ManifestError, OutputError, MissingPackageError.
    """
    if start and (recipe != DISTILLATION or config):
        raise TrainingDataError("--from has settings of its own. Omit --config, --stage and --recipe, or --from.")
    if recipe == PAPER:
        from .paper import solver as paper

        settings = paper.PaperConfig.load(config) if config else paper.PaperConfig()
        outcome = paper.train(settings, data, run, stage or paper.ALL, progress)
        return outcome.files, outcome.note
    if recipe == RENDERER:
        from .renderer import solver as renderer

        wanted = renderer.RendererTraining.load(config) if config else renderer.RendererTraining()
        weights, note = renderer.train(wanted, _only(data, recipe), run, progress)
        return (weights,), note
    if start:
        from .distillation.tuning import tune

        weights = DEFAULT_WEIGHTS if start == DEFAULT else Path(start)
        return (tune(data, run, weights, progress),), "Speak with them: `styletalk animate --checkpoint`."
    from .distillation import solver as distillation

    folder = _only(data, recipe)
    return (distillation.train(distillation.read_config(config, data=folder, run=run), progress),), ""


def _only(data: Sequence[Path], recipe: str) -> Path:
    """The one folder that a recipe takes. Raises TrainingDataError."""
    if len(data) != 1:
        raise TrainingDataError(f"The recipe {recipe} takes one folder. Give --recipe {PAPER} for several.")
    return Path(data[0])


def _recipe_of(path: Path) -> str | None:
    """The recipe that a configuration names; None where it names none, or is no configuration at all."""
    try:
        fields = read_json(Path(path))
    except (OSError, ValueError):
        return None  # whoever reads it for use says so
    recipe = fields.get(RECIPE) if isinstance(fields, dict) else None
    if recipe is not None and recipe not in RECIPES:
        raise TrainingDataError(f"{path} names the recipe {recipe!r}; there are {', '.join(RECIPES)}.")
    return recipe
