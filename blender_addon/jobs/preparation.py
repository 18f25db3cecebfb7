# SPDX-License-Identifier: GPL-3.0-or-later
"""A line's sound made readable for the worker, in a thread: the window waits for no file."""

import contextlib
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from ..styletalk.errors import Cancelled, StyleTalkError
from .protocol import Failed

STOP_TIMEOUT_S = 2.0
Prepare = Callable[[Path, bool, Callable[[], None]], Path]
"""(folder, wave_alone, go_on) -> the sound that the worker reads: the line's own file, or one made in `folder`.

wave_alone: whether the worker reads nothing but wave files. go_on: to be called often; raises Cancelled.
Raises StyleTalkError.
"""


class Preparation:
    """One sound on its way."""

    def __init__(self, prepare: Prepare, folder: Path, wave_alone: bool) -> None:
        self._cancelled = threading.Event()
        self._sound: Path | None = None
        self._failure = Failed("Cancelled", "Cancelled.")
        self._thread = threading.Thread(target=self._run, args=(prepare, folder, wave_alone), daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether `outcome` is known."""
        return not self._thread.is_alive()

    @property
    def outcome(self) -> Path | Failed:
        """The sound to be read, or why there is none."""
        return self._sound or self._failure

    def cancel(self) -> None:
        """Have the thread end soon."""
        self._cancelled.set()

    def stop(self) -> None:
        """Cancel, and wait for the thread."""
        self.cancel()
        self._thread.join(STOP_TIMEOUT_S)

    def _run(self, prepare: Prepare, folder: Path, wave_alone: bool) -> None:
        try:
            with contextlib.suppress(Cancelled):
                self._sound = prepare(folder, wave_alone, self._go_on)
        except StyleTalkError as error:
            self._failure = Failed(type(error).__name__, str(error))
        except Exception as error:
            sentence = f"Unexpected {type(error).__name__}: {error}. Copy the report and send it to us."
            self._failure = Failed(type(error).__name__, sentence, traceback.format_exc())

    def _go_on(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled("Cancelled.")
