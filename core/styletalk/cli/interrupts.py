# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that stops the work at once, but never inside an import.

Python holds a lock for each module that it imports. An import that KeyboardInterrupt ends can leave its lock held, and
the thread that loads the networks then waits for it without end.
"""

import _thread
import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

RETRY_S = 0.05


@contextlib.contextmanager
def interrupts_outside_imports() -> Iterator[None]:
    """For the time of the block; leaves a handler alone that is not Python's own, and threads other than the main."""
    own = threading.current_thread() is threading.main_thread()
    if not own or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, or try again a little later where the main thread is importing."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            later = threading.Timer(RETRY_S, _thread.interrupt_main)
            later.daemon = True
            later.start()
            return
        frame = frame.f_back
    raise KeyboardInterrupt
