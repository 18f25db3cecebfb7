# SPDX-License-Identifier: Apache-2.0
"""The weights that ship, and every fold that says how good they are, in one go on a GPU.

    python -m styletalk_research.experiments.all_folds DATA RUNS --config FILE [--seconds S] [--judge-labels JSON ...]

Sixteen runs side by side (training.distillation.side_by_side): one that learns from everything, RUNS/shipped; each
clip, each speaker and each fifth of the tracked people left out, RUNS/clip/NAME and so on. A speaker with a single clip
is one fold. Then each fold is judged on what it never saw, RUNS/KIND.json, as cross_validation does.
"""

import argparse
import json
import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from styletalk.cli.console import Console
from styletalk.files.writing import written_whole

from ..datasets.pairs import load_recordings, load_style_rows
from ..datasets.prepared import with_prepared
from ..metrics.mouth_motion import MotionReport
from ..training.distillation.config import TrainingConfig
from ..training.distillation.side_by_side import train_side_by_side
from .cross_validation import By, Fold, fold_config, folds_of, judge

SHIPPED = "shipped"
KINDS: tuple[By, ...] = ("clip", "speaker", "tracked")


@dataclass(frozen=True)
class Placed:
    """A fold, and the folder that holds its run's folder."""

    fold: Fold
    folder: Path

    @property
    def weights(self) -> Path:
        """Where its weights will be."""
        return self.folder / self.fold.name / "fold.safetensors"


def planned(config: TrainingConfig, runs: Path) -> dict[By, list[Placed]]:
    """The folds of each kind; one that is two kinds' is there once. Raises TrainingDataError."""
    data = Path(config.data_dir)
    pairs, styles = with_prepared(load_recordings(data), config.pairs), tuple(load_style_rows(data))
    tracked = any(pair.mouth is not None for pair in pairs)
    known: dict[tuple[str, ...], Placed] = {}
    plan: dict[By, list[Placed]] = {}
    for by in KINDS if tracked else KINDS[:-1]:
        folds = folds_of(pairs, styles, by)
        plan[by] = [known.setdefault(fold.clips, Placed(fold, runs / by)) for fold in folds]
    return plan


def configs_of(plan: Mapping[By, Sequence[Placed]], config: TrainingConfig, runs: Path) -> list[TrainingConfig]:
    """The configurations of all runs, that of the shipped weights first."""
    folder = runs / SHIPPED
    found = [replace(config, work_dir=str(folder), output=str(folder / "weights.safetensors"))]
    for place in {place.weights: place for places in plan.values() for place in places}.values():
        found.append(fold_config(replace(config, work_dir=str(place.folder)), place.fold))
    return found


def judged(
    plan: Mapping[By, Sequence[Placed]], config: TrainingConfig, labels: Sequence[Path], runs: Path, processes: int
) -> None:
    """Write the reports of each kind by condition to RUNS/KIND.json, and print them."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for by, places in plan.items():
            tasks = [(config, labels, place) for place in places]
            parts = pool.starmap(_judge, tasks)
            reports = {name: _joined([part[name] for part in parts]) for name in parts[0]}
            with written_whole(runs / f"{by}.json") as temporary:
                text = json.dumps({name: report.as_dict() for name, report in reports.items()}, indent=1)
                temporary.write_text(text, encoding="utf-8")
            print(f"## One {by} left out\n\n" + "\n\n".join(report.as_markdown() for report in reports.values()))


def _judge(config: TrainingConfig, labels: Sequence[Path], place: Placed) -> dict[str, MotionReport]:
    return judge(Path(config.data_dir), [place.fold], {place.fold.name: place.weights}, labels, config.pairs)


def _joined(parts: Sequence[MotionReport]) -> MotionReport:
    """The reports of several folds as one."""
    clips = tuple(clip for part in parts for clip in part.clips)
    levels = {name: r for part in parts for name, r in part.unseen_level.items()}
    return replace(parts[0], clips=clips, unseen_level=levels)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.experiments.all_folds", description=__doc__)
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("runs", type=Path)
    parser.add_argument("--config", type=Path, required=True, help="a training configuration as JSON")
    parser.add_argument("--seconds", type=float, help="how long the students learn, whatever number of steps that is")
    parser.add_argument("--judge-labels", type=Path, nargs="*", default=[], metavar="JSON")
    parser.add_argument("--processes", type=int, default=8, help="that judge")
    options = parser.parse_args(arguments)
    config = replace(TrainingConfig.load(options.config), data_dir=str(options.data))
    plan = planned(config, options.runs)
    with Console().progress() as progress:
        train_side_by_side(configs_of(plan, config, options.runs), options.runs, options.seconds, progress)
    judged(plan, config, options.judge_labels, options.runs, options.processes)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
