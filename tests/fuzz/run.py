# SPDX-License-Identifier: Apache-2.0
"""Feed damaged files to every reader: `python tests/fuzz/run.py --inputs 10000`.

The promise, for each input: the reader succeeds with finite values, or raises its own error with one line of at most
300 characters, within 5 s of processor time and 1 GB beyond what the process had, and leaves no file behind.
An input is named READER:SEED:INDEX; `--replay` runs it again, `--file READER FILE` one that was kept.
"""

import argparse
import contextlib
import dataclasses
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))
import numpy as np
from mutate import mutant
from seeds import make

CHECKOUT = Path(__file__).resolve().parents[2]

MAX_SECONDS, MAX_WALL_SECONDS = 5.0, 60.0
"""Of the processor for one input; and of the clock, on a machine that does other things as well."""
MAX_BYTES = 1 << 30
ADDRESS_SPACE_BYTES = 3 << 30
"""Beyond what a child has at its start: a reader that takes this much gets MemoryError, the machine stays alive."""
MAX_SENTENCE = 300
BATCH = 500
FULL = 10_000
"""From so many inputs on, readers that take long get as many as the others."""
NAMES = ("in{}", "in{}", "in{}", "a b %s {{0}}{}", "new\nline{}", "x" * 200 + "{}", "é🙂{}", "\udcff{}")


class TooLong(BaseException):
    """An input took more time than it may. Not an Exception: no reader may swallow it."""


