# SPDX-License-Identifier: Apache-2.0
"""Sections of a report: Markdown tables, and numbers as a reader wants them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Section(ABC):
    """One part of a report, for people and for programs."""

    @abstractmethod
    def as_markdown(self) -> str:
        """Tables, and what their words mean."""

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table; the first column to the left, numbers to the right."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]


def number(value: float | None, digits: int = 2) -> str:
    """A number with `digits` decimals; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def percent(share: float | None) -> str:
    """A share 0..1 as per cent; a dash where there is none."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.0f} %"
