# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes in the background, and what may happen meanwhile. Each check gets a fresh, empty scene."""

from pathlib import Path

import bpy
from common import (
    TOLERANCE_M,
    add_line,
    core_samples,
    curves_of,
    first_line,
    new_face,
    poll_until,
    raises,
    sound_named,
    use_worker,
    worst_error,
)
from harness import submodule


def started(addon, inputs, face=None, sound="line", line=None):
    """A line of a face in the queue: (face, job)."""
    use_worker(addon, inputs["fake_python"])
    face = face or new_face()
    line = line or first_line(face)
    line.audio = inputs["audio"] if sound == "line" else sound_named(inputs, sound)
    return face, submodule(addon, "session").start(bpy.context, face, line)


def can_bake_again(addon, inputs):
    """Whether a new face can be baked in the background, to the end."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs, new_face("Again"))
    poll_until(addon, lambda: not session.is_busy())
    assert "Baked" in session.outcome_of(face, first_line(face)).message
    assert len(curves_of(addon, face.data.shape_keys)) == len(face.data.shape_keys.key_blocks) - 1


def check_two_lines_one_process(addon, inputs):
    """Two lines wait in one queue, and one worker makes both; the same one serves the next bake."""
    session = submodule(addon, "session")
    face = new_face()
    add_line(addon, face)
    for number, line in enumerate(face.styletalk.lines):
        line.start, line.start_frame = "FRAME", 1 + 100 * number
        started(addon, inputs, face, line=line)
    reason = submodule(addon, "operators.bake").STYLETALK_OT_bake.disabled_reason
    assert "is being worked on" in reason(bpy.context)
    poll_until(addon, lambda: session.queue.worker_pid is not None)
    worker = session.queue.worker_pid
    poll_until(addon, lambda: not session.is_busy())
    _, expected = core_samples(addon, inputs)
    for start in (1, 101):
        assert worst_error(face, expected, start) <= TOLERANCE_M
    assert reason(bpy.context) == ""
    can_bake_again(addon, inputs)
    assert session.queue.worker_pid == worker


def check_cancel_one(addon, inputs):
    """Cancel ends the line it belongs to, and the next in the queue is baked."""
    session = submodule(addon, "session")
    face = new_face()
    add_line(addon, face)
    _, first = started(addon, inputs, face, "patient", face.styletalk.lines[0])
    started(addon, inputs, face, line=face.styletalk.lines[1])
    poll_until(addon, lambda: first.fraction == 0.5)
    assert bpy.ops.styletalk.cancel(line=face.styletalk.lines[0].identity) == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    outcomes = [session.outcome_of(face, line) for line in face.styletalk.lines]
    assert "cancelled" in outcomes[0].message and not outcomes[0].failed and "Baked" in outcomes[1].message


def check_disabled_during_a_bake(addon, inputs):
    """Disabling the add-on during a bake ends its worker; enabled again, one can bake."""
    _, job = started(addon, inputs, sound="patient")
    poll_until(addon, lambda: job.fraction == 0.5)
    bpy.ops.preferences.addon_disable(module=addon)
    bpy.ops.preferences.addon_enable(module=addon)
    assert not submodule(addon, "session").is_busy()
    face = bpy.context.object
    first_line(face).audio = inputs["audio"]
    assert bpy.ops.styletalk.bake.poll()
    can_bake_again(addon, inputs)


def check_other_file_during_a_bake(addon, inputs):
    """Another file in the middle of a bake: it ends, and one can bake in the new file."""
    _, job = started(addon, inputs, sound="patient")
    poll_until(addon, lambda: job.fraction == 0.5)
    bpy.ops.wm.read_homefile(use_empty=True)
    session = submodule(addon, "session")
    assert job.finished and session.latest_outcome() is None
    can_bake_again(addon, inputs)
    assert len(bpy.data.actions) == 2


def check_undo_during_a_bake(addon, inputs):
    """An undo in the middle of a bake does not keep it from being baked, and one can bake again."""
    session = submodule(addon, "session")
    bpy.context.preferences.edit.use_global_undo = True
    face = new_face()
    first_line(face).audio = inputs["audio"]
    bpy.ops.ed.undo_push(message="Face")
    bpy.context.scene.frame_end = 33
    bpy.ops.ed.undo_push(message="End")
    started(addon, inputs, face)
    bpy.ops.ed.undo()
    poll_until(addon, lambda: not session.is_busy())
    face = bpy.data.objects["Talking Face"]
    assert len(curves_of(addon, face.data.shape_keys)) == len(face.data.shape_keys.key_blocks) - 1
    can_bake_again(addon, inputs)


def check_deleted_face(addon, inputs):
    """A face that is deleted while the worker is busy: one sentence, nothing baked, no file left."""
    session = submodule(addon, "session")
    face, job = started(addon, inputs)
    bpy.data.objects.remove(face)
    poll_until(addon, lambda: not session.is_busy())
    assert "was deleted or renamed" in session.latest_outcome().message
    assert not job.output.exists() and not bpy.data.actions
    can_bake_again(addon, inputs)


def check_renamed_face(addon, inputs):
    """A face that is renamed while the worker is busy is found again (from 4.2 on), or missed in one sentence."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs)
    face.name = "Somebody Else"
    poll_until(addon, lambda: not session.is_busy())
    if submodule(addon, "compat").session_uid(face) is None:
        assert "was deleted or renamed" in session.latest_outcome().message
    else:
        assert len(curves_of(addon, face.data.shape_keys)) == len(face.data.shape_keys.key_blocks) - 1
    can_bake_again(addon, inputs)


