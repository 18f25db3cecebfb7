# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes and texts under way: which job of the queue belongs to which line, and what came of each.

Nothing is stored in the .blend or in an operator. Faces, scenes and lines are looked up again when a job is done, for
they may be deleted, renamed or undone meanwhile.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from . import compat
from .baking.bake import Place, bake, scene_refusal, sound_frame
from .baking.heard import Heard, heard, rate
from .baking.report import BakeReport
from .baking.sound_strips import Sound, face_identity, remember_identity
from .baking.tempo import AS_RECORDED
from .data.baked import mark, settings_of
from .data.excerpts import cut_request
from .data.line_strips import heard_part, strip_of, strip_reason
from .data.lines import FROM_VIDEO, line_name
from .data.passes import remember_animation, show_pass
from .data.preferences import device, engine, worker_place
from .data.remembered import method_of, remember
from .data.requests import new_text, request_from, sound_of, transcript_of
from .data.sounds import preparation_of
from .data.suggestions import suggested
from .data.take_names import take_name
from .data.user_styles import StyleReport, keep_style
from .faces.targets import refusal, target_of
from .jobs.interpreters import WorkerPlace
from .jobs.job import Job, State
from .jobs.protocol import FilmRequest, PassRequest, Request, SuggestRequest, WordsRequest
from .jobs.queue import JobQueue
from .outcomes import CANCELLED, PASS_CANCELLED, Outcome, SessionError, Target, WordsReport, failure
from .styletalk.animation import FaceAnimation
from .styletalk.errors import MissingPackageError
from .styletalk.request import AnimationRequest
from .styletalk.speech.text.transcript_file import read_transcript

ELSEWHERE = (
    "Blender's own Python takes no packages: name a Python that has it as External Python in the add-on's preferences, "
    "or with --worker-python."
)
"""What to do in Blender where a package is missing; the error itself says how a Python gets it."""


_STEPS = {WordsRequest: "Write Down Words", SuggestRequest: "Suggest Style", PassRequest: "Photoreal Pass"}
"""Names of undo steps; all else is a bake."""
queue = JobQueue()
"""The one queue, and the one worker, of this Blender."""
_targets: dict[int, Target] = {}
"""By the identity of the job."""
_groups: list[set[int]] = []
"""Identities of jobs whose results come into the scene together, as one step of undo."""
_outcomes: list[Outcome] = []
"""The newest last, one for each line."""


def start(context: Any, face: Any, line: Any) -> Job:
    """Put a line into the queue. Raises StyleTalkError before anything is started."""
    return enqueue(
        context.scene, face, line, request_from(line, device(context), engine(context)), worker_place(context)
    )


def start_together(context: Any, lines: list[tuple[Any, Any]], place: WorkerPlace | None = None) -> list[Job]:
    """Put (face, line) pairs into the queue, to be baked together. Raises StyleTalkError, and then none is there."""
    jobs: list[Job] = []
    place = place or worker_place(context)
    try:
        for face, line in lines:
            request = request_from(line, device(context), engine(context))
            jobs.append(enqueue(context.scene, face, line, request, place))
    except Exception:
        for job in jobs:
            queue.release(job)
            _targets.pop(job.identity, None)
        raise
    _groups.append({job.identity for job in jobs})
    return jobs


def _is_awaited(job: Job) -> bool:
    """Whether a finished job waits for others of its group."""
    group = next((each for each in _groups if job.identity in each), set())
    return any(other.identity in group and not other.finished for other in queue.jobs)


def start_words(context: Any, face: Any, line: Any) -> Job:
    """Have the words of a line written down, in its turn. Raises StyleTalkError before anything is started."""
    return enqueue(context.scene, face, line, WordsRequest(sound_of(line)), worker_place(context))


def start_suggestion(context: Any, face: Any, line: Any) -> Job:
    """Have styles suggested for a line, in its turn. Raises StyleTalkError before anything is started."""
    request = SuggestRequest(sound_of(line), transcript_of(line))
    return enqueue(context.scene, face, line, request, worker_place(context))


