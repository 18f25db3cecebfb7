# SPDX-License-Identifier: GPL-3.0-or-later
"""One line in the queue: what is asked, and how far it is."""

import enum
from dataclasses import dataclass
from pathlib import Path

from .interpreters import WorkerPlace
from .preparation import Prepare
from .protocol import Failed, FilmRequest, PassRequest, Request, SuggestRequest, WordsRequest

MIN_FRACTION = 0.05
"""Of a job: before that the time that it will take cannot be told."""


class State(enum.Enum):
    """Where a job is. The last three are final."""

    WAITING = enum.auto()
    RUNNING = enum.auto()
    DONE = enum.auto()
    FAILED = enum.auto()
    CANCELLED = enum.auto()


@dataclass(eq=False)
class Job:
    """One line in the queue, which alone writes these fields.

    fraction: 0..1. stage: a short phrase. note: a sentence for the user, or "".
    failure: what went wrong, where the state is FAILED. since: when the worker was asked, by the queue's clock.
    output: what was asked for, under `output_name`, from DONE until `JobQueue.release`.
    prepare: what makes the request's sound readable for the worker; None where it is as it is.
    """

    identity: int
    place: WorkerPlace
    request: Request
    prepare: Prepare | None = None
    state: State = State.WAITING
    fraction: float = 0.0
    stage: str = "waiting"
    note: str = ""
    failure: Failed | None = None
    output: Path = Path()
    since: float | None = None

    def seconds_left(self, now: float) -> float | None:
        """An estimate of how much longer it takes, None where there is nothing to go by yet."""
        if self.since is None or self.fraction < MIN_FRACTION or self.finished:
            return None
        return (now - self.since) * (1.0 - self.fraction) / self.fraction

    @property
    def output_name(self) -> str:
        """Of the file that the worker is to write."""
        if isinstance(self.request, WordsRequest):
            return "words.txt"
        if isinstance(self.request, SuggestRequest):
            return "styles.json"
        if isinstance(self.request, PassRequest):
            return "pass.json"
        is_style = isinstance(self.request, FilmRequest) and self.request.name is not None
        return "style.npz" if is_style else "animation.npz"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (State.DONE, State.FAILED, State.CANCELLED)
