# SPDX-License-Identifier: Apache-2.0
"""The sound and the labels of each clip: beside it, or at the same place in a parallel folder."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

from .errors import ClipError
from .identity import sidecar_key

SOUND_ENDINGS = (".wav", ".flac", ".m4a", ".mp3", ".ogg", ".aac", ".mp4", ".mov", ".avi", ".webm", ".mkv", ".m4v")
"""In the order of preference; videos carry their sound, too."""
VIDEO_ENDINGS = (".mp4", ".mov", ".avi", ".webm", ".mkv", ".m4v")
LABEL_ENDINGS = (".json", ".textgrid")
_SAME_FOLDER = 1000


class Sidecars:
    """Files by what they share with a clip's name; paths are relative to the data.

    3DMM/a.mat finds wav/a.wav and phoneme/a_seq.json; M003/3dmm/angry/level_1/001.mat finds M003/audio/angry/level_1/
    001.m4a. Of several files of one name the one with the most folders in common is taken, and no file goes to a clip
    that lies further from it than another clip does.
    """

    def __init__(self, kind: str, folder: str, sources: Iterable[PurePath], files: Iterable[PurePath]) -> None:
        self._kind, self._folder = kind, folder
        self._sources: dict[str, list[PurePath]] = self._by_key(sources)
        self._files = self._by_key(file for file in files if file.suffix.lower() in SOUND_ENDINGS + LABEL_ENDINGS)

    def find(self, source: PurePath, endings: tuple[str, ...]) -> PurePath | None:
        """The file with one of `endings` that belongs to `source`, or None. Raises ClipError where two do alike."""
        key = sidecar_key(self._kind, source, self._folder)
        candidates = [file for file in self._files.get(key or "", ()) if file.suffix.lower() in endings]
        ours = [file for file in candidates if self._belongs(file, source, key or "")]
        if not ours:
            return None
        ranked = sorted(ours, key=lambda file: _rank(file, source, endings))
        if len(ranked) > 1 and _rank(ranked[0], source, endings) == _rank(ranked[1], source, endings):
            raise ClipError(f"{ranked[0]} and {ranked[1]} fit it alike. Remove or rename one.")
        return ranked[0]

    def _belongs(self, file: PurePath, source: PurePath, key: str) -> bool:
        mine = _nearness(file, source)
        return all(_nearness(file, other) <= mine for other in self._sources[key])

    def _by_key(self, paths: Iterable[PurePath]) -> dict[str, list[PurePath]]:
        groups: dict[str, list[PurePath]] = defaultdict(list)
        for path in paths:
            key = sidecar_key(self._kind, path, self._folder)
            if key is not None:
                groups[key].append(path)
        return groups


def _rank(file: PurePath, source: PurePath, endings: tuple[str, ...]) -> tuple[int, int]:
    return -_nearness(file, source), endings.index(file.suffix.lower())


def _nearness(file: PurePath, source: PurePath) -> int:
    if file.parent == source.parent:
        return _SAME_FOLDER
    return len(set(file.parent.parts) & set(source.parent.parts))
