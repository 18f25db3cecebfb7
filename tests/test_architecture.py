# SPDX-License-Identifier: Apache-2.0
"""The tree is the architecture diagram: who may import whom, and what every file says of itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLENDER = {"bpy", "bmesh", "mathutils", "bpy_extras", "aud"}
PRODUCT_LAYERS = (
    {"errors", "blas", "processes", "timings", "timeline"},
    {"progress", "files", "request", "phonemes", "emphasis"},
    {"background", "animation", "track_edits"},
    {"face", "speech"},
    {"tracking", "rigs"},
    {"styles", "networks"},
    {"motion", "kept_hearing"},
    {"render"},
    {"photoreal"},
    {"exports", "checkpoint_import", "api"},
    {"demo", "worker"},
    {"batch"},
    {"cli"},
)
"""From the bottom up. A part may import those below it, never its neighbours or what lies above."""
RESEARCH_LAYERS = (
    {"datasets", "pictures"},
    {"config_file", "metrics"},
    {"discriminators"},
    {"training", "evaluation", "benchmark", "open_face", "hearing", "rigs"},
    {"presets", "experiments"},
    {"cli"},
)
NETWORK = {
    *("socket", "ssl", "http", "urllib", "ftplib", "smtplib", "socketserver", "xmlrpc", "webbrowser", "asyncio"),
    *("requests", "httpx", "urllib3", "huggingface_hub"),
}
"""Nothing is looked up, fetched or reported: no module needs these."""
HEAVY = ("torch", "scipy", "nltk", "av", "soundfile", "pocketsphinx", "tqdm")


def python_files(folder: str) -> list[Path]:
    """Every source file of a folder; the add-on's link to the package is not followed."""
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "blender_addon/styletalk" not in path.as_posix()]


def imports(path: Path) -> list[tuple[int, str, int]]:
    """(level, dotted name, line) of every import statement of a file, also those inside functions."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(0, alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.level, node.module, node.lineno))
        elif isinstance(node, ast.ImportFrom):
            found += [(node.level, alias.name, node.lineno) for alias in node.names]
    return found


def offences(folder: str, forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in python_files(folder)
        for level, name, line in imports(path)
        if level == 0 and name.split(".")[0] in forbidden
    ]


def test_the_product_knows_no_blender_and_imports_itself_relatively():
    assert python_files("core/styletalk")
    others = {"styletalk", "styletalk_research", "blender_addon", "bfm_assets"}
    assert offences("core/styletalk", {*BLENDER, *others}) == []


def test_research_knows_no_blender_and_imports_itself_relatively():
    assert python_files("core/styletalk_research")
    assert offences("core/styletalk_research", {*BLENDER, "styletalk_research", "blender_addon", "bfm_assets"}) == []


def test_the_add_on_never_imports_torch_and_reaches_the_package_relatively():
    assert python_files("blender_addon")
    heavy = {"torch", "scipy", "soundfile", "av"}
    assert offences("blender_addon", {*heavy, "styletalk", "styletalk_research", "blender_addon"}) == []


@pytest.mark.parametrize("folder", ["core", "blender_addon"])
def test_nothing_imports_what_speaks_with_a_network(folder):
    assert offences(folder, NETWORK) == []


def parts_reached(package: str) -> list[tuple[str, str, str]]:
    """(where, own part, part that is imported) for every relative import between the parts of a package."""
    found = []
    for path in python_files(package):
        inside = path.relative_to(ROOT / package).with_suffix("").parts
        for level, name, line in imports(path):
            if level:
                target = (*inside[: len(inside) - level], *name.split("."))
                found.append((f"{path.relative_to(ROOT)}:{line}", inside[0], target[0]))
    return [each for each in found if each[1] != each[2] and not each[2].startswith("__")]


@pytest.mark.parametrize(
    ("package", "layers"),
    [("core/styletalk", PRODUCT_LAYERS), ("core/styletalk_research", RESEARCH_LAYERS)],
    ids=["product", "research"],
)
def test_imports_point_downwards_and_never_to_a_neighbour(package, layers):
    """cli, worker → api → render → motion → styles, networks → face, speech → animation; likewise in research."""
    floor = {part: number for number, parts in enumerate(layers) for part in parts}
    present = {path.relative_to(ROOT / package).with_suffix("").parts[0] for path in python_files(package)}
    assert present - {"__init__"} == set(floor)
    climbing = [f"{where} reaches {to}" for where, home, to in parts_reached(package) if floor[to] >= floor[home]]
    assert climbing == []


@pytest.mark.parametrize(
    "module", [f"styletalk.{name}" for name in ("api", "cli", "animation", "worker", "face.model", "motion.resample")]
)
def test_nothing_heavy_is_imported_before_it_is_needed(module):
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []


def test_every_source_file_names_its_licence():
    expected = {"core": "Apache-2.0", "blender_addon": "GPL-3.0-or-later"}
    wrong = [
        str(path.relative_to(ROOT))
        for folder, licence in expected.items()
        for path in python_files(folder)
        if f"SPDX-License-Identifier: {licence}" not in path.read_text(encoding="utf-8")[:200]
    ]
    assert wrong == []
