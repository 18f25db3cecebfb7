# SPDX-License-Identifier: Apache-2.0
"""Tasks on a Ray cluster. Nodes share no disk: files travel with their task, and what is made comes back.

A task whose node dies is done by another; its result counts once, where it arrives.
"""

import dataclasses
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import BatchError, MissingPackageError
from ..processes import environment_of_child
from ..request import AnimationRequest, may_be_file
from .run import Pool
from .work import Made, Task, make

MAX_RETRIES = 5
"""Of a task, on other nodes."""
AHEAD = 4
"""Tasks for each core that are sent before the first comes back: none has to wait, and no node holds all the sounds."""
LOST = "It was lost with its node {count} times. Look after the cluster, and run the batch again."
ANSWER_TIMEOUT_S = 20.0
USAGE_VARIABLE = "RAY_USAGE_STATS_ENABLED"


@dataclasses.dataclass(frozen=True)
class _Packed:
    """A task with the content of its files: field → (file name, bytes)."""

    task: Task
    files: Mapping[str, tuple[str, bytes]]


def ray_pool(address: str) -> Pool:
    """The cluster at `address`: "auto" for the one that this machine belongs to, or host:port of its head.

    Raises MissingPackageError without Ray, BatchError where nothing answers there.
    """
    os.environ[USAGE_VARIABLE] = "0"
    try:
        import ray  # type: ignore[import-not-found]
    except ModuleNotFoundError as error:
        raise MissingPackageError("A cluster needs Ray. Install it with `pip install ray`.") from error
    try:
        if address != "auto":
            _check_answer(address)
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        raise BatchError(f"No Ray cluster answers at {address}. Start one with `ray start --head`.") from error

    def results(tasks: Iterable[tuple[int, Task]]) -> Iterator[tuple[int, Made]]:
        try:
            yield from _results(ray, tasks)
        finally:
            ray.shutdown()

    return results


def _check_answer(address: str) -> None:
    """Raises subprocess.SubprocessError where nothing answers; `ray.init` would try for minutes."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    subprocess.run(command, check=True, capture_output=True, timeout=ANSWER_TIMEOUT_S, env=environment_of_child())


def _results(ray: Any, tasks: Iterable[tuple[int, Task]]) -> Iterator[tuple[int, Made]]:
    remote = ray.remote(num_cpus=1, max_retries=MAX_RETRIES, retry_exceptions=False)(_make_packed)
    room = max(AHEAD, AHEAD * int(ray.cluster_resources().get("CPU", 1)))
    waiting, sent = iter(tasks), dict[Any, int]()
    while True:
        while len(sent) < room and (following := next(waiting, None)) is not None:
            number, task = following
            sent[remote.remote(_packed(task))] = number
        if not sent:
            return
        ready, _ = ray.wait(list(sent), num_returns=1)
        for reference in ready:
            yield sent.pop(reference), _result(ray, reference)


def _result(ray: Any, reference: Any) -> Made:
    try:
        return ray.get(reference)
    except ray.exceptions.RayError:
        return Made(failure=LOST.format(count=MAX_RETRIES + 1))


def _packed(task: Task) -> _Packed:
    """What is missing or is no file stays a path, and fails there as it would here."""
    fields = [
        field.name for field in dataclasses.fields(AnimationRequest) if field.name == "audio" or may_be_file(field)
    ]
    paths = {name: Path(task.values[name]) for name in fields if os.path.isfile(str(task.values.get(name, "")))}
    return _Packed(task, {name: (path.name, path.read_bytes()) for name, path in paths.items()})


def _make_packed(packed: _Packed) -> Made:
    """On a node: do a task with its files in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        values = dict(packed.task.values)
        for name, (file_name, content) in packed.files.items():
            place = Path(folder, name)
            place.mkdir()
            (place / file_name).write_bytes(content)
            values[name] = str(place / file_name)
        return make(Task(values, packed.task.ending))
