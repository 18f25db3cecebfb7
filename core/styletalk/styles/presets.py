# SPDX-License-Identifier: Apache-2.0
"""The presets that ship, by name and place: styles made from statistics and shapes of a mood, never a clip of a person.

Reading them is `library.read_style`. This module knows names and files only, and imports nothing.
"""

from pathlib import Path

PRESETS_FOLDER = Path(__file__).parent / "presets"
_ORDER = (
    "neutral", "warm", "happy", "excited", "sad", "tired", "angry", "furious", "surprised", "worried", "disgusted",
    "contempt",
)  # fmt: skip
"""As an animator looks for them: rest first, then the moods from the most used to the rarest."""


def preset_names() -> tuple[str, ...]:
    """The shipped styles in the animator's order; the neutral one is first."""
    return _ORDER


def preset_path(name: str) -> Path:
    """Where the style file of preset `name` lies."""
    return PRESETS_FOLDER / f"{name}.npz"
