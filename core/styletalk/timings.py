# SPDX-License-Identifier: Apache-2.0
"""Where the time goes: wall-clock seconds by stage."""

import contextlib
import time
from collections.abc import Iterator


class Timings:
    """Seconds of each stage, in the order in which the stages ended. A stage that comes twice is summed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The time that the block takes belongs to `name`, also where it fails."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start_s)

    def add(self, name: str, seconds: float) -> None:
        """Seconds that were measured elsewhere."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def rows(self) -> list[tuple[str, float]]:
        """(stage, seconds) for a table."""
        return [(name, round(seconds, 3)) for name, seconds in self.seconds.items()]
