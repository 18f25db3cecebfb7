# SPDX-License-Identifier: GPL-3.0-or-later
"""An alignment of a whole sound, cut to the part of it that a trimmed strip plays."""

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..styletalk.errors import OutputError
from ..styletalk.phonemes import PhonemeTrack
from ..styletalk.request import AnimationRequest
from ..styletalk.speech.formats.alignment_files import read_alignment, write_textgrid
from ..styletalk.timeline import MAX_DURATION_S


def cut_request(request: AnimationRequest, part: tuple[float, float] | None) -> AnimationRequest:
    """The request for that part of its sound, in seconds; None for all of it. The sound itself is cut on its way to the
    worker. Raises PhonemeFileError, OutputError."""
    if part is None or request.phonemes is None:
        return request
    track = cut_track(read_alignment(request.phonemes, MAX_DURATION_S), part)
    try:
        path = Path(tempfile.mkdtemp(dir=bpy.app.tempdir)) / f"{request.phonemes.name}.TextGrid"
    except OSError as error:
        raise OutputError(f"The alignment cannot be handed on: {error.strerror}. Is the disk full?") from error
    write_textgrid(path, track)
    return dataclasses.replace(request, phonemes=path)


def cut_track(track: PhonemeTrack, part: tuple[float, float]) -> PhonemeTrack:
    """What of a track is spoken between two moments, in seconds from the first one."""
    segments, words = (tuple(_cut(spoken, *part)) for spoken in (track.segments, track.words))
    return dataclasses.replace(track, segments=segments, words=words, duration_s=part[1] - part[0])


def _cut(spoken: tuple[Any, ...], first_s: float, last_s: float) -> Iterator[Any]:
    for each in spoken:
        start_s, end_s = max(each.start_s, first_s), min(each.end_s, last_s)
        if start_s < end_s:
            yield dataclasses.replace(each, start_s=start_s - first_s, end_s=end_s - first_s)
