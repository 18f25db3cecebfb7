# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the add-on: one zip that installs in Blender 3.4 as an add-on and in 4.2 and newer as an extension.

    python build_addon.py [-o FILE]        dist/styletalk_blender-<version>.zip
    python build_addon.py --folder DIR     the same, not zipped

The zip has one root folder that holds `bl_info` and `blender_manifest.toml`; `styletalk` and `bfm_assets` lie inside.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent
sys.path.insert(0, str(CHECKOUT / "core"))

from styletalk import __version__  # noqa: E402 - found beside this file; needs no NumPy
from styletalk.demo.addon import ADDON_ID, assemble, manifest_value  # noqa: E402
from styletalk.errors import OutputError  # noqa: E402

SIZE_BUDGET_BYTES = 60 * 1000 * 1000
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can hold: the same files give the same bytes."""
FILE_MODE = 0o644
MANIFEST_KEYS = frozenset(
    (
        *("schema_version", "id", "version", "name", "tagline", "maintainer", "type", "tags", "license", "copyright"),
        *("blender_version_min", "blender_version_max", "website", "platforms", "wheels", "permissions", "build"),
    )
)
"""What the manual lists; Blender's own validator lets other keys pass, and then nobody reads them."""
NEEDED_PARTS = ("bfm_assets/open_face.npz", "styletalk/worker.py", "styletalk/styles/presets.py")


class BuildError(Exception):
    """The add-on would not work, or not everywhere. The message says what to change."""


def build(output: Path | None = None) -> Path:
    """Write the zip, by default dist/styletalk_blender-<version>.zip. Returns its path. Raises BuildError."""
    output = Path(output) if output is not None else CHECKOUT / "dist" / f"{ADDON_ID}-{__version__}.zip"
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="styletalk-build-") as folder:
        root = assemble(Path(folder) / ADDON_ID)
        check(root)
        temporary = output.with_name(f".{output.name}.part")
        try:
            _write_zip(root, temporary)
            if temporary.stat().st_size > SIZE_BUDGET_BYTES:
                size, budget = temporary.stat().st_size / 1e6, SIZE_BUDGET_BYTES / 1e6
                raise BuildError(f"The zip has {size:.1f} MB; {budget:g} are allowed. See what has grown.")
            os.replace(temporary, output)
        finally:
            temporary.unlink(missing_ok=True)
    return output


def check(root: Path) -> None:
    """Look for what breaks an add-on in some Blender. Raises BuildError with all that was found."""
    problems = [*_version_problems(root), *_manifest_problems(root), *_import_problems(root), *_missing_parts(root)]
    if problems:
        raise BuildError("\n".join(problems))


def validate(path: Path) -> str | None:
    """Ask Blender's own validator about a built zip, where an installed bpy brings it. Returns what it says, or None.

    Raises BuildError where it objects.
    """
    validator = _validator()
    if validator is None:
        return None
    done = subprocess.run([sys.executable, validator, "validate", path], capture_output=True, text=True, timeout=120)
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise BuildError(f"Blender's validator objects: {said}")
    return said


def _write_zip(root: Path, output: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(root.parent).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # or Windows and Linux would write different bytes
            entry.external_attr = FILE_MODE << 16
            archive.writestr(entry, path.read_bytes())


def _version_problems(root: Path) -> Iterator[str]:
    expected = _assigned(root / "styletalk" / "__init__.py", "__version__")
    found = {
        "bl_info": ".".join(map(str, _assigned(root / "__init__.py", "bl_info")["version"])),
        "blender_manifest.toml": manifest_value(root, "version"),
    }
    for place, value in found.items():
        if value != expected:
            yield f"{place} says version {value}, styletalk says {expected}."


def _manifest_problems(root: Path) -> Iterator[str]:
    text = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    for key in re.findall(r"^\[?([A-Za-z_]\w*)\]?", text.split("\n[", 1)[0], re.MULTILINE):
        if key not in MANIFEST_KEYS:
            yield f"blender_manifest.toml has the unknown key {key!r}."
    for section in re.findall(r"^\[(\w+)\]", text, re.MULTILINE):
        if section not in MANIFEST_KEYS:
            yield f"blender_manifest.toml has the unknown section [{section}]."
    if manifest_value(root, "id") != ADDON_ID:
        yield f"blender_manifest.toml must have the id {ADDON_ID}."


def _import_problems(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        in_package = relative.parts[0] == "styletalk"
        for module in _absolute_imports(path):
            top = module.split(".")[0]
            if top in ("styletalk", "styletalk_research", "blender_addon", "bfm_assets", ADDON_ID):
                yield f"{relative} imports {module} absolutely; inside an extension only relative imports work."
            if top == "torch" and not in_package:
                yield f"{relative} imports torch; the add-on leaves that to the worker."
            if top == "bpy" and in_package:
                yield f"{relative} imports bpy; styletalk knows no Blender."


def _absolute_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def _missing_parts(root: Path) -> Iterator[str]:
    for part in NEEDED_PARTS:
        if not (root / part).is_file():
            yield f"{part} is missing."


def _assigned(path: Path, name: str) -> Any:
    """The literal that a module assigns to `name`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return ast.literal_eval(node.value)
    raise BuildError(f"{path.name} does not assign {name} a literal.")


def _validator() -> Path | None:
    """`blender_ext.py` of an installed bpy."""
    for folder in map(Path, sys.path):
        for script in sorted(folder.glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py")):
            return script
    return None


def main() -> int:
    """Build, check, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, metavar="ZIP")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="make this folder the add-on instead of zipping it")
    options = parser.parse_args()
    try:
        if options.folder is not None:
            print(assemble(options.folder))
            return 0
        path = build(options.output)
        said = validate(path)
    except (BuildError, OutputError, OSError) as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 1
    print(f"{path} ({path.stat().st_size / 1024**2:.1f} MiB)")
    print("Blender's validator: " + (said.splitlines()[-1] if said else "not asked, no bpy is installed"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
