# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bake made, in numbers and in sentences."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BakeReport:
    """What a bake made: `keys` keyframes on `curves` F-curves, from first_frame to last_frame.

    instead_of: the keys of a bake with one on every frame, 0 where it is such a bake. notes: sentences about what the
    user would not expect. method: how the phonemes were found, "" where that is not known. said: what else was done.
    """

    curves: int
    keys: int
    first_frame: int
    last_frame: int
    notes: tuple[str, ...] = ()
    method: str = ""
    said: tuple[str, ...] = ()
    instead_of: int = 0

    @property
    def summary(self) -> str:
        """What was made, in one sentence."""
        if self.instead_of:
            first, last = self.first_frame, self.last_frame
            return f"Baked {self.keys:,} keys in place of {self.instead_of:,}, frames {first}–{last}."
        return f"Baked {self.keys:,} keys, frames {self.first_frame}–{self.last_frame}."

    @property
    def details(self) -> tuple[str, ...]:
        """Of what it was made, and what else was done, sentence by sentence."""
        return (f"Phonemes: {self.method}.", *self.said) if self.method else self.said

    @property
    def done(self) -> str:
        """What else was done, as one text."""
        return " ".join(self.said)

    def __str__(self) -> str:
        return " ".join((self.summary, *self.details, *self.notes))
