# SPDX-License-Identifier: Apache-2.0
"""Kill commands at aimed moments, and look at what they leave: `python tests/fuzz/kills.py --kills 200`.

The promise: an output is whole, or as it was before, or absent; the same command after it succeeds and leaves nothing
else in the folder; three seconds after the kill no process of it is alive.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CHECKOUT = TESTS.parent
sys.path[:0] = [str(CHECKOUT), str(TESTS / "training"), str(TESTS / "networks")]
MARK = "STYLETALK_FUZZ_KILL"
"""Environment variable by which all that a command started is found, whoever its parent is by now."""
ORPHAN_S, RUN_S, POLL_S = 3.0, 300.0, 0.001
OUT = "out"
AIMS = ("writing", "written", "progress", "time")


@dataclass(frozen=True)
class Command:
    """What is run in a work folder, and the files that it makes in `out`, each with a reader that fails on a half one.

    program: what stands before the arguments. also: other files that may lie in `out`. weight: how often it is drawn.
    """

    name: str
    arguments: tuple[str, ...]
    outputs: dict[str, Callable[[Path], object]]
    program: tuple[str, ...] = ("-m", "styletalk.cli")
    also: tuple[str, ...] = ()
    weight: int = 4


def _json(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def _film(path: Path) -> object:
    import av

    with av.open(str(path)) as film:
        return sum(1 for _ in film.decode(video=0))


def _blend(path: Path) -> object:
    import zstandard

    data = path.read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(data).read() if data[:4] == b"\x28\xb5\x2f\xfd" else data
    assert data[:7] == b"BLENDER" and b"ENDB" in data[-4096:], "the .blend has no end"
    return data[:12]


def commands() -> "dict[str, Command]":
    """Everything that writes, by name."""
    from styletalk.animation import FaceAnimation
    from styletalk.networks.checkpoints.generator import read_weights
    from styletalk.speech.formats.alignment_files import read_alignment
    from styletalk.styles.library import read_style
    from styletalk_research.datasets.manifest import Manifest
    from styletalk_research.discriminators.frozen import read_state

    spoken = ("in/line.wav", "--phonemes", "in/line.tsv", "--pose", "none", "-o")
    run_files = ("config.json", "data.json", "run.lock", "log.jsonl", "discriminators.json", "tensorboard")
    baked = ("--", "--animation", "in/line.npz", "--audio", "in/line.wav", "--output", "out/a.blend")
    training = ("train", "in/data", "-o", "out", "--config", "in/paper.json", "--stage", "sync")
    alignment = {"a.TextGrid": lambda path: read_alignment(path, 9.0)}
    table = {"a.csv": lambda path: path.read_text().endswith("\n") or 1 / 0}
    headless = {"a.blend": _blend}
    made = {"demo.npz": FaceAnimation.load, "demo.blend": _blend, "demo.mp4": _film}
    found = (
        Command("animate", ("animate", *spoken, "out/a.npz"), {"a.npz": FaceAnimation.load}),
        Command("animate-csv", ("animate", *spoken, "out/a.csv"), table),
        Command("animate-json", ("animate", *spoken, "out/a.json"), {"a.json": _json}),
        Command("phonemes", ("phonemes", *spoken[:3], "-o", "out/a.TextGrid"), alignment, weight=2),
        Command("styles-add", ("styles", "add", "in/line.npz", "-o", "out/s.npz"), {"s.npz": read_style}, weight=2),
        Command("styles-blend", ("styles", "blend", "happy", "sad", "-o", "out/s.npz"), {"s.npz": read_style}),
        Command("import-checkpoint", ("import-checkpoint", "in/published.pth", "-o", "out/w.safetensors"),
                {"w.safetensors": read_weights}),
        Command("manifest", ("manifest", "in/data", "-o", "out/m.json", "--validation-speakers", "anna_1"),
                {"m.json": Manifest.load}, weight=2),
        Command("train", training, {"sync.pt": read_state}, also=run_files, weight=6),
        Command("evaluate", ("evaluate", "in/data", "-o", "out/report.json", "--only", "style"),
                {"report.json": _json}, weight=2),
        Command("demo", ("demo", "-o", "out"), made, weight=1),
        Command("headless", baked, headless, HEADLESS),
        Command("render", (*baked, "--render", "out/a.mp4", "--size", "64x64"), {**headless, "a.mp4": _film}, HEADLESS,
                weight=2),
        Command("worker", (), {"a.npz": FaceAnimation.load}, ("in/parent.py",), weight=6),
    )  # fmt: skip
    return {each.name: each for each in found}


HEADLESS = ("addon/headless.py",)
PARENT = """import json, subprocess, sys
worker = subprocess.Popen([sys.executable, "-m", "styletalk.worker"], stdin=subprocess.PIPE, text=True)
request = {"audio": "in/line.wav", "phonemes": "in/line.tsv", "engine": "numpy"}
asked = {"type": "animate", "id": 0, "request": request, "output": "out/a.npz"}
for message in (asked, {"type": "shutdown"}):
    print(json.dumps(message), file=worker.stdin, flush=True)
