# SPDX-License-Identifier: Apache-2.0
"""What a process has started, and what is left of it after the process was killed. Linux alone tells."""

import os
import signal
import time
from pathlib import Path

from styletalk.processes import is_running

GONE_WITHIN_S = 3.0


def descendants(pid: int) -> set[int]:
    """The processes that it and its children started and that are at work."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def survivors(pids: set[int]) -> set[int]:
    """Which of them are still there after a while; those are ended."""
    until = time.monotonic() + GONE_WITHIN_S
    while (left := {pid for pid in pids if is_running(pid)}) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left
