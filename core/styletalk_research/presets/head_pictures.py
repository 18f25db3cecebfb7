# SPDX-License-Identifier: Apache-2.0
"""Draw how six presets move the head on the bundled line, for docs/: a film of all six, and their pitch and yaw.

python -m styletalk_research.presets.head_pictures [-o docs/styles]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.face.model import open_face
from styletalk.face.rasteriser import Framing
from styletalk.request import AnimationRequest
from styletalk.timeline import FRAME_RATE_HZ, row_time_s

from ..evaluation.plots import figure, save
from ..pictures.face_pictures import face_framing, face_pictures
from ..pictures.film import write_film
from ..pictures.sheet import contact_sheet

STYLES = ("neutral", "happy", "sad", "furious", "surprised", "tired")
COLUMNS, SIZE = 3, 176
QUALITY = "30"
WIDER = 1.15
"""A head that turns and nods stays in the picture."""


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.head_pictures")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/styles"), metavar="DIR")
    output = parser.parse_args(arguments).output
    text = TRANSCRIPT.read_text(encoding="utf-8")
    made = {name: animate(AnimationRequest(LINE, text, style=name)) for name in STYLES}
    save(pitch_and_yaw(made), output / "heads.png")
    write_film(output / "heads.mp4", heads(list(made.values())), FRAME_RATE_HZ, LINE, QUALITY)
    return 0


def pitch_and_yaw(made: dict[str, FaceAnimation]) -> object:
    """A figure: pitch (up is up) and yaw of each style over the line, blinks as marks."""
    drawn, axes = figure(10, 9, rows=len(made), columns=1)
    for axis, (name, each) in zip(axes[:, 0], made.items(), strict=True):
        times_s, degrees = row_time_s(np.arange(len(each))), np.degrees(each.head_pose[:, :2])
        axis.plot(times_s, -degrees[:, 0], color="#c8553d", label="pitch, up")
        axis.plot(times_s, degrees[:, 1], color="#588b8b", label="yaw, to the left")
        shut = each.blinks.mean(axis=1) > 0.5
        axis.plot(times_s[shut], np.full(shut.sum(), 17.0), "|", color="#2f3e46", label="eyes shut")
        axis.axhline(0, color="#b8b8b8", linewidth=0.6)
        axis.set(ylim=(-22, 20), ylabel=f"{name}, °", xlim=(0, times_s[-1]))
    axes[0, 0].legend(loc="lower right", ncols=3, fontsize=8)
    axes[-1, 0].set_xlabel("seconds")
    return drawn


def heads(made: list[FaceAnimation]) -> Iterator[np.ndarray]:
    """(rows · SIZE, COLUMNS · SIZE, 3) uint8 pictures of the heads side by side, row by row of the line."""
    face = open_face()
    close = face_framing(face)
    framing = Framing(close.centre, close.radius * WIDER)
    for row in range(min(map(len, made))):
        yield contact_sheet([face_pictures(face, each, [row], SIZE, framing=framing)[0] for each in made], COLUMNS)


if __name__ == "__main__":
    raise SystemExit(main())
