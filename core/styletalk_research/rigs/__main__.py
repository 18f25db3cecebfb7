# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk_research.rigs RIGS`: the naming conventions as `styletalk.rigs` reads them.

RIGS: a folder with conventions.json (names, aliases) and to_arkit.json (name → weights of the ARKit shapes).
"""

import json
import sys
from pathlib import Path
from typing import Any

from styletalk.files.json_text import read_json
from styletalk.files.writing import written_whole
from styletalk.rigs.conventions import CONVENTIONS_FILE

DIGITS = 3
PLAIN_WORDS = {
    "Smile": ("mouthSmileLeft", "mouthSmileRight"), "Grin": ("mouthSmileLeft", "mouthSmileRight"),
    "Frown": ("mouthFrownLeft", "mouthFrownRight"), "Mouth_Open": ("jawOpen",), "Open_Mouth": ("jawOpen",),
    "Pucker": ("mouthPucker",), "Kiss": ("mouthPucker",), "Pout": ("mouthPucker",), "Funnel": ("mouthFunnel",),
    "Brows_Up": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), "Brows_Down": ("browDownLeft", "browDownRight"),
    "Brow_Raise": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "Eyes_Wide": ("eyeWideLeft", "eyeWideRight"), "Squint": ("eyeSquintLeft", "eyeSquintRight"),
    "Sneer": ("noseSneerLeft", "noseSneerRight"), "Eyes_Closed": ("eyeBlinkLeft", "eyeBlinkRight"),
}  # fmt: skip
"""What modellers call a shape where they follow nobody."""


def compact(named: dict[str, Any], meanings: dict[str, Any]) -> dict[str, Any]:
    """Of the conventions whose names are those of shapes: kind, who stated its weights, aliases, and the
    ARKit weights of each shape."""
    return {
        name: {
            "kind": named[name]["kind"],
            "source": table["source"],
            "shapes": {shape: _rounded(row["weights"]) for shape, row in table["rows"].items() if "weights" in row},
            "negative": {shape: _rounded(row["negative"]) for shape, row in table["rows"].items() if "negative" in row},
            "inferred": [shape for shape, row in table["rows"].items() if row["basis"] != "stated"],
            "aliases": {
                alias: shape
                for alias, shape in named[name]["aliases"].items()
                if shape in table["rows"] and not alias.isdigit()
            },
        }
        for name, table in meanings.items()
        if named[name]["kind"] != "bones"
        and not any("drives" in row or "takes_part" in row for row in table["rows"].values())
    }


def plain_words() -> dict[str, Any]:
    """PLAIN_WORDS as a convention."""
    shapes = {name: dict.fromkeys(shown, 1.0) for name, shown in PLAIN_WORDS.items()}
    rest = {"negative": {}, "inferred": list(shapes), "aliases": {}}
    return {"kind": "blendshapes", "source": "plain words", "shapes": shapes, **rest}


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {shape: round(weight, DIGITS) for shape, weight in weights.items()}


def main(folder: Path) -> None:
    named, meanings = (read_json(folder / f"{name}.json")["conventions"] for name in ("conventions", "to_arkit"))
    tables = compact(named, meanings) | {"plain_words": plain_words()}
    lines = (f"{json.dumps(name)}: {json.dumps(table, ensure_ascii=False)}" for name, table in tables.items())
    with written_whole(CONVENTIONS_FILE) as path:
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