def enqueue(scene: Any, face: Any, line: Any, request: Request, place: WorkerPlace, is_whole: bool = False) -> Job:
    """Put a request for a line into the queue. is_whole: see `bake_line`. Raises SessionError where it could not be
    baked."""
    reason = scene_refusal(scene) or refusal(face) or strip_reason(line, scene)
    if reason:
        raise SessionError(reason)
    part = heard_part(line, scene)
    if isinstance(request, AnimationRequest):
        request = cut_request(request, part)
    is_silent = isinstance(request, FilmRequest | PassRequest)
    prepare = None if is_silent else preparation_of(request.audio, part)
    job = queue.add(place, request, prepare)
    _targets[job.identity] = Target.of(scene, face, line, is_whole)
    return job


def wait(job: Job, tell: Callable[[float, str], None]) -> BakeReport | WordsReport | StyleReport:
    """Block until a job is done and its result is in the scene. Raises StyleTalkError."""
    try:
        queue.wait(job, tell)
        return _take_over(job)
    finally:
        queue.release(job)
        _targets.pop(job.identity, None)


def job_of(face: Any, line: Any) -> Job | None:
    """The unfinished job of a line."""
    mine = (job for job in queue.jobs if job.identity in _targets and _targets[job.identity].is_of(face, line))
    return next((job for job in mine if not job.finished), None)


def hurry(face: Any, line: Any) -> None:
    """Let the unfinished bake of a line look less hard for few keys, for somebody waits and will change it again."""
    job = job_of(face, line)
    if job is not None:
        _targets[job.identity] = replace(_targets[job.identity], in_haste=True)


def outcome_of(face: Any, line: Any) -> Outcome | None:
    """What came of a line's last job."""
    return next((each for each in reversed(_outcomes) if each.target.is_of(face, line)), None)


def latest_outcome() -> Outcome | None:
    """What came of the last job of all."""
    return _outcomes[-1] if _outcomes else None


def latest_report() -> str:
    """Details of the last failure, or ""."""
    return next((each.report for each in reversed(_outcomes) if each.failed), "")


def is_busy() -> bool:
    """Whether something is under way, or done and not in the scene yet."""
    return queue.busy or bool(_targets)


def conclude() -> str:
    """Bring what is done into the scene, and keep what came of it. Returns the undo step's name, "" for none."""
    step = ""
    ready = [job for job in queue.jobs if job.finished and job.identity in _targets and not _is_awaited(job)]
    for job in ready:
        target = _targets[job.identity]
        try:
            outcome = Outcome.of(target, _take_over(job))
            together = any(job.identity in group for group in _groups)
            step = "Bake the Scene" if together else _STEPS.get(type(job.request), "Bake Line")
        except Exception as error:
            outcome = failure(target, error)
        keep(outcome)
        queue.release(job)
        del _targets[job.identity]
    _groups[:] = [group for group in _groups if not group.isdisjoint(_targets)]
    return step


def keep(outcome: Outcome) -> None:
    """Let it be the last of its line."""
    _outcomes[:] = [each for each in _outcomes if each.target.which != outcome.target.which] + [outcome]


def forget() -> None:
    """Cancel everything; the worker stays."""
    for job in queue.jobs:
        queue.release(job)
    _targets.clear()
    _groups.clear()
    _outcomes.clear()


