# SPDX-License-Identifier: Apache-2.0
"""A phoneme track as a file that people can look at and mend: Praat TextGrid, or published labels as JSON."""

import json
from pathlib import Path

from ..errors import OutputError
from ..files import written_whole
from .phonemes import PhonemeTrack


def write_alignment(track: PhonemeTrack, path: Path) -> None:
    """Write `track` as .TextGrid (tiers words and phones) or .json (one label per frame). Raises OutputError."""
    texts = {".textgrid": _textgrid, ".json": _published_labels}
    text = texts.get(path.suffix.lower())
    if text is None:
        raise OutputError(f"Cannot write {path}: use the ending .TextGrid (Praat) or .json (published labels).")
    with written_whole(path) as temporary:
        temporary.write_text(text(track), encoding="utf-8")


def _published_labels(track: PhonemeTrack) -> str:
    return json.dumps(track.labels().tolist())


def _textgrid(track: PhonemeTrack) -> str:
    """The long text format of Praat's manual ("TextGrid file formats"); intervals tile 0..duration without gaps."""
    tiers = {
        "words": [(word.start_s, word.end_s, word.word) for word in track.words],
        "phones": [(segment.start_s, segment.end_s, segment.phoneme) for segment in track.segments],
    }
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {track.duration_s:.6f}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, spans) in enumerate(tiers.items(), start=1):
        lines += _tier(number, name, _tiled(spans, track.duration_s), track.duration_s)
    return "\n".join(lines) + "\n"


def _tier(number: int, name: str, spans: list[tuple[float, float, str]], duration_s: float) -> list[str]:
    lines = [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
    lines += ["        xmin = 0", f"        xmax = {duration_s:.6f}", f"        intervals: size = {len(spans)}"]
    for index, (start_s, end_s, text) in enumerate(spans, start=1):
        escaped = text.replace('"', '""')
        lines += [f"        intervals [{index}]:", f"            xmin = {start_s:.6f}"]
        lines += [f"            xmax = {end_s:.6f}", f'            text = "{escaped}"']
    return lines


def _tiled(spans: list[tuple[float, float, str]], duration_s: float) -> list[tuple[float, float, str]]:
    """`spans` with empty intervals where nothing is said: Praat wants no gaps."""
    tiled, now_s = [], 0.0
    for start_s, end_s, text in spans:
        if start_s - now_s > 1e-6:
            tiled.append((now_s, start_s, ""))
        tiled.append((max(start_s, now_s), end_s, text))
        now_s = end_s
    if duration_s - now_s > 1e-6:
        tiled.append((now_s, duration_s, ""))
    return tiled
