# SPDX-License-Identifier: Apache-2.0
"""Does a style code know who speaks? Each half of a clip looks for its other half among the halves of all clips.

    python -m styletalk_research.experiments.style_retrieval DATA --pairs NPZ [--weights FILE | --folds RUNS]
        [--picture PNG]

--folds: of a cross-validation by tracked people; each clip is then encoded by weights that never saw its speaker, and
looks among clips encoded by the same. Clips of one speaker count as one. Beside the code stands what can be had without
any network: the clip's mean expression. --picture: t-SNE of all clips' codes by one set of weights, and the presets'.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from styletalk.networks.engine.inference import Engine, load_engine
from styletalk.styles.presets import preset_names

from ..datasets.pairs import load_recordings, load_style_rows
from ..datasets.prepared import with_prepared
from ..datasets.recordings import Recording
from ..evaluation.plots import save, style_tsne_plot
from ..evaluation.style_space import points_of, preset_points
from .cross_validation import Fold, folds_of

MIN_ROWS = 80
"""Of a half's clip; shorter ones show chance."""
Encode = Callable[[np.ndarray], np.ndarray]


def retrieved(looking: Sequence[Recording], clips: Sequence[Recording], encode: Encode) -> np.ndarray:
    """(2 L,) bool: whether each half of `looking` finds a half of its speaker nearest, its own half left aside."""
    codes = np.stack([encode(clip.expression[half]) for clip in clips for half in clip.halves])  # (2 C, d)
    names = [clip.name for clip in clips for _ in clip.halves]
    speakers = [clip.speaker for clip in clips for _ in clip.halves]
    found = []
    for clip in looking:
        for own in (k for k, name in enumerate(names) if name == clip.name):
            apart = np.linalg.norm(codes - codes[own], axis=1)
            apart[own] = np.inf
            found.append(speakers[int(apart.argmin())] == clip.speaker)
    return np.array(found)


def by_folds(clips: Sequence[Recording], folds: Sequence[Fold], runs: Path) -> np.ndarray:
    """The same for the clips of each fold, by its weights."""
    found = []
    for fold in folds:
        held = [clip for clip in clips if clip.name in fold.clips]
        if held:
            found.append(retrieved(held, clips, load_engine(runs / fold.name / "fold.safetensors").encode_style))
    return np.concatenate(found)


def draw(clips: Sequence[Recording], engine: Engine, path: Path) -> None:
    """t-SNE of the codes of clips, by chunks, and of the presets. Raises MissingPackageError, OutputError."""
    points = [
        point for clip in clips for point in points_of(clip.name, clip.speaker, "speech", clip.expression, engine)
    ]
    save(style_tsne_plot([*points, *preset_points(engine, preset_names())]), path)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.experiments.style_retrieval", description=__doc__
    )
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("--pairs", action="append", default=[], metavar="NPZ", help="further recordings")
    parser.add_argument("--weights", type=Path, help="default: the shipped ones")
    parser.add_argument("--folds", type=Path, metavar="RUNS", help="of cross_validation --by tracked")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw the codes by --weights")
    options = parser.parse_args(arguments)
    everything = with_prepared(load_recordings(options.data), options.pairs)
    clips = [clip for clip in everything if len(clip.expression) >= MIN_ROWS]
    looking = [clip for clip in clips if clip.mouth is not None] if options.folds else clips
    if options.folds:
        folds = folds_of(everything, tuple(load_style_rows(options.data)), "tracked")
        found = by_folds(clips, folds, options.folds)
    else:
        found = retrieved(clips, clips, load_engine(options.weights).encode_style)
    if options.picture:
        draw(clips, load_engine(options.weights), options.picture)
    plain = retrieved(looking, clips, lambda rows: rows.mean(0))
    people = len({clip.speaker for clip in clips})
    print(
        f"top-1 of {people} speakers, {len(found)} halves: codes {found.mean():.3f}, mean expression {plain.mean():.3f}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
