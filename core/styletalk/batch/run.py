# SPDX-License-Identifier: Apache-2.0
"""`run_batch`: a list of lines becomes files in a folder, with a ledger, a report, and a picture of each."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ..errors import BatchError
from ..files.writing import check_writable, refusals_explained, written_whole
from ..progress import Progress, silent
from .ledger import DONE, FAILED, Entry, Ledger, digest_of, open_ledger
from .line_list import BatchLine, LineList
from .processes import in_processes
from .report import REPORT_NAME, THUMBNAILS, thumbnail_name, write_report
from .work import Made, Task

ANIMATION_ENDINGS = (".npz", ".csv", ".json")
SCENE_ENDINGS = (".blend", ".glb")
ANIMATIONS = PurePath("animations")
"""Folder of the animations that scenes are made from."""

Pool = Callable[[Iterable[tuple[int, Task]]], Iterator[tuple[int, Made]]]
"""(number, task) of each → (number, what came of it) as they end."""
Scenes = Callable[[Sequence["SceneJob"]], Iterator[tuple[int, str]]]
"""Scenes of animations → (number, why it failed or "") as they end."""


@dataclass(frozen=True)
class SceneJob:
    """An animation and its sound, to be baked and saved. character: the object's name, "" for our head."""

    animation: Path
    audio: Path
    output: Path
    character: str


@dataclass(frozen=True)
class Summary:
    """How a batch ended. made, kept, failed: identities of lines; kept ones were finished already."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[str, ...]
    report: Path


def plan(lines: LineList, folder: Path) -> tuple[int, int, int]:
    """How many lines a batch would make, keep as they are, and cannot make. Makes nothing but a missing folder.

    Raises BatchError, OutputError.
    """
    _make_folder(folder)
    with open_ledger(folder) as ledger:
        waiting, kept, broken = _sorted(ledger, lines, again=False)
    return len(waiting), len(kept), len(broken)


def run_batch(
    lines: LineList, folder: Path, pool: Pool, scenes: Scenes | None = None, again: bool = False,
    progress: Progress = silent,
) -> Summary:  # fmt: skip
    """Make all lines that are not finished yet.

    pool: where the work is done, see `processes`. scenes: makes what ends in .blend or .glb; without it such lines
    fail. again: the finished ones, too. What fails is told in the summary and the report, and does not keep the others
    from being made; the report is written whatever stops the batch.
    Raises BatchError, OutputError, and what `pool`, `scenes` and `progress` raise.
    """
    _make_folder(folder)
    with open_ledger(folder) as ledger:
        waiting, kept, broken = _sorted(ledger, lines, again)
        batch = _Batch(folder, ledger, waiting, {**kept, **broken}, progress)
        try:
            for entry in broken.values():
                ledger.add(entry)
            batch.animate(pool)
            batch.make_scenes(scenes)
        finally:
            report = write_report(folder, lines, batch.entries)
    failed = tuple(line.identity for line in lines.lines if batch.entries[line.identity].state == FAILED)
    made = tuple(line.identity for line, _ in waiting if line.identity not in failed)
    return Summary(made, tuple(kept), failed, report)


def local_pool(count: int) -> Pool:
    """Processes of this machine."""
    return lambda tasks: in_processes(tasks, count)


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Batch:
    """A batch at work. waiting: lines that are left, with their digests. entries: by identity, of those that ended."""

    def __init__(
        self, folder: Path, ledger: Ledger, waiting: list[tuple[BatchLine, str]], entries: dict[str, Entry],
        progress: Progress,
    ) -> None:  # fmt: skip
        self._folder, self._ledger, self._waiting, self.entries = folder, ledger, waiting, entries
        self._progress = progress
        self._steps = sum(1 + (line.output.suffix.lower() in SCENE_ENDINGS) for line, _ in waiting)
        self._taken = 0
        self._animated: list[tuple[BatchLine, Entry]] = []
        """Lines whose scene is still to be made, each with the entry that it will have."""

    def animate(self, pool: Pool) -> None:
        """The animation of each line; where that is the output, the line has ended."""
        tasks = [(number, _task(line)) for number, (line, _) in enumerate(self._waiting)]
        self._step("animating", 0)
        for number, made in pool(tasks):
            line, digest = self._waiting[number]
            entry = Entry(line.identity, digest, DONE, str(line.output), 0, made.note, made.findings, made.measures)
            if made.failure:
                self._end(replace(entry, state=FAILED, message=made.failure))
                self._step("animating", 2 if line.output.suffix.lower() in SCENE_ENDINGS else 1)
                continue
            self._write(THUMBNAILS / thumbnail_name(line.identity), made.picture)
            if line.output.suffix.lower() in SCENE_ENDINGS:
                self._write(_animation_of(line), made.content)
                self._animated.append((line, entry))
            else:
                self._write(line.output, made.content)
                self._end(replace(entry, bytes=len(made.content)))
            self._step("animating")

    def make_scenes(self, scenes: Scenes | None) -> None:
        """The scenes of the lines that have one."""
        if not self._animated:
            return
        if scenes is None:
            raise BatchError("Scenes need a Blender. Choose --format npz, csv or json, or install one.")
        jobs = []
        for line, _ in self._animated:
            assert line.request is not None
            output = self._folder / line.output
            output.parent.mkdir(parents=True, exist_ok=True)
            jobs.append(SceneJob(self._folder / _animation_of(line), line.request.audio, output, line.character))
        for number, failure in scenes(jobs):
            entry = self._animated[number][1]
            if failure:
                self._end(replace(entry, state=FAILED, message=failure))
            else:
                self._end(replace(entry, bytes=jobs[number].output.stat().st_size))
            self._step("baking")

    def _end(self, entry: Entry) -> None:
        self._ledger.add(entry)
        self.entries[entry.id] = entry

    def _write(self, place: PurePath, content: bytes) -> None:
        path = self._folder / place
        with refusals_explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            temporary.write_bytes(content)

    def _step(self, stage: str, count: int = 1) -> None:
        self._taken += count
        lines = len(self._waiting)
        self._progress(self._taken / max(self._steps, 1), f"{stage}, {len(self.entries)} of {lines} lines")


def _make_folder(folder: Path) -> None:
    with refusals_explained(folder / REPORT_NAME):
        folder.mkdir(parents=True, exist_ok=True)
    check_writable(folder / REPORT_NAME)


def _sorted(
    ledger: Ledger, lines: LineList, again: bool
) -> tuple[list[tuple[BatchLine, str]], dict[str, Entry], dict[str, Entry]]:
    """Lines that are left, with their digests; entries of those that are finished, and of those that cannot be made."""
    waiting: list[tuple[BatchLine, str]] = []
    kept: dict[str, Entry] = {}
    broken: dict[str, Entry] = {}
    for line in lines.lines:
        if line.request is None:
            broken[line.identity] = Entry(line.identity, "", FAILED, str(line.output), message=line.fault)
            continue
        digest = digest_of(line.request, line.character, line.output.suffix.lower())
        finished = None if again else ledger.finished(line, digest)
        if finished is not None:
            kept[line.identity] = finished
        else:
            waiting.append((line, digest))
    return waiting, kept, broken


def _task(line: BatchLine) -> Task:
    assert line.request is not None
    ending = line.output.suffix.lower()
    return Task(line.request.as_values(), ".npz" if ending in SCENE_ENDINGS else ending)


def _animation_of(line: BatchLine) -> PurePath:
    return ANIMATIONS / line.output.with_suffix(".npz")
