# SPDX-License-Identifier: Apache-2.0
"""The tree is the architecture diagram: who may import whom, and what every file says of itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ["errors", "animation", "face", "networks", "speech", "styles", "motion", "render"]
LAYERS += ["exports", "checkpoint_import", "api", "worker", "cli"]
BESIDE = {"training", "evaluation", "benchmark"}
HEAVY = ("torch", "scipy", "nltk", "av", "soundfile", "pocketsphinx", "tqdm")


def python_files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "core" not in path.relative_to(ROOT).parts[1:]]


def imports(path: Path) -> list[tuple[int, str, int]]:
    """(level, dotted name, line) of every import statement of a file, also those inside functions."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or "", node.lineno))
    return found


def offences(folder: str, forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(folder)
        for level, name, line in imports(path)
        if level == 0 and name.split(".")[0] in forbidden
    ]


def test_core_knows_no_blender_and_imports_itself_relatively():
    assert python_files("core")
    assert offences("core", {"bpy", "bmesh", "mathutils", "bpy_extras", "core", "blender_addon", "bfm_assets"}) == []


def test_the_add_on_never_imports_torch_and_reaches_core_relatively():
    assert python_files("blender_addon")
    assert offences("blender_addon", {"torch", "core", "blender_addon", "scipy", "soundfile", "av"}) == []


def package_of(path: Path, level: int, name: str) -> str | None:
    """The part of core that a relative import reaches, such as "motion"; None within its own part."""
    inside = path.relative_to(ROOT / "core").with_suffix("").parts
    base = list(inside[: len(inside) - level])
    target = [*base, *name.split(".")] if name else base
    return target[0] if target and target[0] and target[0] != inside[0] else None


def test_imports_point_downwards():
    """cli, worker → api → motion, styles, speech, networks, face → animation, errors."""
    climbing = []
    for path in python_files("core"):
        home = path.relative_to(ROOT / "core").with_suffix("").parts[0]
        if home not in LAYERS:
            continue
        for level, name, line in imports(path):
            reached = package_of(path, level, name) if level else None
            if reached in LAYERS[LAYERS.index(home) + 1 :] and not (home in LAYERS[2:8] and reached in LAYERS[2:8]):
                climbing.append(f"{path.relative_to(ROOT)}:{line} reaches up to {reached}")
    assert climbing == []


def test_nothing_but_the_commands_imports_what_stands_beside():
    reaching = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files("core")
        for level, name, line in imports(path)
        if level and package_of(path, level, name) in BESIDE
        if path.relative_to(ROOT / "core").parts[0] not in {*BESIDE, "cli"}
    ]
    assert reaching == []


@pytest.mark.parametrize(
    "module", ["core.api", "core.cli", "core.animation", "core.worker", "core.face.model", "core.motion.resample"]
)
def test_nothing_heavy_is_imported_before_it_is_needed(module):
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []


def test_every_source_file_names_its_licence():
    expected = {"core": "Apache-2.0", "blender_addon": "GPL-3.0-or-later", "scripts": "Apache-2.0"}
    wrong = [
        str(path.relative_to(ROOT))
        for folder, licence in expected.items()
        for path in python_files(folder)
        if f"SPDX-License-Identifier: {licence}" not in path.read_text(encoding="utf-8")[:200]
    ]
    assert wrong == []
