# SPDX-License-Identifier: Apache-2.0
"""Where the 64 expression coefficients stand in the tables that 3DMM extractors write.

| variable of a .mat | widths | who writes it |
|---|---|---|
| `coeff` | 257, 144, 73, 70, 64 | the published clips (PIRenderer's extractor) |
| `full_3dmm` | 257 | Deep3DFaceRecon as SadTalker saves it |
| `coeff_3dmm` | 73, 70 | the renderer's input as SadTalker saves it |
| `exp` | 64 | Deep3DFaceRecon's own names |

257 = identity 80 | expression 64 | texture 80 | angle 3 | gamma 27 | translation 3, as is 144 cut after the expression;
73 = expression 64 | angle 3 | translation 3 | crop 3; 70 the same without the crop. The published clips also have
`transform_params` (N, 5), the crop's picture size, scale and centre.
"""

from collections.abc import Container
from pathlib import Path

import numpy as np

from .mat import read_mat
from .reading import UnusableContent

COEFFICIENTS, CROP = "coeff", "transform_params"
COLUMNS = 257
EXPRESSION = slice(80, 144)
ANGLE, TRANSLATION = slice(224, 227), slice(254, 257)
CROP_COLUMNS = 5
EXPRESSION_COLUMNS = {257: EXPRESSION, 144: EXPRESSION, 73: slice(0, 64), 70: slice(0, 64), 64: slice(0, 64)}
"""Width of a table → where the expression stands in it."""
VARIABLES = {COEFFICIENTS: (257, 144, 73, 70, 64), "full_3dmm": (257,), "coeff_3dmm": (73, 70), "exp": (64,)}
"""Variable of a .mat → its widths, in the order of preference."""


def expression_from_mat(path: Path) -> np.ndarray:
    """(T, 64) of a .mat of one of these makers. Raises UnusableContent, OSError."""
    tables = read_mat(path)
    for name, widths in VARIABLES.items():
        if name in tables:
            return expression_of(tables[name], widths, f" `{name}`")
    raise UnusableContent(f"it has none of the variables {', '.join(VARIABLES)}, only {', '.join(tables) or 'nothing'}")


def expression_of(table: np.ndarray, widths: Container[int] = EXPRESSION_COLUMNS, name: str = "") -> np.ndarray:
    """(T, 64) of a table (T, W) or (T, 1, W). name: of the table, for messages. Raises UnusableContent."""
    if table.ndim == 3 and table.shape[1] == 1:
        table = table[:, 0]
    if table.ndim != 2 or table.dtype.kind not in "fiu":
        raise UnusableContent(f"its table{name} has shape {table.shape}; one row of numbers a frame is expected")
    if table.shape[1] not in widths:
        expected = ", ".join(str(width) for width in EXPRESSION_COLUMNS if width in widths)
        raise UnusableContent(f"its table{name} is {table.shape[1]} wide; known widths are {expected}")
    return table[:, EXPRESSION_COLUMNS[table.shape[1]]]


def pose_from_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of a published clip (N, 9): angle, translation, s, tx, ty; and (N, 2) its pictures' width and height, pixels.

    Both float64. Raises UnusableContent, KeyError, OSError.
    """
    content = read_mat(path)
    coefficients, crop = content[COEFFICIENTS], content[CROP].astype(np.float64)
    if coefficients.shape[1:] != (COLUMNS,) or crop.shape != (len(coefficients), CROP_COLUMNS):
        raise UnusableContent(f"{COEFFICIENTS} {coefficients.shape}, {CROP} {crop.shape}")
    pose9 = np.concatenate([coefficients[:, ANGLE], coefficients[:, TRANSLATION], crop[:, 2:]], axis=1)
    if not len(pose9) or (crop[:, :3] <= 0).any() or not pose9.any(axis=0).all():
        raise UnusableContent("a column of it holds nothing but zeros: it is damaged")
    return pose9.astype(np.float64), crop[:, :2]
