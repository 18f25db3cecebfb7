# SPDX-License-Identifier: Apache-2.0
"""Draw the presets without their names, to find out whether moods are read.

    python -m styletalk_research.presets.blind stills|strips|strangers SEED -o FOLDER

stills: each preset at the same moment of the bundled line, while the mouth is not wide open, from the front and from
three quarters. strips: each at five moments, from the front. strangers: 24 times any preset at any moment on any face
from either side, so that nothing is known by elimination or by comparison with the same face at rest. Gaze and the
head's motion are in all of them. sheet.png is numbered and shuffled; key.txt beside it says which is which: to be read
when every number has got its label.
"""

import argparse
from pathlib import Path

import numpy as np

from styletalk.face.model import IDENTITY_DIM, open_face
from styletalk.face.rasteriser import Framing, render_mesh
from styletalk.files.png import write_png
from styletalk.motion.resample import SceneSamples, scene_samples
from styletalk.styles.presets import preset_names

from ..pictures.face_pictures import face_framing, posed_vertices
from ..pictures.sheet import contact_sheet
from .pictures import SHEET_FPS, Line, with_name

VIEWS = ("front", "three-quarter")
MOMENT_S, MOMENTS_S = 2.1, (0.75, 1.37, 2.1, 3.55, 4.6)
SPOKEN_S = (0.4, 5.0)
"""Within this strangers are shown."""
STRANGERS = 24
CELL = 170
COLUMNS = {"stills": 6, "strips": 2, "strangers": 8}


class Shot:
    """Draws presets as they speak the bundled line."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.line, self.options = Line(), {"blinks": False, "seed": seed}
        close = face_framing(open_face())
        self.framing = Framing(close.centre, close.radius * 1.1)

    def names(self, kind: str) -> list[str]:
        """The presets that are drawn, in the order of their numbers."""
        presets = list(preset_names())
        return list(self.rng.choice(presets, STRANGERS) if kind == "strangers" else self.rng.permutation(presets))

    def cell(self, kind: str, name: str) -> np.ndarray:
        """(H, W, 3) uint8: what is drawn of a preset."""
        samples = scene_samples(self.line.spoken(name, 1.0, **self.options), SHEET_FPS)
        if kind == "stills":
            return np.concatenate([self._picture(samples, MOMENT_S, view) for view in VIEWS])
        if kind == "strips":
            return np.concatenate([self._picture(samples, time_s, "front") for time_s in MOMENTS_S], axis=1)
        identity = self.rng.normal(size=IDENTITY_DIM).astype(np.float32)
        return self._picture(samples, self.rng.uniform(*SPOKEN_S), str(self.rng.choice(VIEWS)), identity)

    def _picture(
        self, samples: SceneSamples, time_s: float, view: str, identity: np.ndarray | None = None
    ) -> np.ndarray:  # fmt: skip
        """(CELL, CELL, 3) uint8: a medium shot of one moment."""
        face, row = open_face(), int(abs(samples.times_s - time_s).argmin())
        one = slice(row, row + 1)
        others = (track[one] for track in (samples.blinks, samples.gaze, samples.tongue, samples.upper))
        shape = face.vertices(samples.coefficients[one], identity, *others)[0]
        posed = posed_vertices(shape, samples.head_pose[row], face.neck_pivot)
        return render_mesh(posed, face.triangles, face.colours, CELL, view, self.framing)


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.blind")
    parser.add_argument("kind", choices=COLUMNS)
    parser.add_argument("seed", type=int)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    shot = Shot(options.seed)
    names = shot.names(options.kind)
    cells = [with_name(shot.cell(options.kind, name), str(number)) for number, name in enumerate(names, 1)]
    options.output.mkdir(parents=True, exist_ok=True)
    write_png(options.output / "sheet.png", contact_sheet(cells, COLUMNS[options.kind]))
    (options.output / "key.txt").write_text("".join(f"{number} {name}\n" for number, name in enumerate(names, 1)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
