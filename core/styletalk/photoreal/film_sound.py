# SPDX-License-Identifier: Apache-2.0
"""Which sound a film of an animation gets."""

import os
from collections.abc import Callable
from pathlib import Path

from ..animation import FaceAnimation
from ..errors import AudioError
from ..kept_hearing import file_sha256
from ..speech.audio.sound_file import open_sound


def find_sound(
    animation: FaceAnimation, beside: Path | None, given: Path | None, notify: Callable[[str], None]
) -> Path | None:
    """The sound that is given, else the file beside the animation that it was made from; None where it names none.

    beside: the folder of the animation's file, None where it has none. notify: is given a sentence where the given
    sound is another one. Raises AudioError where the sound is not there.
    """
    name, sha256 = str(animation.metadata.get("audio") or ""), str(animation.metadata.get("audio_sha256") or "")
    if given is not None:
        open_sound(given)
        if sha256 and file_sha256(given) != sha256:
            notify(f"{Path(given).name} is not the sound that the animation was made from; it is used as asked.")
        return Path(given)
    if not name:
        return None
    for folder in dict.fromkeys(filter(None, (beside, Path()))):
        path = folder / Path(name).name
        if os.path.isfile(path) and (not sha256 or file_sha256(path) == sha256):
            return path
    raise AudioError(f"The sound {name} of the animation is not beside it. Give it with --audio, or give --silent.")
