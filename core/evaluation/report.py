# SPDX-License-Identifier: Apache-2.0
"""`styletalk evaluate`: one report from its parts, as Markdown for people and as JSON for programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import OutputError, StyleTalkError
from ..files import check_writable, written_whole
from ..progress import Progress, part, silent

ENDINGS = (".md", ".json")
PARTS = ("labels", "motion", "face")


class Section(Protocol):
    """One part of a report."""

    def as_markdown(self) -> str: ...

    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Report:
    """The sections that were asked for, by name."""

    sections: Mapping[str, Section]

    def as_markdown(self) -> str:
        """All sections, one after the other."""
        return "\n\n".join(section.as_markdown() for section in self.sections.values())

    def as_dict(self) -> dict[str, Any]:
        """{name of the part: its figures}."""
        return {name: section.as_dict() for name, section in self.sections.items()}


def evaluate(
    data: Path, only: str | None = None, checkpoint: Path | None = None, progress: Progress = silent
) -> Report:
    """Measure what `only` names, or every part, on the pairs below `data`. Raises StyleTalkError without pairs."""
    if not (data / "speech").is_dir():
        raise StyleTalkError(f"{data} holds no speech/ folder of pairs. Give the folder that does.")
    names = (only,) if only else PARTS
    share = 1.0 / len(names)
    sections = {
        name: _section(name, data, checkpoint, part(progress, share * k, share * (k + 1)))
        for k, name in enumerate(names)
    }
    return Report(sections)


def _section(name: str, data: Path, checkpoint: Path | None, progress: Progress) -> Section:
    if name == "labels":
        from .labels import label_report

        return label_report(data, progress)
    if name == "motion":
        from .motion import motion_report

        return motion_report(data, checkpoint, progress)
    from .face_fit import face_report

    return face_report(data, progress)


def write_report(report: Report, path: Path) -> None:
    """Write the report as .md or .json, whole or not at all. Raises OutputError."""
    check_report_path(path)
    text = report.as_markdown() if path.suffix == ".md" else json.dumps(report.as_dict(), indent=1)
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def check_report_path(path: Path) -> None:
    """Whether a report can be written to `path`. Raises OutputError."""
    if path.suffix not in ENDINGS:
        raise OutputError(f"Cannot write a report to {path}. Use one of the endings {', '.join(ENDINGS)}.")
    check_writable(path)
