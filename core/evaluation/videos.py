# SPDX-License-Identifier: Apache-2.0
"""Films: how like the real ones the produced ones are (SSIM), and how sharp both are (CPBD)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StyleTalkError
from ..progress import Progress, silent
from .picture_quality import cpbd, luminance, ssim
from .tables import number, table

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")
EVERY = 5
"""Every fifth frame is judged."""
CONTROL_FRAMES = 15
"""The control compares each film with itself this much later: what another moment of the same picture scores."""


@dataclass(frozen=True)
class FilmFigures:
    """One film. ssim, real_cpbd, control are NaN without a real film. frames: how many were judged."""

    name: str
    ssim: float
    cpbd: float
    real_cpbd: float
    control: float
    frames: int


@dataclass(frozen=True)
class VideoReport:
    """All films. notes: what was left out of which, and why."""

    films: tuple[FilmFigures, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def as_markdown(self) -> str:
        """A table: the produced film beside the real one and the control."""
        head = ["film", "SSIM", "control: real film half a second later", "CPBD", "CPBD of the real film", "frames"]
        rows = [
            [f.name, number(f.ssim, 3), number(f.control, 3), number(f.cpbd, 3), number(f.real_cpbd, 3), str(f.frames)]
            for f in self.films
        ]
        text = "SSIM: 1 is the same picture. CPBD: share of edges whose blur is not noticed, 1 is sharp."
        return "\n".join(["## Films", "", text, "", *table(head, rows), "", *(f"- {note}" for note in self.notes)])


def video_report(videos: Path, real: Path | None, progress: Progress = silent) -> VideoReport:
    """Judge every film of `videos`; its real one has the same name in `real`. Raises StyleTalkError without films."""
    films = film_files(videos)
    figures, notes = [], []
    for count, film in enumerate(films):
        progress(count / len(films), f"film {film.name}")
        twin = real / film.name if real is not None and (real / film.name).is_file() else None
        if twin is None:
            notes.append(f"{film.name}: no real film of that name, so no SSIM. Name their folder with --real-videos.")
        try:
            figures.append(film_figures(film, twin))
        except (StyleTalkError, ValueError) as error:
            notes.append(f"{film.name} was left out: {error}")
    return VideoReport(tuple(figures), tuple(notes))


def film_files(folder: Path) -> list[Path]:
    """The films in a folder, by name. Raises StyleTalkError where there is none."""
    films = sorted(path for path in folder.glob("*") if path.suffix.lower() in FILMS)
    if not films:
        raise StyleTalkError(f"{folder} holds no films ({', '.join(FILMS)}). Name the folder that does.")
    return films


def film_figures(made: Path, real: Path | None) -> FilmFigures:
    """The figures of one film, every fifth frame. Pictures of another size are compared at the real film's size."""
    frames = list(grey_frames(made))
    sharpness = float(np.nanmean([cpbd(frame) for frame in frames])) if frames else float("nan")
    nothing = float("nan")
    if real is None:
        return FilmFigures(made.name, nothing, sharpness, nothing, nothing, len(frames))
    true = list(grey_frames(real))
    count = min(len(frames), len(true))
    like = [ssim(resized(a, b.shape), b) for a, b in zip(frames[:count], true[:count], strict=True)]
    later = CONTROL_FRAMES // EVERY
    control = [ssim(a, b) for a, b in zip(true[later:count], true, strict=False)]
    real_sharpness = float(np.nanmean([cpbd(frame) for frame in true]))
    mean = [float(np.mean(values)) if values else nothing for values in (like, control)]
    return FilmFigures(made.name, mean[0], sharpness, real_sharpness, mean[1], count)


def grey_frames(path: Path, every: int = EVERY) -> Iterator[np.ndarray]:
    """(H, W) float64 grey pictures of a film, every `every`-th. Raises StyleTalkError where it is none."""
    import av
    import av.error

    try:
        with av.open(str(path)) as film:
            for count, frame in enumerate(film.decode(video=0)):
                if count % every == 0:
                    yield luminance(frame.to_ndarray(format="rgb24"))
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise StyleTalkError(f"{path.name} cannot be read as a film ({error}). Export it as .mp4.") from error


def resized(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A picture (H, W) or (H, W, 3) at another height and width, linear between pixel centres."""
    for axis, size in enumerate(shape):
        old = picture.shape[axis]
        if old == size:
            continue
        at = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, old - 1)
        share = (at - low).reshape([-1 if k == axis else 1 for k in range(picture.ndim)])
        picture = np.take(picture, low, axis) * (1 - share) + np.take(picture, high, axis) * share
    return picture
