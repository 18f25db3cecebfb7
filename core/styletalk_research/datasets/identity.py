# SPDX-License-Identifier: Apache-2.0
"""Who speaks in a clip and how, from its place and name on disk: MEAD, HDTF, the published samples, blendshapes, films.

MEAD (its own tree, and names flattened from it): M003/front/angry/level_3/001, M003_front_angry_level3_001,
M003#angry#level_3#001, W009_hap_2_014. HDTF: RD_Radio1_000, WDA_BarackObama_000, cut further WDA_BarackObama_000_3.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from .errors import ClipError

EMOTIONS = {
    "ang": "angry", "con": "contempt", "dis": "disgusted", "fea": "fear", "hap": "happy", "neu": "neutral",
    "sad": "sad", "sur": "surprised",
}  # fmt: skip
"""The first three letters of MEAD's eight emotions, however a copy of it inflects them."""
EMOTION_WORDS = re.compile(
    "ang|angry|anger|con|contempt|dis|disgust|disgusted|fea|fear|fearful|hap|happy|happiness|neu|neutral|"
    "sad|sadness|sur|surprise|surprised"
)
SIDE_VIEWS = ("down", "top", "left", "right")
"""MEAD films seven views at once; a 3DMM fitted to a half-hidden face is not worth learning from."""
_HDTF_GROUP = re.compile(r"(^|/)(RD|WDA|WRA)_", re.I)
_TRAILING_NUMBERS = re.compile(r"([_-]\d+)+$")
_CLIP_NUMBER = re.compile(r"_clip_?\d+.*$")
_LABEL_ENDINGS = re.compile(r"_(seq|phonemes?|labels)$", re.I)
_LIVE_LINK_ENDINGS = re.compile(r"(_iPhone|_iPad)?(_cal|_raw)?$", re.I)


@dataclass(frozen=True)
class Identity:
    """name: of the clip. speaker: what splits go by. style: the class that the paper gives it (section 3.2)."""

    name: str
    speaker: str
    style: str


Reader = Callable[[PurePath, str], Identity]
"""(path relative to the data, name of the data's folder) → Identity; raises ClipError."""


def mead_identity(path: PurePath, folder: str = "") -> Identity:
    """Speaker, emotion and level out of MEAD's names; the style is all three. Raises ClipError."""
    tokens = [token for token in re.split(r"[/\\_#\s-]+", path.with_suffix("").as_posix()) if token]
    speakers = [token.upper() for token in tokens if re.fullmatch(r"[MW]\d{3}", token, re.I)]
    places = [k for k, token in enumerate(tokens) if EMOTION_WORDS.fullmatch(token.lower())]
    if not speakers or not places:
        raise ClipError("its name does not say a MEAD speaker (M003, W009) and an emotion.")
    view = next((token for token in tokens if token.lower() in SIDE_VIEWS), None)
    if view:
        raise ClipError(f"it is seen from another side ({view}); only front views are learnt from.")
    emotion = EMOTIONS[tokens[places[-1]][:3].lower()]
    level = _mead_level(tokens, places[-1])
    if level is None and emotion != "neutral":
        raise ClipError("its name does not say a level (level_1, level_2 or level_3).")
    number = tokens[-1] if tokens[-1].isdigit() else _LABEL_ENDINGS.sub("", path.stem)
    style = f"{speakers[-1]}_{emotion}_level_{level or 1}"
    return Identity(f"{style}_{number}", speakers[-1], style)


def _mead_level(tokens: list[str], emotion: int) -> int | None:
    """1, 2 or 3 of level_3, level3, or a single digit right after the emotion."""
    text = "_".join(tokens).lower()
    written = re.search(r"level_?([123])(?!\d)", text)
    if written:
        return int(written.group(1))
    following = tokens[emotion + 1] if emotion + 2 < len(tokens) else ""
    return int(following) if following in ("1", "2", "3") else None


def hdtf_identity(path: PurePath, folder: str = "") -> Identity:
    """The clip's name without its trailing numbers is the speaker, and the style."""
    name = _plain_stem(path)
    speaker = _TRAILING_NUMBERS.sub("", name) or name
    return Identity(name, speaker, speaker)


def sample_identity(path: PurePath, folder: str = "") -> Identity:
    """The published clips: what stands before the clip's number is the speaker (Obama_clip1, sad_emotion_clip1)."""
    name = _plain_stem(path)
    speaker = _CLIP_NUMBER.sub("", name) or name
    return Identity(name, speaker, speaker)


def blendshape_identity(path: PurePath, folder: str = "") -> Identity:
    """The speaker is the first folder within the data, or the data's own; a take's own folder is none.

    Takes that differ by their trailing numbers alone are of one style.
    """
    stem = _LIVE_LINK_ENDINGS.sub("", path.stem)
    take = _TRAILING_NUMBERS.sub("", stem) or stem
    folders = [part for part in path.parent.parts if take.lower() not in part.lower()]
    speaker = folders[0] if folders else folder
    name = f"{speaker}_{stem}" if folders else stem
    return Identity(name, speaker, f"{speaker}_{take}")


def film_identity(path: PurePath, folder: str = "") -> Identity:
    """The speaker, and the style: the first folder within the data, or the film's name without trailing numbers."""
    stem = path.stem
    speaker = path.parent.parts[0] if path.parent.parts else _TRAILING_NUMBERS.sub("", stem) or stem
    return Identity(f"{speaker}_{stem}" if path.parent.parts else stem, speaker, speaker)


READERS: dict[str, Reader] = {
    "mead": mead_identity, "hdtf": hdtf_identity, "sample": sample_identity, "blendshapes": blendshape_identity,
    "film": film_identity,
}  # fmt: skip


def sidecar_key(kind: str, path: PurePath, folder: str) -> str | None:
    """What a clip, its sound and its labels have in common, or None where the name is of no use."""
    try:
        return READERS[kind](path, folder).name if kind == "mead" else _plain_stem(path).lower()
    except ClipError:
        return None


def looks_like(path: PurePath) -> str | None:
    """ "mead" or "hdtf" where the name is plainly one of theirs."""
    try:
        mead_identity(path)
        return "mead"
    except ClipError:
        return "hdtf" if _HDTF_GROUP.search(path.as_posix()) else None


def _plain_stem(path: PurePath) -> str:
    return _LIVE_LINK_ENDINGS.sub("", _LABEL_ENDINGS.sub("", path.stem))
