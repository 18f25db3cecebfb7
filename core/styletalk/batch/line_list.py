# SPDX-License-Identifier: Apache-2.0
"""The list of a batch: comma-, semicolon- or tab-separated as spreadsheets export it, a JSON list, or JSON lines."""

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import BatchError, StyleTalkError
from ..files.json_text import parse_json
from ..files.reading import UnusableContent, existing_file, explaining
from ..files.table import table_rows
from ..files.text import read_text
from ..request import AnimationRequest, may_be_file, option_of, value_type
from ..speech.text.transcript_file import read_transcript

MAX_LINES = 100_000
ENDINGS = (".npz", ".csv", ".json", ".glb", ".blend")
OWN_FILES = ("ledger.jsonl", "report.html", "report.json")
TEXT_ENDINGS = (".txt", ".srt", ".vtt", ".ass", ".ssa", ".sbv")
"""A text that ends in one of these names a file."""
OWN_COLUMNS = ("id", "audio", "text", "character", "output")
YES, NO = ("true", "yes", "1", "on"), ("false", "no", "0", "off")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
"""What some system allows in no name of a file."""


@dataclass(frozen=True)
class BatchLine:
    """A line to be made. row: where it stands in the list, from 1. output: within the batch's folder.

    request: None where the list asks for what cannot be; then `fault` says why.
    """

    identity: str
    row: int
    output: PurePosixPath
    request: AnimationRequest | None
    character: str = ""
    fault: str = ""


@dataclass(frozen=True)
class LineList:
    """lines: in their order. ignored: columns that mean nothing here, such as notes."""

    lines: tuple[BatchLine, ...]
    ignored: tuple[str, ...] = ()


def read_lines(path: Path, ending: str, defaults: Mapping[str, Any] | None = None) -> LineList:
    """The lines of a list whose paths begin in its folder.

    ending: of the outputs, ".npz" or another; a line's own wins. defaults: values of an AnimationRequest's fields for
    all lines that do not say otherwise. Raises BatchError where the list cannot be read, names no sounds, or two of its
    lines have one id or one output; what is wrong with a line is its `fault`.
    """
    path = existing_file(path, "list of lines", BatchError)
    with explaining(lambda reason: BatchError(f"The list {path} cannot be read ({reason}). Save it as .csv or JSON.")):
        rows = list(_rows(read_text(path)))
    columns = tuple(dict.fromkeys(name for _, row in rows for name in row))
    if not rows:
        raise BatchError(f"The list {path} has no lines. Give at least one with the path of a sound under audio.")
    if "audio" not in columns:
        raise BatchError(f"The list {path} has no column audio. Name the column with the sounds so.")
    lines = tuple(
        _line(identity, number, row, ending, path.parent, dict(defaults or {}))
        for identity, (number, row) in zip(_identities([row for _, row in rows]), rows, strict=True)
    )
    _check_different(path, lines)
    return LineList(lines, tuple(name for name in columns if name not in (*OWN_COLUMNS, *_FIELDS)))


