# SPDX-License-Identifier: GPL-3.0-or-later
"""The Blenders that tests run in, and how a script is run in one."""

import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from environments import TABLE, bpy_here, has_bpy

CHECKOUT = Path(__file__).resolve().parents[2]
OLDEST = "3.4"
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Host:
    """A Blender: a program, or a Python that has bpy. `reason` says why there is none."""

    version: str
    program: Path | None = None
    python: Path | None = None
    reason: str = ""

    def command(self, script: Path, arguments: list[object], blend: Path | None = None) -> list[str]:
        """The command that runs `script` in this Blender."""
        tail = [str(script), "--", *map(str, arguments)]
        if self.python is not None:
            return [str(self.python), *tail]
        opened = [str(blend)] if blend else []
        return [str(self.program), "-b", "--factory-startup", *opened, "--python-exit-code", "1", "--python", *tail]

    def run(
        self,
        script: Path,
        arguments: list[object],
        home: Path,
        blend: Path | None = None,
        timeout_s: float = TIMEOUT_S,
        **variables: str,
    ) -> subprocess.CompletedProcess:
        """Run a script with settings folders of its own below `home`."""
        if self.program is not None:  # or Debian's Blender takes the Python of CI for its own, and has no NumPy
            variables.setdefault("PATH", os.pathsep.join([str(self.program.parent), os.environ["PATH"]]))
        return subprocess.run(
            self.command(script, arguments, blend), env=environment(home, variables), cwd=home,
            capture_output=True, text=True, errors="replace", timeout=timeout_s,
        )  # fmt: skip


def environment(home: Path, variables: dict[str, str]) -> dict[str, str]:
    """Blender's settings below `home`, nothing of the user's; and no hint that this is a checkout's environment."""
    for name in ("scripts", "config", "extensions", "datafiles"):
        (home / name).mkdir(exist_ok=True)
    return {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(home),
        "BLENDER_USER_SCRIPTS": str(home / "scripts"),
        "BLENDER_USER_CONFIG": str(home / "config"),
        "BLENDER_USER_EXTENSIONS": str(home / "extensions"),
        "BLENDER_USER_DATAFILES": str(home / "datafiles"),
        "OMP_NUM_THREADS": "2",
        **variables,
    }


@functools.cache
def hosts() -> tuple[Host, ...]:
    """Every version that we promise, found or not."""
    return (
        _installed(),
        *(_environment(each.name) for each in TABLE if each.in_every_run or has_bpy(each.interpreter)),
    )


def _installed() -> Host:
    program = shutil.which("blender")
    if program is None:
        return Host(OLDEST, reason="no `blender` on PATH: apt-get install blender python3-numpy")
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"Blender (\d+\.\d+)", printed)
    return Host(found[1] if found else OLDEST, program=Path(program))


def _environment(name: str) -> Host:
    entry = next(each for each in TABLE if each.name == name)
    version = name.removeprefix("bpy-")
    if has_bpy(entry.interpreter):
        return Host(version, python=entry.interpreter)
    if bpy_here().startswith(version + "."):
        return Host(version, python=Path(sys.executable))
    return Host(version, reason=f"no environment .envs/{name}: run tests/blender/environments.py")
