# SPDX-License-Identifier: Apache-2.0
"""A long line in pieces with surroundings, so that an hour takes no more memory to work on than a minute."""

from dataclasses import dataclass

PIECE_ROWS = 1800
"""Rows worked on at a time: a minute. A line no longer than this is one piece."""
MARGIN_ROWS = 90
"""Rows seen on either side of a piece. What moves lips reaches 3 rows in each of 8 rounds, and as far as a segment."""


@dataclass(frozen=True)
class Piece:
    """rows: the piece within the line. seen: the piece with its surroundings, within the line."""

    rows: slice
    seen: slice

    @property
    def inside(self) -> slice:
        """The piece within what is seen."""
        return slice(self.rows.start - self.seen.start, self.rows.stop - self.seen.start)


def pieces(count: int) -> list[Piece]:
    """The pieces of a line of `count` rows, in order; none for an empty line."""
    found = []
    for start in range(0, count, PIECE_ROWS):
        end = min(count, start + PIECE_ROWS)
        found.append(Piece(slice(start, end), slice(max(0, start - MARGIN_ROWS), min(count, end + MARGIN_ROWS))))
    return found
