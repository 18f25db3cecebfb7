# SPDX-License-Identifier: Apache-2.0
"""Lists of phoneme labels in JSON, as the published clips have them."""

import json
from pathlib import Path

import numpy as np

from styletalk.phonemes import PHONEME_INDEX

from .errors import ClipError

SLACK_ROWS = 6
"""Labels may end this many rows (0.2 s) before the face does; silence fills up."""
SPARE_ROWS = 30 + SLACK_ROWS
"""And by so much after it: published faces are cut to whole seconds."""


def listed_labels(path: Path) -> np.ndarray:
    """(T,) int16 of a list of indices, or of an object that holds one as `labels`. Raises ClipError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ClipError(f"its labels {path.name} cannot be read ({error}).") from error
    listed = content.get("labels") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed or not all(type(label) is int for label in listed):
        raise ClipError(f"its labels {path.name} are not a list of whole numbers.")
    if min(listed) < 0 or max(listed) >= len(PHONEME_INDEX):
        raise ClipError(f"its labels run from {min(listed)} to {max(listed)}, not within 0..{len(PHONEME_INDEX) - 1}.")
    return np.array(listed, np.int16)


def check_label_count(labels: np.ndarray, rows: int, path: Path) -> None:
    """Whether labels (T,) out of `path` can be those of `rows` rows at 30 fps. Raises ClipError."""
    if len(labels) < rows - SLACK_ROWS or len(labels) > rows + SPARE_ROWS:
        raise ClipError(f"it has {len(labels)} labels for {rows} rows at 30 fps ({path.name}).")
