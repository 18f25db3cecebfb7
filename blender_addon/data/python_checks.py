# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the External Python: tried when it is named, and again when the user asks."""

from typing import Any

import bpy

from ..jobs.handshake import Answer, Handshake
from ..jobs.interpreters import Interpreter

INTERVAL_S = 0.2
_answers: dict[tuple[str, ...], Answer] = {}
"""By the command that was tried, as long as Blender runs."""
_trying: list[Handshake] = []


def answer_of(interpreter: Interpreter) -> Answer | None:
    """What came of the last try; None where it was not tried, or is being tried."""
    return _answers.get(interpreter.command)


def is_trying() -> bool:
    """Whether a try is under way."""
    return bool(_trying)


def begin(interpreter: Interpreter) -> None:
    """Try it. Without a window, where no timers run, this waits for the answer."""
    stop()
    _answers.pop(interpreter.command, None)
    handshake = Handshake(interpreter)
    if bpy.app.background:
        _answers[interpreter.command] = handshake.wait()
        return
    _trying.append(handshake)
    bpy.app.timers.register(_look, first_interval=INTERVAL_S, persistent=True)


def stop() -> None:
    """Forget the try that is under way."""
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
    while _trying:
        _trying.pop().stop()


def _look() -> float | None:
    for handshake in list(_trying):
        answer = handshake.poll()
        if answer is not None:
            _answers[handshake.interpreter.command] = answer
            _trying.remove(handshake)
            _redraw()
    return INTERVAL_S if _trying else None


def _redraw() -> None:
    windows: Any = bpy.context.window_manager.windows
    for window in windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
