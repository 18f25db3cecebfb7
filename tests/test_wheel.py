# SPDX-License-Identifier: Apache-2.0
"""The wheel: two packages and nothing else, with the add-on and the open face inside the first."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = ("core", "blender_addon", "bfm_assets")
NOT_SOURCES = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> list[str]:
    """The files of a wheel built from a copy of the checkout: building leaves files beside the sources."""
    pytest.importorskip("setuptools")
    copy, wheels = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheels")
    for folder in SOURCES:
        shutil.copytree(CHECKOUT / folder, copy / folder, symlinks=True, ignore=NOT_SOURCES)
    for path in (*CHECKOUT.glob("*.toml"), *CHECKOUT.glob("*.md"), *CHECKOUT.glob("LICENSE*"), CHECKOUT / "setup.py"):
        shutil.copy(path, copy / path.name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", wheels, copy]
    built = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


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
