# SPDX-License-Identifier: Apache-2.0
"""Films: how like the real ones the produced ones are (SSIM), and how sharp both are (CPBD)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.files.reading import reason_of
from styletalk.progress import Progress, silent
from styletalk.speech.audio.decoders import LOCAL_FILES_ONLY

from ..metrics.picture_quality import cpbd, luminance, ssim
from ..metrics.tables import Section, number, table

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")
EVERY = 5
"""Every fifth frame of the real film is judged; of a film without a real one, every fifth of its own."""
TIME_SLACK_S = 1e-3
"""Two pictures this near in time are of the same moment."""
LAST_PICTURE_S = 0.1
"""The last picture of a film is shown no longer than this."""
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
class VideoReport(Section):
    """All films. notes: what was left out of which, and why."""

    films: tuple[FilmFigures, ...]
    notes: tuple[str, ...] = ()

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
    """The figures of one film, moment by moment, whatever the frame rates of both films.

    Pictures of another size are compared at the real film's size. Only the pictures at hand are kept in memory.
    Raises StyleTalkError where a file is no film or holds no picture.
    """
    nothing = float("nan")
    if real is None:
        sharp = [cpbd(picture) for _, picture in grey_pictures(made)]
        return FilmFigures(made.name, nothing, _mean(sharp), nothing, nothing, len(sharp))
    like, control, sharp, real_sharp = [], [], [], []
    earlier: deque[np.ndarray] = deque(maxlen=CONTROL_FRAMES // EVERY)
    for shown, true in together(made, real):
        like.append(ssim(resized(shown, true.shape), true))
        sharp.append(cpbd(shown))
        real_sharp.append(cpbd(true))
        if len(earlier) == earlier.maxlen and earlier[0].shape == true.shape:
            control.append(ssim(true, earlier[0]))
        earlier.append(true)
    return FilmFigures(made.name, _mean(like), _mean(sharp), _mean(real_sharp), _mean(control), len(like))


def together(made: Path, real: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Grey pictures of the real film, every EVERY-th, each with what the made one shows at that time."""
    frames = pictures(made)
    shown, following = next(frames, None), next(frames, None)
    if shown is None:
        raise StyleTalkError(f"{made.name} holds no picture.")
    for time_s, true in grey_pictures(real):
        while following is not None and following[0] <= time_s + TIME_SLACK_S:
            shown, following = following, next(frames, None)
        if following is None and time_s > shown[0] + LAST_PICTURE_S:
            return  # the made film has ended
        yield luminance(shown[1]), true


def _mean(values: list[float]) -> float:
    """The mean of those that are numbers; NaN without any."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def grey_pictures(path: Path, every: int = EVERY) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, (H, W) float64 grey picture) of every `every`-th frame. Raises StyleTalkError where it is no film."""
    return ((time_s, luminance(picture)) for time_s, picture in pictures(path, every))


def pictures(path: Path, every: int = 1) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds since the first one, (H, W, 3) uint8 RGB) of every `every`-th frame of a film.

    Raises StyleTalkError where the file is no film.
    """
    import av
    import av.error

    try:
        with av.open(str(path.absolute()), options=LOCAL_FILES_ONLY) as film:
            first_s = None
            for count, frame in enumerate(film.decode(video=0)):
                time_s = float(frame.time or 0.0)
                first_s = time_s if first_s is None else first_s
                if count % every == 0:
                    yield time_s - first_s, frame.to_ndarray(format="rgb24")
    except (av.error.FFmpegError, OSError, LookupError, ValueError, ArithmeticError) as error:
        raise StyleTalkError(
            f"{path.name} is no film that can be read ({reason_of(error)}). Export it as .mp4."
        ) from error


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
