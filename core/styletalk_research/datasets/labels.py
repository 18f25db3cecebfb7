# SPDX-License-Identifier: Apache-2.0
"""Phoneme labels beside a clip: lists of indices in JSON, as the published clips have them, or an alignment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.files.json_text import read_json
from styletalk.files.reading import UnusableContent, explaining
from styletalk.phonemes import PHONEME_INDEX
from styletalk.timeline import FRAME_RATE_HZ

from .errors import ClipError

LABEL_ENDINGS = ("_seq.json", ".json", ".TextGrid")
"""Of the labels of NAME.mat, in the order of preference."""
SLACK_ROWS = 6
"""Labels may end this many rows (0.2 s) before the face does; silence fills up."""
SPARE_ROWS = 30 + SLACK_ROWS
"""And by so much after it: published faces are cut to whole seconds."""


def labels_beside(clip: Path, rows: int) -> np.ndarray:
    """(L,) int16 labels of a clip of `rows` rows at 30 fps: a list as long as it is, or an alignment.

    Raises ClipError.
    """
    candidates = [clip.with_name(clip.stem + ending) for ending in LABEL_ENDINGS]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise ClipError(f"it has no labels. Make them: styletalk phonemes {clip.stem}.wav -o {candidates[0].name}")
    content = _json(path) if path.suffix == ".json" else {}
    if isinstance(content, dict) and "labels" not in content:
        return aligned_labels(path, rows)
    return listed_labels(path)


def aligned_labels(path: Path, rows: int) -> np.ndarray:
    """(rows,) int16 of a TextGrid or another alignment. Raises ClipError."""
    from styletalk.speech.formats.alignment_files import read_alignment

    try:
        return read_alignment(path, rows / FRAME_RATE_HZ).labels(rows)
    except StyleTalkError as error:
        raise ClipError(f"its labels cannot be used: {error}") from error


def listed_labels(path: Path) -> np.ndarray:
    """(T,) int16 of a list of indices, or of an object that holds one as `labels`. Raises ClipError."""
    content = _json(path)
    listed = content.get("labels") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed or not all(type(label) is int for label in listed):
        raise ClipError(f"its labels {path.name} are not a list of whole numbers.")
    if min(listed) < 0 or max(listed) >= len(PHONEME_INDEX):
        raise ClipError(f"its labels run from {min(listed)} to {max(listed)}, not within 0..{len(PHONEME_INDEX) - 1}.")
    return np.array(listed, np.int16)


def checked_labels(labels: Sequence[int] | np.ndarray) -> np.ndarray:
    """(T,) int16, of a file whose reader says what it is. Raises UnusableContent where they are no labels."""
    found = np.asarray(labels)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not 0 <= found.min() <= found.max() < len(PHONEME_INDEX):
        raise UnusableContent("it holds labels that are none")
    return found.astype(np.int16)


def check_label_count(labels: np.ndarray, rows: int, path: Path) -> None:
    """Whether labels (T,) out of `path` can be those of `rows` rows at 30 fps. Raises ClipError."""
    if len(labels) < rows - SLACK_ROWS or len(labels) > rows + SPARE_ROWS:
        raise ClipError(f"it has {len(labels)} labels for {rows} rows at 30 fps ({path.name}).")


def _json(path: Path) -> object:
    with explaining(lambda reason: ClipError(f"its labels {path.name} cannot be read ({reason}).")):
        return read_json(path)
