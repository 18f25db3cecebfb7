# SPDX-License-Identifier: Apache-2.0
"""Draw docs/styles.png: moments of the bundled line, a row for each preset."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.api import AnimationRequest, animate  # noqa: E402 (the checkout comes first)
from core.demo import LINE, TRANSCRIPT  # noqa: E402
from core.face.model import open_face  # noqa: E402
from core.render.face_pictures import face_pictures  # noqa: E402
from core.render.png import contact_sheet, write_png  # noqa: E402
from core.styles.presets import preset_names  # noqa: E402

MOMENTS_S = (0.75, 1.37, 2.1, 3.55, 4.6, 5.3)
SIZE = 180


def main(output: Path) -> None:
    """Render every preset at the same moments of the line."""
    face = open_face()
    pictures = []
    for style in preset_names():
        request = AnimationRequest(LINE, TRANSCRIPT.read_text(encoding="utf-8"), style=style, pose="none")
        animation = animate(request)
        rows = [int(abs(animation.times_s - time_s).argmin()) for time_s in MOMENTS_S]
        pictures += face_pictures(face, animation, rows, SIZE)
    write_png(output, contact_sheet(pictures, len(MOMENTS_S)))


if __name__ == "__main__":
    main(ROOT / "docs" / "styles.png")
