# SPDX-License-Identifier: Apache-2.0
"""What each system makes of each clip, computed once, in the style of either half; the parts of the report share it."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from styletalk.errors import StyleTalkError, WeightsError
from styletalk.progress import Progress, silent

from ..datasets.recordings import Recording
from .clip_set import ClipSet
from .systems import System


class Predictions:
    """The motions of all systems on all clips. notes: systems that were dropped, and why."""

    def __init__(self, clips: ClipSet, systems: Sequence[System], notes: Sequence[str] = ()) -> None:
        self.clips, self.systems, self.notes = clips, tuple(systems), list(notes)
        self._made: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}

    def run(self, progress: Progress = silent, names: Collection[str] | None = None) -> None:
        """Run all systems, or those of `names`, on every clip; one that fails is dropped, and a note says why.

        Raises WeightsError: without the networks that were asked for there is no comparison.
        """
        chosen = [system for system in self.systems if names is None or system.name in names]
        for count, system in enumerate(chosen):
            progress(count / len(chosen), f"running: {system.name}")
            try:
                for pair in self.clips.pairs:
                    self.of(system, pair)
            except WeightsError:
                raise
            except StyleTalkError as error:
                self.notes.append(f"{system.name} is not in the tables: {str(error).rstrip('.')}.")
                self.systems = tuple(other for other in self.systems if other is not system)

    def of(self, system: System, pair: Recording) -> tuple[np.ndarray, np.ndarray]:
        """The motion (T, 64) of the whole clip, in the style of its first half and in the style of its second half."""
        key = (system.name, pair.name)
        if key not in self._made:
            first, second = (system.predict(pair, pair.expression[half]) for half in pair.halves)
            self._made[key] = (first, second)
        return self._made[key]

    def halves(self, system: System, pair: Recording) -> Iterator[tuple[np.ndarray, slice, slice]]:
        """(rows (T, 64), the half that lent its style, the half that is scored), twice."""
        first, second = pair.halves
        made = self.of(system, pair)
        yield made[0], first, second
        yield made[1], second, first

    def system(self, name: str) -> System | None:
        """The system of that name, None where it was dropped or never there."""
        return next((system for system in self.systems if system.name == name), None)
