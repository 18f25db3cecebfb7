# SPDX-License-Identifier: Apache-2.0
"""Draw the presets without their names, to find out whether moods are read.

    python -m styletalk_research.presets.blind stills|strips SEED -o FOLDER

stills: each preset at the same moment of the bundled line, while the mouth is not wide open, from the front and from
three quarters. strips: at five moments, from the front. Gaze and the head's motion are in it. sheet.png is numbered and
shuffled; key.txt beside it says which is which: to be read when every number has got its label.
"""

import argparse
from pathlib import Path

import numpy as np

from styletalk.face.model import open_face
from styletalk.face.rasteriser import Framing, render_mesh
from styletalk.motion.finish import MotionOptions
from styletalk.motion.resample import SceneSamples, scene_samples
from styletalk.styles.presets import preset_names

from ..pictures.face_pictures import face_framing, posed_vertices
from ..pictures.png import contact_sheet, write_png
from .pictures import SHEET_FPS, Line, with_name

VIEWS = ("front", "three-quarter")
MOMENT_S, MOMENTS_S = 2.1, (0.75, 1.37, 2.1, 3.55, 4.6)
CELL = 170


def still(samples: SceneSamples) -> np.ndarray:
    """(2 CELL, CELL, 3) uint8: one moment from both sides."""
    return np.concatenate([_picture(samples, MOMENT_S, view) for view in VIEWS])


def strip(samples: SceneSamples) -> np.ndarray:
    """(CELL, 5 CELL, 3) uint8: five moments from the front."""
    return np.concatenate([_picture(samples, time_s, "front") for time_s in MOMENTS_S], axis=1)


def _picture(samples: SceneSamples, time_s: float, view: str) -> np.ndarray:
    """(CELL, CELL, 3) uint8: a medium shot of one moment."""
    row = int(abs(samples.times_s - time_s).argmin())
    face = open_face()
    close = face_framing(face)
    framing = Framing(close.centre, close.radius * 1.1)
    one = slice(row, row + 1)
    others = (track[one] for track in (samples.blinks, samples.gaze, samples.tongue, samples.upper))
    shape = face.vertices(samples.coefficients[one], None, *others)[0]
    posed = posed_vertices(shape, samples.head_pose[row], face.neck_pivot)
    return render_mesh(posed, face.triangles, face.colours, CELL, view, framing)


KINDS = {"stills": (still, 6), "strips": (strip, 2)}
"""What is drawn of a preset, and how many presets stand side by side."""


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.blind")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("seed", type=int)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    draw, columns = KINDS[options.kind]
    names = np.random.default_rng(options.seed).permutation(preset_names())
    line = Line(None)
    motion = MotionOptions(blinks=False, seed=options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    cells = [draw(scene_samples(line.spoken(name, 1.0, motion), SHEET_FPS)) for name in names]
    numbered = [with_name(cell, str(number)) for number, cell in enumerate(cells, 1)]
    write_png(options.output / "sheet.png", contact_sheet(numbered, columns))
    (options.output / "key.txt").write_text("".join(f"{number} {name}\n" for number, name in enumerate(names, 1)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
