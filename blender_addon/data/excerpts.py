# SPDX-License-Identifier: GPL-3.0-or-later
"""An alignment of a whole sound, as a strip plays it that is trimmed or retimed."""

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..baking.tempo import Excerpt
from ..styletalk.errors import OutputError
from ..styletalk.phonemes import PhonemeTrack
from ..styletalk.request import AnimationRequest
from ..styletalk.speech.formats.alignment_files import read_alignment, write_textgrid
from ..styletalk.timeline import MAX_DURATION_S


def cut_request(request: AnimationRequest, part: Excerpt | None) -> AnimationRequest:
    """The request for what is heard of its sound; None for all of it. The sound itself is cut on its way to the worker.

    Raises PhonemeFileError, OutputError.
    """
    if part is None or request.phonemes is None:
        return request
    track = cut_track(read_alignment(request.phonemes, MAX_DURATION_S), part)
    try:
        path = Path(tempfile.mkdtemp(dir=bpy.app.tempdir)) / f"{request.phonemes.name}.TextGrid"
    except OSError as error:
        raise OutputError(f"The alignment cannot be handed on: {error.strerror}. Is the disk full?") from error
    write_textgrid(path, track)
    return dataclasses.replace(request, phonemes=path)


def cut_track(track: PhonemeTrack, part: Excerpt) -> PhonemeTrack:
    """What of a track of the file is heard, when it is heard, in seconds from the first moment."""
    segments, words = (tuple(_cut(spoken, part)) for spoken in (track.segments, track.words))
    return dataclasses.replace(track, segments=segments, words=words, duration_s=part.to_s - part.from_s)


def _cut(spoken: tuple[Any, ...], part: Excerpt) -> Iterator[Any]:
    for each in spoken:
        heard_s = [float(part.tempo.in_strip(second)) for second in (each.start_s, each.end_s)]
        start_s, end_s = max(heard_s[0], part.from_s), min(heard_s[1], part.to_s)
        if start_s < end_s:
            yield dataclasses.replace(each, start_s=start_s - part.from_s, end_s=end_s - part.from_s)
