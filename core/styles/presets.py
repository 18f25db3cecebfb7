# SPDX-License-Identifier: Apache-2.0
"""The presets that ship: styles synthesised from statistics of a mood, never a clip of a person."""

from functools import lru_cache
from pathlib import Path

from ..errors import StyleError
from .clip import StyleClip

PRESETS_FOLDER = Path(__file__).parent / "presets"
_ORDER = ("neutral", "happy", "sad", "angry", "surprised")
"""As an animator looks for them: rest first, then the moods."""


def preset_names() -> tuple[str, ...]:
    """The shipped styles in the animator's order; the neutral one is first."""
    return _ORDER


def preset_path(name: str) -> Path:
    """Where the style file of preset `name` lies."""
    return PRESETS_FOLDER / f"{name}.npz"


@lru_cache(maxsize=len(_ORDER))
def load_preset(name: str) -> StyleClip:
    """The preset `name`. Raises StyleError where the name is none or its file is damaged."""
    if name not in _ORDER:
        raise StyleError(f"There is no preset named “{name}”. Presets: {', '.join(_ORDER)}.")
    if not preset_path(name).is_file():
        raise StyleError(f"The preset {name} is missing from this installation. Install StyleTalk again.")
    return StyleClip.load(preset_path(name))
