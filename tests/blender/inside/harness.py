# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: installs the built zip, runs every check, writes a verdict for each as JSON."""

import importlib
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from types import ModuleType

import bpy

ADDON_ID = "styletalk_blender"
EXTENSIONS_SINCE = (4, 2)
NO_NETWORK = Path(__file__).resolve().parents[2] / "traces" / "no_network" / "sitecustomize.py"


def install(archive: Path) -> str:
    """Install the zip as this Blender's user would, enabled. Returns the module's name."""
    if bpy.app.version[:2] >= EXTENSIONS_SINCE:
        bpy.ops.extensions.package_install_files(
            filepath=str(archive), repo="user_default", enable_on_install=True, overwrite=True
        )
        return f"bl_ext.user_default.{ADDON_ID}"
    bpy.ops.preferences.addon_install(filepath=str(archive), overwrite=True)
    bpy.ops.preferences.addon_enable(module=ADDON_ID)
    return ADDON_ID


def submodule(addon: str, name: str) -> ModuleType:
    """A module of the installed add-on."""
    return importlib.import_module(f"{addon}.{name}")


def run(checks: dict, verdict_path: Path, inputs: dict) -> None:
    """Run the checks one after the other, each in a fresh scene; a failure of one does not stop the others."""
    runpy.run_path(str(NO_NETWORK))
    verdict = {"version": bpy.app.version_string}
    addon = install(Path(inputs["zip"]))
    for name, check in checks.items():
        bpy.ops.wm.read_homefile(use_empty=True)
        try:
            verdict[name] = {"passed": True, "said": check(addon, inputs) or ""}
        except Exception:
            verdict[name] = {"passed": False, "said": traceback.format_exc()}
        verdict_path.write_text(json.dumps(verdict))
    bpy.ops.preferences.addon_disable(module=addon)
    print("all checks ran")
    end()


def end() -> None:
    """Call last: bpy packages before 4.4 crash when Python ends once a property with a callback was registered."""
    sys.stdout.flush()
    if not bpy.app.binary_path and bpy.app.version < (4, 4, 0):
        os._exit(0)


def arguments() -> list[str]:
    """What follows "--"."""
    return sys.argv[sys.argv.index("--") + 1 :]
