# SPDX-License-Identifier: Apache-2.0
"""A long line in chunks, so that an hour takes no more memory to work on than a minute."""

CHUNK_ROWS = 1800
"""Rows worked on at a time: a minute. A line no longer than this is one chunk."""


def chunks(count: int) -> list[slice]:
    """The rows of each chunk of a line of `count` rows, in order; none for an empty line."""
    return [slice(start, min(count, start + CHUNK_ROWS)) for start in range(0, count, CHUNK_ROWS)]