def check_removed_line(addon, inputs):
    """A line that is removed while the worker is busy is not baked, moved ones are; both ways one can bake again."""
    session = submodule(addon, "session")
    face = new_face()
    add_line(addon, face)
    _, job = started(addon, inputs, face, "patient", face.styletalk.lines[1])
    poll_until(addon, lambda: job.fraction == 0.5)
    assert face.styletalk.active == 1 and bpy.ops.styletalk.line_remove() == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    assert job.finished and not bpy.data.actions and len(face.styletalk.lines) == 1
    add_line(addon, face)
    started(addon, inputs, face, line=face.styletalk.lines[1])
    bpy.ops.styletalk.line_move(direction="UP")
    poll_until(addon, lambda: not session.is_busy())
    assert face.styletalk.lines[0].start == "FRAME" and face.styletalk.lines[1].start == "PLAYHEAD"
    can_bake_again(addon, inputs)


def check_lines_gone_meanwhile(addon, inputs):
    """The list cleared by a script while the worker is busy: one sentence."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs)
    face.styletalk.lines.clear()
    poll_until(addon, lambda: not session.is_busy())
    assert "line was removed" in session.latest_outcome().message and not bpy.data.actions


def check_refused_at_the_end(addon, inputs):
    """A face that loses a key while the worker is busy is left as it was, with the reason."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs)
    face.shape_key_remove(face.data.shape_keys.key_blocks["exp_07"])
    poll_until(addon, lambda: not session.is_busy())
    assert "lacks the shape key exp_07" in session.latest_outcome().message and not bpy.data.actions


def check_dead_worker(addon, inputs):
    """A worker that dies fails its line with a report, and the next bake starts another."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs, sound="crash")
    poll_until(addon, lambda: not session.is_busy())
    outcome = session.outcome_of(face, first_line(face))
    assert outcome.failed and "Segmentation fault" in outcome.report and "Blender" in outcome.report
    raises(bpy.ops.styletalk.bake, "ended before it was done")
    can_bake_again(addon, inputs)


def check_success_replaces_failure(addon, inputs):
    """A line that is baked after a failure has nothing to report any more, wherever it begins by then."""
    session = submodule(addon, "session")
    face, _ = started(addon, inputs, sound="crash")
    poll_until(addon, lambda: not session.is_busy())
    assert "Segmentation fault" in session.latest_report()
    first_line(face).start, first_line(face).start_frame = "FRAME", 50
    started(addon, inputs, face)
    poll_until(addon, lambda: not session.is_busy())
    assert session.latest_report() == "" and "Baked" in session.outcome_of(face, first_line(face)).message


def check_reinstalled_during_a_bake(addon, inputs):
    """Installing the add-on again during a bake, as an update does, leaves a state in which one can bake."""
    from harness import install

    _, job = started(addon, inputs, sound="patient")
    poll_until(addon, lambda: job.fraction == 0.5)
    assert install(Path(inputs["zip"])) == addon
    assert not submodule(addon, "session").is_busy()
    can_bake_again(addon, inputs)