def bake_line(
    scene: Any, face: Any, line: Any, animation: FaceAnimation, frame: int, settings: str = "", is_whole: bool = False,
    in_haste: bool = False,
) -> BakeReport:  # fmt: skip
    """Bake an animation as that line, which stays where it is from then on. Raises StyleTalkError.

    frame: where its sound begins; with is_whole where the face does, which may move before its sound. settings: what
    the animation was made with, where the line may have others by now. in_haste: see `hurry`.
    """
    target = target_of(face)
    if target is None:
        raise SessionError(refusal(face))
    if is_whole:
        frame = sound_frame(scene, animation, frame)
    strip = strip_of(line, scene)
    found = heard(strip, rate(scene)) if strip is not None else None
    sound = _sound(scene, face, line, found)
    frame = found.start_frame if found is not None else frame  # it may have been moved meanwhile
    place = Place(
        line.identity, take_name(line, scene), frame, line.output, (line.blend_in, line.blend_out), line.lips_mm,
        line.edits, line.edit_fade, in_haste,
    )  # fmt: skip
    report = bake(scene, target, animation, place, sound)
    if sound is not None:
        remember_identity(face, sound.owner)
        compat.set_sequencer_scene(scene)
    line.start = "FRAME" if line.start == "PLAYHEAD" else line.start
    line.start_frame = frame
    remember_animation(target, line.identity, animation)
    mark(line, remember(line, animation, settings or settings_of(line, scene)))
    return report


def _sound(scene: Any, face: Any, line: Any, found: Heard | None) -> Sound | None:
    """The line's sound, on a strip of the animator's where it follows one, as `found`; None where it has none."""
    if not line.audio:
        return None
    relative = line.audio.startswith("//") or bpy.context.preferences.filepaths.use_relative_paths
    path, strip, part = Path(bpy.path.abspath(line.audio)), strip_of(line, scene), heard_part(line, scene)
    name, skipped_s = strip.name if strip is not None else "", found.from_s if found is not None else 0.0
    tempo = part.tempo if part is not None else AS_RECORDED
    return Sound(path, face_identity(face), line.identity, relative, name, skipped_s, tempo)


def _take_over(job: Job) -> BakeReport | WordsReport | StyleReport:
    """Bake what the worker made, or make a text of it. Raises StyleTalkError."""
    if job.failure is not None:
        advice = f" {ELSEWHERE}" if job.failure.kind == MissingPackageError.__name__ else ""
        raise SessionError(job.failure.message + advice, job.failure.report)
    if job.state is not State.DONE:
        raise SessionError(PASS_CANCELLED if isinstance(job.request, PassRequest) else CANCELLED)
    target = _targets[job.identity]
    scene, face, line = target.find()
    notes = (job.note,) if job.note else ()
    if isinstance(job.request, WordsRequest):
        return WordsReport(_write_down(line, read_transcript(job.output)), notes)
    if isinstance(job.request, SuggestRequest):
        return WordsReport(suggested(line, job.output, job.note))
    if isinstance(job.request, PassRequest):
        return WordsReport(show_pass(scene, face, line, job.output), notes)
    if isinstance(job.request, FilmRequest) and job.request.name is not None:
        return keep_style(line, job)
    animation = FaceAnimation.load(job.output)
    if isinstance(job.request, FilmRequest):
        report = _bake_seen(scene, face, line, animation, target.start_frame, job.request.film)
    else:
        begin, how = target.start_frame, (target.settings, target.is_whole, target.in_haste)
        report = bake_line(scene, face, line, animation, begin, *how)
    return replace(report, method=method_of(line, animation), notes=(*report.notes, *notes))


def _bake_seen(scene: Any, face: Any, line: Any, animation: FaceAnimation, frame: int, film: Path) -> BakeReport:
    """Bake what was seen in a film: the line has its sound, and no words. Raises StyleTalkError, the line as before."""
    before = line.audio, line.words, line.film
    sound = str(film) if animation.metadata.get("audio") else ""
    try:
        line.audio, line.words, line.film = sound, FROM_VIDEO, film.stem
        return bake_line(scene, face, line, animation, frame)
    except Exception:
        line.audio, line.words, line.film = before
        raise


def _write_down(line: Any, words: str) -> str:
    """Make a new text of this .blend of the words, and let the line speak it. Returns what was done."""
    text = new_text(line_name(line), words)
    line.words, line.transcript = "TEXT", text
    return f"Wrote down {len(words.split())} words into the text “{text.name}”. Correct them and bake."
