# SPDX-License-Identifier: Apache-2.0
"""Work that runs in a thread beside its caller, because its result is needed later."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import Generic, TypeVar

from .errors import Cancelled
from .progress import Progress, silent

Result = TypeVar("Result")
Item = TypeVar("Item")

MOST_AHEAD = 2
"""Threads that work on what comes next: NumPy lets others run only now and then."""
SIGN_OF_LIFE_S = 0.2
"""A caller that waits for the result passes the work's progress on this often."""


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The result of `work` for each item, in their order; threads are a few items ahead of the caller, and no more.

    work: must not change what it shares with itself. Raises what it raises, where that item's turn comes.
    """
    workers = min(MOST_AHEAD, os.cpu_count() or 1)
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


class Background(Generic[Result]):
    """`with Background(work) as job: …; job.result()`. The work is over when the block is left, however it is left.

    work: is given a progress callback, which raises Cancelled once the block is left.
    Of two errors, the one that reaches the caller first is raised, and it alone.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self._left = Event()
        self._said = (0.0, "preparing")
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(work, self._go_on)

    def __enter__(self) -> "Background[Result]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        self._pool.shutdown(cancel_futures=True)

    def result(self, progress: Progress = silent) -> Result:
        """What the work gives, waited for. Raises what the work raised.

        progress: told meanwhile what the work last said of itself; may raise Cancelled.
        """
        while not wait([self._future], SIGN_OF_LIFE_S).done:
            progress(*self._said)
        return self._future.result()

    def _go_on(self, fraction: float, stage: str) -> None:
        if self._left.is_set():
            raise Cancelled("Cancelled.")
        self._said = (fraction, stage)

    def raising_with(self, progress: Progress) -> Progress:
        """A callback that raises the work's error as soon as it is known, rather than when the result is asked for."""

        def tell(fraction: float, stage: str) -> None:
            if self._future.done():
                self._future.result()
            progress(fraction, stage)

        return tell
