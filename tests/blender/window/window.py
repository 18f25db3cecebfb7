# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender in a window that is used as a person uses it: by moving the mouse, clicking and typing.

Blender does not tell where its buttons are. What lies under the mouse it tells: Ctrl+C over a button copies the
operator that the button calls, Ctrl+Shift+C over a field copies the name of its property. So a button is found by
moving the mouse down the sidebar, and what is clicked is what a person would see there.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hosts import environment

HERE = Path(__file__).resolve().parent
SIZE_PX = (1300, 1500)
NEEDED = ("Xvfb", "xdotool", "import")
STEP_PX, SETTLE_S = 10, 0.04
START_S, ANSWER_S, DRAWN_S = 120.0, 60.0, 0.5
VIEW = """
areas = [area for area in bpy.context.window_manager.windows[0].screen.areas if area.type == "VIEW_3D"]
area = max(areas, key=lambda each: each.width)
"""
SIDEBAR = f"""{VIEW}
region = next(r for r in area.regions if r.type == "UI")
answer = [region.x, region.y, region.width, region.height, bpy.context.window_manager.windows[0].height]
"""


def missing_programs() -> list[str]:
    """What a window needs and is not here."""
    return [name for name in NEEDED if shutil.which(name) is None]


@dataclass
class BlenderWindow:
    """A running Blender on a screen of its own."""

    process: subprocess.Popen
    folder: Path
    display: str
    asked: int = 0

    def ask(self, code: str) -> Any:
        """Run Python in Blender; what it set as `answer`. Raises AssertionError with its traceback."""
        self.asked += 1
        temporary = self.folder / "question.part"
        temporary.write_text(json.dumps({"number": self.asked, "code": code}), encoding="utf-8")
        os.replace(temporary, self.folder / "question.json")
        answer = self._answered(ANSWER_S)
        assert "error" not in answer, answer.get("error")
        return answer["answer"]

    def wait_until(self, code: str, seconds: float) -> Any:
        """Ask until the answer is true; it. Raises AssertionError where it is not in that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if answer := self.ask(code):
                return answer
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {code}")

    def move(self, x: float, y: float) -> None:
        """Move the mouse to a pixel, from the upper left corner."""
        self._xdotool("mousemove", str(round(x)), str(round(y)))

    def click(self, x: float, y: float) -> None:
        """Move there, and click with the left button."""
        self.move(x, y)
        time.sleep(SETTLE_S)
        self._xdotool("click", "1")
        time.sleep(DRAWN_S)

    def scroll_up(self, notches: int) -> None:
        """Turn the mouse wheel, which zooms in where the mouse is."""
        self._xdotool("click", "--repeat", str(notches), "4")
        time.sleep(DRAWN_S)

    def key(self, name: str) -> None:
        """Press a key or a combination, such as ctrl+z."""
        self._xdotool("key", name)
        time.sleep(SETTLE_S)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "20", text)
        time.sleep(SETTLE_S)

    def find(self, wanted: str, across: float = 0.5) -> tuple[int, int]:
        """Where the button or field of the sidebar is whose operator or property has that name, in pixels.

        across: at which share of the sidebar's width the mouse goes down. Raises AssertionError where it is nowhere.
        """
        x, low, width, height, window = self.ask(SIDEBAR)
        column = x + width * across
        seen: list[str] = []
        self.ask("bpy.context.window_manager.clipboard = ''")
        for y in range(window - low - height + 30, window - low - 10, STEP_PX):
            self.move(column, y)
            time.sleep(SETTLE_S)
            seen.append(self._under_mouse())
            if wanted in seen[-1]:
                return round(column), y + STEP_PX // 2
        raise AssertionError(f"{wanted} is not in the sidebar, where there are: {sorted(set(seen))}")

    def press(self, wanted: str, across: float = 0.5) -> None:
        """Click the button or field of the sidebar with that operator or property."""
        self.click(*self.find(wanted, across))

    def open_tab(self, category: str) -> None:
        """Open the sidebar, and click its tabs until that one shows its panels."""
        self.ask(f"CATEGORY = {category!r}\n{_NOTE_DRAWING}")
        time.sleep(DRAWN_S)
        x, low, width, height, window = self.ask(SIDEBAR)
        for y in range(window - low - height + 20, window - low - height + 420, 24):
            self.click(x + width - 8, y)
            if self.ask("answer = bpy.app.driver_namespace.pop('drawn', False)"):
                self.ask("bpy.utils.unregister_class(bpy.app.driver_namespace.pop('witness'))")
                return
        raise AssertionError(f"no tab of the sidebar is called {category}")

    def widen_sidebar(self, pixels: int) -> None:
        """Pull the sidebar's edge to the left."""
        x, low, _, height, window = self.ask(SIDEBAR)
        self.move(x, window - low - height // 2)
        time.sleep(DRAWN_S)
        self._xdotool("mousedown", "1")
        for step in range(1, 11):
            self.move(x - pixels * step / 10, window - low - height // 2)
            time.sleep(SETTLE_S)
        self._xdotool("mouseup", "1")
        time.sleep(DRAWN_S)

    def over_view(self) -> None:
        """Move the mouse into the 3D view, where its keys work."""
        x, low, _, height, window = self.ask(SIDEBAR)
        self.move(x / 2, window - low - height / 2)
        time.sleep(SETTLE_S)

    def picture(self, path: Path, crop: str = "") -> Path:
        """Save what is on the screen; crop: an ImageMagick geometry such as 400x300+10+20."""
        cut = ["-crop", crop, "+repage"] if crop else []
        subprocess.run(["import", "-window", "root", *cut, str(path)], env=self._environment, check=True, timeout=60)
        return path

    def _under_mouse(self) -> str:
        """The operator or else the property under the mouse, "" where there is none."""
        return self._copied("ctrl+c", "bpy.ops") or self._copied("ctrl+shift+c", "")

    def _copied(self, keys: str, wanted: str) -> str:
        """What those keys copy, where it has `wanted` in it; else ""."""
        self.key(keys)
        copied = self.ask("wm = bpy.context.window_manager; answer = wm.clipboard; wm.clipboard = ''")
        return copied if wanted in copied else ""

    def _answered(self, seconds: float) -> dict[str, Any]:
        path, end = self.folder / "answer.json", time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, f"Blender ended with {self.process.returncode}"
            if path.is_file():
                answer = json.loads(path.read_text(encoding="utf-8"))
                path.unlink()
                if answer["number"] == self.asked:
                    return answer
            time.sleep(0.01)
        raise AssertionError("Blender did not answer")

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._environment, check=True, timeout=60)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.display}


