# SPDX-License-Identifier: Apache-2.0
"""Labels of sample clips and manifests by our own recogniser, so that training knows the mistakes that users will make.

python -m styletalk_research.datasets.own_labels DATA OUT.json [--recogniser words] [--manifest JSON ...]
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from styletalk.files.writing import written_whole
from styletalk.progress import Progress, part, silent

from .errors import TrainingDataError
from .manifest import load_manifest
from .pairs import load_recordings, shifted_labels


def own_labels(
    data_dir: Path, progress: Progress = silent, recogniser: str = "auto", manifests: Sequence[Path] = ()
) -> dict[str, list[int]]:
    """Labels by clip name, moved to the convention. recogniser: as `phoneme_track` takes it.

    Raises AudioError, TrainingDataError, MissingPackageError.
    """
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    recordings, labels = list(load_recordings(data_dir)), {}
    for path in manifests:
        recordings += load_manifest(path)
    for index, clip in enumerate(recordings):
        if clip.audio is None:
            raise TrainingDataError(f"{clip.name} has no .wav beside it. Add it, or take the clip out of the folder.")
        stage = part(progress, index / len(recordings), (index + 1) / len(recordings))
        track = phoneme_track(load_audio(clip.audio), recogniser=recogniser, progress=stage)
        labels[clip.name] = shifted_labels(track.labels(len(clip.expression)), clip.av_offset).tolist()
    return labels


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.own_labels")
    parser.add_argument("data", type=Path, help="holds styletalk/")
    parser.add_argument("out", type=Path)
    parser.add_argument("--recogniser", default="auto", help="auto, heard, words or faster-whisper:FOLDER")
    parser.add_argument("--manifest", type=Path, action="append", default=[], help="of further recordings")
    options = parser.parse_args(arguments)
    labels = own_labels(options.data, recogniser=options.recogniser, manifests=options.manifest)
    with written_whole(options.out) as temporary:
        temporary.write_text(json.dumps(labels), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
