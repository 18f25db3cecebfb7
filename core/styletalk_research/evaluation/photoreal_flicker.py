# SPDX-License-Identifier: Apache-2.0
"""Whether passes flicker: how unsteadily pixels change in them, beside the films that they imitate.

The measure is the second difference over time, |a - 2 b + c| of three pictures in a row, in levels of brightness: what
moves or brightens steadily gives little, what jumps and jumps back gives much.

    python -m styletalk_research.evaluation.photoreal_flicker DATA
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from styletalk.photoreal.photo.calibration import counted_from

from ..metrics.picture_quality import luminance
from ..metrics.tables import number, table
from .photoreal import made_renderer, portrait_of_clip
from .photoreal_clips import PassClip, pass_clips

ROWS = 90
"""Of each clip: three seconds from its beginning."""
STILL_SHARE = 0.5
"""So many of the pixels, those that change least in the film from picture to picture, are its still region."""
SMOOTH = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1]) / 256
"""What a motion made smooth is the mean of: with it, what is left is the renderer's own."""
RARE = 99.9
"""The percentile that shows whether few pixels jump, or few pictures."""


@dataclass(frozen=True)
class Unsteadiness:
    """Of the film, of its pass, and of the pass of the same motion made smooth, each (4,): mean and percentile RARE
    over the film's still region, and the same over all the picture."""

    clip: str
    film: np.ndarray
    made: np.ndarray
    smooth: np.ndarray

    def cells(self) -> list[str]:
        each = (self.film, self.made, self.smooth)
        return [self.clip, *(f"{number(v[k], 2)}, {number(v[k + 1], 0)}" for k in (0, 2) for v in each)]


def unsteadiness(clip: PassClip, rows: int = ROWS) -> Unsteadiness:
    """Of the first rows of a clip, moved by its own coefficients. Raises StyleTalkError, MissingPackageError."""
    wanted = range(min(rows, len(clip.own)))
    film = _grey(clip.real(wanted))
    portrait = portrait_of_clip(clip)
    renderer = made_renderer(portrait, clip, None)
    motion = replace(clip.own, coefficients=counted_from(portrait, clip.own.coefficients))
    calm = replace(motion, coefficients=_smooth(motion.coefficients), head_pose=_smooth(motion.head_pose))
    made, smooth = (_grey(renderer.frames(each, wanted[: len(film)])) for each in (motion, calm))
    still = still_region(film)
    return Unsteadiness(clip.name, *(_figures(each, still) for each in (film, made, smooth)))


def _smooth(values: np.ndarray) -> np.ndarray:
    """Values (T, C), each the mean of those around it."""
    ends = np.pad(values, ((len(SMOOTH) // 2,) * 2, (0, 0)), mode="edge")
    around = np.stack([ends[k : k + len(values)] for k in range(len(SMOOTH))])
    return np.tensordot(SMOOTH, around, 1).astype(np.float32)


def still_region(film: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of a film (T, H, W) that change least from picture to picture."""
    change = np.abs(np.diff(film, axis=0)).mean(axis=0)
    return change <= np.quantile(change, STILL_SHARE)


def second_difference(film: np.ndarray) -> np.ndarray:
    """(T - 2, H, W): how far each picture is off the way from the one before to the one after, twice."""
    return np.abs(film[:-2] - 2 * film[1:-1] + film[2:])


def _figures(film: np.ndarray, still: np.ndarray) -> np.ndarray:
    both = [second_difference(film)[:, where] for where in (still, np.ones_like(still))]
    return np.array([value for found in both for value in (found.mean(), np.percentile(found, RARE))])


def _grey(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """(T, H, W) float32, 0..255."""
    return np.stack([luminance(picture[..., :3]) for picture in pictures]).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="how unsteady passes are beside their films")
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of the published sample clips")
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"of each clip ({ROWS})")
    options = parser.parse_args(arguments)
    found = [unsteadiness(clip, options.rows) for clip in pass_clips(options.data)]
    head = ("clip", "still: film", "pass", "smooth pass", "all: film", "pass", "smooth pass")
    print("\n".join(table(head, [each.cells() for each in found])))


if __name__ == "__main__":
    main()
