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


_DESCRIPTIONS = {
    "neutral": "lips nearly closed, eyes awake; what intensity 0 shows",
    "warm": "a smile that reaches the eyes a little",
    "happy": "a wide smile, cheeks and lower lids up",
    "excited": "a smile, high brows, wide eyes, large motion",
    "sad": "inner brows up, corners down, heavy lids, small motion",
    "tired": "lids half shut, a slack face, the smallest motion",
    "angry": "brows down and slanting, lips pressed, corners down",
    "furious": "slanting brows, wide eyes, bared teeth, large motion",
    "surprised": "high brows and wide eyes",
    "worried": "inner brows up, wide eyes, lips drawn out",
    "disgusted": "a wrinkled nose, a raised upper lip",
    "contempt": "one corner of the mouth and the other brow up, lids low",
}


def preset_names() -> tuple[str, ...]:
    """The shipped styles in the animator's order; the neutral one is first."""
    return _ORDER


def preset_description(name: str) -> str:
    """What a face shows in it, in a few words."""
    return _DESCRIPTIONS[name]


def preset_path(name: str) -> Path:
    """Where the style file of preset `name` lies."""
    return PRESETS_FOLDER / f"{name}.npz"
