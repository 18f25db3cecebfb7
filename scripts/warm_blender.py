# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time goes from a sound file to F-curves, inside a Blender that has baked before: a Markdown table.

    blender -b --factory-startup --python scripts/warm_blender.py -- line.wav --with recogniser=auto
    python scripts/warm_blender.py -- line.wav --with recogniser=auto --with phonemes=line.TextGrid    # the bpy module

Each --with is a column: options of a request that are text, with commas between them. All take turns; a column shows
its fastest line but the first, in wall-clock seconds. The CPU time and memory of the worker are known on Linux alone.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import blender_addon
from blender_addon import session
from blender_addon.data.preferences import worker_place
from blender_addon.jobs import queue
from blender_addon.styletalk.request import AnimationRequest

POLL_S = 0.002
WRITING, WHOLE = "write F-curves", "whole"
WORKER_CPU, BLENDER_CPU, PEAK_MB = "CPU of the worker", "CPU of Blender", "peak memory of the worker, MB"


def main(arguments: list[str]) -> None:
    """Bake the line again and again, and print the table."""
    parser = argparse.ArgumentParser(prog="warm_blender.py", description=__doc__.splitlines()[0])
    parser.add_argument("audio", type=Path)
    parser.add_argument("--with", dest="columns", action="append", metavar="NAME=VALUE,...", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker-python", default="")
    options = parser.parse_args(arguments)
    queue.WAIT_INTERVAL_S = POLL_S  # a stage is seen when the queue is polled
    context = bpy.context
    bpy.ops.styletalk.add_face()
    face, place = context.object, worker_place(context, options.worker_python)
    runs: dict[str, list[dict[str, float]]] = {column: [] for column in options.columns}
    for _ in range(options.rounds + 1):
        for column, found in runs.items():
            values = dict(each.split("=", 1) for each in column.split(","))
            request = AnimationRequest.from_values({"audio": str(options.audio.resolve()), **values})
            found.append(timed(lambda request=request: session.enqueue(
                context.scene, face, face.styletalk.lines[0], request, place)))  # fmt: skip
    first = next(iter(runs))
    columns = {f"{first}, first use": runs[first][0]}
    columns |= {column: min(found[1:], key=lambda run: run[WHOLE]) for column, found in runs.items()}
    print(f"Blender {bpy.app.version_string}, {options.rounds} rounds, seconds\n\n{table(columns)}")


def timed(start: Any) -> dict[str, float]:
    """Seconds by stage of a job, from `start` to its F-curves."""
    seconds: dict[str, float] = {}
    stage, since_s = "start the worker", time.perf_counter()
    begin_s, before = since_s, (time.process_time(), worker_cpu_s())

    def tell(_: float, name: str) -> None:
        nonlocal stage, since_s
        now_s = time.perf_counter()
        seconds[stage] = seconds.get(stage, 0.0) + now_s - since_s
        stage, since_s = WRITING if name == "done" else name, now_s

    session.wait(start(), tell)
    tell(1.0, "")
    seconds[WHOLE] = time.perf_counter() - begin_s
    peak = re.search(r"VmHWM:\s+(\d+)", worker_file("status"))
    return {
        **seconds, WORKER_CPU: worker_cpu_s() - before[1], BLENDER_CPU: time.process_time() - before[0],
        PEAK_MB: int(peak[1]) / 1024 if peak else 0.0,
    }  # fmt: skip


def worker_cpu_s() -> float:
    """User and system time of the worker so far, 0 where there is none or nobody says."""
    found = worker_file("stat").rsplit(")", 1)[-1].split()
    return sum(map(int, found[11:13])) / os.sysconf("SC_CLK_TCK") if found else 0.0


def worker_file(name: str) -> str:
    """What Linux says of the worker, or ""."""
    path = Path(f"/proc/{session.queue.worker_pid}/{name}")
    return path.read_text() if path.exists() else ""


def table(columns: dict[str, dict[str, float]]) -> str:
    """Markdown; the totals come last."""
    totals = (WRITING, WHOLE, WORKER_CPU, BLENDER_CPU, PEAK_MB)
    stages = dict.fromkeys(stage for run in columns.values() for stage in run if stage not in totals)
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    rows += [[stage, *(f"{run.get(stage, 0.0):.3f}" for run in columns.values())] for stage in (*stages, *totals)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    blender_addon.register()
    try:
        main(sys.argv[sys.argv.index("--") + 1 :])
    finally:
        blender_addon.unregister()
