# SPDX-License-Identifier: Apache-2.0
"""What was measured, as Markdown tables for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from styletalk.files.writing import check_ending, check_writable, written_whole

from ..metrics.tables import table

_ENDINGS = (".json", ".md")
QUICK_WARNING = (
    "A quick run, on small networks and short lines: it shows that the benchmark runs. Its times and ratios "
    "mean nothing; run it without --quick."
)


@dataclass(frozen=True)
class Table:
    """Rows of one dataclass under a title; its field names are the heads. note: what the figures mean."""

    key: str
    title: str
    rows: Sequence[Any]
    note: str = ""

    def as_markdown(self) -> str:
        """A Markdown table."""
        heads = [each.name for each in fields(self.rows[0])]
        rows = [[as_text(getattr(row, name)) for name in heads] for row in self.rows]
        lines = [f"## {self.title}", "", *table([name.replace("_", " ") for name in heads], rows)]
        return "\n".join([*lines, "", self.note] if self.note else lines)


@dataclass(frozen=True)
class BenchReport:
    """Everything of one run. quick: small networks and short lines, whose figures show only that it runs."""

    machine: Mapping[str, str]
    tables: Sequence[Table] = field(default_factory=tuple)
    quick: bool = False

    def as_markdown(self) -> str:
        """The machine and all tables."""
        about = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        warning = [QUICK_WARNING] if self.quick else []
        return "\n\n".join([about, *warning, *(table.as_markdown() for table in self.tables)])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON, nothing rounded."""
        about = {"machine": dict(self.machine), "quick": self.quick}
        return {**about, **{t.key: [asdict(row) for row in t.rows] for t in self.tables}}


def check_report_path(path: Path) -> None:
    """Raises OutputError where a report cannot be written there."""
    check_ending(path, *_ENDINGS)
    check_writable(path)


def write_report(report: BenchReport, path: Path) -> None:
    """JSON or Markdown by the ending, whole or not at all. Raises OutputError."""
    check_report_path(path)
    as_json = path.suffix.lower() == ".json"
    text = json.dumps(report.as_dict(), indent=1) if as_json else report.as_markdown()
    with written_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def as_text(value: object) -> str:
    """Three digits that count; "–" for nothing."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.1e}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
