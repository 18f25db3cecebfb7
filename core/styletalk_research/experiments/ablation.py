# SPDX-License-Identifier: Apache-2.0
"""The paper's ablation (section 4, "Ablation study") on any data, with one command.

    python -m styletalk_research.experiments.ablation DATA ... RUNS [--config FILE] [--seeds 1 2 3]
        [--variants NAME ...]

Every variant has the same budget, ends at a plateau of held-out reconstruction, and keeps its best weights. The frozen
discriminators are trained once for each seed and shared. What is reported is measured on recordings left out of the
training, by judges of another seed that no variant was trained against. A run that is stopped goes on where it was.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.cli.console import Console
from styletalk.files.writing import written_whole
from styletalk.progress import Progress, part, silent

from ..training.paper.config import PaperConfig
from ..training.paper.corpus import Data
from ..training.paper.generator_stage import WEIGHTS_FILE
from ..training.paper.solver import train
from .ablation_metrics import FIGURES, LOWER_IS_BETTER, AblationMetrics

DEFAULT_CONFIG = Path(__file__).resolve().parents[1] / "training" / "configs" / "ablation.json"
HELD_OUT = ("andrew_clip_2", "feifeili_clip2_short")
"""Of the sample pairs: a third of their speech, by two speakers who are known from other clips."""
JUDGES_SEED = 1000
DISCRIMINATORS_SHARE = 0.1
"""Of the progress bar, for a seed's discriminators."""

Change = Callable[[PaperConfig], PaperConfig]
Figures = Mapping[str, Sequence[Mapping[str, float]]]
"""By variant, the figures of each seed."""


def _generator(**changes: Any) -> Change:
    return lambda config: replace(config, generator=replace(config.generator, **changes))


def _without(term: str) -> Change:
    return lambda config: replace(config, weights=replace(config.weights, **{term: 0.0}))


VARIANTS: dict[str, Change] = {
    "full model (K = 8)": lambda config: config,
    "K = 4": _generator(kernels=4),
    "K = 16": _generator(kernels=16),
    "static feed-forward": _generator(kernels=1),
    "without D_style": _without("style"),
    "without triplet": _without("triplet"),
    "without D_sync": _without("sync"),
    "average pooling": _generator(pooling="mean"),
}


def run_ablation(
    config: PaperConfig, data: Data, runs: Path, seeds: Sequence[int], variants: Sequence[str],
    progress: Progress = silent,
) -> dict[str, list[dict[str, float]]]:  # fmt: skip
    """Train and measure every variant with every seed; write the table. Returns the figures by variant.

    config: of the full model; its hold_out is what is measured on. Raises TrainingDataError.
    """
    judges = Path(runs) / "judges"
    for stage in ("sync", "style"):
        train(replace(config, seed=JUDGES_SEED, hold_out=()), data, judges, stage)
    metrics = AblationMetrics(config, data, judges)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for index, seed in enumerate(seeds):
        part_of_seed = part(progress, index / len(seeds), (index + 1) / len(seeds))
        for name, found in _seed_figures(replace(config, seed=seed), data, Path(runs), variants, metrics, part_of_seed):
            figures[name].append(found)
            write_table(figures, config, metrics.judges_report, Path(runs))
    return figures


def _seed_figures(
    config: PaperConfig, data: Data, runs: Path, variants: Sequence[str], metrics: AblationMetrics, progress: Progress
) -> Iterator[tuple[str, dict[str, float]]]:
    """One seed's variants, as they are ready: name and figures."""
    folder = runs / f"seed_{config.seed}"
    discriminators = folder / "discriminators"
    for index, stage in enumerate(("sync", "style")):
        start = DISCRIMINATORS_SHARE * index / 2
        train(config, data, discriminators, stage, part(progress, start, start + DISCRIMINATORS_SHARE / 2))
    share = (1 - DISCRIMINATORS_SHARE) / len(variants)
    for index, name in enumerate(variants):
        start = DISCRIMINATORS_SHARE + share * index
        own = replace(VARIANTS[name](config), discriminators=str(discriminators))
        run = folder / _folder_name(name)
        train(own, data, run, "generator", part(progress, start, start + share))
        yield name, metrics.figures(run / WEIGHTS_FILE)


