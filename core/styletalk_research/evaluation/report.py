# SPDX-License-Identifier: Apache-2.0
"""`styletalk evaluate`: one report from its parts, as Markdown for people, as JSON for programs, with pictures."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import MissingPackageError, OutputError
from styletalk.files.writing import check_writable, temporary_folder, written_whole
from styletalk.progress import Progress, part, silent

from ..metrics.tables import Section
from .face_fit import ReferenceMissingError
from .options import EvaluationOptions
from .parts import PARTS, Context, check_given
from .summary import summary

ENDINGS = (".md", ".json")
REPORT = "report"
Picture = Callable[[], Any]
"""Draws one picture: a matplotlib figure, or (H, W, 3) uint8."""


@dataclass(frozen=True)
class Report:
    """The sections that were asked for, by name. head: what was measured. notes: what is missing, one sentence each.

    pictures: {name of the part: {name of the file without ending: what draws it}}.
    """

    sections: Mapping[str, Section]
    head: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: Mapping[str, Mapping[str, Picture]] = field(default_factory=dict)

    def as_markdown(self, drawn: tuple[str, ...] = ()) -> str:
        """Summary, what was measured, what is missing, all sections. drawn: pictures that lie beside the text."""
        lines = ["# How well it speaks", "", *(f"{k}. {line}" for k, line in enumerate(summary(self.sections), 1))]
        lines += ["", *(f"- {name}: {value}" for name, value in self.head.items())]
        lines += ["", *(f"- Not measured, or measured otherwise: {note}" for note in self.notes)]
        for name, section in self.sections.items():
            shown = [f"![{picture}]({picture}.png)" for picture in self.pictures.get(name, {}) if picture in drawn]
            lines += ["", section.as_markdown(), *(line for picture in shown for line in ("", picture))]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """{name of the part: its figures}, and beside them the head, the notes and the summary."""
        about = {"about": dict(self.head), "notes": list(self.notes), "summary": summary(self.sections)}
        return _plain({**about, **{name: section.as_dict() for name, section in self.sections.items()}})


def evaluate(options: EvaluationOptions, progress: Progress = silent) -> Report:
    """Measure the parts that the options name on the pairs of `options.data`. Raises StyleTalkError without any."""
    context = Context(options)
    names = options.parts()
    progress(0.0, "reading")
    check_given(context, names)
    sections, pictures = {}, {}
    for k, name in enumerate(names):
        share = part(progress, k / len(names), (k + 1) / len(names))
        share(0.0, name)
        try:
            sections[name], pictures[name] = PARTS[name](context, share)
        except (ReferenceMissingError, MissingPackageError) as error:
            if name in options.only:
                raise
            context.note(f"{name}. {error}")
    progress(1.0, "done")
    return Report(sections, context.head(), tuple(context.notes()), pictures)


def write_report(report: Report, path: Path) -> None:
    """Write the report as .md or .json, or as a folder with both and the pictures. Raises OutputError.

    A folder is filled when everything is written, so that a picture that fails leaves none behind.
    """
    check_report_path(path)
    if path.suffix in ENDINGS:
        _write(path, report.as_markdown() if path.suffix == ".md" else _json(report))
        return
    with temporary_folder(path.parent) as whole:
        drawn, missing = _draw(report, whole)
        _write(whole / f"{REPORT}.md", "\n".join([report.as_markdown(drawn), *missing]))
        _write(whole / f"{REPORT}.json", _json(report))
        path.mkdir(exist_ok=True)
        for file in sorted(whole.iterdir()):
            file.replace(path / file.name)


def check_report_path(path: Path) -> None:
    """Whether a report can be written to `path`: a file of ENDINGS, or a folder. Raises OutputError."""
    if path.suffix in ENDINGS:
        check_writable(path)
    elif path.is_dir():
        check_writable(path / f"{REPORT}.md")
    elif path.suffix or path.exists():
        raise OutputError(f"Cannot write a report to {path}. Give a folder, or a file that ends in .md or .json.")
    else:
        check_writable(path)


def _draw(report: Report, folder: Path) -> tuple[tuple[str, ...], list[str]]:
    """Names of the pictures that were drawn, and a line for the report where a package is missing."""
    from styletalk.files.png import write_png

    from .plots import save

    drawn: list[str] = []
    missing: set[str] = set()
    for name, draw in [item for pictures in report.pictures.values() for item in pictures.items()]:
        try:
            picture = draw()
        except MissingPackageError as error:
            missing.add(str(error))
            continue
        if isinstance(picture, np.ndarray):
            write_png(folder / f"{name}.png", picture)
        else:
            save(picture, folder / f"{name}.png")
        drawn.append(name)
    return tuple(drawn), [f"\nPictures left out: {reason}" for reason in sorted(missing)]


def _write(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _json(report: Report) -> str:
    return json.dumps(report.as_dict(), indent=1)


def _plain(value: Any) -> Any:
    """The same for JSON: tuples as lists, paths as text, numbers that are none as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