@dataclass
class Tally:
    """What came of a reader's inputs. fell: cause -> inputs."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    fell: dict[str, list[str]] = field(default_factory=dict)


class Inputs:
    """The inputs of a reader: its seeds as they are, files that are damaged already, then mutants without end."""

    def __init__(self, reader: Any, seed: int, corpus: Path) -> None:
        self.reader, self.seed = reader, seed
        self.paths = sorted({path for pattern in reader.seeds for path in corpus.glob(pattern)})
        endings = {path.suffix for path in self.paths}
        self.first = [*self.paths, *(path for path in sorted(corpus.glob("damaged/*")) if path.suffix in endings)]
        whole = (path for path in sorted(corpus.rglob("*")) if path.is_file() and path.parent.name != "damaged")
        self.others = [path for path in whole if path.stat().st_size < 100_000]  # SciPy, which edits, dies of one

    def of(self, index: int) -> tuple[bytes, str]:
        """The bytes of an input, and the name of its file."""
        if index < len(self.first):
            path = self.first[index]
            return path.read_bytes(), self.reader.file or path.name
        rng = random.Random(f"{self.reader.name}:{self.seed}:{index}")
        of_another_kind = rng.random() < 0.03
        paths = [rng.choice(self.others)] if of_another_kind else rng.sample(self.paths, min(2, len(self.paths)))
        content = mutant([path.read_bytes() for path in paths], rng)
        name = rng.choice(NAMES) if rng.random() < 0.05 else NAMES[0]
        return content, self.reader.file or name.format(rng.choice(self.paths).suffix)


def judged(reader: Any, case: Path, name: str) -> tuple[str, str]:
    """("accepted" | "refused" | "fell", why) of one file."""
    try:
        found = reader.read_in(case, name)
    except TooLong:
        return "fell", f"took more than {MAX_SECONDS:g} s in {_place(sys.exc_info()[2])}"
    except BaseException as error:
        return _judged_error(reader, error)
    if not all_finite(found):
        return "fell", "loaded values are not finite"
    return "accepted", ""


def _judged_error(reader: Any, error: BaseException) -> tuple[str, str]:
    said, kind = str(error), type(error).__name__
    shown = re.sub(r"/\S*/|[^ -~]|[0-9]+", "#", said)
    if type(error) not in reader.errors:
        return "fell", f"{kind} in {_place(error.__traceback__)}: {shown[:70]}"
    if not said.isprintable() or len(said) > MAX_SENTENCE or not said.endswith((".", "?")) or "Unexpected" in said:
        return "fell", f"{kind} is no line of {MAX_SENTENCE} characters: …{shown[-80:]}"
    return "refused", ""


def _place(trace: Any) -> str:
    """The last line of ours in a traceback."""
    ours = [f for f in traceback.extract_tb(trace) if "/styletalk" in f.filename]
    return f"{'/'.join(Path(ours[-1].filename).parts[-2:])}:{ours[-1].name}" if ours else "none of ours"


def all_finite(value: Any) -> bool:
    """Whether every number in a value is one; arrays, dataclasses, mappings and sequences are looked into."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind not in "fc" or bool(np.isfinite(value).all())
    if isinstance(value, float):
        return bool(np.isfinite(value))
    if isinstance(value, Mapping):
        return all(map(all_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(all_finite, value))
    if dataclasses.is_dataclass(value):
        return all(all_finite(getattr(value, each.name)) for each in dataclasses.fields(value))
    return True


def try_input(reader: Any, content: bytes, name: str, case: Path) -> tuple[str, str]:
    """Judge one input in this process, with its time, its memory and what it leaves behind."""
    reader.surround(case)
    (case / name).write_bytes(content)
    before = {*case.rglob("*"), case / "run.lock"}
    held = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        verdict = judged(reader, case, name)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if _memory("VmHWM") - held > MAX_BYTES:
        verdict = "fell", f"took more than {MAX_BYTES >> 20} MiB of memory"
    if left := {*case.rglob("*")} - before:
        verdict = "fell", f"left {len(left)} files behind"
    shutil.rmtree(case)
    return verdict


def _memory(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) << 10


def _ring(*_: Any) -> NoReturn:
    raise TooLong


def child(inputs: Inputs, indices: range, work: Path, out: int) -> None:
    """Judge inputs in a forked process, saying which one it begins and what came of it."""
    signal.signal(signal.SIGPROF, _ring)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # FFmpeg and libsndfile talk
    limit = _memory("VmSize") + ADDRESS_SPACE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.tempdir = str(work / "case")
    with os.fdopen(out, "w", buffering=1, errors="backslashreplace") as stream:
        for index in indices:
            stream.write(f"{index}\tbegin\t\n")
            kind, why = try_input(inputs.reader, *inputs.of(index), work / "case")
            stream.write(f"{index}\t{kind}\t{why}\n")


def outcomes(inputs: Inputs, indices: range) -> "Iterator[tuple[int, str, str]]":
    """(index, verdict, why) of each input; where a child dies, the input that it was at fell, and another goes on."""
    while indices:
        work = Path(tempfile.mkdtemp(prefix="fuzz-"))
        incoming, outgoing = os.pipe()
        process = os.fork()
        if process == 0:
            status = 1
            with contextlib.suppress(BaseException):
                os.close(incoming)
                child(inputs, indices[:BATCH], work, outgoing)
                status = 0
            os._exit(status)
        os.close(outgoing)
        begun = indices[0]
        with os.fdopen(incoming, errors="replace") as stream:
            for line in _lines_in_time(stream, process):
                index, kind, why = line.rstrip("\n").split("\t", 2)
                begun = int(index)
                if kind != "begin":
                    yield begun, kind, why
                    begun += 1
        status = os.waitpid(process, 0)[1]
        shutil.rmtree(work, ignore_errors=True)
        if status and begun in indices[:BATCH]:
            yield (
                begun,
                "fell",
                f"the process died ({signal.Signals(status & 127).name if status & 127 else status >> 8})",
            )
            begun += 1
        indices = indices[begun - indices[0] :]


def _lines_in_time(stream: Any, process: int) -> "Iterator[str]":
    """The lines of a child, which is killed when it says nothing for too long."""

    def kill(*_: Any) -> None:
        os.kill(process, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, MAX_WALL_SECONDS)
    for line in stream:
        signal.setitimer(signal.ITIMER_REAL, MAX_WALL_SECONDS)
        yield line
    signal.setitimer(signal.ITIMER_REAL, 0)


def fuzz(names: Sequence[str], seed: int, inputs: int, corpus: Path, kept: "Path | None") -> "dict[str, Tally]":
    """Run the readers (all where none is named), `inputs` divided by its cost to each. kept: where what fell goes."""
    from table import table

    readers = table(corpus)
    tallies = {}
    for reader in (readers[name] for name in names or readers):
        given, tally, begun = Inputs(reader, seed, corpus), Tally(), time.monotonic()
        count = inputs if inputs >= FULL else max(-(-inputs // reader.cost), len(given.first))
        for index, kind, why in outcomes(given, range(count)):
            tally.inputs += 1
            if kind != "fell":
                setattr(tally, kind, getattr(tally, kind) + 1)
                continue
            tally.fell.setdefault(why, []).append(f"{reader.name}:{seed}:{index}")
            if kept and len(tally.fell[why]) <= 3:
                _keep(kept / f"{reader.name}-{seed}-{index}", *given.of(index), why)
        tallies[reader.name] = tally
        counts = f"{tally.inputs:7} {tally.accepted:8} {tally.refused:7} {sum(map(len, tally.fell.values())):5}"
        print(f"{reader.name:20} {counts}  {time.monotonic() - begun:6.0f} s", flush=True)
        for why, found in sorted(tally.fell.items(), key=lambda each: -len(each[1])):
            print(f"    {len(found):5} × {why}  ({found[0]})", flush=True)
    return tallies


def _keep(folder: Path, content: bytes, name: str, why: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    reader = folder.name.rsplit("-", 2)[0]
    path = folder / Path(name).name
    path.write_bytes(content)
    command = f".venv/bin/python tests/fuzz/run.py --file {reader} '{ascii(str(path))[1:-1]}'"
    (folder / "README").write_text(f"{why}\n{command}\n", errors="backslashreplace")


def main() -> int:
    """The command line; 1 where an input fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", help="of the table; all where none is named")
    parser.add_argument("--inputs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=CHECKOUT / "build" / "fuzz", help="folder for what falls")
    parser.add_argument("--replay", metavar="READER:SEED:INDEX")
    parser.add_argument("--file", nargs=2, metavar=("READER", "FILE"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-corpus-") as folder:
        corpus = Path(folder)
        make(corpus)
        if options.replay or options.file:
            return _again(options, corpus)
        print(f"{'reader':20} {'inputs':>7} {'accepted':>8} {'refused':>7} {'fell':>5}")
        tallies = fuzz(options.readers, options.seed, options.inputs, corpus, options.keep)
    causes = Counter({why: len(found) for tally in tallies.values() for why, found in tally.fell.items()})
    total = sum(tally.inputs for tally in tallies.values())
    print(
        f"{total} inputs, {causes.total()} fell"
        + (f"; the first of each cause lie in {options.keep}" if causes else "")
    )
    return 1 if causes else 0


def _again(options: argparse.Namespace, corpus: Path) -> int:
    """One input in this process, with its traceback."""
    from table import table

    name, *numbers = options.replay.split(":") if options.replay else options.file[:1]
    reader, case = table(corpus)[name], Path(tempfile.mkdtemp(prefix="fuzz-")) / "case"
    if numbers:
        content, file = Inputs(reader, int(numbers[0]), corpus).of(int(numbers[1]))
    else:
        content, file = Path(options.file[1]).read_bytes(), reader.file or Path(options.file[1]).name
    reader.surround(case)
    (case / file).write_bytes(content)
    print(ascii(str(case / file)), len(content), "bytes")
    print(reader.read_in(case, file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
