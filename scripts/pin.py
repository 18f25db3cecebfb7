# SPDX-License-Identifier: Apache-2.0
"""Writes requirements/*.txt: the version and every hash of all that StyleTalk needs, for every Python and system.

    python scripts/pin.py                              after a change of pyproject.toml or constraints.txt
    python scripts/pin.py --upgrade-package numpy      or --upgrade: newer releases

Versions that still fit stay as they are. Needs Python 3.11 and uv (`pip install uv`).
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tomllib

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

from tests.blender.environments import TABLE  # noqa: E402 - found beside this folder

FOLDER = CHECKOUT / "requirements"
BY_HAND = "torch-cpu.txt"
CUDA = re.compile(r"nvidia-|cuda-|triton=")
"""What PyPI's torch for Linux needs, and a build for processors alone does not."""
BUILD = "setuptools>=77"
"""Builds StyleTalk itself, and the dependencies that come as sources."""
BPY = "bpy; python_version == '3.11' or python_version >= '3.13'"
Pins = dict[str, str]
"""Of a file: what stands before the first hash (name, version, marker) → all of its lines."""


def main(upgrades: list[str]) -> None:
    """Resolve everything at once, then write each part with its hashes."""
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder) / "everything.txt"
        # uv keeps the versions that it finds in the file that it writes
        everything.write_text("".join(f"{pin}\n" for path in _written() for pin in _parsed(path.read_text())))
        _compiled("pyproject.toml", "--all-extras", "-c", "constraints.txt", "-o", everything, *upgrades)
        _write("build", (), _pins("-", everything, text=BUILD))
        _write_extras(everything, [extra for extra in extras if extra not in ("blender", "torch")])
        _write_bpy(everything)


def _write_extras(everything: Path, extras: list[str]) -> None:
    base = _pins("pyproject.toml", everything)
    torch = _without(_pins("pyproject.toml", everything, "--extra", "torch"), base)
    _write("base", (), base)
    _write("torch", ("base",), {pin: lines for pin, lines in torch.items() if not CUDA.match(pin)})
    _write("torch-cuda", (), {pin: lines for pin, lines in torch.items() if CUDA.match(pin)})
    for extra in extras:
        pins = _without(_pins("pyproject.toml", everything, "--extra", extra), base)
        on_torch = torch.keys() <= pins.keys()
        _write(extra, ("torch",) if on_torch else ("base",), _without(pins, torch) if on_torch else pins)


def _write_bpy(everything: Path) -> None:
    """Each bpy, and what all of them need: as the extra, and alone for the tests inside of Blender."""
    newest = _pins("-", everything, text=BPY)
    libraries = {pin: lines for pin, lines in newest.items() if not pin.startswith("bpy==")}
    _write("bpy-libraries", (), libraries)
    _write("blender", ("base", "bpy-libraries"), _without(newest, libraries))
    for each in TABLE:
        found = _parsed(_compiled("-", "--no-deps", "--generate-hashes", python=each.python, text=each.bpy))
        _write(each.name, ("bpy-libraries",), found)


def _pins(source: str, everything: Path, *flags: str, text: str = "") -> Pins:
    """What the requirements of `source` come to, in the versions of `everything`."""
    return _parsed(_compiled(source, "-c", everything, "--generate-hashes", *flags, text=text))


def _compiled(source: str, *flags: str | Path, python: str = "3.10", text: str = "") -> str:
    """uv's answer for that Python and all newer ones, on every system."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", python]
    command += ["--no-header", "--no-annotate", source, *map(str, flags)]
    return subprocess.run(command, cwd=CHECKOUT, input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


def _parsed(text: str) -> Pins:
    blocks = re.findall(r"^[\w.-]+==.*(?:\n .*)*", text, re.MULTILINE)
    return {block.split("\\\n")[0].strip(): f"{block}\n" for block in blocks}


def _without(pins: Pins, others: Pins) -> Pins:
    return {pin: lines for pin, lines in pins.items() if pin not in others}


def _written() -> list[Path]:
    return [path for path in sorted(FOLDER.glob("*.txt")) if path.name != BY_HAND]


def _write(name: str, below: tuple[str, ...], pins: Pins) -> None:
    """requirements/NAME.txt, which takes in the files `below`."""
    includes = "".join(f"-r {each}.txt\n" for each in below)
    (FOLDER / f"{name}.txt").write_text(f"# written by scripts/pin.py\n{includes}{''.join(pins.values())}")


if __name__ == "__main__":
    main(sys.argv[1:])
