# SPDX-License-Identifier: Apache-2.0
"""Lays the add-on, the open face and the licences inside the wheel, which is the same bytes wherever it is built."""

import os
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

PARTS = ("blender_addon", "bfm_assets", "LICENSES")
NOT_OURS = shutil.ignore_patterns("styletalk", "__pycache__")
"""The add-on's link to the package itself."""
ZIP_TIME_S = 315_532_800
"""1980, the earliest that a zip can hold: that of every file in the wheel."""


class BuildWithAddOn(build_py):
    """`build_py`, and these folders; an editable install finds them in the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for part in PARTS:
                target = Path(self.build_lib) / "styletalk" / part
                shutil.copytree(Path(__file__).parent / part, target, ignore=NOT_OURS, dirs_exist_ok=True)


class ReproducibleWheel(bdist_wheel):
    """`bdist_wheel`, with the time and the permissions of every file fixed."""

    def write_wheelfile(self, *args: str) -> None:
        """The last file before all are packed."""
        super().write_wheelfile(*args)
        os.environ["SOURCE_DATE_EPOCH"] = str(ZIP_TIME_S)
        for path in Path(self.bdist_dir).rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)


setup(cmdclass={"build_py": BuildWithAddOn, "bdist_wheel": ReproducibleWheel})
