# SPDX-License-Identifier: Apache-2.0
"""Each container has one reader, in styletalk/files: what reads one elsewhere is named here, with its reason."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "load": {"np", "numpy", "json", "torch", "pickle", "toml"}, "loads": {"json", "pickle"}, "reader": {"csv"},
    "DictReader": {"csv"}, "ZipFile": {"zipfile"}, "decompress": {"zlib"}, "decompressobj": {"zlib"},
    "unpack": {"struct"}, "unpack_from": {"struct"}, "fromfile": {"np"}, "genfromtxt": {"np"}, "loadtxt": {"np"},
    "read_array": {"format"}, "loadmat": {"io", "scipy"}, "safe_open": {"safetensors"}, "load_file": {"safetensors"},
    "ParserCreate": {"expat"},
}  # fmt: skip
"""Function -> the modules whose it is."""
EXEMPT = {
    "blender_addon/baking/written.py": "what a bake has packed into the .blend, bounded there",
    "blender_addon/compat/retiming.py": "memory of Blender's own, not a file",
    "core/styletalk/worker.py": "messages, bounded where they come in",
    "blender_addon/jobs/protocol.py": "messages of a worker that we started",
    "core/styletalk/speech/audio": "sound, which has bounds of its own",
    "core/styletalk/speech/features/whisper": "a table that ships beside the module",
    "core/styletalk_research/hearing": "its own caches, and the weights of an installed package",
    "core/styletalk_research/benchmark": "what processes print that we started",
    "core/styletalk_research/experiments/ablation.py": "a configuration that was made in this process",
    "core/styletalk_research/open_face/makehuman.py": "an installed package's wheel",
}


def calls(path: Path) -> list[str]:
    """Where a file calls what reads a container: name:line of each."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, (ast.Attribute, ast.ImportFrom)):
            continue
        if isinstance(node, ast.Attribute):
            modules = READERS.get(node.attr, set())
            owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
            found += [f"{owner}.{node.attr}:{node.lineno}"] if owner in modules else []
        else:
            parts = set((node.module or "").split("."))
            found += [f"{each.name}:{node.lineno}" for each in node.names if READERS.get(each.name, set()) & parts]
    return found


def outside() -> dict[str, list[str]]:
    paths = [path for folder in ("core", "blender_addon") for path in sorted((ROOT / folder).rglob("*.py"))]
    names = {path.relative_to(ROOT).as_posix(): path for path in paths}
    ours = {name: path for name, path in names.items() if not name.startswith("blender_addon/styletalk/")}
    return {
        name: found
        for name, path in ours.items()
        if not name.startswith("core/styletalk/files/") and (found := calls(path))
    }


def test_no_container_is_read_elsewhere():
    assert {name: found for name, found in outside().items() if not name.startswith(tuple(EXEMPT))} == {}


def test_every_exemption_is_of_files_that_are_there():
    assert [name for name in EXEMPT if not list(ROOT.glob(f"{name}*"))] == []


def test_what_reads_is_seen(tmp_path):
    (tmp_path / "a.py").write_text(
        "import numpy as np\nfrom scipy.io import loadmat\nx = np.lib.format.read_array(np.load)\n"
    )
    assert calls(tmp_path / "a.py") == ["loadmat:2", "format.read_array:3", "np.load:3"]
