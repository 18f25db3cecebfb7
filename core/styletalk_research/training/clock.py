# SPDX-License-Identifier: Apache-2.0
"""How long a training still takes, as progress says it."""

import time
from collections.abc import Mapping


class Clock:
    """Started at step `first` of `steps`."""

    def __init__(self, first: int, steps: int) -> None:
        self.first, self.steps, self.began_s = first, steps, time.monotonic()

    def stage(self, name: str, step: int, terms: Mapping[str, float]) -> str:
        """A phrase for the progress bar: name, minutes left, the terms of the loss."""
        left = (time.monotonic() - self.began_s) / max(step - self.first, 1) * (self.steps - step) / 60
        figures = ", ".join(f"{term} {value:.3f}" for term, value in terms.items())
        return f"{name}, {left:.0f} min left ({figures})"
