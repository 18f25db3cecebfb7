# SPDX-License-Identifier: Apache-2.0
"""The clips that photoreal passes are compared with, and the motions that each is rendered by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.errors import StyleTalkError
from styletalk.motion.pose import read_pose
from styletalk.phonemes import SILENCE_INDEX
from styletalk.photoreal.photo.calibration import counted_from
from styletalk.photoreal.portrait import Portrait
from styletalk.request import AnimationRequest
from styletalk.timeline import FILM_DELAY_ROWS, FRAME_RATE_HZ, LABEL_LEAD_ROWS

from ..datasets.arrays import read_expression
from ..datasets.pairs import clips_folder, load_av_offsets
from .videos import pictures

OWN, SPOKEN, SHUFFLED = "own coefficients", "from the sound", "control: another sound"
POSE_ONLY, STILL = "baseline: pose only", "baseline: still photo"
FILM_FPS = {"film_fps": FRAME_RATE_HZ}
"""What a renderer is told of the rate of a motion."""


@dataclass(frozen=True)
class PassClip:
    """A film of known coefficients. sound: beside it, None without. lead: row i of the face goes with label i + lead.

    Row i of its coefficients is picture i + FILM_DELAY_ROWS of its film, which is 30 pictures a second.
    """

    film: Path
    sound: Path | None
    lead: int

    @property
    def name(self) -> str:
        return self.film.stem

    @cached_property
    def photo(self) -> np.ndarray:
        """(H, W, 3) uint8: the first picture, as a user's photo."""
        return next(pictures(self.film))[1]

    @cached_property
    def own(self) -> FaceAnimation:
        """The film's own coefficients and head pose."""
        clip = self.film.with_suffix(".mat")
        coefficients, pose = read_expression(clip).astype(np.float32), read_pose(clip)
        rows = min(len(coefficients), len(pose))
        labels = np.full(rows, SILENCE_INDEX, np.int16)
        return replace(FaceAnimation.still(coefficients[:rows], labels, FILM_FPS), head_pose=pose[:rows])

    def real(self, rows: range) -> Iterator[np.ndarray]:
        """(H, W, 3) uint8 pictures of these rows, rising, as far as the film goes."""
        wanted = {row + FILM_DELAY_ROWS for row in rows}
        for count, (_, picture) in enumerate(pictures(self.film)):
            if count in wanted:
                yield picture
            if count >= max(wanted):
                return


def pass_clips(data: Path) -> tuple[PassClip, ...]:
    """The clips of speech/ that have a film and coefficients. Raises StyleTalkError without any."""
    folder = clips_folder(data) / "speech"
    offsets = load_av_offsets(data, [])  # without the file, every clip is as published
    films = [film for film in sorted(folder.glob("*.mp4")) if film.with_suffix(".mat").is_file()]
    if not films:
        raise StyleTalkError(f"{folder} has no films with coefficients: NAME.mp4 beside NAME.mat.")
    sounds = [film.with_suffix(".wav") for film in films]
    return tuple(
        PassClip(film, sound if sound.is_file() else None, offsets.get(film.stem, LABEL_LEAD_ROWS))
        for film, sound in zip(films, sounds, strict=True)
    )


def motions(
    clips: Sequence[PassClip], index: int, portrait: Portrait, checkpoint: Path | None
) -> Mapping[str, FaceAnimation]:
    """By system, the motions of the film's rows that a portrait is moved by; the still photo has none.

    The film's own coefficients are counted as those of a film that was tracked; pose alone keeps what the photo shows.
    """
    clip = clips[index]
    held = np.broadcast_to(portrait.expression, clip.own.coefficients.shape).astype(np.float32)
    made = {OWN: replace(clip.own, coefficients=counted_from(portrait, clip.own.coefficients))}
    for system, speaker in ((SPOKEN, clip), (SHUFFLED, clips[(index + 1) % len(clips)])):
        if speaker.sound is not None and (system == SPOKEN or len(clips) > 1):
            made[system] = spoken_motion(clip, speaker.sound, checkpoint)
    return made | {POSE_ONLY: replace(clip.own, coefficients=held)}


def spoken_motion(clip: PassClip, sound: Path, checkpoint: Path | None) -> FaceAnimation:
    """What the whole chain says to a sound, in the clip's own style and with its head's pose, on the film's rows."""
    known = str(clip.film.with_suffix(".mat"))
    request = AnimationRequest(sound, style=known, pose="none", checkpoint=checkpoint)
    animation = animate(request).from_sound_on()
    rows = np.arange(len(clip.own)) + clip.lead - LABEL_LEAD_ROWS
    rows = np.clip(rows, 0, len(animation) - 1)
    names = ("coefficients", "blinks", "gaze", "tongue", "upper", "phonemes")
    return replace(
        animation, head_pose=clip.own.head_pose, metadata=FILM_FPS, intensity=None, recorded=None,
        **{name: getattr(animation, name)[rows] for name in names},
    )  # fmt: skip
