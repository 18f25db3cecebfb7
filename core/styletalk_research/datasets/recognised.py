# SPDX-License-Identifier: Apache-2.0
"""Labels by our own recogniser, kept beside the manifest so that no sound is recognised twice."""

import hashlib
import json
from pathlib import Path

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.files.json_text import read_json
from styletalk.files.writing import written_whole
from styletalk.speech.audio.sound_file import Audio

from .errors import ClipError


def labels_folder(manifest: Path) -> Path:
    """Where the labels of a manifest's clips are kept."""
    return manifest.with_name(manifest.stem + "_labels")


def recognised_labels(audio: Audio, name: str, recogniser: str, folder: Path) -> Path:
    """The file of the labels of `audio` (published labels at 30 fps), made now unless this very sound has them.

    Raises ClipError where no speech is found, MissingPackageError.
    """
    from styletalk.speech.track import phoneme_track

    path = folder / f"{name}.json"
    sound = hashlib.sha256(audio.samples.tobytes()).hexdigest()
    if _kept(path) == (sound, recogniser):
        return path
    try:
        track = phoneme_track(audio, recogniser=recogniser)
    except MissingPackageError:  # not this clip's fault: every clip would fail alike
        raise
    except StyleTalkError as error:
        raise ClipError(f"no labels could be made: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "sound": sound, "recogniser": recogniser, "method": track.method, "note": track.note,
        "labels": track.labels().tolist(),
    }  # fmt: skip
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")
    return path


def _kept(path: Path) -> tuple[str, str] | None:
    """Of which sound, and by which recogniser, the labels in `path` are."""
    try:
        content = read_json(path)
        return str(content["sound"]), str(content["recogniser"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
