# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: starts a bake in Blender's own Python, names the worker's process once it is up, and stays."""

import json
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from checks_own_python import line_of
from harness import arguments, install, submodule

STAY_S = 120.0

if __name__ == "__main__":
    given = json.loads(Path(arguments()[0]).read_text())
    addon = install(Path(given["zip"]))
    bpy.ops.wm.read_homefile(use_empty=True)
    session = submodule(addon, "session")
    job = session.start(bpy.context, *line_of(addon, given, given["audio"]))
    moment, until = arguments()[1], time.monotonic() + STAY_S
    while time.monotonic() < until:
        submodule(addon, "pump")._tick()
        if session.queue.worker_pid is not None and (moment == "starting" or job.finished or job.fraction > 0):
            if moment == "idle" and session.is_busy():
                continue
            print(f"worker {session.queue.worker_pid}", flush=True)
            moment = ""
            time.sleep(STAY_S)
        time.sleep(0.001)
