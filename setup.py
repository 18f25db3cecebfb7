# SPDX-License-Identifier: Apache-2.0
"""Lays the add-on and the open face inside the installed package, for `styletalk demo`. The rest is pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PARTS = ("blender_addon", "bfm_assets")
NOT_OURS = shutil.ignore_patterns("styletalk", "__pycache__")
"""The add-on's link to the package itself."""


class BuildWithAddOn(build_py):
    """`build_py`, and the two folders; an editable install finds them in the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for part in PARTS:
                target = Path(self.build_lib) / "styletalk" / part
                shutil.copytree(Path(__file__).parent / part, target, ignore=NOT_OURS, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithAddOn})
