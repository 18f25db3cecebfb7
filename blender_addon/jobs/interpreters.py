# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreter runs the worker, and what is wrong with one that cannot."""

import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ..styletalk.errors import StyleTalkError

NEEDED = ("pocketsphinx", "soundfile")
"""Packages that the worker cannot do without and Blender does not bring; PyTorch is not among them."""
NO_PYTHON = (
    "No Python with the styletalk package is known. Name one as “Worker Python” in the add-on's preferences, "
    "or give --worker-python."
)
CHOOSE_PYTHON = (
    "Choose an interpreter that has the styletalk package's requirements, as “Worker Python” in the add-on's "
    "preferences or with --worker-python."
)


class NoWorkerPython(StyleTalkError):
    """No interpreter was chosen, and none was found."""


@dataclass(frozen=True)
class WorkerPlace:
    """Which interpreter runs the worker, and the folder that holds `styletalk`. Equal places share a worker.

    command: what is started instead; tests put a worker of their own here.
    """

    python: Path
    package_folder: Path
    command: tuple[str, ...] = ()

    @property
    def full_command(self) -> list[str]:
        """The program and its arguments, to be started in `package_folder`."""
        return list(self.command) or [str(self.python), "-m", "styletalk.worker"]


def package_folder(addon_folder: Path) -> Path:
    """The folder that holds `styletalk`: the add-on's own, or a checkout's `core` where the link leads there."""
    return (addon_folder / "styletalk").resolve().parent


def worker_python(chosen: str, addon_folder: Path) -> Path:
    """The interpreter for the worker: the chosen one, the checkout's environment, or this one where it has what
    the worker needs.

    Raises NoWorkerPython with a sentence that says what to do.
    """
    if chosen:
        return _runnable(Path(chosen).expanduser())
    environment = checkout_python(package_folder(addon_folder))
    if environment is not None:
        return environment
    if all(importlib.util.find_spec(name) for name in NEEDED) and Path(sys.executable).name.lower().startswith(
        "python"
    ):
        return Path(sys.executable)
    raise NoWorkerPython(NO_PYTHON)


def checkout_python(folder: Path) -> Path | None:
    """The project's environment, where `folder` is the `core` of a checkout that has one."""
    relative = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    python = folder.parent / ".venv" / relative
    return python if (folder.parent / "pyproject.toml").is_file() and python.is_file() else None


def death_sentence(python: Path, code: int | None, log: str, was_ready: bool = True) -> str:
    """Why a worker ended without an answer: one sentence, then what to do."""
    missing = re.search(r"No module named ['\"]?([\w.]+)", log)
    if missing:
        return f"The worker's Python {python} lacks the package {missing[1]}. {CHOOSE_PYTHON}"
    last = log.splitlines()[-1].strip() if log else f"exit code {code}"
    if not was_ready:
        return f"The worker's Python {python} is not one with StyleTalk: it ended at once ({last}). {CHOOSE_PYTHON}"
    return f"The worker ended before it was done ({last}). Try again, or copy the report and send it to us."


def _runnable(python: Path) -> Path:
    """The path made absolute, without following the link that makes it a virtual environment's interpreter."""
    absolute = Path(os.path.abspath(python))
    if absolute.is_dir():
        raise NoWorkerPython(f"The worker's Python {python} is a folder. Choose the program in it, such as bin/python.")
    if not absolute.is_file():
        raise NoWorkerPython(f"The worker's Python {python} does not exist. {NO_PYTHON.split('. ', 1)[1]}")
    return absolute
