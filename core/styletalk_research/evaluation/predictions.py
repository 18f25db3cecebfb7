# SPDX-License-Identifier: Apache-2.0
"""Where everybody speaks every clip once, in the style of either half; the sections of the report look on."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from styletalk.errors import StyleTalkError, WeightsError
from styletalk.progress import Progress, silent

from .clip_set import ClipSet, EvaluationPair
from .systems import Voice


class Stage:
    """What each voice makes of each clip, made once. notes: voices that could not speak, and why."""

    def __init__(self, clips: ClipSet, voices: Sequence[Voice], notes: Sequence[str] = ()) -> None:
        self.clips, self.voices, self.notes = clips, tuple(voices), list(notes)
        self._made: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}

    def rehearse(self, progress: Progress = silent, names: Collection[str] | None = None) -> None:
        """Let everybody speak everything, or those of `names`; who cannot is dismissed, and a note says why.

        Raises WeightsError: a comparison without the networks that were asked for is none.
        """
        asked = [voice for voice in self.voices if names is None or voice.name in names]
        for count, voice in enumerate(asked):
            progress(count / len(asked), f"speaking: {voice.name}")
            try:
                for pair in self.clips.pairs:
                    self.made(voice, pair)
            except WeightsError:
                raise
            except StyleTalkError as error:
                self.notes.append(f"{voice.name} is not in the tables: {str(error).rstrip('.')}.")
                self.voices = tuple(other for other in self.voices if other is not voice)

    def made(self, voice: Voice, pair: EvaluationPair) -> tuple[np.ndarray, np.ndarray]:
        """The whole clip, (T, 64), spoken in the style of its first half and in the style of its second half."""
        key = (voice.name, pair.name)
        if key not in self._made:
            first, second = (voice.speak(pair, pair.expression[half]) for half in pair.halves)
            self._made[key] = (first, second)
        return self._made[key]

    def takes(self, voice: Voice, pair: EvaluationPair) -> Iterator[tuple[np.ndarray, slice, slice]]:
        """(rows (T, 64), the half that lent its style, the half that is scored), twice."""
        first, second = pair.halves
        made = self.made(voice, pair)
        yield made[0], first, second
        yield made[1], second, first

    def voice(self, name: str) -> Voice | None:
        """The voice of that name, None where it is not on stage."""
        return next((voice for voice in self.voices if voice.name == name), None)