_NOTE_DRAWING = f"""{VIEW}
area.spaces[0].show_region_ui = True
class STYLETALK_PT_witness(bpy.types.Panel):
    bl_space_type, bl_region_type, bl_category, bl_label = "VIEW_3D", "UI", CATEGORY, "Witness"
    def draw(self, context):
        bpy.app.driver_namespace["drawn"] = True
bpy.utils.register_class(STYLETALK_PT_witness)
bpy.app.driver_namespace["witness"] = STYLETALK_PT_witness
"""
"""A panel in the tab tells when the tab is shown."""


@contextmanager
def open_window(program: Path, addon: Path, folder: Path) -> Iterator[BlenderWindow]:
    """A Blender with the add-on, with settings of its own below `folder`, on a screen that nobody sees."""
    with ExitStack() as stack:
        display = stack.enter_context(_screen(folder))
        width, height = map(str, SIZE_PX)
        command = [
            str(program), "--factory-startup", "--window-geometry", "0", "0", width, height,
            "--python", str(HERE / "answering.py"), "--", str(addon), str(folder),
        ]  # fmt: skip
        log = stack.enter_context((folder / "blender.log").open("w"))
        process = subprocess.Popen(
            command, env={**environment(folder, {}), "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1"}, cwd=folder,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        stack.callback(_ended, process)
        window = BlenderWindow(process, folder, display)
        window.wait_until("answer = bool(bpy.context.window_manager.windows)", START_S)
        yield window


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """The name of a virtual display."""
    read, write = os.pipe()
    size = f"{SIZE_PX[0]}x{SIZE_PX[1]}x24"
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
    with (folder / "xvfb.log").open("w") as log:
        server = subprocess.Popen(command, pass_fds=(write,), stdout=log, stderr=subprocess.STDOUT)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield ":" + number.readline().strip()
    finally:
        _ended(server)


def _ended(process: subprocess.Popen) -> None:
    process.kill()
    process.wait(timeout=30)
