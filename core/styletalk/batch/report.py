# SPDX-License-Identifier: Apache-2.0
"""The report of a batch, for people (.html, with a picture of each line) and for programs (.json)."""

import hashlib
import html
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path, PurePath

from ..files.writing import written_whole
from ..request import LANGUAGES
from .ledger import FAILED, Entry
from .line_list import BatchLine, LineList

REPORT_NAME = "report.html"
DATA_NAME = "report.json"
THUMBNAILS = PurePath("thumbnails")
NO_TEXT = "no text"
_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; background: #fafafa; color: #222 }
table { border-collapse: collapse; background: #fff }
td, th { padding: .4em .8em; border: 1px solid #ddd; text-align: left }
td { vertical-align: top } img { width: 96px; height: 96px; display: block } .failed { background: #fdecea }
.found { background: #fff8e1 } .number { text-align: right } ul { margin: 0; padding-left: 1.2em }
"""


def write_report(folder: Path, lines: LineList, entries: Mapping[str, Entry]) -> Path:
    """Write both to the batch's folder; return the path of the .html. Lines without an entry are not made yet.

    Raises OutputError.
    """
    summary = _summary(lines, entries)
    shown = [(line, entries.get(line.identity)) for line in lines.lines]
    data = {**summary, "lines": [_facts(line, entry) for line, entry in shown]}
    _write(folder / DATA_NAME, json.dumps(data, indent=1, ensure_ascii=False))
    _write(folder / REPORT_NAME, "\n".join(_page(summary, shown)))
    return folder / REPORT_NAME


def thumbnail_name(identity: str) -> str:
    """The file name of a line's picture, whatever the line is called."""
    return f"{hashlib.sha256(identity.encode()).hexdigest()[:16]}.png"


def _summary(lines: LineList, entries: Mapping[str, Entry]) -> dict[str, object]:
    """Counts of all lines, of findings by kind, of texts by language; seconds of speech; columns without a meaning."""
    there = [entries[line.identity] for line in lines.lines if line.identity in entries]
    done = [entry for entry in there if entry.state != FAILED]
    languages = Counter(LANGUAGES.get(str(entry.measures.get("language")), NO_TEXT) for entry in done)
    return {
        "made": len(done),
        "failed": len(there) - len(done),
        "not_made_yet": len(lines.lines) - len(there),
        "seconds": round(sum(float(entry.measures.get("seconds", 0.0)) for entry in done), 1),
        "findings": dict(Counter(kind for entry in there for kind, _ in entry.findings).most_common()),
        "languages": dict(languages.most_common()),
        "coverage": _coverage(done),
        "ignored_columns": list(lines.ignored),
    }


def _coverage(done: list[Entry]) -> dict[str, dict[str, int]]:
    """Of the texts of each language: lines, words, and words of each line that nothing tells how to say."""
    counts: dict[str, Counter[str]] = {}
    for entry in (each for each in done if each.measures.get("language")):
        of_language = counts.setdefault(LANGUAGES[str(entry.measures["language"])], Counter())
        of_language["lines"] += 1
        of_language["words"] += int(entry.measures.get("text_words", 0))
        of_language["unsure_words"] += len(entry.measures.get("unsure_words", ()))
    return {language: dict(found) for language, found in sorted(counts.items())}


def _covered(coverage: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The same as a table."""
    if coverage:
        yield "<table><tr><th>language of the text<th>lines<th>words<th>not by its dictionary or rules"
        for language, found in coverage.items():
            numbers = (f'<td class="number">{found[name]}' for name in ("lines", "words", "unsure_words"))
            yield f"<tr><td>{html.escape(language)}{''.join(numbers)}"
        yield "</table>"


def _facts(line: BatchLine, entry: Entry | None) -> dict[str, object]:
    if entry is None:
        return {"id": line.identity, "row": line.row, "state": "waiting"}
    facts = asdict(entry)
    del facts["digest"], facts["bytes"]
    findings = [{"kind": kind, "message": sentence} for kind, sentence in entry.findings]
    return {**facts, "row": line.row, "character": line.character, "findings": findings}


def _page(summary: Mapping[str, object], shown: list[tuple[BatchLine, Entry | None]]) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Batch</title><style>{_STYLE}</style>'
    yield f"<h1>{summary['made']} made, {summary['failed']} failed, {summary['not_made_yet']} not made yet</h1>"
    for title, key in (("To look at", "findings"), ("Languages of the texts", "languages")):
        counts = summary[key]
        if isinstance(counts, dict) and counts:
            yield f"<p>{title}: {', '.join(f'{html.escape(name)} {count}' for name, count in counts.items())}.</p>"
    if ignored := summary["ignored_columns"]:
        yield f"<p>Columns that were not used: {html.escape(', '.join(map(str, ignored)))}.</p>"  # type: ignore[call-overload]
    yield from _covered(summary["coverage"])  # type: ignore[arg-type]
    yield "<table><tr><th>face<th>id<th>output<th>seconds<th>phonemes/s<th>what to look at"
    yield from (_row(line, entry) for line, entry in shown)
    yield "</table>"


def _row(line: BatchLine, entry: Entry | None) -> str:
    if entry is None:
        return f"<tr><td><td>{html.escape(line.identity)}<td><td><td><td>not made yet"
    name, output = html.escape(line.identity), html.escape(entry.output)
    if entry.state == FAILED:
        return f'<tr class="failed"><td><td>{name}<td>{output}<td><td><td>{html.escape(entry.message)}'
    found = "".join(f"<li><b>{html.escape(kind)}</b>: {html.escape(sentence)}" for kind, sentence in entry.findings)
    picture = (THUMBNAILS / thumbnail_name(line.identity)).as_posix()
    numbers = (f'<td class="number">{entry.measures.get(name, "")}' for name in ("seconds", "phonemes_per_s"))
    return (
        f'<tr{" class=found" if found else ""}><td><img src="{picture}" alt=""><td>{name}'
        f'<td><a href="{output}">{output}</a>{"".join(numbers)}<td><ul>{found}</ul>'
    )


def _write(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
