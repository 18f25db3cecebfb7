# SPDX-License-Identifier: Apache-2.0
"""Processes: whether one still runs, and a child that ends with its parent, however that ends.

Imports nothing of the package, so that a script which Blender runs can load this file alone.
"""

import os
import signal
import sys
import threading
import time

PARENT_VARIABLE = "STYLETALK_PARENT_PID"
"""Environment variable by which a parent names itself to a child that is to end with it."""
WATCH_INTERVAL_S = 0.25
_PR_SET_PDEATHSIG = 1
_QUERY_LIMITED_INFORMATION, _STILL_ACTIVE = 0x1000, 259


def environment_of_child() -> dict[str, str]:
    """This process's environment, for a child that is to end with it."""
    return {**os.environ, PARENT_VARIABLE: str(os.getpid())}


def die_with_parent() -> None:
    """Have this process killed as soon as the one that started it is gone, also where it is gone already.

    Linux does it at once, when the thread ends that started this process. Elsewhere, and where a script stands between
    the two, a thread looks after the parent four times a second.
    """
    parent = int(os.environ.pop(PARENT_VARIABLE, "0")) or os.getppid()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent:  # 0 is a parent in another container
        threading.Thread(target=_end_after, args=(parent, os.getppid()), daemon=True).start()


def _end_after(parent: int, starter: int) -> None:
    while is_running(parent) and (os.name == "nt" or os.getppid() == starter):
        time.sleep(WATCH_INTERVAL_S)
    os._exit(1)


def is_running(pid: int) -> bool:
    """Whether a process of this machine is at work; one that has ended and was not yet waited for is not."""
    if os.name == "nt":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return _stat(pid)[:1] != ["Z"]


def start_mark(pid: int) -> str:
    """When a process began, as Linux counts; elsewhere the same for all. A number that is used again has another."""
    return (_stat(pid) or ["0"] * 20)[19]


def _stat(pid: int) -> list[str]:
    """What Linux says of a process, from its state on; nothing elsewhere."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2].decode().split()
    except OSError:
        return []


def _is_running_on_windows(pid: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid))
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return not known or code.value == _STILL_ACTIVE
