# SPDX-License-Identifier: Apache-2.0
"""The words of a sound as a text file: a transcript to correct."""

from pathlib import Path

from ...errors import AudioError
from ...files.writing import written_whole
from ...progress import Progress, part, silent
from ..audio.sound_file import load_audio
from .words import recognised_words


def write_words(audio: Path, output: Path, progress: Progress = silent) -> tuple[int, str]:
    """Write the English words of a sound, one line for each stretch that has some, in UTF-8.

    Returns how many there are, as the text shows them, and why parts have none, or "". progress: may raise Cancelled.
    Raises AudioError also where nothing is said in English, WeightsError, OutputError.
    """
    progress(0.0, "reading the sound")
    sound = load_audio(audio)
    if sound.silent:
        raise AudioError(f"{sound.path.name} is silent from beginning to end. Give a recording of speech.")
    stretches = recognised_words(sound, part(progress, 0.05, 1.0))
    lines = [" ".join(each.text.split()) for each in stretches if each.words]
    if not lines:
        raise AudioError(f"No English words were found in {sound.path.name}: it is heard without them anyway.")
    with written_whole(output) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    progress(1.0, "done")
    empty = [each for each in stretches if not each.words]
    without_s = sum(each.chunk.duration_s for each in empty)
    reasons = "; ".join(dict.fromkeys(each.note for each in empty if each.note)) or "nobody speaks"
    note = f"No words were found in {without_s:.1f} s of the sound: {reasons}." if empty else ""
    return sum(len(line.split()) for line in lines), f"{sound.note} {note}".strip()
