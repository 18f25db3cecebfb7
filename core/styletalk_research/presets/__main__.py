# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk_research.presets DATA [--weights FILE]`: write the preset files."""

import argparse
from pathlib import Path

from .make import make_presets, save_presets


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets")
    parser.add_argument("data", type=Path, help="holds styletalk/ and calibration/")
    parser.add_argument("--weights", type=Path, help="cache the style codes of these weights in the files")
    options = parser.parse_args(arguments)
    save_presets(make_presets(options.data), options.weights)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
