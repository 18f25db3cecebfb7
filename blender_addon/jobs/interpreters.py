# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs can run the worker, and in which order they are tried. The first that answers `ready` is used."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_worker.py")
KILLED = (-9, -15)
"""Exit codes of SIGKILL and SIGTERM, which no program sends itself."""
MAX_REASON = 100
"""Characters of what a program said before it ended."""


@dataclass(frozen=True)
class Interpreter:
    """A program that runs Python. command: it and its arguments, to the script.

    is_external: whether the user named it; it has packages that Blender's own Python lacks, so it reads sounds itself.
    """

    name: str
    command: tuple[str, ...]
    is_external: bool = False

    def running(self, *arguments: str) -> list[str]:
        """The command line that runs Python code instead: `-c`, or a script."""
        return [*self.command[:-1], *arguments]


@dataclass(frozen=True)
class WorkerPlace:
    """The interpreters to try, in this order. Equal places share a worker."""

    interpreters: tuple[Interpreter, ...]


def worker_place(chosen: str, executable: str, blender: str) -> WorkerPlace:
    """The user's choice, then Blender's own Python, then Blender itself without a window.

    chosen: a Python program, or "". executable: `sys.executable`, in Debian whatever Python comes first on PATH.
    blender: the Blender program; "" where Blender is a module of a Python.
    """
    found = []
    if chosen:
        program = os.path.abspath(os.path.expanduser(chosen))  # a link makes it a virtual environment's: not followed
        found.append(_python(program, f"the external Python {chosen}", is_external=True))
    is_python = Path(executable).name.lower().startswith("python")
    if is_python and executable != blender and executable not in [each.command[0] for each in found]:
        found.append(_python(executable, executable))
    if blender:
        start = ("-b", "--factory-startup", "-noaudio", "--python-exit-code", "1", "--python")
        found.append(Interpreter(blender, (blender, *start, str(SCRIPT))))
    return WorkerPlace(tuple(found))


def reason_of_end(code: int | None, log: str) -> str:
    """Why a program ended before it could be used, in a few words. log: the last lines that it wrote."""
    missing = re.search(r"No module named ['\"]?([\w.]+)", log)
    if missing:
        return f"it lacks the package {missing[1]}"
    return f"it ended at once ({last_words(code, log)})"


def last_words(code: int | None, log: str) -> str:
    """What is known of the end of a program. code: negative where a signal ended it."""
    if code in KILLED:
        return "a virus scanner ended it, or the system for want of memory"
    return log.splitlines()[-1].strip()[:MAX_REASON] if log else f"exit code {code}"


def fallback_note(place: WorkerPlace, used: Interpreter, reasons: Sequence[str]) -> str:
    """What the user should know where another interpreter serves than the one that they named; or ""."""
    first = place.interpreters[0]
    return (
        f"Blender's own Python is used, not {first.name}: {reasons[0]}." if first.is_external and first != used else ""
    )


def unused_sentence(place: WorkerPlace, reasons: Sequence[str]) -> str:
    """Why a place has no worker: what is wrong with each of its interpreters, then what to do."""
    if not SCRIPT.is_file() or any("the package styletalk" in reason for reason in reasons):
        return "A file of StyleTalk is missing: a virus scanner may have taken it away. Install StyleTalk again."
    tried = "; ".join(f"{each.name}: {reason}" for each, reason in zip(place.interpreters, reasons, strict=False))
    advice = "Name a Python with NumPy as “External Python” in the add-on's preferences or with --worker-python."
    return f"No Python here can animate the line ({tried or 'none was found'}). {advice}"


def _python(program: str, name: str, is_external: bool = False) -> Interpreter:
    """Isolated (-I): neither Blender's variables nor the folder of the script change what it imports."""
    return Interpreter(name, (program, "-I", "-X", "utf8", str(SCRIPT)), is_external)
