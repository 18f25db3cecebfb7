# SPDX-License-Identifier: Apache-2.0
"""The manifest: what a scan found, as one JSON file, and the recordings behind it."""

import dataclasses
import json
import os
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from styletalk.animation import MAX_FPS, MIN_FPS
from styletalk.files.json_text import read_json
from styletalk.files.reading import UnusableContent, explaining
from styletalk.files.writing import check_not_read, written_whole

from .clip import Clip, read_recording
from .errors import ManifestError
from .pairs import MAX_OFFSET_ROWS
from .recordings import Recording
from .splits import TRAIN, VALIDATION

VERSION = 1
Split = Literal["train", "validation", "all"]
_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class LeftOut:
    """A file that nothing is learnt from, and the sentence that says why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """kind: mead, hdtf, sample, blendshapes. root: the data's folder. notes: what to know of the data, in sentences."""

    kind: str
    root: Path
    clips: tuple[Clip, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write it, whole or not at all; the root relative to the file, so that both can move. Raises OutputError."""
        for clip in self.clips:
            check_not_read(path, [self.root / file for file in (clip.source, clip.sound, clip.labels) if file])
        document = {
            "version": VERSION, "kind": self.kind, "root": relative_path(self.root, path.parent), "notes": self.notes,
            "clips": [dataclasses.asdict(clip) for clip in self.clips],
            "left_out": [dataclasses.asdict(left) for left in self.left_out],
        }  # fmt: skip
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """Read a manifest. Raises ManifestError for anything else."""
        with explaining(
            lambda reason: ManifestError(f"{path} is not a manifest ({reason}). Make it with `styletalk manifest`.")
        ):
            document = read_json(Path(path))
            if document["version"] != VERSION:
                raise UnusableContent(f"version {document['version']}")
            return cls(
                str(document["kind"]), (Path(path).parent / document["root"]).resolve(),
                tuple(_clip(clip) for clip in document["clips"]),
                tuple(_checked_types(LeftOut(**left)) for left in document["left_out"]),
                tuple(str(note) for note in document["notes"]),
            )  # fmt: skip


def load_manifest(path: Path, split: Split = "all", sound_columns: int = 0) -> list[Recording]:
    """The recordings of one side of a manifest, or of both. sound_columns: also how they sound, where sound is there.

    Raises ManifestError where it is none, or where that side is empty, ClipError where a file has changed.
    """
    if split not in (TRAIN, VALIDATION, "all"):
        raise ManifestError(f"A manifest has the sides {TRAIN}, {VALIDATION} and all, not {split}.")
    path = Path(path)
    manifest = Manifest.load(path)
    clips = [clip for clip in manifest.clips if split in (clip.split, "all")]
    if not clips:
        raise ManifestError(f"{path} has no clip to be used for {split}. Scan more data, or name other speakers.")
    return [read_recording(clip, manifest.root, path.resolve().parent, sound_columns) for clip in clips]


def _clip(said: dict[str, Any]) -> Clip:
    """A clip of a manifest, of version 0.1.0 too, which calls the offset its lead. Raises UnusableContent."""
    clip = _checked_types(Clip(**{"av_offset" if name == "lead" else name: value for name, value in said.items()}))
    if not MIN_FPS <= clip.rate_hz <= MAX_FPS or abs(clip.av_offset) > MAX_OFFSET_ROWS:
        raise UnusableContent(f"the clip {clip.name} has an impossible rate or offset")
    return clip


def _checked_types(entry: _Entry) -> _Entry:
    """The dataclass, whose fields came out of JSON. Raises UnusableContent where one has another type than it says."""
    for name, kind in typing.get_type_hints(type(entry)).items():
        if not isinstance(getattr(entry, name), kind | int if kind is float else kind):
            raise UnusableContent(f"the {name} of an entry has another type")
    return entry


def relative_path(root: Path, folder: Path) -> str:
    """As a file in `folder` names it, so that both can be moved together and no home folder is named."""
    try:
        return Path(os.path.relpath(root.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return root.resolve().as_posix()
