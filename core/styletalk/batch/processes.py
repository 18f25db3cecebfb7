# SPDX-License-Identifier: Apache-2.0
"""Tasks in processes of this machine that stay warm. One that dies takes its task with it, which another then does."""

import contextlib
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ..processes import die_with_parent
from .work import Made, Task, make

MAX_TRIES = 2
"""A task whose process died is tried once more: it may have been killed for another's memory."""
DIED = "The process that worked on it ended twice, maybe for want of memory. Run fewer at once with --jobs."
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    number: int = -1
    """Of the task that it works on; -1 where it has none."""


def in_processes(tasks: Iterable[tuple[int, Task]], count: int) -> Iterator[tuple[int, Made]]:
    """(number, what came of it) of each task, as they end. count: of processes.

    Where the iteration is left, in whatever way, the processes are ended.
    """
    pool = _Pool(dict(tasks), count)
    try:
        yield from pool.results()
    finally:
        pool.end()


class _Pool:
    def __init__(self, tasks: dict[int, Task], count: int) -> None:
        self._tasks, self._count = tasks, count
        self._waiting = deque(tasks)
        self._tries = Counter[int]()
        self._workers: list[_Worker] = []

    def results(self) -> Iterator[tuple[int, Made]]:
        while self._waiting or any(worker.number >= 0 for worker in self._workers):
            self._feed()
            busy = {worker.connection: worker for worker in self._workers if worker.number >= 0}
            for worker in [busy[ready] for ready in wait(list(busy)) if isinstance(ready, Connection)]:
                number, worker.number = worker.number, -1
                made = _received(worker) or self._after_death(worker, number)
                if made is not None:
                    yield number, made

    def _feed(self) -> None:
        """Give each that has nothing to do a task, as far as there are any."""
        idle = [worker for worker in self._workers if worker.number < 0]
        while self._waiting and (idle or len(self._workers) < self._count):
            if not idle:
                idle = [_started(self._count)]
                self._workers += idle
            worker = idle.pop()
            worker.number = self._waiting.popleft()
            with contextlib.suppress(OSError):  # it is dead, which is seen when its answer is waited for
                worker.connection.send(self._tasks[worker.number])

    def _after_death(self, worker: _Worker, number: int) -> Made | None:
        """What came of its task where that has been tried often enough; else the task waits for another."""
        self._workers.remove(worker)
        worker.process.join()
        self._tries[number] += 1
        if self._tries[number] >= MAX_TRIES:
            return Made(failure=DIED)
        self._waiting.appendleft(number)
        return None

    def end(self) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()


def _received(worker: _Worker) -> Made | None:
    """None where it has died."""
    try:
        return worker.connection.recv()
    except (EOFError, OSError):
        return None


def _started(count: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with _threads_for(count):
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextlib.contextmanager
def _threads_for(count: int) -> Iterator[None]:
    """Processes that start in the block share the cores: each has so many threads for matrices."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    each = str(max(1, (os.cpu_count() or 1) // count))
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, each))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection: Connection) -> None:
    """A process's work: tasks until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all that the terminal runs: the parent decides
    die_with_parent()
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(make(task))
