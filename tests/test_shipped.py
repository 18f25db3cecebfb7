# SPDX-License-Identifier: Apache-2.0
"""What people get: the wheel and the add-on's zip. What is in them, under which licence, and always the same bytes."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = ("core", "blender_addon", "bfm_assets", "LICENSES", "LICENSE", "README.md", "pyproject.toml",
           "setup.py", "build_addon.py")  # fmt: skip
NOT_SOURCES = {"__pycache__", "build"}
IDENTIFIER = re.compile(rb"SPDX-License-Identifier: ([\w.+ -]+)")
SURROUNDINGS = (
    (0o022, {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}),
    (0o077, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}),
)
"""In which both are built: another folder, another time, files written in another order."""


def copy_of_checkout(folder: Path, backwards: bool) -> Path:
    """Building leaves files beside the sources. The files of one copy are years older, and all may be executed."""
    found = [
        Path(parent) / name
        for source in SOURCES
        for parent, _, names in os.walk(CHECKOUT / source)
        for name in names
        if not NOT_SOURCES & set(Path(parent).parts) and ".egg-info" not in parent
    ]
    found += [CHECKOUT / source for source in SOURCES if (CHECKOUT / source).is_file()]
    for path in sorted(found, reverse=backwards):
        target = folder / path.relative_to(CHECKOUT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o755 if backwards else 0o644)
        os.utime(target, (1e9, 1e9) if backwards else None)
    return folder


def built(folder: Path, number: int) -> dict[str, Path]:
    """The wheel and the zip of a copy of the checkout in `folder`."""
    umask, environment = SURROUNDINGS[number]
    copy = copy_of_checkout(folder / ("long/name" if number else "x"), backwards=bool(number))
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, copy]
    for command in (pip, [sys.executable, copy / "build_addon.py", "-o", folder / "addon.zip"]):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=600, umask=umask, env={**os.environ, **environment}
        )
        assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return {"wheel": wheel, "zip": folder / "addon.zip"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> tuple[dict[str, Path], dict[str, Path]]:
    pytest.importorskip("setuptools", "77")
    first, second = (built(tmp_path_factory.mktemp(f"built-{number}"), number) for number in (0, 1))
    return first, second


@pytest.fixture(scope="module")
def names(shipped) -> list[str]:
    """The files of the wheel."""
    with zipfile.ZipFile(shipped[0]["wheel"]) as archive:
        return archive.namelist()


def origins(shipped, kind: str) -> dict[str, str]:
    """Each file of the wheel or the zip → its place in the checkout. Of what the build tool writes: none."""
    with zipfile.ZipFile(shipped[0][kind]) as archive:
        found = [name for name in archive.namelist() if ".dist-info/" not in name]
    if kind == "zip":
        inside = {name: name.partition("/")[2] for name in found}
        return {name: _origin(place, "blender_addon/") for name, place in inside.items()}
    parts = re.compile("styletalk/(?=blender_addon/|bfm_assets/|LICENSES/)")
    return {name: _origin(parts.sub("", name), "") for name in found}


def _origin(place: str, otherwise: str) -> str:
    if place.startswith("styletalk"):
        return f"core/{place}"
    return place if place.startswith(("bfm_assets/", "LICENSES/")) else otherwise + place


def table() -> list[dict]:
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads((CHECKOUT / "LICENSES/table.toml").read_text(encoding="utf-8"))["files"]


def licence_of(path: str) -> str | None:
    """Of a file of the checkout: as its first lines say, else as the table says."""
    file = CHECKOUT / path
    said = IDENTIFIER.search(file.read_bytes()[:300]) if file.is_file() else None
    rows = [row for row in table() if any(fnmatch.fnmatchcase(path, pattern) for pattern in row["paths"])]
    return said[1].decode().removesuffix(" --").strip() if said else rows[-1]["licence"] if rows else None


def identifiers(expression: str) -> set[str]:
    return set(expression.split(" AND "))


@pytest.mark.parametrize("kind", ["wheel", "zip"])
def test_built_twice_it_is_the_same_bytes(shipped, kind):
    """Wherever, whenever, in whatever order the files were written, under any umask and locale."""
    first, second = (each[kind].read_bytes() for each in shipped)
    assert first == second


@pytest.mark.parametrize("kind", ["wheel", "zip"])
def test_every_file_that_ships_has_a_licence_whose_text_ships_with_it(shipped, kind):
    ours = {path for path in origins(shipped, kind).values() if not path.startswith("LICENSES/")}
    texts = {Path(path).stem for path in origins(shipped, kind).values() if re.match(r"LICENSES/.*\.txt", path)}
    licences = {path: licence_of(path) for path in ours}
    assert [path for path, licence in licences.items() if licence is None] == []
    used = set().union(*map(identifiers, licences.values()))
    assert used == texts


def test_a_file_without_a_licence_is_found():
    assert licence_of("core/styletalk/speech/features/another.npz") is None
    assert licence_of("core/styletalk/speech/features/whisper_basis.npz") == "Apache-2.0 AND MIT"


def test_the_table_has_no_row_for_nothing(shipped):
    paths = origins(shipped, "wheel").values()
    patterns = [pattern for row in table() for pattern in row["paths"]]
    assert [pattern for pattern in patterns if not fnmatch.filter(paths, pattern)] == []


def test_the_wheel_and_the_manifest_name_these_licences(shipped):
    texts = {path.stem for path in (CHECKOUT / "LICENSES").glob("*.txt")}
    with zipfile.ZipFile(shipped[0]["wheel"]) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        (said,) = re.findall(r"^License-Expression: (.*)$", archive.read(metadata).decode(), re.MULTILINE)
    assert identifiers(said) == texts
    manifest = (CHECKOUT / "blender_addon/blender_manifest.toml").read_text()
    assert {f"SPDX:{text}" for text in texts if not text.startswith("LicenseRef")} == set(
        re.findall(r"SPDX:[\w.-]+(?=\")", manifest)
    )


def test_two_packages_and_no_other_name(names):
    top = {name.split("/")[0] for name in names}
    (info,) = (name for name in top if name.endswith(".dist-info"))
    assert top == {"styletalk", "styletalk_research", info}


def test_the_add_on_and_the_open_face_lie_inside(names):
    for needed in (
        "blender_addon/__init__.py", "blender_addon/blender_manifest.toml", "bfm_assets/open_face.npz",
        "demo/line.wav", "styles/presets/happy.npz", "networks/weights/default.safetensors",
    ):  # fmt: skip
        assert f"styletalk/{needed}" in names
    assert not [name for name in names if name.startswith("styletalk/blender_addon/styletalk")]


def test_every_source_file_is_in(names):
    for package in ("styletalk", "styletalk_research"):
        sources = (path.relative_to(CHECKOUT / "core") for path in (CHECKOUT / "core" / package).rglob("*.py"))
        assert {path.as_posix() for path in sources} <= set(names)
