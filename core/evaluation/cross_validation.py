# SPDX-License-Identifier: Apache-2.0
"""Left-one-clip-out: train the networks without each clip in turn, and judge each on the clip it never saw.

    python -m core.evaluation.cross_validation DATA RUNS [--config FILE] [--steps N] [--scrambled] [--only CLIP]

Seven trainings: on one free core about three minutes each for 1000 steps. A run that is stopped goes on
where it was. Beside each clip, some silent style clips are held out, for the check on unseen styles.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from ..progress import Progress, part, silent
from ..training.data.pairs import load_pairs, load_readouts, load_style_rows
from ..training.distillation.config import TrainingConfig
from ..training.distillation.solver import train
from .motion import MotionReport, clip_figures, level_correlation, speaker, write_report, yardstick


def cross_validate(config: TrainingConfig, progress: Progress = silent, only: tuple[str, ...] = ()) -> MotionReport:
    """Train one network for each sample pair, without it, and report on all of them.

    config: of one run; its work_dir receives a folder for each fold, hold_out is set here. only: names of the folds to
    run, none for all. Raises TrainingDataError.
    """
    data_dir = Path(config.data_dir)
    pairs, readouts, styles = load_pairs(data_dir), load_readouts(data_dir), load_style_rows(data_dir)
    unseen = style_folds(tuple(styles), len(pairs))
    chosen = [index for index, pair in enumerate(pairs) if not only or pair.name in only]
    figures, levels = [], {}
    for done, index in enumerate(chosen):
        pair = pairs[index]
        fold = fold_config(config, pair.name, unseen[index])
        speak = speaker(train(fold, part(progress, done / len(chosen), (done + 1) / len(chosen))))
        figures.append(clip_figures(pair, speak, readouts))
        level = level_correlation(speak, styles, pair.labels)
        levels.update({name: level[name] for name in unseen[index]})
    title = "Control: trained on scrambled labels" if config.scrambled else "Left one clip out"
    return MotionReport(title, tuple(figures), *yardstick(data_dir), levels)


def fold_config(config: TrainingConfig, name: str, unseen: tuple[str, ...]) -> TrainingConfig:
    """The configuration of the fold that leaves out clip `name` and the style clips `unseen`.

    Where the configuration starts from other runs, these are folds as well, and each goes on with its own.
    """
    folder = Path(config.work_dir) / name
    return replace(
        config, hold_out=(name,), hold_out_styles=unseen, work_dir=str(folder), output=str(folder / "fold.safetensors"),
        start_from=str(Path(config.start_from) / name) if config.start_from else "",
    )  # fmt: skip


def style_folds(names: tuple[str, ...], folds: int) -> list[tuple[str, ...]]:
    """The style clips, dealt to the folds by person, so that nobody is seen in one clip and unseen in another."""
    people = sorted({_person(name) for name in names})
    return [tuple(n for n in names if people.index(_person(n)) % folds == fold) for fold in range(folds)]


def _person(name: str) -> str:
    return name.rsplit("_clip", 1)[0]


def _print_progress(fraction: float, stage: str) -> None:
    print(f"\r{fraction:6.1%} {stage[:100]:100}", end="", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m core.evaluation.cross_validation", description=__doc__)
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("runs", type=Path, help="where the folds and report.json go")
    parser.add_argument("--config", type=Path, help="a training configuration as JSON")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--own-labels", default="", metavar="JSON", help="made by core.training.data.own_labels")
    parser.add_argument("--start-from", default="", metavar="RUNS", help="go on with the folds of another call")
    parser.add_argument("--scrambled", action="store_true", help="the control: wrong labels, must score near zero")
    parser.add_argument("--only", action="append", default=[], metavar="CLIP")
    options = parser.parse_args(arguments)
    config = TrainingConfig.load(options.config) if options.config else TrainingConfig()
    config = replace(
        config, data_dir=str(options.data), work_dir=str(options.runs), output="",
        steps=options.steps or config.steps, scrambled=options.scrambled, own_labels=options.own_labels,
        start_from=options.start_from,
    )  # fmt: skip
    options.runs.mkdir(parents=True, exist_ok=True)
    report = cross_validate(config, _print_progress, tuple(options.only))
    write_report(report, options.runs / "report.json")
    print("\n" + report.as_markdown())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
