# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreter runs the worker, when nobody has chosen one."""

import importlib.util
import os
import sys
from pathlib import Path

NEEDED = ("pocketsphinx", "soundfile")
"""Packages that the worker cannot do without and Blender does not bring; PyTorch is not among them."""
NO_PYTHON = (
    "No Python with the styletalk package is known. Name one as “Worker Python” in the add-on's preferences, "
    "or give --worker-python."
)


class NoWorkerPython(Exception):
    """No interpreter was chosen, and none was found."""


def core_folder(addon_folder: Path) -> Path:
    """The folder that holds `styletalk`: the add-on's own, or a checkout's `core` where the link leads there."""
    return (addon_folder / "styletalk").resolve().parent


def worker_python(chosen: str, addon_folder: Path) -> Path:
    """The interpreter for the worker: the chosen one, the checkout's environment, or this one where it has what
    the worker needs.

    Raises NoWorkerPython with a sentence that says what to do.
    """
    if chosen:
        return _runnable(Path(chosen).expanduser())
    environment = checkout_python(core_folder(addon_folder))
    if environment is not None:
        return environment
    if all(importlib.util.find_spec(name) for name in NEEDED) and _is_python(Path(sys.executable)):
        return Path(sys.executable)
    raise NoWorkerPython(NO_PYTHON)


def checkout_python(folder: Path) -> Path | None:
    """The project's environment, where `folder` is the `core` of a checkout that has one."""
    relative = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    python = folder.parent / ".venv" / relative
    return python if (folder.parent / "pyproject.toml").is_file() and python.is_file() else None


def _runnable(python: Path) -> Path:
    """The path made absolute, without following the link that makes it a virtual environment's interpreter."""
    absolute = Path(os.path.abspath(python))
    if absolute.is_dir():
        raise NoWorkerPython(f"The worker's Python {python} is a folder. Choose the program in it, such as bin/python.")
    if not absolute.is_file():
        raise NoWorkerPython(f"The worker's Python {python} does not exist. {NO_PYTHON.split('. ', 1)[1]}")
    return absolute


def _is_python(program: Path) -> bool:
    return program.name.lower().startswith("python") and program.is_file()
