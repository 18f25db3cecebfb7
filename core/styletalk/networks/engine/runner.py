# SPDX-License-Identifier: Apache-2.0
"""Windows and styles to expression, in chunks: how many windows at a time and on how many threads.

Where memory runs out, chunks get smaller; where a GPU has no room for a single window, the CPU goes on.
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np

from ...errors import StyleTalkError
from .fast_path.generator import FastGenerator
from .fast_path.style import PreparedStyle
from .lru import LruCache
from .memory import is_out_of_memory
from .windows import Windows

_STYLES_KEPT = 8
"""Prepared styles take 6 MB each at the published sizes, and a second to make on a slow computer."""


class Runner:
    """Runs a generator over a line. on_cpu: makes the same generator on the CPU; None where it is there already.

    prepared: the cache of prepared styles, to share. notes: a sentence for each time that memory ran out.
    """

    def __init__(
        self,
        generator: FastGenerator,
        on_cpu: Callable[[], FastGenerator] | None = None,
        prepared: LruCache[PreparedStyle] | None = None,
    ) -> None:
        self.generator, self.notes = generator, list[str]()
        self._on_cpu = on_cpu
        self._max_windows: int | None = None
        self._prepared = LruCache[PreparedStyle](_STYLES_KEPT) if prepared is None else prepared

    def anew(self) -> "Runner":
        """Another for the same generator and prepared styles, without the notes and limits of memory that ran out."""
        return Runner(self.generator, self._on_cpu, self._prepared)

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """Clip (N, 64) -> style code (d,)."""
        with self.generator.ops.session():
            return self.generator.encode_style(clip)

    def computing(self, windows: Windows, codes: np.ndarray) -> "closing[Generator[np.ndarray, None, None]]":
        """U windows and style codes (S, d) -> expression (S, B, 64), B windows after B windows, in order.

        To iterate over within `with`, whose end drops what is not yet begun. Iterating raises StyleTalkError where the
        memory does not suffice for a single window.
        """
        return closing(self._expression(windows, codes))

    def _expression(self, windows: Windows, codes: np.ndarray) -> Generator[np.ndarray, None, None]:
        done = 0
        while done < len(windows):
            with closing(self._pass(windows.part(done, len(windows)), codes)) as chunks:
                for rows in chunks:
                    done += rows.shape[1]
                    yield rows

    def _pass(self, windows: Windows, codes: np.ndarray) -> Generator[np.ndarray, None, None]:
        """The chunks until memory runs out, which leaves the generator ready to go on with smaller ones."""
        try:
            styles = [self._style(code) for code in codes]
            yield from self._computed(self._chunks(windows), styles)
            return
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        self._retreat(len(windows))  # only here is the failed attempt's own memory free: the error held on to it

    def _chunk_size(self, windows: int) -> int:
        """Windows in a chunk: at most what suits the device, and so few that all workers have equally many."""
        ops = self.generator.ops
        size = self._max_windows or ops.chunk_windows(self.generator.window_bytes)
        rounds = -(-windows // (size * ops.workers))
        return max(1, -(-windows // (rounds * ops.workers)))

    def _chunks(self, windows: Windows) -> list[Windows]:
        size = self._chunk_size(len(windows))
        return [windows.part(start, start + size) for start in range(0, len(windows), size)]

    def _computed(self, chunks: list[Windows], styles: list[PreparedStyle]) -> Generator[np.ndarray, None, None]:
        """Expression (S, B, 64) of each chunk, in order. Closing the iterator drops the chunks not yet begun."""
        generator, ops = self.generator, self.generator.ops

        def compute(windows: Windows) -> np.ndarray:
            with ops.session():
                memory = generator.articulation(windows)
                return np.stack([generator.expression(memory, style) for style in styles])

        if ops.workers == 1 or len(chunks) == 1:
            yield from map(compute, chunks)
            return
        pool = ThreadPoolExecutor(ops.workers, initializer=ops.begin_worker)
        try:
            yield from pool.map(compute, chunks)
        finally:
            pool.shutdown(cancel_futures=True)
            ops.end_workers()

    def _retreat(self, windows: int) -> None:
        """Go on with half as many windows at a time, or on the CPU. Raises StyleTalkError where neither is left."""
        ops, size = self.generator.ops, self._chunk_size(windows)
        ops.free_memory()
        if size > 1:
            self._max_windows = size // 2
            self.notes.append(f"Memory ran out with {size} frames at a time; {size // 2} went on.")
        elif self._on_cpu is not None:
            self._prepared = LruCache(_STYLES_KEPT)
            self.generator, self._on_cpu, self._max_windows = self._on_cpu(), None, None
            ops.free_memory()
            self.notes.append("The GPU ran out of memory even with one frame at a time; the CPU computed the rest.")
        else:
            raise StyleTalkError(
                "There is not enough memory to animate a single frame. Close other programs and try again."
            )

    def _style(self, code: np.ndarray) -> PreparedStyle:
        """The prepared style, from the cache or new."""

        def prepare() -> PreparedStyle:
            with self.generator.ops.session():
                return self.generator.prepare(code)

        return self._prepared.get(code.tobytes(), prepare)
