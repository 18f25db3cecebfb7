# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles that were suggested for a line: what the worker wrote, kept as text of the line."""

import contextlib
import json
from pathlib import Path
from typing import Any

from ..styletalk.errors import StyleError
from ..styletalk.files.json_text import parse_json, read_json
from ..styletalk.files.reading import explaining
from ..styletalk.styles.presets import preset_names


def suggested(line: Any, path: Path, note: str) -> str:
    """Keep what a file suggests for a line. Returns it as a sentence. Raises StyleError for one that says nonsense."""
    with explaining(lambda reason: StyleError(f"The worker's suggestion cannot be read ({reason}). Try again.")):
        found = _checked(read_json(path))
    line.suggested = json.dumps(found)
    return f"Suggested: {', '.join(f'{name} ({sure:.0%})' for name, sure in found)}. {note}"


def suggestions_of(line: Any) -> list[tuple[str, float]]:
    """(preset, confidence) of what was suggested for a line; none where nothing was."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return _checked(parse_json(line.suggested)) if line.suggested else []
    return []


def _checked(content: Any) -> list[tuple[str, float]]:
    """Presets of this version alone. Raises ValueError, TypeError."""
    return [(str(name), float(sure)) for name, sure in content if name in preset_names()]
