# SPDX-License-Identifier: Apache-2.0
"""A pass as a sequence of pictures: how its files are called, and which of them are there already."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..files.exr import read_exr_texts, write_exr
from ..files.png import read_png_texts, write_png
from ..files.reading import UnusableContent
from ..files.writing import written_whole
from ..progress import Progress
from .provenance import JOB_KEYWORD, Provenance
from .signing import Signing

ENDINGS = (".png", ".exr")
STANDARD_NAME = "frame_####.png"
"""Of the files in a folder for which no pattern is given."""
_NUMBER = re.compile(r"#+|%0?(\d)d")
_WRITERS: dict[str, Callable[[Path, np.ndarray, Mapping[str, str]], None]] = {".png": write_png, ".exr": write_exr}
Frames = Callable[[range], Iterator[np.ndarray]]
"""Renders these rows, in order."""
_READERS: dict[str, Callable[[Path], dict[str, str]]] = {".png": read_png_texts, ".exr": read_exr_texts}


@dataclass(frozen=True)
class FrameSequence:
    """Files of one folder whose names differ in a number: before, digits, and after, which has the ending."""

    folder: Path
    before: str
    digits: int
    after: str

    @classmethod
    def of(cls, output: Path) -> "FrameSequence":
        """The sequence that a name such as frames/line_####.png or a folder means. Raises OutputError."""
        output = Path(output)
        ending = output.suffix.lower()
        if ending not in ENDINGS and (not ending or os.path.isdir(output)):  # Path.is_dir raises for long names
            output, ending = output / STANDARD_NAME, ".png"
        found = list(_NUMBER.finditer(output.name))
        if ending not in ENDINGS:
            raise OutputError(f"Unknown file type {output.suffix!r}. Use .mp4, or a pattern such as {STANDARD_NAME}.")
        if len(found) != 1:
            raise OutputError(
                f"{output.name} is one picture. For a sequence give a pattern such as {output.stem}_####{ending}."
            )
        number = found[0]
        digits = int(number[1]) if number[1] else len(number[0])
        return cls(output.parent, output.name[: number.start()], digits, output.name[number.end() :])

    @property
    def ending(self) -> str:
        return Path(f"name{self.after}").suffix.lower()

    @property
    def pattern(self) -> Path:
        """How the files are called, with # for each digit."""
        return self.folder / f"{self.before}{'#' * self.digits}{self.after}"

    def path(self, number: int) -> Path:
        """The file of the frame of that number."""
        return self.folder / f"{self.before}{number:0{self.digits}}{self.after}"

    def is_there(self, number: int, job: str) -> bool:
        """Whether the frame of that number was rendered by the same job, and is whole.

        Raises OutputError where a file that is no frame of a pass has its name: it is not written over.
        """
        path = self.path(number)
        return os.path.exists(path) and job_of(path) == job

    def write(self, path: Path, picture: np.ndarray, provenance: Provenance, job: str) -> None:
        """Write a frame to one of these files, whole or not at all. Raises OutputError."""
        texts = provenance.png_texts(job) if self.ending == ".png" else provenance.exr_texts(job)
        _WRITERS[self.ending](path, picture, texts)


def job_of(path: Path) -> str:
    """The name of the pass that a frame belongs to. Raises OutputError where it is no whole frame of a pass."""
    try:
        found = _READERS[path.suffix.lower()](path).get(JOB_KEYWORD)
    except (UnusableContent, OSError) as error:
        raise _foreign(path) from error
    if found is None:
        raise _foreign(path)
    return found


@dataclass(frozen=True)
class SequenceOutput:
    """Where frames go, and what each says of itself. job: the name of the pass, from all that decides its frames."""

    sequence: FrameSequence
    provenance: Provenance
    job: str
    signing: Signing | None = None

    def render(self, wanted: range, frames: Frames, progress: Progress) -> int:
        """Write the frames of `wanted`, counted from 0, that are not there yet; return how many these were.

        Raises OutputError, SigningError, and what `frames` and `progress` raise; what is written stays.
        """
        missing = sorted(set(wanted) - set(self.there(wanted)))
        made = 0
        for stretch in stretches(missing):
            for row, picture in zip(stretch, frames(stretch), strict=True):
                self._write(row + 1, picture)
                made += 1
                progress(made / len(missing), f"rendering frame {row + 1} of {wanted[-1] + 1}")
        return made

    def there(self, wanted: range) -> list[int]:
        """The rows of `wanted` whose frames are there. Raises OutputError, as `FrameSequence.is_there` does."""
        return [row for row in wanted if self.sequence.is_there(row + 1, self.job)]

    def _write(self, number: int, picture: np.ndarray) -> None:
        path = self.sequence.path(number)
        if self.signing is None:
            self.sequence.write(path, picture, self.provenance, self.job)
            return
        with written_whole(path) as temporary:
            self.sequence.write(temporary, picture, self.provenance, self.job)
            self.signing.sign(temporary, self.provenance)


def stretches(rows: list[int]) -> list[range]:
    """Rows, rising, as ranges without gaps."""
    found: list[range] = []
    for row in rows:
        if found and found[-1].stop == row:
            found[-1] = range(found[-1].start, row + 1)
        else:
            found.append(range(row, row + 1))
    return found


def _foreign(path: Path) -> OutputError:
    return OutputError(
        f"{path} is no whole frame of a pass and is not written over. Remove it, or choose another folder or name."
    )