sys.exit(worker.wait())
"""
"""Starts a worker, as Blender does, and waits for it."""


def prepare(folder: Path) -> None:
    """Inputs of every command, small ones, and the assembled add-on."""
    import soundfile
    import torch
    from networks_reference import TINY, random_generator
    from paper_miniature import miniature, write_data

    import build_addon
    from styletalk.api import animate
    from styletalk.demo import LINE
    from styletalk.request import AnimationRequest

    given = folder / "in"
    given.mkdir(parents=True)
    soundfile.write(given / "line.wav", *soundfile.read(LINE, frames=16000))
    (given / "line.tsv").write_text("0.00\tX\n0.10\tD\n0.50\tA\n0.80\tX\n")
    (given / "parent.py").write_text(PARENT)
    animate(AnimationRequest(given / "line.wav", phonemes=given / "line.tsv", engine="numpy")).save(given / "line.npz")
    torch.save({"model_state_dict": random_generator(TINY).state_dict()}, given / "published.pth")
    write_data(given / "data", with_sound=True, phonemes=26)
    (given / "paper.json").write_text(miniature().to_json())
    build_addon.assemble(folder / "addon")


def started(command: Command, folder: Path, mark: str = "", said: str = "said.txt") -> "subprocess.Popen[bytes]":
    """The command, running in `folder`; what it says goes into the file `said`."""
    environment = {**os.environ, MARK: mark, "PYTHONPATH": f"{CHECKOUT / 'core'}", "OMP_NUM_THREADS": "1"}
    environment |= {f"BLENDER_USER_{name}": str(folder / "blender") for name in ("RESOURCES", "SCRIPTS", "CONFIG")}
    (folder / OUT).mkdir(exist_ok=True)
    argv = [sys.executable, *command.program, *command.arguments]
    with (folder / said).open("wb") as stream:
        return subprocess.Popen(argv, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT)


def finished(command: Command, folder: Path) -> "tuple[int, str]":
    """Run to the end: exit code and what was said."""
    process = started(command, folder)
    try:
        code = process.wait(RUN_S)
    finally:
        process.kill()
    return code, (folder / "said.txt").read_text(errors="replace")


def alive(mark: str) -> list[int]:
    """The processes that bear a mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            marked = f"{MARK}={mark}".encode() in (path / "environ").read_bytes()
            found += [int(path.name)] if marked and b"\nState:\tZ" not in (path / "status").read_bytes() else []
    return found


def end_all(pids: Sequence[int]) -> list[str]:
    """Kill them; what they were."""
    names = []
    for pid in pids:
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")[:90])
            os.kill(pid, signal.SIGKILL)
    return names


def killed(command: Command, folder: Path, aim: str, rng: random.Random, duration_s: float) -> str:
    """Start a command and kill it at the moment that is aimed at; returns its mark."""
    mark, into = uuid.uuid4().hex, folder / OUT
    before = set(_hidden(into))
    process = started(command, folder, mark)
    until = time.monotonic() + (rng.uniform(0.0, duration_s) if aim in ("time", "progress") else RUN_S)
    while process.poll() is None and time.monotonic() < until:
        if aim == "writing" and set(_hidden(into)) - before:
            break
        if aim == "written" and any(path.name in command.outputs for path in into.iterdir()):
            break
        time.sleep(POLL_S)
    time.sleep(rng.choice((0, 0, 0.002, 0.02)))
    process.send_signal(signal.SIGKILL)
    process.wait()
    return mark


def _hidden(folder: Path) -> "Iterator[Path]":
    return (path for path in folder.rglob("*") if path.name.startswith("."))


def try_kill(command: Command, folder: Path, aim: str, rng: random.Random, duration_s: float) -> "list[str]":
    """One kill: what is wrong afterwards."""
    into, wrong = folder / OUT, []
    keep_before = rng.random() < 0.5 and command.name != "train"
    for path in into.iterdir() if into.is_dir() else ():
        if not keep_before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    mark = killed(command, folder, aim, rng, duration_s)
    until = time.monotonic() + ORPHAN_S
    while (left := alive(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    if left:
        wrong.append(f"alive after {ORPHAN_S:g} s: {end_all(left)}")
    wrong += _not_whole(command, into)
    code, said = finished(command, folder)
    if code:
        wrong.append(f"the next run fails with {code}: {said[-300:]}")
    wrong += [f"{name} is missing after the next run" for name in command.outputs if not (into / name).is_file()]
    extra = {path.name for path in into.iterdir()} - {*command.outputs, *command.also}
    wrong += [f"left after the next run: {name}" for name in sorted(extra)]
    for name in extra:
        shutil.rmtree(into / name) if (into / name).is_dir() else (into / name).unlink()
    return wrong + _not_whole(command, into)


def _not_whole(command: Command, into: Path) -> "list[str]":
    wrong = []
    for name, read in command.outputs.items():
        if (into / name).exists():
            try:
                read(into / name)
            except Exception as error:
                wrong.append(f"{name} is not whole: {type(error).__name__}: {str(error)[:100]}")
    return wrong


def campaign(kills: int, seed: int, names: Sequence[str], folder: Path) -> "list[str]":
    """So many kills; what fell, each with command and moment."""
    prepare(folder)
    known, rng, fell, durations = commands(), random.Random(f"kills:{seed}"), [], {}
    chosen = [known[name] for name in names] or [known[name] for name in known for _ in range(known[name].weight)]
    for number in range(kills):
        command = chosen[number] if number < len(names) else rng.choice(chosen)
        aim = rng.choice(AIMS)
        if command.name not in durations:
            begun = time.monotonic()
            code, said = finished(command, folder)
            assert code == 0, f"{command.name} fails without a kill: {said[-1500:]}"
            durations[command.name] = time.monotonic() - begun
        wrong = try_kill(command, folder, aim, rng, durations[command.name])
        fell += [f"kill {number} of {command.name} ({aim}): {what}" for what in wrong]
        print(f"{number:4} {command.name:18} {aim:9} {'; '.join(wrong) or 'nothing half, nothing left'}", flush=True)
        shutil.rmtree(folder / OUT, ignore_errors=True) if command.name == "train" or len(chosen) > 1 else None
    return fell


def main() -> int:
    """The command line; 1 where something fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-kills-") as folder:
        fell = campaign(options.kills, options.seed, options.commands, Path(folder))
    print(f"{options.kills} kills, {len(fell)} fell", *fell, sep="\n")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
