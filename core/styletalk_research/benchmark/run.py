# SPDX-License-Identifier: Apache-2.0
"""`run_benchmark`: the parts of the benchmark, which together take less than five minutes on two cores."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS, read_weights
from styletalk.networks.config import GeneratorConfig
from styletalk.progress import Progress, silent
from styletalk.timeline import FRAME_RATE_HZ

from .latency import stages, start_up
from .machine import machine
from .matrix_rate import better
from .memory import PEAK_SOURCE, MemoryRow, peak_memory
from .report import BenchReport, Table
from .speed import Line, NamedWeights, compare, distinct_line, random_weights, small, speech_line

SHORT_S, LONG_S = 26, 120
MINUTES, HOUR_MINUTES = (1, 5), (60,)
QUICK_SHORT_S, QUICK_LONG_S, QUICK_MINUTES = 2, 4, (0.05, 0.2)
BUDGET_S, QUICK_BUDGET_S = 15.0, 1.0
SPEED_NOTE = (
    "Methods in turn, in one process; seconds: the fastest of the rounds, of which slow methods have fewer. distinct: "
    "windows that occur once, of all; equal ones are computed once. times limit: time over that of the operations at "
    "the best matrix rate. difference: in coefficients, lips in millimetres on the open face, both from the published "
    "formulation, greatest of all frames."
)
MEMORY_NOTE = (
    f"Peak resident memory of a process of its own ({PEAK_SOURCE}), one run each; motion/ follows the shipped weights "
    "on NumPy alone. result: the arrays that are returned, part of the peak."
)
STAGE_NOTE = "Seconds of one process. What is done in the background counts in that stage's row, not in the sum."


def run_benchmark(only: Sequence[str] = (), quick: bool = False, progress: Progress = silent) -> BenchReport:
    """Measure the parts named in `only`, or the default ones. quick: small networks and short lines, to see it run."""
    wanted = [name for name in PARTS if name in (only or DEFAULT_PARTS)]
    tables = []
    for number, name in enumerate(wanted):
        progress(number / len(wanted), name)
        tables += PARTS[name](quick)
    progress(1.0, "done")
    return BenchReport(machine(), tables, quick)


def _published_sizes(quick: bool) -> NamedWeights:
    config = GeneratorConfig()
    return random_weights("published sizes", small(config) if quick else config)


def _speed(
    key: str, which: Callable[[bool], NamedWeights], line_of: Callable[[int, GeneratorConfig], Line],
    lengths_s: Sequence[tuple[int, int]], quick: bool,
) -> list[Table]:  # fmt: skip
    """Speed on lines of (full, quick) seconds, and the matrix rates of the same run."""
    weights, rows, rates = which(quick), [], []
    for full_s, quick_s in lengths_s:
        line = line_of(round((quick_s if quick else full_s) * FRAME_RATE_HZ), weights.config)
        more, found = compare(weights, line, QUICK_BUDGET_S if quick else BUDGET_S)
        rows, rates = rows + more, better(rates, found) if rates else found
    return [
        Table(f"matrix_rates_{key}", f"Matrix products at the layers' shapes ({weights.name})", rates),
        Table(f"speed_{key}", f"Networks ({weights.name})", rows, SPEED_NOTE),
    ]


def _memory(key: str, full_minutes: Sequence[float], quick: bool) -> list[Table]:
    """Peak memory on lines of so many minutes."""
    minutes = QUICK_MINUTES if quick else full_minutes
    with tempfile.TemporaryDirectory(prefix="styletalk-bench-") as folder:
        rows = list(_memory_rows(Path(folder), minutes, quick))
    return [Table(key, "Peak memory", rows, MEMORY_NOTE)]


def _memory_rows(folder: Path, minutes: Sequence[float], quick: bool) -> Iterator[MemoryRow]:
    from styletalk.networks.checkpoints.generator import save_generator
    from styletalk.networks.modules.generator import StyleTalkGenerator

    config = small(GeneratorConfig()) if quick else GeneratorConfig()
    save_generator(folder / "published.safetensors", StyleTalkGenerator(config), config)
    files = {"published sizes": folder / "published.safetensors", "shipped": DEFAULT_WEIGHTS}
    for name, file in list(files.items())[: 1 if quick else None]:
        for engine in ("torch", "numpy"):
            with_motion = file == DEFAULT_WEIGHTS and engine == "numpy"
            for length in minutes:
                yield peak_memory(name, file, engine, length, with_motion)


PARTS: dict[str, Callable[[bool], list[Table]]] = {
    "short": partial(_speed, "short", _published_sizes, speech_line, [(SHORT_S, QUICK_SHORT_S)]),
    "long": partial(_speed, "long", _published_sizes, speech_line, [(LONG_S, QUICK_LONG_S)]),
    "distinct": partial(_speed, "distinct", _published_sizes, distinct_line, [(SHORT_S, QUICK_SHORT_S)]),
    "shipped": partial(
        _speed, "shipped", lambda quick: NamedWeights("shipped", read_weights(DEFAULT_WEIGHTS)), speech_line,
        [(SHORT_S, QUICK_SHORT_S), (LONG_S, QUICK_LONG_S)]),
    "memory": partial(_memory, "memory", MINUTES),
    "start-up": lambda quick: [Table("start_up", "Start-up, CPU seconds", start_up(1 if quick else 7))],
    "animate": lambda quick: [
        Table("stages", "`styletalk animate` on a line of ten seconds", stages(1 if quick else 3), STAGE_NOTE)],
    "hour": partial(_memory, "memory_hour", HOUR_MINUTES),
}  # fmt: skip
"""What `styletalk bench --only` takes."""
DEFAULT_PARTS = tuple(name for name in PARTS if name != "hour")
"""Without --only. The memory of an hour of speech takes minutes to measure and differs little from that of five."""
