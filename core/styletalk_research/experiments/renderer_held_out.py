# SPDX-License-Identifier: Apache-2.0
"""What a renderer's training has reached: the end of each clip, of which nothing was learnt, beside the still photo.

    python -m styletalk_research.experiments.renderer_held_out DATA RUN [--every N]

DATA, RUN: of `styletalk train DATA -o RUN --config …`, recipe `renderer`, finished or not. The first picture of a
clip is the photo.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from styletalk.errors import StyleTalkError

from ..datasets.footage import load_footage
from ..discriminators.frozen import CONFIG_FILE, read_state
from ..evaluation.photoreal_landmarks import landmarks_of
from ..metrics.landmark_distances import face_distance, mouth_distance
from ..metrics.tables import number, table
from ..training.renderer.config import RendererTraining
from ..training.renderer.learner import RendererLearner
from ..training.renderer.pairs import Reel, batch_of, held_out, make_reels

BATCH = 8


@dataclass(frozen=True)
class HeldOut:
    """Of one clip: mean absolute difference to the film, 0..1, landmark distances of mouth and face; of how many."""

    clip: str
    system: str
    error: float
    mouth: float
    face: float
    pictures: int


def held_out_figures(reel: Reel, learner: RendererLearner, edit: bool, every: int) -> list[HeldOut]:
    """Of the frames, and of the photo as it is."""
    items = held_out(reel, every)
    real = np.stack([reel.footage.frames[row] for _, _, row in items])
    known = landmarks_of(real)
    made = {
        "renderer": _rendered(items, learner, edit),
        "still photo": np.repeat(reel.footage.frames[:1], len(real), 0),
    }
    return [_compared(reel.footage.name, system, frames, real, known) for system, frames in made.items()]


@torch.no_grad()
def _rendered(items: Sequence[tuple[Reel, int, int]], learner: RendererLearner, edit: bool) -> np.ndarray:
    """(N, S, S, 3) uint8."""
    shown = []
    for first in range(0, len(items), BATCH):
        batch = batch_of(items[first : first + BATCH])
        moved, frame = learner(batch.photos, batch.windows, edit)
        shown.append(((moved if frame is None else frame) + 1) * 127.5)
    pictures = torch.cat(shown).clamp(0, 255).round().byte().permute(0, 2, 3, 1)
    return pictures.contiguous().numpy()


def _compared(clip: str, system: str, made: np.ndarray, real: np.ndarray, known: np.ndarray) -> HeldOut:
    points = landmarks_of(made)
    both = np.flatnonzero(np.isfinite(points).all((1, 2)) & np.isfinite(known).all((1, 2)))
    if not len(both):
        raise StyleTalkError(f"No face is found in the pictures of {clip}: they are too small, or not learnt yet.")
    error = np.abs(made.astype(np.float64) - real).mean() / 255
    mouth, face = (np.mean([measure(points[k], known[k]) for k in both]) for measure in (mouth_distance, face_distance))
    return HeldOut(clip, system, float(error), float(mouth), float(face), len(both))


def trained(run: Path) -> tuple[RendererLearner, RendererTraining, int]:
    """The learner of a run as it was last saved, its configuration and its step. Raises StyleTalkError."""
    config = RendererTraining.load(run / CONFIG_FILE)
    state = read_state(run / "renderer.pt")
    if state is None:
        raise StyleTalkError(f"{run} has no renderer.pt yet. Wait until the training has saved.")
    learner = RendererLearner(config.network, torch.zeros(73), torch.ones(73))
    learner.load_state_dict(state["networks"]["renderer"]["network"])
    return learner.eval(), config, int(state["standing"]["step"])


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.experiments.renderer_held_out")
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--every", type=int, default=3, metavar="N", help="one picture in so many (default: 3)")
    options = parser.parse_args(arguments)
    learner, config, step = trained(options.run)
    reels = make_reels(
        load_footage(options.data, config.size, config.clips, options.run / "tracks"), config.held_out_share
    ).reels
    edit = step > config.warm_up
    found = [figures for reel in reels for figures in held_out_figures(reel, learner, edit, options.every)]
    print(f"After {step} steps, pictures of {config.size} pixels:\n")
    rows = [
        [f.clip, f.system, number(f.error, 4), number(f.mouth, 4), number(f.face, 4), str(f.pictures)] for f in found
    ]
    print("\n".join(table(("clip", "", "L1", "M-LMD", "F-LMD", "pictures"), rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
