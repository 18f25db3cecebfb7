# SPDX-License-Identifier: Apache-2.0
"""The ablation as a table: mean and spread over the seeds, Markdown and JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.files.writing import written_whole

from ..training.paper.config import PaperConfig
from .ablation_metrics import FIGURES, LOWER_IS_BETTER

Figures = Mapping[str, Sequence[Mapping[str, float]]]
"""By variant, the figures of each seed."""


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
