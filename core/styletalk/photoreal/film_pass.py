# SPDX-License-Identifier: Apache-2.0
"""The photoreal pass: an animation and a photo become a film with sound, or a sequence of pictures.

One frame, or one batch, is in memory at a time. What is done stays: frames of a sequence as they are, of a film in a
folder beside it until it is whole, so that a pass that was stopped goes on where it was.
"""

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from .. import __version__
from ..animation import FaceAnimation
from ..errors import Cancelled, OutputError, RenderError
from ..files.locks import locked
from ..files.writing import check_not_read, check_writable, refusals_explained, sweep
from ..kept_hearing import file_sha256
from ..progress import Progress, part, silent
from .film import FilmOutput, has_parts, parts_folder
from .film_motion import SAMPLED, FilmMotion, film_motion
from .film_sound import find_sound
from .portrait import Portrait
from .portraits import KEPT_NAME, check_photo, fitted, keep, portrait_for, rows_for
from .provenance import Provenance
from .renderers import ALPHA, AUTO, PassOptions, Renderer, check_background, check_checkpoint, make_renderer, quiet
from .sequence import FrameSequence, SequenceOutput, stretches
from .signing import SIGNED_ENDINGS, Signing
from .watermark import Watermark

FILM_ENDING = ".mp4"
LOCK_NAME = "pass.lock"
_FITTING = 0.1
"""Of all work, the share that a photo's fit is said to be."""
_AROUND_S = 2.0
"""An animation is longer than its sound by no more than this, beside lead-in and lead-out."""


@dataclass(frozen=True)
class PassRequest:
    """What to render.

    animation: an animation file, or what is in it; photo: a picture, or a portrait .npz. output: an .mp4, a pattern
    such as frames_####.png or .exr, or a folder. fps: of the film. frames: the first and last to render, counted from
    1; None for all. audio: the sound; None for the one that the animation names, which a film needs unless it is
    silent. watermark: what is written into every frame, "" for nothing. signing: None for no signature. portrait: the
    photo as it was fitted; None: it is fitted, or was before.
    """

    animation: Path | FaceAnimation
    photo: Path
    output: Path
    options: PassOptions = field(default_factory=PassOptions)
    fps: float = 30.0
    frames: tuple[int, int] | None = None
    audio: Path | None = None
    is_silent: bool = False
    watermark: str = ""
    signing: Signing | None = None
    portrait: Portrait | None = None

    @property
    def is_film(self) -> bool:
        return self.output.suffix.lower() == FILM_ENDING

    @property
    def folder(self) -> Path:
        """Where what is done stays. Raises OutputError."""
        return parts_folder(self.output) if self.is_film else FrameSequence.of(self.output).folder


@dataclass(frozen=True)
class PassReport:
    """What was made: `made` frames were rendered and `kept` were there. first, last: their numbers, from 1 on.
    first_frame: where the first of all lies, counted from the frame of the sound's beginning. output: the film, or the
    pattern of the sequence."""

    output: Path
    made: int
    kept: int
    first: int
    last: int
    first_frame: int


def render_pass(
    request: PassRequest, progress: Progress = silent, notify: Callable[[str], None] = quiet
) -> PassReport:  # fmt: skip
    """Render a pass, or what is missing of it. notify: is given a sentence on what the user would not expect.

    Raises RenderError, PortraitError, AnimationFileError, AudioError, OutputError, WeightsError, SigningError,
    MissingPackageError, and Cancelled from `progress`; what was rendered by then stays, and the error says which
    frames these are.
    """
    animation = _checked(request)
    motion = film_motion(animation, request.fps)
    wanted = _wanted(request.frames, len(motion.rows))
    beside = request.animation.parent if isinstance(request.animation, Path) else None
    needs_sound = request.is_film and not request.is_silent
    sound = find_sound(animation, beside, request.audio, notify) if needs_sound else None
    mark = Watermark(request.watermark) if request.watermark else None
    with _working_folder(request) as folder:
        progress(0.0, "fitting the photo")
        portrait = _portrait(request, folder, part(progress, 0.0, _FITTING))
        for note in portrait.notes:
            notify(note)
        renderer = make_renderer(portrait, request.options, notify)
        frames = partial(_frames, renderer, rows_for(portrait, motion.rows), request.options.colour, mark)
        output = _output(request, animation, motion, portrait, sound)
        try:
            made = output.render(wanted, frames, part(progress, _FITTING, 1.0))
        except (Cancelled, KeyboardInterrupt) as error:
            raise type(error)(_stopped(output.there(wanted), wanted, folder)) from error
    progress(1.0, "done")
    written = request.output if request.is_film else FrameSequence.of(request.output).pattern
    return PassReport(written, made, len(wanted) - made, wanted[0] + 1, wanted[-1] + 1, motion.first_frame)


def check_request(request: PassRequest) -> None:
    """Whether all that is named is there and goes together, without looking at the photo; ask before long work.

    Raises RenderError, PortraitError, OutputError, SigningError, MissingPackageError.
    """
    files = [request.photo, request.animation, request.audio, request.options.checkpoint]
    if request.signing is not None:
        files += [request.signing.certificate, request.signing.key]
        request.signing.check()
    check_not_read(request.output, files)
    if request.is_film:
        check_writable(request.output)
        if request.options.background == ALPHA:
            raise RenderError("An .mp4 has no alpha. Choose a colour as background, or write .png or .exr pictures.")
    else:
        ending = FrameSequence.of(request.output).ending
        if request.signing is not None and ending not in SIGNED_ENDINGS:
            raise RenderError("C2PA knows no OpenEXR. Sign .png pictures or an .mp4.")
    check_checkpoint(request.options)
    check_photo(request.photo)
    if request.watermark:
        Watermark(request.watermark)


