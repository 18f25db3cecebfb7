# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a Blender with a window: installs the add-on and answers what `window.BlenderWindow` asks, each tick.

    blender --factory-startup --python answering.py -- ADDON.zip FOLDER

A question is FOLDER/question.json, {"number": n, "code": "…"}: Python that sets `answer`; what it set comes back as
FOLDER/answer.json. Nothing here presses anything: that is done from outside, by the mouse.
"""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy

TICK_S = 0.02
ZIP, FOLDER = map(Path, sys.argv[sys.argv.index("--") + 1 :][:2])
MODULE = "styletalk_blender"


def install() -> str:
    """Install and enable the add-on as a user does; the name of its module."""
    if bpy.app.version >= (4, 2, 0):
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
        return f"bl_ext.user_default.{MODULE}"
    bpy.ops.preferences.addon_install(filepath=str(ZIP))
    bpy.ops.preferences.addon_enable(module=MODULE)
    return MODULE


def answer_next() -> float:
    """Answer the question that waits, if one does."""
    asked = FOLDER / "question.json"
    if asked.is_file():
        question = json.loads(asked.read_text(encoding="utf-8"))
        asked.unlink()
        _write({"number": question["number"], **_outcome(question["code"])})
    return TICK_S


def _outcome(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"bpy": bpy, "module": sys.modules[INSTALLED], "answer": None}
    try:
        exec(code, names)
        json.dumps(names["answer"])
    except Exception:
        return {"error": traceback.format_exc()}
    return {"answer": names["answer"]}


def _write(value: dict[str, Any]) -> None:
    temporary = FOLDER / "answer.part"
    temporary.write_text(json.dumps(value), encoding="utf-8")
    os.replace(temporary, FOLDER / "answer.json")


INSTALLED = install()
bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(answer_next, persistent=True)