def _identities(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The id of each line; without one the name of its sound, with a number where several have it."""
    names = Counter(_stem(row) for row in rows if not row.get("id"))
    seen: Counter[str] = Counter()
    for row in rows:
        if given := row.get("id"):
            yield str(given)
            continue
        name = _stem(row)
        seen[name] += 1
        yield f"{name}-{seen[name]}" if names[name] > 1 else name


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, values by column) of what is not empty. Raises UnusableContent."""
    for number, row in enumerate(_json_rows(text) if text.lstrip()[:1] in ("[", "{") else table_rows(text), start=1):
        if number > MAX_LINES:
            raise UnusableContent(f"it has more than {MAX_LINES:,} lines")
        plain = {str(name).strip().lower().replace("-", "_").replace(" ", "_"): value for name, value in row.items()}
        filled = {name: value for name, value in plain.items() if value not in (None, "")}
        if filled:
            yield number, {_ALIASES.get(name, name): value for name, value in filled.items()}


def _json_rows(text: str) -> list[dict[str, Any]]:
    """Of a list, or of one object a line."""
    if text.lstrip().startswith("["):
        rows = parse_json(text)
    else:
        rows = [parse_json(line) for line in text.splitlines() if line.strip()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnusableContent("it is no list of objects")
    return rows


def _stem(row: Mapping[str, Any]) -> str:
    return PurePosixPath(str(row.get("audio", "")).replace("\\", "/")).stem


def _line(
    identity: str, number: int, row: dict[str, Any], ending: str, folder: Path, values: dict[str, Any]
) -> BatchLine:  # fmt: skip
    try:
        place = _output(identity, row, ending)
        request = _request(row, folder, values)
    except StyleTalkError as error:
        return BatchLine(identity, number, _default_output(identity, ending), None, fault=str(error))
    return BatchLine(identity, number, place, request, str(row.get("character", "")))


def _default_output(identity: str, ending: str) -> PurePosixPath:
    return PurePosixPath((_UNSAFE.sub("_", identity).strip(". ") or "line") + ending)


def _output(identity: str, row: Mapping[str, Any], ending: str) -> PurePosixPath:
    """Raises BatchError for a place outside the batch's folder."""
    given = str(row.get("output") or _default_output(identity, ending)).replace("\\", "/")
    place = PurePosixPath(given)
    if place.is_absolute() or ".." in place.parts or ":" in given or not place.name:
        raise BatchError(f"The output {given} lies outside the batch's folder. Give a name within it.")
    place = place if place.suffix.lower() in ENDINGS else place.with_name(place.name + ending)
    if str(place) in OWN_FILES:
        raise BatchError(f"The output {place} is a file of the batch itself. Give another name.")
    return place


def _request(row: Mapping[str, Any], folder: Path, values: dict[str, Any]) -> AnimationRequest:
    """Raises the errors of the request, and TranscriptError where the text names a file that cannot be read."""
    if not row.get("audio"):
        raise BatchError("The line names no sound. Give its path under audio.")
    for name, field in _FIELDS.items():
        if name in row and name != "transcript":
            values[name] = _value(field, row[name], folder)
    if "text" in row:
        values["transcript"] = _text(str(row["text"]), folder)
    return AnimationRequest(audio=folder / str(row["audio"]), **values)


def _text(text: str, folder: Path) -> str:
    """What is said, or the content of the file that holds it."""
    named = text.lower().endswith(TEXT_ENDINGS) and "\n" not in text
    return read_transcript(folder / text) if named else text


def _value(field: "dataclasses.Field[Any]", cell: Any, folder: Path) -> Any:
    """A cell as the field wants it; what is none stays as it is, for the request to refuse."""
    wanted = value_type(field)
    if may_be_file(field) and isinstance(cell, str):
        file = folder / cell
        return file if wanted is Path else str(file) if file.is_file() else cell
    if not isinstance(cell, str) or wanted is str:
        return cell
    if wanted is bool:
        return True if cell.lower() in YES else False if cell.lower() in NO else cell
    try:
        return wanted(cell.replace(",", ".") if wanted is float else cell)
    except ValueError:
        return cell


def _check_different(path: Path, lines: Sequence[BatchLine]) -> None:
    """Raises BatchError where two lines have one id or would write one file."""
    for what, key in (("id", lambda line: line.identity), ("output", lambda line: str(line.output).lower())):
        seen: dict[str, int] = {}
        for line in lines:
            if (first := seen.setdefault(key(line), line.row)) != line.row:
                raise BatchError(
                    f"Lines {first} and {line.row} of {path} have the same {what} {json.dumps(key(line))}. Change one."
                )


_FIELDS = {
    field.name: field
    for field in dataclasses.fields(AnimationRequest)
    if option_of(field) is not None and field.name != "transcript"
}
_ALIASES = {"sound": "audio", "wav": "audio", "file": "audio", "transcript": "text", "lead_in": "lead_in_s",
            "lead_out": "lead_out_s", "sync_offset": "sync_offset_ms", "name": "id"}  # fmt: skip
