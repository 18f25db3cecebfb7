# SPDX-License-Identifier: Apache-2.0
"""Work that runs in a thread beside its caller, because its result is needed later."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from types import TracebackType
from typing import Generic, TypeVar

from .errors import Cancelled
from .progress import Progress, silent

Result = TypeVar("Result")

SIGN_OF_LIFE_S = 0.2
"""Who waits for a result says this often how far it has come."""


class Ahead(Generic[Result]):
    """`with Ahead(work) as ahead: …; ahead.result()`. The work is over when the block is left, however it is left.

    work: is given a callback, which raises Cancelled when nobody waits any longer.
    Of two errors, the one that reaches the caller first is raised, and it alone.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self._left = Event()
        self._said = (0.0, "getting ready")
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(work, self._go_on)

    def __enter__(self) -> "Ahead[Result]":
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
            raise Cancelled("Stopped: nobody waits for it.")
        self._said = (fraction, stage)

    def heeded_by(self, progress: Progress) -> Progress:
        """A callback that raises the work's error as soon as it is known, rather than when the result is asked for."""

        def tell(fraction: float, stage: str) -> None:
            if self._future.done():
                self._future.result()
            progress(fraction, stage)

        return tell
