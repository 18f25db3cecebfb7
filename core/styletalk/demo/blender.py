# SPDX-License-Identifier: Apache-2.0
"""Find a Blender on this machine and run the add-on's headless script in it, as a child process."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import MissingPackageError, StyleTalkError
from ..processes import environment_of_child
from ..progress import Progress
from .addon import ADDON_ID

OLDEST_BLENDER = (3, 4)
LOG_LINES_KEPT = 40
SENTENCE_MARK = "styletalk: "
_USUAL_PLACES = ("Applications/Blender.app/Contents/MacOS/Blender", "Program Files/Blender Foundation/*/blender.exe")
_NO_BLENDER = (
    "demo.npz is made, but there is no Blender here for demo.blend and demo.mp4. Install Blender 3.4 or newer, or run "
    "`pip install bpy` in Python 3.11 or 3.13, then `styletalk demo` again."
)
_UNLOADABLE = (
    "The bpy package cannot be loaded here ({reason}). Install the system package that holds that library, "
    "or install Blender and give its path with --blender."
)


@dataclass(frozen=True)
class BlenderHost:
    """What runs a script with bpy: this Python with the bpy package (`program` None), or a Blender program."""

    program: Path | None = None

    def command(self, script: Path, arguments: Sequence[object]) -> list[str]:
        """The command line that runs `script` with `arguments` and fails when the script fails."""
        tail = [str(script), "--", *map(str, arguments)]
        if self.program is None:
            return [sys.executable, *tail]
        start = [str(self.program), "-b", "--factory-startup", "-noaudio", "--python-exit-code", "1"]
        return [*start, "--addons", ADDON_ID, "--python", *tail]


def find_blender(program: Path | None = None) -> BlenderHost:
    """The bpy package of this Python, else an installed Blender. Raises MissingPackageError where there is neither."""
    if program is None and importlib.util.find_spec("bpy") is not None:
        return BlenderHost()
    candidates = [program] if program else _installed()
    for candidate in candidates:
        version = _version(candidate)
        if version and version >= OLDEST_BLENDER:
            return BlenderHost(candidate)
    if program:
        raise MissingPackageError(f"{program} is not a Blender 3.4 or newer. Give the path of the blender program.")
    raise MissingPackageError(_NO_BLENDER)


def _installed() -> list[Path]:
    found = [shutil.which("blender")]
    found += [str(path) for below_root in _USUAL_PLACES for path in sorted(Path("/").glob(below_root))]
    return [Path(path) for path in found if path]


def _version(program: Path) -> tuple[int, int] | None:
    try:
        printed = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"Blender (\d+)\.(\d+)", printed)
    return (int(match[1]), int(match[2])) if match else None


def run_headless(
    host: BlenderHost, addon: Path, arguments: Sequence[object], progress: Progress,
    hear: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Run the add-on's headless.py to its end, passing its progress on. Raises StyleTalkError with its sentence.

    hear: is given each line that is printed.
    """
    command = host.command(addon / "headless.py", [*arguments, "--worker-python", sys.executable])
    environment = {**environment_of_child(), "BLENDER_USER_SCRIPTS": str(addon.parents[1]), "PYTHONUNBUFFERED": "1"}
    said: deque[str] = deque(maxlen=LOG_LINES_KEPT)
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
    )
    try:
        for line in child.stdout or ():
            said.append(line.rstrip())
            if hear is not None:
                hear(line)
            _pass_on(line, progress)
        code = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
    if code:
        raise StyleTalkError(_sentence(said) or f"Blender stopped with exit code {code}: {' / '.join(list(said)[-3:])}")


def _pass_on(line: str, progress: Progress) -> None:
    """Headless says how far it is in lines such as " 40% rendering"."""
    match = re.match(r"\s*(\d+)% (.+)", line)
    if match:
        progress(int(match[1]) / 100, match[2].strip())


def _sentence(said: Sequence[str]) -> str | None:
    """What the script said of its failure, if it came far enough to say it."""
    sentences = [line.removeprefix(SENTENCE_MARK) for line in said if line.startswith(SENTENCE_MARK)]
    sentences += [_UNLOADABLE.format(reason=line) for line in said if line.startswith("ImportError: lib")]
    return sentences[-1] if sentences else None
