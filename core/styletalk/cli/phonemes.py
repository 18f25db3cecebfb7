# SPDX-License-Identifier: Apache-2.0
"""`styletalk phonemes`"""

import argparse
from pathlib import Path

from .console import Console
from .options import Commands, new_command
from .request_options import SPEECH_FIELDS, add_request_options, request_from_options


def add(commands: Commands) -> None:
    parser = new_command(commands, "phonemes", "what is said and when: segments in seconds, as a table or a TextGrid")
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help=".TextGrid (Praat) or .json (published labels)"
    )
    add_request_options(parser, SPEECH_FIELDS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    from ..api import prepare
    from ..speech.audio.sound_file import load_audio
    from ..speech.formats.alignment_files import alignment_writer
    from ..speech.track import phoneme_track

    write = alignment_writer(options.output) if options.output else None
    request = request_from_options(options, options.audio)
    prepare(request)
    audio = load_audio(request.audio)
    with console.progress() as progress:
        track = phoneme_track(
            audio, request.transcript, request.phonemes, request.recogniser, request.language, progress
        )
    note = f"{audio.note} {track.note}".strip()
    if write:
        write(options.output, track)
        console.done(f"Wrote {options.output}: {len(track.segments)} segments. {note}".strip(), note=note)
    else:
        console.table(
            ("start_s", "end_s", "phoneme"), [(f"{s.start_s:.3f}", f"{s.end_s:.3f}", s.phoneme) for s in track.segments]
        )
        console.remark(note)
