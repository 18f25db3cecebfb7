# SPDX-License-Identifier: Apache-2.0
"""How good are teachers? Left-one-clip-out figures of any configuration, beside controls.

    python -m styletalk_research.experiments.teacher_study DATA [SETTING ...] [--save DIR] [--seed N]
        [--own-labels JSON ...] [--pairs NPZ ...] [--by speaker|tracked] [--people N] [--styles]

A setting is a name and changes to TeacherConfig, `deep:blocks=5,steps=300`; `default:` alone is the default. Published
labels, correlation at the convention's lag, clip means removed. docs/training-study.md is made of such lines. --by
tracked judges the people of PAIRS who were tracked in films, a fifth of them left out at a time; --people is how many
speakers are learnt from at the most, those with the longest recordings first. --styles: kernel ridges as a mixed model
of people and habits, judged in the style of either half of the clip (training.distillation.likeness).
"""

import argparse
import ast
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch

from ..datasets.pairs import lip_jacobian, load_readouts, load_recordings, relabelled, scrambled
from ..datasets.prepared import with_prepared
from ..datasets.recordings import Recording
from ..metrics.mouth_motion import Predict, clip_figures
from ..training.distillation.experts import KINDS, StyleWeights, level_unit
from ..training.distillation.likeness import Likeness
from ..training.distillation.teacher import TeacherConfig, Teachers, train_teachers
from .cross_validation import By, folds_of


@dataclass(frozen=True)
class HoldOut:
    """How clips are left out. by: as cross_validation has it. scrambled: learn from labels and sound of other clips.

    learnt: JSON files of further labels to learn from. shown: of labels to be judged on, None for the published ones.
    pairs: .npz of further recordings (datasets.prepared). people: how many speakers are learnt from at the most.
    styles: whether kernel ridges know people and habits.
    """

    by: By = "clip"
    scrambled: bool = False
    learnt: tuple[Path, ...] = ()
    shown: Path | None = None
    pairs: tuple[str, ...] = ()
    people: int | None = None
    styles: bool = False


def left_out(data: Path, config: TeacherConfig, held: HoldOut, seed: int = 1, save: Path | None = None) -> np.ndarray:
    """(C, 5) figures of each clip: gap r, width r, gap and width amplitude, jerk; those two against the real clip's.

    save: where the teachers of each fold are kept, and found again, as FOLD/teachers.pt.
    """
    pairs = with_prepared(load_recordings(data, config.sound_dim), held.pairs)
    readouts, lips = load_readouts(data), lip_jacobian(data)
    shown = {pair.name: pair for pair in (pairs if held.shown is None else relabelled(pairs, held.shown))}
    found = []
    for fold in folds_of(pairs, (), held.by):
        path = None if save is None else save / fold.name / "teachers.pt"
        kept = [pair for pair in pairs if pair.name not in fold.clips]
        learnt = _learnt(kept, held)
        readout = np.stack([readouts.column("gap"), readouts.column("width")], axis=1)
        unit = level_unit([pair.expression for pair in learnt])
        likeness = Likeness.of(learnt, readout, unit) if held.styles else None
        teachers = _kept(path) or train_teachers(learnt, lips, config, seed, likeness=likeness)
        if path is not None and not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            teachers.save(path)
        for pair in (shown[name] for name in fold.clips):
            found.append(astuple(clip_figures(pair, _moving(teachers, pair, likeness), readouts))[1:])
    return np.array(found)


def _moving(teachers: Teachers, pair: Recording, likeness: Likeness | None) -> Predict:
    """What the teachers make of a clip: in a style, where they know how alike clips are."""
    if likeness is None:
        motion = teachers.speak(pair.utterance.labels, pair.audio_features)
        return lambda *_: motion
    parts = teachers.contributions(pair.utterance.labels, pair.audio_features, KINDS, len(likeness.levels))
    weights = StyleWeights(likeness).weights
    return lambda _, style, __=None: np.einsum("m,mtk->tk", weights([style])[0], parts) @ teachers.space.decode


def _kept(path: Path | None) -> Teachers | None:
    return Teachers.load(path) if path is not None and path.is_file() else None


def _learnt(kept: Sequence[Recording], held: HoldOut) -> tuple[Recording, ...]:
    """What is learnt from of the recordings that are not left out."""
    rows: dict[str, int] = {}
    for pair in kept:
        rows[pair.speaker] = rows.get(pair.speaker, 0) + len(pair.expression)
    people = sorted(rows, key=lambda speaker: -rows[speaker])[: held.people]
    kept = tuple(pair for pair in kept if pair.speaker in people)
    everything = kept
    for path in held.learnt:
        everything += relabelled(kept, path)
    return scrambled(everything) if held.scrambled else everything


def table_row(name: str, figures: np.ndarray) -> str:
    """A line of the table: means over clips, and the correlations of each clip."""
    clips = " ".join(f"{gap:.2f}/{width:.2f}" for gap, width in figures[:, :2])
    return f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in figures.mean(0)) + f" | {clips} |"


def parse_setting(text: str) -> tuple[str, TeacherConfig]:
    """`name:field=value,...` -> the name and the configuration. Raises ValueError, TypeError."""
    name, _, changes = text.partition(":")
    fields = dict(change.split("=", 1) for change in changes.split(",") if change)
    return name, TeacherConfig(**{field: ast.literal_eval(value) for field, value in fields.items()})


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.experiments.teacher_study", description=__doc__)
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("settings", nargs="*", default=["default:"])
    parser.add_argument(
        "--by", choices=("clip", "speaker", "tracked"), default="clip", help="what is left out at a time"
    )
    parser.add_argument("--scrambled", action="store_true", help="the control, which must fail")
    parser.add_argument("--own-labels", type=Path, action="append", default=[], help="learn from these labels as well")
    parser.add_argument("--shown", type=Path, help="judge on these labels instead of the published ones")
    parser.add_argument("--save", type=Path, help="keep the teachers of each clip in SAVE/SETTING/CLIP")
    parser.add_argument("--pairs", action="append", default=[], metavar="NPZ", help="learn from these as well")
    parser.add_argument("--people", type=int, help="learn from so many speakers")
    parser.add_argument("--styles", action="store_true", help="kernel ridges that know people and habits")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    held = HoldOut(
        options.by,
        options.scrambled,
        tuple(options.own_labels),
        options.shown,
        tuple(options.pairs),
        options.people,
        options.styles,
    )
    print(
        "| setting | gap r | width r | gap amplitude | width amplitude | jerk | clips |\n|---|---|---|---|---|---|---|"
    )
    for name, config in map(parse_setting, options.settings):
        save = None if options.save is None else options.save / name
        print(table_row(name, left_out(options.data, config, held, options.seed, save)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
