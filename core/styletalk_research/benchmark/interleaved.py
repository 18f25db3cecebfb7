# SPDX-License-Identifier: Apache-2.0
"""Ways to do the same, timed in turn in one process, so that what else the machine does falls on all of them."""

import time
from collections.abc import Callable, Mapping

MOST_ROUNDS = 5


def seconds_in_turn(ways: Mapping[str, Callable[[], object]], budget_s: float) -> dict[str, list[float]]:
    """Wall-clock seconds of each way, round after round while another round fits into the budget; one at least."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    start_s = time.perf_counter()
    for done in range(1, MOST_ROUNDS + 1):
        for name, way in ways.items():
            began_s = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began_s)
        spent_s = time.perf_counter() - start_s
        if spent_s + spent_s / done > budget_s:
            break
    return seconds
