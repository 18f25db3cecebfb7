# SPDX-License-Identifier: Apache-2.0
"""From what the animator names, a preset or a file, to its style."""

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ..errors import StyleError
from ..files.reading import existing_file
from ..files.shipped import reading_shipped
from ..timeline import FRAME_RATE_HZ
from .clip import StyleClip, checked_rows
from .manner_measure import measured
from .manners import predicted_manner, preset_manner
from .presets import preset_names, preset_path
from .readers import ENDINGS, read_rows, seen_motion

READABLE = (".npz", *ENDINGS)


def read_style(name_or_path: "str | Path", fps: float | None = None) -> StyleClip:
    """The style of a preset name, or of a file: our .npz, a published .mat (`coeff`), plain (N, 64) .npy, .csv or .txt,
    ARKit weights as .csv (Live Link Face) or .json. fps: of a file that is not ours.

    Raises StyleError with what to do where there is no such style or the file is not one.
    """
    text = str(name_or_path)
    if text in preset_names():
        return load_preset(text)
    path = Path(text).expanduser()
    suffix = path.suffix.lower()
    if text and (suffix in READABLE or len(path.parts) > 1 or os.path.lexists(path)):
        existing_file(path, "style file", StyleError)
    else:
        names = ", ".join(preset_names())
        raise StyleError(f"There is no style named “{text}”. Presets: {names}; or give a file ({', '.join(READABLE)}).")
    if suffix not in READABLE:
        raise StyleError(
            f"{path.name} is not a style file. Give one of {', '.join(READABLE)}, or make one of a video: "
            "`styletalk styles add VIDEO -o style.npz`."
        )
    if suffix == ".npz":
        return StyleClip.load(path)
    rows = read_rows(path, fps)
    clip = checked_rows(rows.values, path.name)
    seen = seen_motion(path, clip) if fps in (None, FRAME_RATE_HZ) else None
    manner = None if seen is None else measured(seen, predicted_manner(clip))
    return StyleClip(
        clip=clip, name=path.stem, origin="measured", made_of=f"{path.name}, {rows.made_of}", manner=manner
    )


@lru_cache(maxsize=len(preset_names()))
def load_preset(name: str) -> StyleClip:
    """The preset `name`. Raises StyleError where the name is none or its file is damaged."""
    if name not in preset_names():
        raise StyleError(f"There is no preset named “{name}”. Presets: {', '.join(preset_names())}.")
    with reading_shipped(preset_path(name), StyleError):
        return replace(StyleClip.load(preset_path(name)), manner=preset_manner(name))
