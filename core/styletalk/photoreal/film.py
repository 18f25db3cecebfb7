# SPDX-License-Identifier: Apache-2.0
"""A pass as a film: rendered in parts, which lie in a folder beside it until the film is whole."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import RenderError
from ..files.writing import sweep, written_whole
from ..progress import Progress
from ..render.film_parts import FilmSound, exact_rate, frames_in, join_parts, write_part
from .film_motion import FilmMotion
from .portraits import KEPT_NAME
from .provenance import Provenance
from .sequence import Frames
from .signing import Signing

UNFINISHED = ".unfinished"
"""Behind the film's name: the folder of its parts."""
PART_FRAMES = 48
_PART = re.compile(r"[0-9a-f]{16}-\d{6}-\d{6}\.mp4")


@dataclass(frozen=True)
class FilmOutput:
    """output: the .mp4. sound: None for a silent film. job: the name of the pass, from all that decides its frames."""

    output: Path
    motion: FilmMotion
    sound: Path | None
    provenance: Provenance
    job: str
    signing: Signing | None = None

    @property
    def folder(self) -> Path:
        """Of the parts."""
        return parts_folder(self.output)

    def render(self, wanted: range, frames: Frames, progress: Progress) -> int:
        """Write the film of the frames of `wanted`; return how many were rendered, rather than kept.

        Raises OutputError, AudioError, SigningError, and what `frames` and `progress` raise; finished parts stay.
        """
        self._forget_others()
        parts = {self._path(rows): rows for rows in _parts(wanted)}
        missing = {path: rows for path, rows in parts.items() if frames_in(path) != len(rows)}
        total, made = sum(map(len, missing.values())), 0
        for path, rows in missing.items():
            told = _telling(frames(rows), rows, wanted, partial(_fraction, progress, made, total))
            made += write_part(path, told, exact_rate(self.motion.fps))
            if frames_in(path) != len(rows):
                raise RenderError(f"The film could not be written from frame {rows.start + 1} on. Render again.")
        progress(1.0, "joining the film")
        self._join(list(parts), wanted)
        self._forget()
        return made

    def there(self, wanted: range) -> list[int]:
        """The rows of `wanted` that lie in finished parts."""
        return [row for rows in _parts(wanted) if frames_in(self._path(rows)) == len(rows) for row in rows]

    def _join(self, parts: list[Path], wanted: range) -> None:
        rate = exact_rate(self.motion.fps)
        sound = None
        if self.sound is not None:
            sound = FilmSound(self.sound, self.motion.sound_delay_s(wanted.start), float(len(wanted) / rate))
        with written_whole(self.output) as temporary:
            join_parts(parts, temporary, rate, sound, self.provenance.film_tags())
            with temporary.open("ab") as stream:
                stream.write(self.provenance.xmp_box())
            if self.signing is not None:
                self.signing.sign(temporary, self.provenance)

    def _path(self, rows: range) -> Path:
        return self.folder / f"{self.job[:16]}-{rows.start:06}-{rows.stop - 1:06}.mp4"

    def _forget_others(self) -> None:
        """Remove the parts of passes that were asked otherwise."""
        sweep(self.folder)
        for path in self.folder.iterdir():
            if _PART.fullmatch(path.name) and not path.name.startswith(self.job[:16]):
                path.unlink()

    def _forget(self) -> None:
        for path in self.folder.iterdir():
            if _PART.fullmatch(path.name) or path.name == KEPT_NAME:
                with contextlib.suppress(OSError):
                    path.unlink()


def parts_folder(output: Path) -> Path:
    """Where a film's parts lie."""
    return output.with_name(output.name + UNFINISHED)


def has_parts(folder: Path) -> bool:
    """Whether a pass that was stopped could go on."""
    return any(_PART.fullmatch(path.name) for path in folder.iterdir())


def _telling(
    pictures: Iterator[np.ndarray], rows: range, wanted: range, tell: Callable[[int, str], None]
) -> Iterator[np.ndarray]:  # fmt: skip
    """The pictures of `rows`, of which it is told how many are through."""
    for done, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        tell(done, f"rendering frame {row + 1} of {wanted[-1] + 1}")
        yield picture


def _fraction(progress: Progress, before: int, total: int, done: int, stage: str) -> None:
    progress((before + done) / total, stage)


def _parts(wanted: range) -> list[range]:
    """The rows in stretches whose borders are the same whatever is wanted."""
    edges = range(wanted.start - wanted.start % PART_FRAMES, wanted.stop, PART_FRAMES)
    return [range(max(edge, wanted.start), min(edge + PART_FRAMES, wanted.stop)) for edge in edges]
