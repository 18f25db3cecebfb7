# SPDX-License-Identifier: Apache-2.0
"""How heads with nothing but whole mouths (visemes, vowels) follow the bundled line, and in what steps.

python -m styletalk_research.evaluation.rig_visemes head.glb ...
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.rigs.weights import RigSolver

from .rig_heads import PLAYED, Head, head_of_file, open_face_heads
from .rig_report import STYLES, line_in
from .rig_tracks import fit, tracks

HEADS = (PLAYED["oculus15"], PLAYED["vrm1"])
SEEN = 0.1
"""A shape that reaches this is seen."""


@dataclass(frozen=True)
class VisemeFigures:
    """A head over one line. gap, width: correlation and slope against the coefficients' own track. steps: (4,) largest
    step from row to row of the coefficients' gap, the head's gap, and the same of the width, in widths of the mouth.
    used: names of the shapes that are seen."""

    head: str
    style: str
    gap: tuple[float, float]
    width: tuple[float, float]
    steps: tuple[float, ...]
    used: tuple[str, ...]


def measure(head: Head, style: str, line: FaceAnimation) -> VisemeFigures:
    """Play a line on a head. Raises RigError."""
    values = RigSolver.of(head.mapping).values(line).astype(np.float64)
    asked, shown = tracks(head, line, values)
    steps = [float(np.abs(np.diff(track[:, k])).max()) for k in (0, 1) for track in (asked, shown)]
    names = (row.shape for row, most in zip(head.mapping.rows, values.max(axis=0), strict=True) if most > SEEN)
    return VisemeFigures(
        head.name, style, fit(asked[:, 0], shown[:, 0]), fit(asked[:, 1], shown[:, 1]), tuple(steps), tuple(names)
    )


def main(files: list[Path]) -> None:
    """Print the table."""
    heads = [head for head in open_face_heads() if head.name in HEADS] + [head_of_file(path) for path in files]
    lines = {style: line_in(style) for style in STYLES}
    print("| head | style | mouth gap | mouth width | largest step of the gap, asked → shown | of the width | seen |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for head in heads:
        for style, line in lines.items():
            found = measure(head, style, line)
            gap, width = (f"{r:.3f} / {slope:.2f}" for r, slope in (found.gap, found.width))
            steps = [f"{found.steps[k]:.3f} → {found.steps[k + 1]:.3f}" for k in (0, 2)]
            print(f"| {head.name} | {style} | {gap} | {width} | {' | '.join(steps)} | {', '.join(found.used)} |")


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
