# SPDX-License-Identifier: Apache-2.0
"""A batch as a whole: nothing lost and nothing done twice, whatever stops it; what fails stands in its report."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.batch.ledger import LEDGER_NAME, digest_of, open_ledger
from styletalk.batch.line_list import read_lines
from styletalk.batch.processes import in_processes
from styletalk.batch.run import plan, run_batch
from styletalk.batch.work import Made, Task
from styletalk.demo import LINE
from styletalk.errors import BatchError
from styletalk.request import AnimationRequest

SECONDS = 1.2
COUNT = 6


@pytest.fixture
def listed(tmp_path) -> Path:
    """A list of COUNT short lines with alignments, which take no time to hear."""
    sound, rate_hz = soundfile.read(LINE)
    rows = ["id,audio,phonemes,style"]
    for number in range(COUNT):
        start = int((0.3 + 0.7 * number) * rate_hz)
        soundfile.write(tmp_path / f"{number}.wav", sound[start : start + int(SECONDS * rate_hz)], rate_hz)
        (tmp_path / f"{number}.lab").write_text(f"0 0.4 AA\n0.4 0.6 M\n0.6 {SECONDS} IY\n")
        rows.append(f"line {number},{number}.wav,{number}.lab,{('happy', 'sad')[number % 2]}")
    path = tmp_path / "lines.csv"
    path.write_text("\n".join(rows))
    return path


class FakePool:
    """Makes whatever it is asked for at once, and remembers how often."""

    def __init__(self, failing: tuple[int, ...] = (), stop_after: int = 1000) -> None:
        self.asked: list[str] = []
        self._failing, self._stop_after = failing, stop_after

    def __call__(self, tasks: Iterable[tuple[int, Task]]) -> Iterator[tuple[int, Made]]:
        for count, (number, task) in enumerate(tasks):
            if count == self._stop_after:
                raise KeyboardInterrupt
            self.asked.append(Path(task.values["audio"]).name)
            yield number, Made(failure="It broke.") if number in self._failing else Made(b"content", b"picture")


def test_a_batch_that_was_stopped_goes_on_where_it_was(listed, tmp_path):
    lines, folder = read_lines(listed, ".npz"), tmp_path / "out"
    first, second, third = FakePool(stop_after=4), FakePool(), FakePool()
    with pytest.raises(KeyboardInterrupt):
        run_batch(lines, folder, first)
    assert json.loads((folder / "report.json").read_text())["not_made_yet"] == COUNT - 4
    assert len(run_batch(lines, folder, second).kept) == 4
    assert sorted(first.asked + second.asked) == [f"{number}.wav" for number in range(COUNT)]
    assert run_batch(lines, folder, third).made == () and third.asked == []


def test_only_what_has_changed_is_made_again(listed, tmp_path):
    folder = tmp_path / "out"
    run_batch(read_lines(listed, ".npz"), folder, FakePool())
    (folder / "line 0.npz").unlink()
    (folder / "line 1.npz").write_bytes(b"cut")
    (tmp_path / "2.lab").write_text("0 1 AA\n")
    listed.write_text(listed.read_text().replace("line 3,3.wav,3.lab,sad", "line 3,3.wav,3.lab,angry"))
    again = FakePool()
    assert plan(read_lines(listed, ".npz"), folder) == (4, COUNT - 4, 0)
    run_batch(read_lines(listed, ".npz"), folder, again)
    assert again.asked == ["0.wav", "1.wav", "2.wav", "3.wav"]


def test_a_line_that_fails_keeps_no_other_from_being_made_and_is_tried_again(listed, tmp_path):
    lines, folder = read_lines(listed, ".npz"), tmp_path / "out"
    summary = run_batch(lines, folder, FakePool(failing=(1,)))
    assert (len(summary.made), summary.failed) == (COUNT - 1, ("line 1",))
    report = json.loads((folder / "report.json").read_text())
    assert [line["message"] for line in report["lines"] if line["state"] == "failed"] == ["It broke."]
    assert "It broke." in (folder / "report.html").read_text()
    assert run_batch(lines, folder, FakePool()).made == ("line 1",)


def test_a_ledger_whose_last_line_was_cut_off_is_read_up_to_it(listed, tmp_path):
    lines, folder = read_lines(listed, ".npz"), tmp_path / "out"
    run_batch(lines, folder, FakePool())
    ledger = folder / LEDGER_NAME
    ledger.write_bytes(ledger.read_bytes()[:-20])
    assert len(run_batch(lines, folder, FakePool()).made) == 1
    assert [json.loads(line)["state"] for line in ledger.read_text().splitlines()] == COUNT * ["done"]


def test_two_batches_do_not_work_in_one_folder(tmp_path):
    with open_ledger(tmp_path), pytest.raises(BatchError, match="Another batch"), open_ledger(tmp_path):
        pass


def test_a_file_that_is_no_ledger_is_left_as_it_is(listed, tmp_path):
    (tmp_path / LEDGER_NAME).write_text("my notes\n")
    with pytest.raises(BatchError, match="no ledger"):
        run_batch(read_lines(listed, ".npz"), tmp_path, FakePool())
    assert (tmp_path / LEDGER_NAME).read_text() == "my notes\n"


def test_a_digest_follows_contents_and_not_places(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.wav").write_bytes(b"sound")
    one, two = (digest_of(AnimationRequest(audio=tmp_path / folder / "a.wav"), "", ".npz") for folder in ("one", "two"))
    (tmp_path / "two" / "a.wav").write_bytes(b"another")
    assert one == two != digest_of(AnimationRequest(audio=tmp_path / "two" / "a.wav"), "", ".npz")


def command(listed: Path, folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "styletalk.cli", "batch", str(listed), "-o", str(folder), "--jobs", "2", *more]


def test_killed_twice_at_any_moment_a_batch_ends_as_if_it_had_not_been(listed, tmp_path):
    folder = tmp_path / "out"
    for done in (1, 3):
        child = subprocess.Popen(command(listed, folder), start_new_session=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and child.poll() is None and entries(folder) < done:
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    ended = subprocess.run(command(listed, folder), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    for number in range(COUNT):
        made = FaceAnimation.load(folder / f"line {number}.npz")
        style = ("happy", "sad")[number % 2]
        request = AnimationRequest(
            audio=tmp_path / f"{number}.wav", phonemes=tmp_path / f"{number}.lab", style=style
        )  # fmt: skip
        np.testing.assert_allclose(made.coefficients, animate(request).coefficients, atol=1e-4)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".styletalk-")]


def entries(folder: Path) -> int:
    ledger = folder / LEDGER_NAME
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def test_the_command_fails_with_the_names_of_what_failed(listed, tmp_path):
    listed.write_text(listed.read_text() + "\ngone,nowhere.wav,,happy\nwild,0.wav,0.lab,no such style")
    ended = subprocess.run(command(listed, tmp_path / "out"), capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.strip().startswith("styletalk: 2 of 8 lines failed: gone, wild.")
    assert len(list((tmp_path / "out").glob("line*.npz"))) == COUNT


def test_a_task_whose_process_dies_is_done_by_another(listed, tmp_path):
    good = Task({"audio": str(tmp_path / "0.wav"), "phonemes": str(tmp_path / "0.lab")}, ".npz")
    results = dict(_killing(in_processes([(0, good), (1, good)], 1)))
    assert results[0].failure == "" and results[0].content
    assert results[1].failure == "" and results[1].content


def _killing(results: Iterator[tuple[int, Made]]) -> Iterator[tuple[int, Made]]:
    """After the first result, kill the process that works on the next."""
    yield next(results)
    for child in multiprocessing.active_children():
        child.kill()
    yield from results
