# SPDX-License-Identifier: Apache-2.0
"""A long line in chunks with surroundings, so that an hour takes no more memory to work on than a minute."""

from dataclasses import dataclass

CHUNK_ROWS = 1800
"""Rows worked on at a time: a minute. A line no longer than this is one chunk."""
MARGIN_ROWS = 90
"""Rows seen on either side of a chunk. What moves lips reaches 3 rows in each of 8 rounds, and as far as a segment."""


@dataclass(frozen=True)
class Chunk:
    """rows: the chunk within the line. seen: the chunk with its surroundings, within the line."""

    rows: slice
    seen: slice

    @property
    def inside(self) -> slice:
        """The chunk within what is seen."""
        return slice(self.rows.start - self.seen.start, self.rows.stop - self.seen.start)


def chunks(count: int) -> list[Chunk]:
    """The chunks of a line of `count` rows, in order; none for an empty line."""
    found = []
    for start in range(0, count, CHUNK_ROWS):
        end = min(count, start + CHUNK_ROWS)
        found.append(Chunk(slice(start, end), slice(max(0, start - MARGIN_ROWS), min(count, end + MARGIN_ROWS))))
    return found
