# SPDX-License-Identifier: GPL-3.0-or-later
"""Browse Styles: thumbnails over the 3D view, and the character plays the one that is pointed at. Nothing is baked."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import bpy

from .. import pump, session
from ..baking.bake import scene_refusal
from ..data.corrections import is_current
from ..data.line_strips import heard_part
from ..data.lines import CUSTOM_STYLE, active_line
from ..data.preferences import device, worker_place
from ..data.requests import request_from
from ..data.sounds import preparation_of
from ..data.style_shelf import Shown, clip_animation, shelf
from ..faces.open_face import find_face
from ..faces.playing import Player
from ..faces.targets import refusal, target_of
from ..jobs.job import State
from ..styletalk.animation import FaceAnimation
from ..styletalk.errors import StyleTalkError
from ..ui.style_strip import Strip, layout_of
from .explained import ExplainedOperator

MOMENTS_A_SECOND = 24.0
NAVIGATION = ("MIDDLEMOUSE", "NDOF_MOTION", "TRACKPADPAN", "TRACKPADZOOM")
STEPS = {"WHEELDOWNMOUSE": 1, "RIGHT_ARROW": 1, "TAB": 1, "WHEELUPMOUSE": -1, "LEFT_ARROW": -1}
ROWS = {"DOWN_ARROW": 1, "UP_ARROW": -1}
HINT = "Point at a face, or turn the wheel. Click or Enter takes it. Esc leaves all as it was."
_open: "list[Browsing]" = []
"""The one that is under way, for when Blender takes its window or the add-on away."""


class Browsing:
    """What plays on a face while styles are looked at; without a window as well.

    The line in each style comes from the worker, where the line was heard; until then, or without a line, the style's
    own clip plays.
    """

    def __init__(self, context: Any, face: Any) -> None:
        self.shown = shelf()
        self.selected = self._chosen(face)
        self._scene, self._face, self._line = context.scene, face.name, active_line(face)
        target: Any = target_of(face)
        self._player = Player(context.scene, target, MOMENTS_A_SECOND)
        self._made: dict[str, FaceAnimation] = {}
        self._job: Any = None
        self._place, self._device = worker_place(context), device(context)
        self._began_s = time.monotonic()
        self.problem = ""
        _open.append(self)
        pump.held.append(self)
        self.select(self.selected)

    @property
    def current(self) -> Shown:
        """The style that plays."""
        return self.shown[self.selected]

    @property
    def plays_line(self) -> bool:
        """Whether it is the line itself that plays."""
        return self.current.style in self._made

    def select(self, number: int) -> None:
        """Let another style play."""
        self.selected, self.problem = number % len(self.shown), ""
        self._drop()
        try:
            animation = self._made.get(self.current.style)
            if animation is None:
                animation = clip_animation(self.current.style, self._intensity())
                self._ask()
            self._player.load(animation)
        except StyleTalkError as error:
            self.problem = str(error)
        self.step()

    def step(self) -> None:
        """Show the moment that it is, and what the worker has made meanwhile."""
        self._take()
        self._player.show(int((time.monotonic() - self._began_s) * MOMENTS_A_SECOND))

    def close(self) -> None:
        """Put the face back as it was."""
        if self in _open:
            _open.remove(self)
            pump.held.remove(self)
            self._drop()
            self._player.close()

    def _chosen(self, face: Any) -> int:
        line = active_line(face)
        style = "" if line is None else (line.style_file if line.style == CUSTOM_STYLE else line.style)
        return next((number for number, each in enumerate(self.shown) if each.style == style), 0)

    def _intensity(self) -> float:
        return 1.0 if self._line is None else self._line.intensity

    def _ask(self) -> None:
        """Have the line made in the style, where that takes no listening. What is wrong with it, Bake says."""
        line = self._line
        if line is None or not line.audio or not is_current(line):
            return
        try:
            request = replace(request_from(line, self._device), style=self.current.style, style_changes=None)
        except StyleTalkError:
            return
        prepare = preparation_of(request.audio, heard_part(line, self._scene))
        self._job = session.queue.add(self._place, request, prepare)
        pump.start()

    def _take(self) -> None:
        if self._job is None or not self._job.finished:
            return
        job, self._job = self._job, None
        try:
            if job.state is State.DONE:
                self._made[self.current.style] = FaceAnimation.load(job.output)
                self._player.load(self._made[self.current.style])
        except StyleTalkError as error:
            self.problem = str(error)
        finally:
            session.queue.release(job)

    def _drop(self) -> None:
        if self._job is not None:
            session.queue.release(self._job)
            self._job = None


class STYLETALK_OT_browse_styles(ExplainedOperator):
    """See each style on the character before you choose: point at the faces at the lower edge of the view"""

    bl_idname = "styletalk.browse_styles"
    bl_label = "Browse Styles"
    bl_options: ClassVar[set[str]] = {"UNDO", "INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str:
        """Why no style can be shown, or ""."""
        if _open:
            return "Styles are being browsed."
        return refusal(context.object) or scene_refusal(context.scene)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Begin in the 3D view, also where a popover was clicked."""
        area = context.area
        region = next((each for each in area.regions if each.type == "WINDOW"), None) if area else None
        if bpy.app.background or area is None or area.type != "VIEW_3D" or region is None:
            return self.execute(context)
        self._place = area, region
        self._browsing = Browsing(context, find_face(context.object))
        self._strip = Strip(self._browsing.shown)
        self._handler = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        self._timer = context.window_manager.event_timer_add(1.0 / MOMENTS_A_SECOND, window=context.window)
        context.window_manager.modal_handler_add(self)
        area.tag_redraw()
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Without a window nothing can be pointed at."""
        self.report({"INFO"}, "Styles are browsed in a 3D view.")
        return {"CANCELLED"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Point, step, take, leave; the view can be turned meanwhile."""
        try:
            return self._answer(context, event)
        except Exception:
            self._end(context)  # or nothing would be baked or browsed any more
            raise

    def _answer(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        browsing, (area, region) = self._browsing, self._place
        if browsing not in _open:  # the add-on or the file went
            return self._end(context)
        area.tag_redraw()
        if event.type == "TIMER":
            browsing.step()
            return {"RUNNING_MODAL"}
        layout = layout_of(context, area, region, len(browsing.shown))
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        if event.type == "MOUSEMOVE":
            number = layout.at(x, y)
            if number not in (-1, browsing.selected):
                browsing.select(number)
        elif event.type in ("ESC", "RIGHTMOUSE") and event.value == "PRESS":
            return self._end(context)
        elif event.type in ("RET", "NUMPAD_ENTER") and event.value == "PRESS":
            return self._taken(context)
        elif event.type == "LEFTMOUSE" and event.value == "PRESS":
            return self._taken(context) if layout.at(x, y) >= 0 else {"RUNNING_MODAL"}
        elif event.type in (*STEPS, *ROWS) and event.value == "PRESS" and not event.ctrl:
            step = STEPS.get(event.type, 0) + ROWS.get(event.type, 0) * layout.columns
            browsing.select(browsing.selected + step)
        elif event.type in NAVIGATION or (event.ctrl and event.type in STEPS):
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends it: another file, a closed window."""
        self._end(context)

    def _taken(self, context: bpy.types.Context) -> set[str]:
        chosen = self._browsing.current
        self._end(context)
        face = find_face(context.object)
        line = active_line(face) if face is not None else None
        if line is None:
            return {"CANCELLED"}
        choose(line, chosen)
        self.report({"INFO"}, f"The line speaks in the style “{chosen.name}” when it is baked next.")
        return {"FINISHED"}

    def _end(self, context: bpy.types.Context) -> set[str]:
        self._browsing.close()
        if self._handler is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")
            context.window_manager.event_timer_remove(self._timer)
            self._handler = None
        area, _ = self._place
        area.tag_redraw()
        return {"CANCELLED"}

    def _draw(self) -> None:
        area, region = self._place
        browsing = self._browsing
        if bpy.context.region != region or browsing not in _open:
            return
        layout = layout_of(bpy.context, area, region, len(browsing.shown))
        played = "your line" if browsing.plays_line else "the style's own clip"
        said = f"{browsing.current.name}: {browsing.current.about}. It plays {played}."
        self._strip.draw(layout, browsing.selected, (browsing.problem or said, HINT))


def choose(line: Any, shown: Shown) -> None:
    """Let the line speak in a style of the shelf."""
    if shown.is_preset:
        line.style = shown.style
    else:
        line.style, line.style_file = CUSTOM_STYLE, str(Path(shown.style))


def attach() -> None:
    """Let browsing end with the file."""
    bpy.app.handlers.load_pre.append(leave)


def detach() -> None:
    """The mirror of `attach`."""
    leave()
    bpy.app.handlers.load_pre.remove(leave)


@bpy.app.handlers.persistent
def leave(*_: Any) -> None:
    """End what is under way: another file is being opened, or the add-on disabled."""
    for browsing in list(_open):
        browsing.close()


classes = (STYLETALK_OT_browse_styles,)
