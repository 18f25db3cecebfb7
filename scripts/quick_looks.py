# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a line that was heard shows another intensity or style, from the slider to the keys: a Markdown table.

    blender -b --factory-startup --python scripts/quick_looks.py -- line.wav longer.wav
    python scripts/quick_looks.py -- line.wav longer.wav                                 # the bpy module

Each number is the fastest and the middle one of a few changes, in milliseconds of the clock. `rest` is what Live waits
for at most before it bakes; the whole is from the moment at which the slider was let go.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
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
    rest_ms = 1000 * live.INTERVAL_S * live.RESTS_TICKS
    print(
        f"Blender {bpy.app.version_string}\n\n| sound | change | rest | bake, fastest | bake, middle | whole, middle |"
    )
    print("|---|---|---:|---:|---:|---:|")
    for audio in options.audio:
        line = _line(audio)
        for name, change in CHANGES.items():
            line.second_style = "surprised" if name == "second style" else ""
            times = [_timed(change, line, number) for number in range(options.rounds + 1)][1:]
            middle = statistics.median(times)
            print(
                f"| {audio.name} | {name} | {rest_ms:.0f} | {min(times):.0f} | {middle:.0f} | {rest_ms + middle:.0f} |"
            )


def _line(audio: Path) -> Any:
    """A new face whose line was heard and baked."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.styletalk.add_face()
    face: Any = bpy.context.object
    line = face.styletalk.lines[0]
    line.audio, line.style = str(audio.resolve()), "happy"
    bpy.ops.styletalk.bake()
    return line


def _timed(change: Callable[[Any, int], None], line: Any, number: int) -> float:
    """Milliseconds of the clock from a change to its keys and undo step, as with a window: the pump polls."""
    face = line.id_data
    change(line, number)
    begin_s = time.perf_counter()
    session.start(bpy.context, face, line)
    pump._started[0] = time.monotonic()
    while session.is_busy():
        wait_s = pump._tick()
        if session.is_busy():
            time.sleep(wait_s or pump.BUSY_INTERVAL_S)
    outcome = session.outcome_of(face, line)
    assert outcome is not None and not outcome.failed, outcome
    return 1000 * (time.perf_counter() - begin_s)


if __name__ == "__main__":
    blender_addon.register()
    try:
        main(sys.argv[sys.argv.index("--") + 1 :])
    finally:
        blender_addon.unregister()
