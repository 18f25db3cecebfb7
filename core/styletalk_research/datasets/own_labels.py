# SPDX-License-Identifier: Apache-2.0
"""Labels of the sample clips by our own recogniser, so that training knows the mistakes that users will make.

python -m styletalk_research.datasets.own_labels DATA OUT.json [--recogniser pocketsphinx]
"""

import argparse
import json
from pathlib import Path

from styletalk.files.writing import written_whole
from styletalk.progress import Progress, part, silent

from .pairs import led_by, load_leads, load_pairs


def own_labels(data_dir: Path, progress: Progress = silent, recogniser: str = "auto") -> dict[str, list[int]]:
    """Labels by clip name, moved to the convention. recogniser: as `phoneme_track` takes it.

    Raises AudioError, TrainingDataError, MissingPackageError.
    """
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    pairs, leads = load_pairs(data_dir), load_leads(data_dir)
    labels = {}
    for index, pair in enumerate(pairs):
        stage = part(progress, index / len(pairs), (index + 1) / len(pairs))
        track = phoneme_track(load_audio(pair.audio), recogniser=recogniser, progress=stage)
        labels[pair.name] = led_by(track.labels(len(pair.labels)), leads[pair.name]).tolist()
    return labels


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.own_labels")
    parser.add_argument("data", type=Path, help="holds styletalk/")
    parser.add_argument("out", type=Path)
    parser.add_argument("--recogniser", default="auto", help="auto, pocketsphinx, faster-whisper or phones")
    options = parser.parse_args(arguments)
    labels = own_labels(options.data, recogniser=options.recogniser)
    with written_whole(options.out) as temporary:
        temporary.write_text(json.dumps(labels), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