def ready_to_animate(request: PassRequest, duration_s: float, progress: Progress = silent) -> PassRequest:
    """The request with its photo fitted, where only the animation is missing; ask before that is made.

    duration_s: of the sound, with what comes before and after it. Raises RenderError for a range beyond it and for a
    background that cannot be changed, and what `portrait_for` raises. Nothing is written.
    """
    most = math.ceil((duration_s + _AROUND_S) * request.fps)
    if request.frames is not None and request.frames[0] > most:
        first, last = request.frames
        raise RenderError(f"The pass has no more than {most} frames; {first} to {last} is no range of them.")
    portrait = request.portrait or fitted(request.photo, request.folder, progress)
    check_background(portrait, request.options)
    return replace(request, portrait=portrait)


def _portrait(request: PassRequest, folder: Path, progress: Progress) -> Portrait:
    if request.portrait is None:
        return portrait_for(request.photo, folder, progress)
    keep(request.portrait, request.photo, folder)
    return request.portrait


def _checked(request: PassRequest) -> FaceAnimation:
    """The animation of a request that can be met, as far as can be told now. Raises the errors of `render_pass`."""
    check_request(request)
    return request.animation if isinstance(request.animation, FaceAnimation) else FaceAnimation.load(request.animation)


def _wanted(frames: tuple[int, int] | None, count: int) -> range:
    """The rows to render. Raises RenderError where there are none."""
    first, last = frames or (1, count)
    if not 1 <= first <= min(last, count):
        raise RenderError(f"The pass has frames 1 to {count}; {first} to {last} is no range of them.")
    return range(first - 1, min(last, count))


@contextlib.contextmanager
def _working_folder(request: PassRequest) -> Iterator[Path]:
    """The folder of what stays, held against other processes; one of ours is removed where nothing stays in it."""
    folder = request.folder
    with refusals_explained(folder / LOCK_NAME):
        is_ours = request.is_film or not folder.exists()
        folder.mkdir(exist_ok=True)
    taken = OutputError(f"Another process renders {request.output}. Wait for it, or give another name.")
    try:
        with locked(folder / LOCK_NAME, taken, remove=True):
            try:
                yield folder
            finally:
                sweep(folder)
                if request.is_film and not has_parts(folder):
                    (folder / KEPT_NAME).unlink(missing_ok=True)
    finally:
        if is_ours:
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


def _stopped(there: list[int], wanted: range, folder: Path) -> str:
    """Which frames of a pass that was stopped stay."""
    if not there:
        return "Stopped before a frame was finished that could stay. Nothing was left."
    found = ", ".join(f"{rows.start + 1}-{rows.stop}" for rows in stretches(there))
    return f"Stopped. Frames {found} of {wanted[-1] + 1} stay in {folder}; the same pass goes on with the others."


def _frames(
    renderer: Renderer,
    motion: FaceAnimation,
    colour: tuple[int, int, int] | None,
    mark: Watermark | None,
    rows: range,
) -> Iterator[np.ndarray]:
    """The finished pictures of these rows: laid over the colour, with the mark."""
    for picture in renderer.frames(motion, rows):
        picture = picture if colour is None else over_colour(picture, colour)
        yield picture if mark is None else mark.drawn_on(picture)


def over_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """(H, W, 3) uint8: a picture (H, W, 4), straight alpha, before a colour."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    mixed = picture[..., :3] * alpha + np.array(colour, np.float32) * (1 - alpha)
    return np.rint(mixed).astype(np.uint8)


def _output(
    request: PassRequest, animation: FaceAnimation, motion: FilmMotion, portrait: Portrait, sound: Path | None
) -> FilmOutput | SequenceOutput:
    provenance = _provenance(request, animation, portrait, sound)
    job = _job(request, motion, portrait, provenance)
    if request.is_film:
        return FilmOutput(request.output, motion, sound, provenance, job, request.signing)
    return SequenceOutput(FrameSequence.of(request.output), provenance, job, request.signing)


def _provenance(
    request: PassRequest, animation: FaceAnimation, portrait: Portrait, sound: Path | None
) -> Provenance:  # fmt: skip
    named = str(animation.metadata.get("audio") or "")
    return Provenance(
        photo=str(portrait.metadata.get("source") or request.photo.name),
        photo_sha256=str(portrait.metadata.get("sha256") or file_sha256(request.photo)),
        line=sound.name if sound is not None else named,
        line_sha256=file_sha256(sound) if sound is not None else str(animation.metadata.get("audio_sha256") or ""),
        style=str(animation.metadata.get("style") or ""),
        renderer=request.options.chosen,
    )


def _job(request: PassRequest, motion: FilmMotion, portrait: Portrait, provenance: Provenance) -> str:
    """A digest of all that decides a frame, but not of where and how fast it is computed."""
    options = replace(request.options, checkpoint=None, batch=None, device="auto", renderer=AUTO)
    weights = file_sha256(request.options.checkpoint) if request.options.checkpoint is not None else ""
    signer = file_sha256(request.signing.certificate) if request.signing is not None else ""
    said = [
        __version__,
        request.options.chosen,
        asdict(options),
        weights,
        request.fps,
        request.watermark,
        signer,
        provenance.facts(),
    ]
    digest = hashlib.sha256(json.dumps(said, default=str).encode("utf-8", "replace"))
    for array in (*(getattr(motion.rows, name) for name in SAMPLED), portrait.pixels, portrait.alpha, portrait.matte):
        digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
    for number in (portrait.identity, portrait.expression, portrait.rotation, portrait.offset, portrait.landmarks):
        digest.update(np.ascontiguousarray(number).tobytes())
    digest.update(repr((portrait.scale, portrait.mouth_gap_m)).encode())
    return digest.hexdigest()