def _folder_name(variant: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in variant).strip("_")


def write_table(figures: Figures, config: PaperConfig, judges: Mapping[str, Any], folder: Path) -> None:
    """Write ablation.md and ablation.json of what is there so far. Raises OutputError."""
    document = {
        "variants": {
            name: {"seeds": list(seeds), "mean": _pooled(seeds, np.mean), "spread": _pooled(seeds, _spread)}
            for name, seeds in figures.items() if seeds
        },
        "figures": FIGURES, "judges": dict(judges), "config": json.loads(config.to_json()),
    }  # fmt: skip
    for path, text in (
        (folder / "ablation.json", json.dumps(document, indent=1)),
        (folder / "ablation.md", as_markdown(figures, config, judges)),
    ):
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def as_markdown(figures: Figures, config: PaperConfig, judges: Mapping[str, Any]) -> str:
    """The table, what its columns mean, and how it was made."""
    done = {name: seeds for name, seeds in figures.items() if seeds}
    lines = ["# Ablation", "", "| | " + " | ".join(FIGURES) + " |", "|---" * (len(FIGURES) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(_cell(seeds, figure) for figure in FIGURES) + " |" for name, seeds in done.items()
    ]
    counts = sorted({len(seeds) for seeds in done.values()})
    lines += ["", f"Mean ± standard deviation over {' or '.join(map(str, counts))} seeds. ↓ is better for "
              f"{', '.join(LOWER_IS_BETTER)}; amplitude is best at 1.", ""]  # fmt: skip
    lines += [f"- **{name}**: {meaning}." for name, meaning in FIGURES.items()]
    lines += ["", _made_how(config, judges)]
    return "\n".join(lines) + "\n"


def _made_how(config: PaperConfig, judges: Mapping[str, Any]) -> str:
    sync, style = judges["sync"]["held_out_accuracy"], judges["style"]["held_out_accuracy"]
    real = judges["recordings"]["P_sync"]
    tested, budget = ", ".join(config.hold_out), f"{config.steps} steps of {config.batch} sequences"
    return (
        f"Measured on {tested}, which nothing was learnt from, in the style of other footage of the same people. "
        f"Each variant had at most {budget} of {config.frames} frames, ended when {config.patience} evaluations in a "
        f"row, {config.evaluate_every} steps apart, brought no better reconstruction of held-out speech, and kept its "
        f"best weights. The judges are right on {sync:.0%} (lip sync) and {style:.0%} (style) of what was held out "
        f"from them; no variant was trained against them. They give the recordings themselves a P_sync of {real:.3f}."
    )


def _cell(seeds: Sequence[Mapping[str, float]], figure: str) -> str:
    values = [found[figure] for found in seeds]
    digits = 0 if figure == "steps" else 3
    mean = f"{np.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {_spread(values):.{digits}f}"


def _pooled(seeds: Sequence[Mapping[str, float]], pool: Any) -> dict[str, float]:
    return {figure: float(pool([found[figure] for found in seeds])) for figure in seeds[0]}


def _spread(values: Sequence[float]) -> float:
    """Standard deviation over seeds, of the population they are drawn from; 0 where there is one only."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.experiments.ablation", description=__doc__)
    parser.add_argument("data", type=Path, nargs="+", help="folder of sample clips, or manifests")
    parser.add_argument("runs", type=Path, help="folder of the runs and of ablation.md; resumes there")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="of the full model (default: a small one)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=[*VARIANTS][:-1], metavar="NAME")
    parser.add_argument("--hold-out", nargs="+", default=HELD_OUT, metavar="RECORDING", help="what is measured on")
    options = parser.parse_args(arguments)
    config = replace(PaperConfig.load(options.config), hold_out=tuple(options.hold_out))
    with Console().progress() as progress:
        run_ablation(config, options.data, options.runs, options.seeds, options.variants, progress)
    print((options.runs / "ablation.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
