# SPDX-License-Identifier: Apache-2.0
"""Every reader keeps the promise on damaged files (a short run, always the same), and the table knows every reader."""

import ast
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the readers of checkpoints need PyTorch")
if sys.platform != "linux":
    pytest.skip("limits of memory are Linux's", allow_module_level=True)
import run
from seeds import make
from table import table

ROOT = Path(__file__).resolve().parents[2] / "core"
SEED, INPUTS = 20, 24
OPENING = {"open", "read_text", "read_bytes", "SoundFile"}
NOT_OF_USERS = {
    "styletalk/api.py": "hashes the sound that a reader has taken",
    "styletalk/worker.py": "messages: messages.py",
    "styletalk/kept_hearing.py": "hashes what a reader has taken",
    "styletalk/batch/work.py": "what it wrote",
    "styletalk/batch/ray_cluster.py": "sends files as they are, to be read elsewhere",
    "styletalk/tracking/mesh.py": "the process's own stderr",
    "styletalk_research/evaluation/preset_reading.py": "what ships",
    "styletalk_research/evaluation/rig_report.py": "what ships",
    "styletalk/demo": "what ships", "styletalk/speech/features/whisper": "what ships",
    "styletalk/rigs/conventions.py": "what ships", "styletalk_research/rigs": "how it was made",
    "styletalk/tracking/fit/reference.py": "what ships", "styletalk/tracking/lag.py": "what ships",
    "styletalk/styles/manners.py": "what ships", "styletalk/photoreal/photo/seen_error.py": "what ships",
    "styletalk/speech/hearing": "what ships", "styletalk/blas.py": "what NumPy says of itself",
    "styletalk_research/datasets/footage.py": "films, as the row of films does",
    "styletalk_research/hearing": "its own caches, and what is installed",
    "styletalk/cli": "the process's own streams",
    "styletalk_research/benchmark": "what ships, and /proc",
    "styletalk/face/people.py": "shipped with the face",
    "styletalk_research/open_face": "how the open face was made",
    "styletalk_research/presets": "what ships",
    "styletalk_research/experiments": "reports that the same study wrote",
    "styletalk_research/evaluation/labels.py": "transcripts beside the checkout's own sample",
    "styletalk_research/pictures/film.py": "the film that it wrote",
    "styletalk_research/datasets/recognised.py": "a cache; anything else in it counts as none",
    "styletalk_research/evaluation/sync.py": "figures that are shown where they are there",
    "styletalk_research/training/paper/discriminator_stages.py": "the stage's own report",
    "styletalk_research/training/paper/run_log.py": "the run's own log",
    "styletalk_research/training/distillation/solver.py": "the run's own state",
}  # fmt: skip
"""Modules, or folders of them, that open files which no user gives -> what those are."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    make(folder)
    return folder


def opens_files(path: Path) -> bool:
    """Whether a module reads files: by the library's calls, or with the readers of containers in files/."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    readers = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and "files" in (node.module or "").split(".")
        for alias in node.names
        if alias.name.startswith(("read", "existing"))
    }
    return any(_reads(node, readers) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _reads(call: ast.Call, readers: "set[str]") -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [node.value for node in (*call.args, *(k.value for k in call.keywords)) if isinstance(node, ast.Constant)]
    if any(isinstance(text, str) and len(text) < 4 and set(text) & set("wax") for text in texts):
        return False
    owner = getattr(getattr(call.func, "value", None), "id", "")
    return name in OPENING | readers or (name == "load" and owner in ("np", "torch"))


def modules_reached(corpus: Path, tmp_path: Path) -> set[str]:
    """The files of the packages in which something ran while every reader took its seeds."""
    reached: set[str] = set()
    for reader in table(corpus).values():
        given = run.Inputs(reader, SEED, corpus)
        for index in range(len(given.paths)):
            content, name = given.of(index)
            case = tmp_path / f"{reader.name}-{index}"
            reader.surround(case)
            (case / name).write_bytes(content)
            sys.setprofile(lambda frame, event, argument: reached.add(frame.f_code.co_filename))
            try:
                run.judged(reader, case, name)
            finally:
                sys.setprofile(None)
    return {Path(name).relative_to(ROOT).as_posix() for name in reached if name.startswith(str(ROOT))}


def test_every_module_that_opens_files_is_reached_by_the_table(corpus, tmp_path):
    opening = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if opens_files(path)}
    assert len(opening) > 20
    unreached = opening - modules_reached(corpus, tmp_path)
    unknown = {name for name in unreached if not any(name.startswith(known) for known in NOT_OF_USERS)}
    assert unknown == set(), "give table.py a row for each, or say in NOT_OF_USERS whose files they are"


def test_every_reader_takes_a_file_that_is_whole(corpus, tmp_path):
    refusing = []
    for reader in table(corpus).values():
        given = run.Inputs(reader, SEED, corpus)
        taken = [run.try_input(reader, *given.of(k), tmp_path / "case")[0] for k in range(len(given.paths))]
        refusing += [] if "accepted" in taken else [reader.name]
    assert refusing == ["syncnet"], (
        "nothing is tested behind the first check; SyncNet's weights are too large for a seed"
    )


def test_no_reader_falls(corpus):
    tallies = run.fuzz((), SEED, INPUTS, corpus, None)
    assert {name: tally.fell for name, tally in tallies.items() if tally.fell} == {}
