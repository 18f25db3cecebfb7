# SPDX-License-Identifier: Apache-2.0
"""FACEGOOD recordings (.npy of 116 weights, blendshape_names.json beside them) as weights of the ARKit shapes."""

from pathlib import Path

import numpy as np

from styletalk.face.blendshapes import arkit_table
from styletalk.files.json_text import read_json
from styletalk.files.reading import explaining

from .arrays import read_table
from .errors import ClipError

NAMES_FILE = "blendshape_names.json"
LATE_S, LATER_S = 0.06, {"2_05": 0.08}
"""So much later than their sound the faces of all recordings are, and of some: measured with a ridge from mel bands to
the mouth. `python -m styletalk_research.datasets.lag_map --study` finds 10 to 20 ms less."""
RATE_HZ = 30.0
_SIDES = (("l", "Left"), ("r", "Right"))


def _both(theirs: str, ours: str) -> dict[str, tuple[str, ...]]:
    """A shape of theirs that has a left and a right half, as ours has."""
    return {ours + side: (f"{theirs}_{letter}",) for letter, side in _SIDES}


ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "jawOpen": ("mouth_stretch_c",), "jawForward": ("jaw_thrust_c",), "mouthClose": ("mouth_chew_c",),
    "jawLeft": ("jaw_sideways_l",), "jawRight": ("jaw_sideways_r",),
    "mouthLeft": ("mouth_sideways_l",), "mouthRight": ("mouth_sideways_r",),
    "mouthShrugLower": ("mouth_chinRaise_d",), "mouthShrugUpper": ("mouth_chinRaise_u",),
    "browInnerUp": ("brow_raise_c",), **_both("brow_raise", "browOuterUp"), **_both("brow_lower", "browDown"),
    **_both("mouth_dimple", "mouthDimple"), **_both("mouth_press", "mouthPress"),
    **_both("mouth_lowerLipDepress", "mouthLowerDown"), **_both("mouth_upperLipRaise", "mouthUpperUp"),
    **_both("cheek_raise", "cheekSquint"), **_both("nose_wrinkle", "noseSneer"), **_both("eye_blink1", "eyeBlink"),
    **_both("eye_lidTight", "eyeSquint"), **_both("eye_upperLidRaise", "eyeWide"),
    **{
        ours + side: tuple(f"{theirs}{kind}_{letter}" for kind in kinds)
        for letter, side in _SIDES
        for theirs, ours, kinds in (
            ("mouth_lipCornerPull", "mouthSmile", ("", "Open")),
            ("mouth_lipCornerDepress", "mouthFrown", ("", "Fix")),
            ("mouth_lipStretch", "mouthStretch", ("", "Open")),
        )
    },
}  # fmt: skip
"""ARKit name → their names that mean it; where several do, their sum."""
PARTS: dict[str, tuple[str, ...]] = {
    "mouthFunnel": tuple(f"mouth_funnel_{part}" for part in ("dl", "dr", "ul", "ur")),
    "mouthPucker": ("mouth_pucker_l", "mouth_pucker_r"),
    "mouthRollLower": ("mouth_suck_dl", "mouth_suck_dr"),
    "mouthRollUpper": ("mouth_suck_ul", "mouth_suck_ur"),
    "cheekPuff": ("cheek_puff_l", "cheek_puff_r"),
}
"""ARKit name → the parts of the mouth that theirs moves one by one; their mean."""
ROUNDED = {"mouth_oh_c": ("mouthFunnel", "mouthPucker"), "mouth_oo_c": ("mouthPucker",)}
"""Their whole rounded mouths, added to the shapes that round ARKit's: 'oh' by halves, 'oo' by the pucker."""


def is_facegood(path: Path) -> bool:
    """Whether `path` is an array whose columns the file of names beside it explains."""
    return path.suffix.lower() == ".npy" and (path.parent / NAMES_FILE).is_file()


def read_facegood(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """(T, 52) weights in 0..1 of a recording, columns as ARKIT_NAMES, and the shapes it has no word for. ClipError.

    Row i is the face at i / 30 s of the sound: that the recordings are late is corrected here, their last row held.
    """
    names = _names(path.parent / NAMES_FILE)
    table = read_table(path).astype(np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise ClipError(f"its array has shape {table.shape}, but {NAMES_FILE} names {len(names)} columns.")
    if len(table) == 0 or not np.isfinite(table).all():
        raise ClipError("it has no rows." if len(table) == 0 else "some of its weights are no numbers (NaN).")
    theirs = dict(zip(names, table.T, strict=True))
    columns: dict[str, np.ndarray] = {}
    for ours, group in (*ALTERNATIVES.items(), *PARTS.items()):
        found = [theirs[name] for name in group if name in theirs]
        if found:
            columns[ours] = np.sum(found, axis=0) if ours in ALTERNATIVES else np.mean(found, axis=0)
    for theirs_name, ours_names in ROUNDED.items():
        for ours in ours_names:
            if theirs_name in theirs and ours in columns:
                columns[ours] = columns[ours] + theirs[theirs_name] / len(ours_names)
    weights, missing = arkit_table(columns, len(table))
    return in_time(np.clip(weights, 0, 1), LATER_S.get(path.stem, LATE_S)), missing


def in_time(weights: np.ndarray, late_s: float) -> np.ndarray:
    """(T, C) rows as they would be, were they not late by `late_s`."""
    rows = np.arange(len(weights))
    return np.stack([np.interp(rows + late_s * RATE_HZ, rows, column) for column in weights.T], axis=1)


def _names(path: Path) -> list[str]:
    with explaining(lambda reason: ClipError(f"the names of its columns, {path.name}, cannot be read ({reason}).")):
        names = read_json(path)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ClipError(f"{path.name} is not a list of column names.")
    return names
