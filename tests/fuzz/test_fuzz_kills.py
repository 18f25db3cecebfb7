# SPDX-License-Identifier: Apache-2.0
"""Commands that are killed, run into a full, read-only or vanishing disk, or meet another one in the same folder."""

import os
import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
if sys.platform != "linux":
    pytest.skip("looks for processes in /proc", allow_module_level=True)
import kills

KILLS, SEED = int(os.environ.get("FUZZ_KILLS", "0")), int(os.environ.get("FUZZ_SEED", "20"))
SHORT = {"animate": "writing", "styles-add": "written", "manifest": "writing", "worker": "time", "train": "writing",
         "headless": "writing"}  # fmt: skip
DISK_BYTES, TRAINED_BYTES = 256 << 10, 40 << 10
"""Of the disk that fills up; what is free on it where a training shall begin."""
WRITERS = ("animate", "train", "animate-json", "phonemes", "styles-add", "import-checkpoint", "manifest", "headless",
           "evaluate", "demo", "render", "styles-blend", "animate-csv")  # fmt: skip
CHOSEN = WRITERS if KILLS else WRITERS[:1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("kills")
    kills.prepare(made)
    return made


@pytest.fixture
def work(folder, tmp_path):
    """A folder of its own with the same inputs."""
    for name in ("in", "addon"):
        (tmp_path / name).symlink_to(folder / name)
    return tmp_path


@pytest.fixture
def mounted(work):
    """Mounts a small file system over `out`."""
    into = work / "out"
    into.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(into)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a file system can be mounted by root alone")

    yield mount
    subprocess.run(["umount", str(into)], capture_output=True)


def one_sentence(code: int, said: str) -> None:
    """A command ended with one line of ours on stderr and a code that is not 0."""
    lines = [line for line in said.splitlines() if line.startswith("styletalk: ")]
    assert code == 1 and len(lines) == 1, (code, said[-2000:])
    assert len(lines[0]) <= 320 and "Unexpected" not in lines[0], said[-2000:]
    assert "Traceback" not in said or "tensorboard" in said, said[-2000:]  # a thread of TensorBoard's says it as well


@pytest.mark.parametrize(("name", "aim"), SHORT.items() if not KILLS else ())
def test_a_kill_leaves_nothing_half_and_nobody(work, name, aim):
    command = kills.commands()[name]
    wrong = kills.try_kill(command, work, aim, random.Random(f"{SEED}:{name}"), 2.0)
    assert wrong == []


@pytest.mark.skipif(not KILLS, reason="the long run: FUZZ_KILLS=200")
def test_many_kills_leave_nothing_half_and_nobody(tmp_path):
    assert kills.campaign(KILLS, SEED, (), tmp_path) == []


@pytest.mark.parametrize("name", CHOSEN)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(work, mounted, name):
    command = kills.commands()[name]
    mounted(f"size={DISK_BYTES}")
    filler = work / "out" / "of somebody else"
    filler.write_bytes(bytes(DISK_BYTES - TRAINED_BYTES if name == "train" else DISK_BYTES))
    one_sentence(*kills.finished(command, work))
    assert {path.name for path in (work / "out").iterdir()} <= {filler.name, *command.also}
    assert kills._not_whole(command, work / "out") == []


@pytest.mark.parametrize("name", CHOSEN)
def test_a_read_only_folder_is_one_sentence(work, mounted, name):
    mounted("ro,size=8k")
    one_sentence(*kills.finished(kills.commands()[name], work))


@pytest.mark.parametrize("name", CHOSEN)
def test_a_folder_that_vanishes_is_one_sentence(work, name):
    command = kills.commands()[name]
    process = kills.started(command, work)
    while process.poll() is None:  # it is deleted again and again, whenever somebody makes it
        shutil.rmtree(work / "out", ignore_errors=True)
    code, said = process.returncode, (work / "said.txt").read_text(errors="replace")
    assert kills._not_whole(command, work / "out") == []
    assert code == 0 or one_sentence(code, said) is None


@pytest.mark.parametrize("name", ["animate", "headless"] if KILLS else ["animate"])
def test_two_at_once_leave_one_whole_output(work, name):
    command = kills.commands()[name]
    both = [kills.started(command, work) for _ in range(2)]
    assert [process.wait(kills.RUN_S) for process in both] == [0, 0], (work / "said.txt").read_text()
    assert {path.name for path in (work / "out").iterdir()} == set(command.outputs)
    assert kills._not_whole(command, work / "out") == []


def test_of_two_trainings_in_one_folder_one_trains_and_one_says_so(work):
    command = kills.commands()["train"]
    both = [kills.started(command, work, said=f"said{number}.txt") for number in range(2)]
    codes = [process.wait(kills.RUN_S) for process in both]
    said = [(work / f"said{number}.txt").read_text() for number in range(2)]
    assert sorted(codes) == [0, 1], said
    assert "Another process is training" in said[codes.index(1)]
    assert kills._not_whole(command, work / "out") == []


@pytest.mark.parametrize("name", [name for name in CHOSEN if name != "train"])
def test_a_file_that_may_not_grow_is_one_sentence(work, name):
    command = kills.commands()[name]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, limit[1]))
    try:
        process = kills.started(command, work)
        code = process.wait(kills.RUN_S)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    one_sentence(code, (work / "said.txt").read_text())
    assert list((work / "out").iterdir()) == []
