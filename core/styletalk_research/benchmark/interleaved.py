# SPDX-License-Identifier: Apache-2.0
"""Methods timed in turn in one process, so that whatever else the machine does falls on all of them."""

import time
from collections.abc import Callable, Mapping

MAX_ROUNDS = 5


def interleaved_seconds(methods: Mapping[str, Callable[[], object]], budget_s: float) -> dict[str, list[float]]:
    """Wall-clock seconds of each run of each method, round after round; every method runs at least once.

    A method takes part in a further round, up to MAX_ROUNDS, while its last time fits into what is left of the budget:
    slow ones run fewer times.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    start_s = time.perf_counter()
    for _ in range(MAX_ROUNDS):
        for name, run in methods.items():
            began_s = time.perf_counter()
            if seconds[name] and began_s + seconds[name][-1] > start_s + budget_s:
                continue
            run()
            seconds[name].append(time.perf_counter() - began_s)
    return seconds
