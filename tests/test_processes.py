# SPDX-License-Identifier: Apache-2.0
"""Children end with their parent, however and whenever that ends; nothing half-written of theirs stays."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from descendants import descendants, survivors

from styletalk.files.writing import sweep
from styletalk.processes import PARENT_VARIABLE, environment_of_child, is_running, start_mark

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import sys, time
from styletalk.processes import die_with_parent
die_with_parent()
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
from styletalk.processes import environment_of_child
child = subprocess.Popen([*sys.argv[1:]], env=environment_of_child(), stdout=subprocess.PIPE)
print(child.pid, flush=True)
child.stdout.readline()
print("ready", flush=True)
time.sleep(60)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.parametrize("between", [[], ["sh", "-c", '"$@"; true', "sh"]], ids=["its own child", "a script between"])
def test_a_child_is_gone_soon_after_its_parent_was_killed(between):
    command = [sys.executable, "-c", PARENT, *between, sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == "ready\n"
        started = descendants(parent.pid)
        assert child in started
        parent.kill()
        assert survivors(started - ({child} if between else set())) == set()
        survivors({child})


def test_a_child_whose_parent_is_gone_already_ends_at_once():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    child = subprocess.run(
        [sys.executable, "-c", CHILD], env={**os.environ, PARENT_VARIABLE: str(gone.pid)}, timeout=30, cwd=ROOT
    )
    assert child.returncode == 1


def test_a_grandchild_is_not_told_that_its_grandparent_is_its_parent():
    code = (
        "import os; from styletalk.processes import die_with_parent, PARENT_VARIABLE as name\n"
        "assert name in os.environ; die_with_parent(); assert name not in os.environ"
    )
    subprocess.run([sys.executable, "-c", code], env=environment_of_child(), check=True, cwd=ROOT)


def test_every_child_is_told_who_its_parent_is():
    """Else one that begins when its parent is gone already takes init for it, and works on."""
    untold = []
    for path in [*(ROOT / "core/styletalk").rglob("*.py"), *(ROOT / "blender_addon").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen"):
                told = any(word.arg == "env" for word in node.keywords) or "--version" in ast.unparse(node)
                untold += [] if told else [f"{path}:{node.lineno}"]
    assert untold == []


def test_a_process_that_nobody_waited_for_is_not_at_work():
    child = subprocess.Popen([sys.executable, "-c", ""])
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert not is_running(child.pid) and is_running(os.getpid())
    child.wait()
    assert not is_running(child.pid) and start_mark(os.getpid()).isdigit()


WRITER = """
import sys, time
from pathlib import Path
from styletalk.files.writing import temporary_folder, written_whole
with written_whole(Path(sys.argv[1]) / "a.npz") as path, temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "half.mp4").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_left_is_removed_at_once_and_what_a_living_one_writes_stays(tmp_path):
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as writer:
        writer.stdout.readline()
        half = {path.name for path in tmp_path.iterdir()}
        assert len(half) == 2
        sweep(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == half
        writer.kill()
        writer.wait()
    (tmp_path / ".styletalk-00000000-1-1-another-machine.npz").write_bytes(b"")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".styletalk-00000000-1-1-another-machine.npz"]
    os.utime(tmp_path / ".styletalk-00000000-1-1-another-machine.npz", (0, 0))
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_number_that_is_used_again_is_another_process(tmp_path):
    from styletalk.files import writing

    mine = tmp_path / writing.temporary_name(".npz")
    reused = tmp_path / mine.name.replace(f"-{start_mark(os.getpid())}-", "-1-")
    impossible = tmp_path / mine.name.replace(f"-{os.getpid()}-", f"-{10**30}-")
    for path in (mine, reused, impossible):
        path.write_bytes(b"")
    sweep(tmp_path)
    assert set(tmp_path.iterdir()) == {mine, impossible}, "what is of no process known goes by its age"
