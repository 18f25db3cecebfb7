# SPDX-License-Identifier: GPL-3.0-or-later
"""The built zip: one, complete, and refused where it would not work."""

import shutil
import zipfile
from pathlib import Path

import pytest

import build_addon
from styletalk import __version__
from styletalk.demo import addon
from styletalk.errors import OutputError
from styletalk.files import shipped

CHECKOUT = Path(__file__).resolve().parents[2]


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_one_root_folder_with_all_that_is_needed(addon_zip):
    found = names(addon_zip)
    assert {name.split("/")[0] for name in found} == {"styletalk_blender"}
    for part in (
        "__init__.py",
        "blender_manifest.toml",
        "headless.py",
        "styletalk/worker.py",
        "bfm_assets/open_face.npz",
    ):
        assert f"styletalk_blender/{part}" in found


def test_no_training_and_no_litter(addon_zip):
    for name in names(addon_zip):
        assert "styletalk_research" not in name
        assert "__pycache__" not in name and not name.endswith(".pyc")


def test_versions_agree():
    """bl_info and the manifest say what the package says."""
    import blender_addon

    assert ".".join(map(str, blender_addon.bl_info["version"])) == __version__
    assert f'\nversion = "{__version__}"\n' in (CHECKOUT / "blender_addon/blender_manifest.toml").read_text()


def test_an_installed_package_makes_the_same_add_on(tmp_path, monkeypatch, addon_folder):
    """`styletalk demo` lays it together from site-packages, where LICENSE and NOTICE are other packages'."""
    _installed(tmp_path, monkeypatch)
    folder = addon.assemble(tmp_path / "addon")
    made, expected = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder, addon_folder)
    )
    assert made == expected


def _installed(folder: Path, monkeypatch) -> Path:
    """A folder such as site-packages, with our package and a stranger's licence, which the add-on is made from."""
    site = folder / "site"
    package = site / "styletalk"
    shutil.copytree(CHECKOUT / "core" / "styletalk", package, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("bfm_assets", "blender_addon", "LICENSES"):
        shutil.copytree(CHECKOUT / part, package / part, ignore=shutil.ignore_patterns("__pycache__", "styletalk"))
    for stranger in ("LICENSE", "LICENSE.md", "NOTICE"):
        (site / stranger).write_text("somebody else's")
    _use(package, monkeypatch)
    monkeypatch.syspath_prepend(site)
    return site


def _use(package: Path, monkeypatch) -> None:
    """Make the add-on from this copy of the package rather than the one that runs."""
    monkeypatch.setattr(addon, "PACKAGE", package)
    monkeypatch.setattr(shipped, "PACKAGE", package)


def test_a_checkout_without_links(tmp_path, monkeypatch):
    """On Windows git writes the link blender_addon/styletalk as a text file; the build does not follow it."""
    checkout = tmp_path / "checkout"
    for part in ("core", "bfm_assets", "LICENSES"):
        shutil.copytree(CHECKOUT / part, checkout / part)
    shutil.copytree(CHECKOUT / "blender_addon", checkout / "blender_addon", ignore=shutil.ignore_patterns("styletalk"))
    (checkout / "blender_addon" / "styletalk").write_text("../core/styletalk")
    _use(checkout / "core" / "styletalk", monkeypatch)
    folder = addon.assemble(tmp_path / "addon")
    assert (folder / "styletalk" / "worker.py").is_file()
    build_addon.check(folder)


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("panels.py", "import torch\n", "imports torch"),
        ("panels.py", "from styletalk.api import animate\n", "imports styletalk.api absolutely"),
        ("panels.py", "def draw():\n    import blender_addon.compat\n", "absolutely"),
        ("styletalk/files/writing.py", "import bpy\n", "styletalk knows no Blender"),
        ("blender_manifest.toml", '\nicon = "talk.png"\n[colour]\n', "unknown"),
        ("styletalk/__init__.py", '__version__ = "9.9.9"\n', "styletalk says 9.9.9"),
    ],
)
def test_faults_are_found(tmp_path, file, text, complaint):
    folder = addon.assemble(tmp_path / "addon")
    path = folder / file
    path.write_text(text + path.read_text() if path.suffix == ".toml" else text)
    with pytest.raises(build_addon.BuildError, match=complaint):
        build_addon.check(folder)


def test_a_missing_part_is_found(tmp_path):
    folder = addon.assemble(tmp_path / "addon")
    (folder / "bfm_assets" / "open_face.npz").unlink()
    with pytest.raises(build_addon.BuildError, match="open_face"):
        build_addon.check(folder)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not empty"):
        addon.assemble(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_assembling_again_replaces(tmp_path):
    folder = addon.assemble(tmp_path / "addon")
    (folder / "old.py").touch()
    addon.assemble(folder)
    assert not (folder / "old.py").exists()


def test_nothing_is_written_where_the_check_fails(tmp_path, monkeypatch):
    def objects(root: Path) -> None:
        raise build_addon.BuildError("no")

    monkeypatch.setattr(build_addon, "check", objects)
    with pytest.raises(build_addon.BuildError):
        build_addon.build(tmp_path / "addon.zip")
    assert list(tmp_path.iterdir()) == []


def test_blenders_validator_passes_it(addon_zip):
    if build_addon._validator() is None:
        pytest.skip("no bpy is installed beside the tests, and the validator comes with it")
    assert "Success" in build_addon.validate(addon_zip)
