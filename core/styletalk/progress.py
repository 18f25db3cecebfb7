# SPDX-License-Identifier: Apache-2.0
"""How long work says how far it has come.

A progress callback takes (fraction in 0..1, stage as a short phrase). It may raise `Cancelled`, and the work stops.
"""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def silent(fraction: float, stage: str) -> None:
    """The callback for callers who do not want to know."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """A callback whose 0..1 is the stretch start..end of `progress`, so that stages nest."""
    return lambda fraction, stage: progress(start + (end - start) * fraction, stage)
