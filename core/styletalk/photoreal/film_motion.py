# SPDX-License-Identifier: Apache-2.0
"""An animation on the frames of a film, as the baked mesh has it on the frames of a scene of that rate."""

from dataclasses import dataclass, replace

import numpy as np

from ..animation import FaceAnimation
from ..errors import RenderError
from ..files.reading import UnusableContent
from ..motion.resample import default_first_frame, scene_samples

MIN_FPS, MAX_FPS = 1.0, 240.0
FILM_FPS = "film_fps"
"""In the metadata of an animation on a film's frames: how many of its rows there are a second."""
SAMPLED = ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper")


@dataclass(frozen=True)
class FilmMotion:
    """rows: one for each frame of the film, the face as it is baked. first_frame: the number of the first one, counted
    from the frame of the sound's beginning: 0 or below. fps: frames a second."""

    rows: FaceAnimation
    first_frame: int
    fps: float

    def sound_delay_s(self, first: int) -> float:
        """When the sound begins in a film that begins with row `first`; below 0 where it has begun by then."""
        return -(self.first_frame + first) / self.fps


def film_motion(animation: FaceAnimation, fps: float) -> FilmMotion:
    """The animation at `fps` frames a second, from the first moment in which the face moves. Raises RenderError."""
    if not MIN_FPS <= fps <= MAX_FPS:
        raise RenderError(f"{fps:g} frames a second are out of range. Choose {MIN_FPS:g} to {MAX_FPS:g}.")
    try:
        animation = animation.checked()
    except UnusableContent as error:
        raise RenderError(f"The animation cannot be rendered: {error}. Animate again.") from error
    first = default_first_frame(animation, fps)
    samples = scene_samples(animation, fps, first_frame=first)
    nearest = np.abs(animation.times_s[:, None] - samples.times_s[:1]).argmin()  # of the first frame
    steps = np.rint((samples.times_s - samples.times_s[0]) * 30.0).astype(int)
    labels = animation.phonemes[np.clip(nearest + steps, 0, len(animation) - 1)]
    rows = replace(
        animation, phonemes=labels, first_row=0, intensity=samples.intensity, recorded=None,
        metadata={**animation.metadata, FILM_FPS: fps}, **{name: getattr(samples, name) for name in SAMPLED},
    )  # fmt: skip
    return FilmMotion(rows, first, fps)
