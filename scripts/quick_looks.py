# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a line that was heard shows another intensity or style, from the slider to the keys: a Markdown table.

    blender -b --factory-startup --python scripts/quick_looks.py -- line.wav longer.wav
    python scripts/quick_looks.py -- line.wav longer.wav                                 # the bpy module

Milliseconds of a few changes: how long Live waits at most for a slider to rest; the bake by the clock, the fastest and
the middle one; and the CPU time of the middle one, which does not depend on what else the computer does.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from warm_blender import worker_cpu_s

import blender_addon
from blender_addon import live, pump, session

CHANGES = {
    "intensity": lambda line, number: setattr(line, "intensity", 0.5 + 0.1 * number),
    "style": lambda line, number: setattr(line, "style", ("happy", "angry", "sad", "excited")[number % 4]),
    "second style": lambda line, number: setattr(line, "style_blend", 0.1 + 0.1 * number),
}


def main(arguments: list[str]) -> None:
    """Bake each sound once, then change it again and again."""
    parser = argparse.ArgumentParser(prog="quick_looks.py", description=__doc__.splitlines()[0])
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    rest_ms = 1000 * live.INTERVAL_S * (live.RESTS_TICKS + 1)
    print(f"Blender {bpy.app.version_string}\n\n| sound | change | rest | fastest | middle | CPU: Blender | worker |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for audio in options.audio:
        line = _line(audio)
        for name, change in CHANGES.items():
            line.second_style = "surprised" if name == "second style" else ""
            times = [_timed(change, line, number) for number in range(options.rounds + 1)][1:]
            clock, blender, worker = zip(*times, strict=True)
            numbers = (rest_ms, min(clock), *map(statistics.median, (clock, blender, worker)))
            print(f"| {audio.name} | {name} | {' | '.join(f'{number:.0f}' for number in numbers)} |")


def _line(audio: Path) -> Any:
    """A new face whose line was heard and baked."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.styletalk.add_face()
    face: Any = bpy.context.object
    line = face.styletalk.lines[0]
    line.audio, line.style = str(audio.resolve()), "happy"
    bpy.ops.styletalk.bake()
    return line


def _timed(change: Callable[[Any, int], None], line: Any, number: int) -> tuple[float, float, float]:
    """Milliseconds from a change to its keys, as with a window, where the pump polls: of the clock, the CPU in Blender,
    and in the worker."""
    face = line.id_data
    change(line, number)
    begin = _now()
    session.start(bpy.context, face, line)
    session.hurry(face, line)
    pump._started[0] = time.monotonic()
    while session.is_busy():
        wait_s = pump._tick()
        if session.is_busy():
            time.sleep(wait_s or pump.BUSY_INTERVAL_S)
    outcome = session.outcome_of(face, line)
    assert outcome is not None and not outcome.failed, outcome
    clock, blender, worker = (1000 * (end - start) for start, end in zip(begin, _now(), strict=True))
    return clock, blender, worker


def _now() -> tuple[float, float, float]:
    return time.perf_counter(), time.process_time(), worker_cpu_s()


if __name__ == "__main__":
    blender_addon.register()
    try:
        main(sys.argv[sys.argv.index("--") + 1 :])
    finally:
        blender_addon.unregister()
