# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual environment per bpy version under .envs/, for the tests that run inside Blender.

Run it as often as you like: `python tests/blender/environments.py [--check] [NAME ...]`. It makes what it can and says
what it cannot; the tests of a version whose environment is missing skip with that reason.
"""

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = CHECKOUT / ".envs"


@dataclass(frozen=True)
class Environment:
    """A bpy version, and the Python that its wheel is built for; requirements/NAME.txt has what pip installs.

    in_every_run: whether its tests are part of every run, or only where somebody made the environment by name.
    """

    name: str
    python: str
    bpy: str
    in_every_run: bool = True

    @property
    def interpreter(self) -> Path:
        """Where the environment's Python is, or would be."""
        folder = ENVIRONMENTS / self.name
        return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


# 4.2.0 is the wheel without sound.
TABLE = (
    Environment("bpy-4.2", "3.11", "bpy==4.2.0"),
    Environment("bpy-4.3", "3.11", "bpy==4.3.0", in_every_run=False),
    Environment("bpy-4.5", "3.11", "bpy==4.5.15"),
    Environment("bpy-5.0", "3.11", "bpy==5.0.1"),
    Environment("bpy-5.2", "3.13", "bpy==5.2.3"),
)


def has_bpy(python: Path) -> bool:
    """Whether that interpreter exists and can find bpy. Does not import it."""
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('bpy') is None)"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


def bpy_here() -> str:
    """The version of the bpy package in this Python, or ""."""
    try:
        return importlib.metadata.version("bpy")
    except importlib.metadata.PackageNotFoundError:
        return ""


def find_python(version: str) -> Path | None:
    """An interpreter of that version ("3.11"): this one, one on PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    named = shutil.which(f"python{version}")
    on_path = [Path(named)] if named else []
    candidates = [Path(sys.executable), *on_path, *sorted(pyenv.glob(f"{version}*/bin/python"))]
    for candidate in candidates:
        found = python_version(candidate)
        if found == version:
            return candidate
    return None


def python_version(python: Path) -> str | None:
    """ "3.11", or None for something that does not run: a pyenv shim exists for versions that are not selected."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def make(environment: Environment) -> str:
    """Create one environment unless it is there. Returns a sentence that says what came of it."""
    if has_bpy(environment.interpreter):
        return "is there"
    if f"bpy=={bpy_here()}" == environment.bpy:
        return f"is not needed: {sys.executable} has it"
    python = find_python(environment.python)
    if python is None:
        return f"cannot be made: no Python {environment.python} was found on PATH or in pyenv"
    folder = ENVIRONMENTS / environment.name
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    pip = [environment.interpreter, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    requirements = CHECKOUT / "requirements" / f"{environment.name}.txt"
    install = [*pip, "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", requirements]
    if any(subprocess.run(command).returncode != 0 for command in (install, [*pip, "check"])):
        shutil.rmtree(folder)
        return f"cannot be made: pip could not install {requirements.relative_to(CHECKOUT)}"
    return "was made"


def main() -> int:
    """Make the environments that are asked for, by default those that every test run uses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"from {', '.join(each.name for each in TABLE)}")
    parser.add_argument("--check", action="store_true", help="exit 1 where one cannot be made, instead of saying so")
    arguments = parser.parse_args()
    failed = False
    for environment in TABLE:
        if environment.name in arguments.names or (not arguments.names and environment.in_every_run):
            outcome = make(environment)
            failed |= outcome.startswith("cannot")
            print(f"{environment.name} {outcome}", flush=True)
    return int(failed and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
