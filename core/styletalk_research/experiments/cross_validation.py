# SPDX-License-Identifier: Apache-2.0
"""Left-one-clip-out: train the networks without each clip in turn, and judge each on the clip it never saw.

    python -m styletalk_research.experiments.cross_validation DATA RUNS [--config FILE] [--by speaker|tracked]
        [--scrambled] [--only FOLD] [--judge-labels JSON ...]

Seven trainings (--by speaker: four; --by tracked: five, each without a fifth of the people that were tracked in films,
who come with the configuration's `pairs`). A run that is stopped goes on where it was. Beside each clip, some silent
style clips are held out, for the check on unseen styles. Networks with an audio input are judged with the sound and
without it; --judge-labels also judges them on the labels of a recogniser (datasets.own_labels).
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from styletalk.cli.console import Console
from styletalk.files.writing import written_whole
from styletalk.networks.checkpoints.generator import read_weights
from styletalk.progress import part

from ..datasets.pairs import load_readouts, load_recordings, load_style_rows, relabelled
from ..datasets.prepared import with_prepared
from ..datasets.recordings import Recording
from ..metrics.mouth_motion import MotionReport, baseline, clip_figures, level_correlation, predictor
from ..training.distillation.config import TrainingConfig
from ..training.distillation.solver import train

By = Literal["clip", "speaker", "tracked"]
TRACKED_FOLDS = 5
SOUND, LABELS = "published labels and sound", "published labels alone"


@dataclass(frozen=True)
class Fold:
    """One training of the several. name: of its folder. clips: what it may not see, and is judged on."""

    name: str
    clips: tuple[str, ...]
    unseen_styles: tuple[str, ...]


def folds_of(pairs: Sequence[Recording], styles: Sequence[str], by: By = "clip") -> list[Fold]:
    """A fold for each clip, for each speaker, or for a fifth of the tracked ones, with its share of the style clips."""
    judged = [pair for pair in pairs if (pair.mouth is not None) == (by == "tracked")]
    people = sorted({pair.speaker for pair in judged})
    groups: dict[str, list[Recording]] = {}
    for pair in judged:
        name = {"clip": pair.name, "speaker": pair.speaker}.get(
            by, f"tracked{people.index(pair.speaker) % TRACKED_FOLDS}"
        )
        groups.setdefault(name, []).append(pair)
    unseen = style_folds(tuple(styles), len(groups))
    return [
        Fold(name, tuple(clip.name for clip in clips), held)
        for (name, clips), held in zip(groups.items(), unseen, strict=True)
    ]


def judge(
    data_dir: Path,
    folds: Sequence[Fold],
    weights: Mapping[str, Path],
    labels: Sequence[Path] = (),
    pairs_files: Sequence[str] = (),
) -> dict[str, MotionReport]:
    """Reports by condition: with sound, labels alone, labels of recognisers. Each clip by weights that never saw it."""
    sound_dim = read_weights(next(iter(weights.values()))).config.audio_dim
    everything = with_prepared(load_recordings(data_dir, sound_dim), pairs_files)
    tracked = {pair.name for pair in everything if pair.mouth is not None}
    by_film = folds[0].clips[0] in tracked
    pairs = tuple(pair for pair in everything if (pair.name in tracked) == by_film)
    readouts, styles = load_readouts(data_dir), load_style_rows(data_dir)
    conditions = _conditions(pairs, sound_dim > 0, labels)
    first, linear, levels = pairs[0], baseline(pairs, readouts), {}
    figures = {condition: [] for condition in conditions}
    for fold in folds:
        predict = predictor(weights[fold.name])
        for condition, clips in conditions.items():
            figures[condition] += [clip_figures(clip, predict, readouts) for clip in clips if clip.name in fold.clips]
        level = level_correlation(predict, styles, first.utterance.labels, first.audio_features)
        levels |= {name: level[name] for name in fold.unseen_styles}
    return {name: MotionReport(name, tuple(found), *linear, levels) for name, found in figures.items()}


def fold_config(config: TrainingConfig, fold: Fold) -> TrainingConfig:
    """The configuration of a fold. Where it starts from other runs, these are folds too, and each follows its own.

    `pretrained` is one run for all folds: rules, which saw no clip.
    """
    folder = Path(config.work_dir) / fold.name
    return replace(
        config, hold_out=fold.clips, hold_out_styles=fold.unseen_styles, work_dir=str(folder),
        output=str(folder / "fold.safetensors"),
        start_from=str(Path(config.start_from) / fold.name) if config.start_from else "",
    )  # fmt: skip


def style_folds(names: tuple[str, ...], folds: int) -> list[tuple[str, ...]]:
    """The style clips, dealt to the folds by person, so that nobody is seen in one clip and unseen in another."""
    people = sorted({_person(name) for name in names})
    return [tuple(n for n in names if people.index(_person(n)) % folds == fold) for fold in range(folds)]


def _conditions(
    pairs: tuple[Recording, ...], with_sound: bool, labels: Sequence[Path]
) -> dict[str, tuple[Recording, ...]]:  # fmt: skip
    """The clips by what the networks are given of them."""
    conditions = {SOUND: pairs} if with_sound else {}
    conditions[LABELS] = tuple(replace(pair, audio_features=None) for pair in pairs)
    for path in labels:
        conditions[f"labels of {path.stem}{' and sound' if with_sound else ''}"] = relabelled(pairs, path)
    return conditions


def _person(name: str) -> str:
    return name.rsplit("_clip", 1)[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.experiments.cross_validation", description=__doc__
    )
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("runs", type=Path, help="where the folds and report.json go")
    parser.add_argument("--config", type=Path, help="a training configuration as JSON")
    parser.add_argument("--by", choices=("clip", "speaker", "tracked"), default="clip")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--start-from", metavar="RUNS", help="go on with the folds of another call")
    parser.add_argument("--scrambled", action="store_true", help="the control: wrong labels, must score near zero")
    parser.add_argument("--only", action="append", default=[], metavar="FOLD")
    parser.add_argument("--judge-labels", type=Path, nargs="*", default=[], metavar="JSON")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    options = _parser().parse_args(arguments)
    config = TrainingConfig.load(options.config) if options.config else TrainingConfig()
    config = replace(
        config, data_dir=str(options.data), work_dir=str(options.runs), output="",
        steps=options.steps or config.steps, scrambled=options.scrambled,
        start_from=options.start_from or config.start_from,
    )  # fmt: skip
    options.runs.mkdir(parents=True, exist_ok=True)
    pairs = with_prepared(load_recordings(options.data), config.pairs)
    folds = folds_of(pairs, tuple(load_style_rows(options.data)), options.by)
    folds = [fold for fold in folds if not options.only or fold.name in options.only]
    with Console().progress() as progress:
        weights = {
            fold.name: train(fold_config(config, fold), part(progress, index / len(folds), (index + 1) / len(folds)))
            for index, fold in enumerate(folds)
        }
    reports = judge(options.data, folds, weights, options.judge_labels, config.pairs)
    with written_whole(options.runs / "report.json") as temporary:
        text = json.dumps({name: report.as_dict() for name, report in reports.items()}, indent=2)
        temporary.write_text(text, encoding="utf-8")
    print("\n\n".join(report.as_markdown() for report in reports.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
