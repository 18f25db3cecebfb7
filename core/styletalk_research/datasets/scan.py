# SPDX-License-Identifier: Apache-2.0
"""`styletalk manifest`: every clip under a folder is read and checked; what cannot be used is named, and why."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from styletalk.errors import AudioError
from styletalk.progress import Progress, silent
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS
from styletalk.tracking.lag import Lag, lag_of

from .av_offset import with_measured_offsets
from .clip import Clip, Motion, read_labels, read_motion, read_track_motion
from .errors import ClipError, ManifestError, TrainingDataError
from .facegood import NAMES_FILE
from .films import track_of, tracks_folder
from .identity import READERS, looks_like
from .manifest import LeftOut, Manifest, relative_path
from .pairs import clips_folder, read_av_offsets
from .rates import settled_rate, video_rate
from .recognised import labels_folder, recognised_labels
from .sidecars import LABEL_ENDINGS, SOUND_ENDINGS, VIDEO_ENDINGS, Sidecars
from .sources import FILM_ENDINGS, MATRIX_ENDINGS, face_sources, files_below
from .splits import DEFAULT_SHARE, TRAIN, VALIDATION, validation_speakers

KINDS = tuple(READERS)
MIN_ROWS = 64
"""The paper trains on sequences of 64 frames (section 4.1)."""
OWN_OFFSET = 1
"""Row i of an extraction is video frame i, at i / 30 s; labels run one frame late: row i goes with label i + 1."""
MEASURE = "measure"
OFFSETS_FILE = "av_offsets.json"
STYLE_CLIPS = "style_clips"
FILM = "film"


@dataclass(frozen=True)
class ScanOptions:
    """kind: one of KINDS or auto. validation: speakers separated by commas, or a share of them.

    rate_hz: of the faces, where the user says it. av_offset: row i goes with label i + av_offset; "measure": what each
    clip's sound says; None: the kind's own, and av_offsets.json where it is there. without_sound: clips without sound
    are kept, too. recogniser: makes labels where there are none.
    """

    kind: str = "auto"
    validation: str | float = DEFAULT_SHARE
    rate_hz: float | None = None
    av_offset: int | str | None = None
    without_sound: bool = False
    recogniser: str | None = None


def scan(root: Path, manifest: Path, options: ScanOptions | None = None, progress: Progress = silent) -> Manifest:
    """The manifest of the data under `root`, to be saved as `manifest` (labels that are made are kept beside it).

    Raises ManifestError where there is nothing of that kind, MissingPackageError where labels cannot be made.
    """
    options = options or ScanOptions()
    scanner = _Scanner(Path(root), Path(manifest), options)
    clips: dict[str, Clip] = {}
    left_out: list[LeftOut] = []
    for number, source in enumerate(scanner.sources):
        progress(number / len(scanner.sources), f"checking {source.name}")
        try:
            name = scanner.name(source)
            if name in clips:
                raise ClipError(f"{clips[name].source} is the same clip and is used instead.")
            clips[name] = scanner.examined(source)
        except ClipError as error:
            left_out.append(LeftOut(source.as_posix(), str(error)))
    unlikely = _unlikely_rates(clips.values(), scanner.guessed)
    left_out += unlikely
    usable = [clip for clip in clips.values() if clip.source not in {left.source for left in unlikely}]
    timed, unclear = with_measured_offsets(usable, scanner.lags) if scanner.lags else (usable, 0)
    notes = scanner.notes() + (
        (f"{unclear} clips are too unclear to measure their offset, and keep that of their kind",) if unclear else ()
    )
    return Manifest(scanner.kind, scanner.root, _split(timed, options.validation), tuple(left_out), notes)


def _unlikely_rates(clips: Collection[Clip], guessed: set[str]) -> list[LeftOut]:
    """Clips whose rate was guessed and is not that of most: more likely their sound is cut off, or another's."""
    counts = Counter(clip.rate_hz for clip in clips)
    return [
        LeftOut(
            clip.source,
            f"it would last as long as its sound at {clip.rate_hz:.5g} fps only, at which most clips are not. "
            "Put its video beside it, or say --fps, if that is its rate.",
        )
        for clip in clips
        if clip.source in guessed and counts[clip.rate_hz] <= len(clips) / 2
    ]


def _split(clips: Sequence[Clip], wanted: str | float) -> tuple[Clip, ...]:
    if not clips:
        return ()
    kept = validation_speakers((clip.speaker for clip in clips), wanted)
    return tuple(dataclasses.replace(clip, split=VALIDATION if clip.speaker in kept else TRAIN) for clip in clips)


class _Scanner:
    """What is known of the folder as a whole, and how one clip of it is examined."""

    def __init__(self, root: Path, manifest: Path, options: ScanOptions) -> None:
        if not root.is_dir():
            raise ManifestError(f"{root} is not a folder. Give the one that holds the clips.")
        self.root = clips_folder(root) if (root / "styletalk" / "speech").is_dir() else root
        self.options, self._manifest = options, manifest
        files = files_below(self.root, labels_folder(manifest))
        self.kind = _kind(files) if options.kind == "auto" else options.kind
        self.sources, self._silent_styles = self._spoken(files)
        if not self.sources:
            raise ManifestError(f"{root} holds no clip of the kind {self.kind}. {_EXPECTED}")
        self._sidecars = Sidecars(self.kind, self.root.name, self.sources, files)
        self._offsets = _offsets([self.root / file for file in files if file.name == OFFSETS_FILE])
        self._remarks: Counter[str] = Counter()
        self.guessed: set[str] = set()
        """Sources whose rate nobody said."""
        self.lags: dict[str, Lag] = {}
        """By clip, where offsets are measured."""

    def _spoken(self, files: list[PurePosixPath]) -> tuple[list[PurePosixPath], int]:
        """The files that hold faces, and how many silent style clips of the sample are passed over."""
        faces = face_sources(self.root, files, self.kind)
        if self.kind != "sample" or self.options.without_sound:
            return faces, 0
        spoken = [file for file in faces if STYLE_CLIPS not in file.parts]
        return spoken, len(faces) - len(spoken)

    def notes(self) -> tuple[str, ...]:
        """What to know of the data as a whole, in sentences."""
        notes = [f"{count} clips: {remark}." for remark, count in sorted(self._remarks.items())]
        if self._silent_styles:
            notes.append(
                f"{self._silent_styles} clips in {STYLE_CLIPS}/ passed over: no sound; --without-sound takes them."
            )
        return tuple(notes)

    def name(self, source: PurePath) -> str:
        """What the clip is called. Raises ClipError."""
        return READERS[self.kind](source, self.root.name).name

    def examined(self, source: PurePath) -> Clip:
        """The entry of a clip that can be used. Raises ClipError with what is wrong."""
        identity = READERS[self.kind](source, self.root.name)
        tracks = tracks_folder(self._manifest)
        track = track_of(self.root / source, identity.name, tracks) if self.kind == FILM else None
        motion = read_track_motion(track) if track else read_motion(self.root / source)
        sound, audio = self._sound(source)
        rate_hz = self._rate(source, motion, audio)
        expression, explained = motion.at_30(rate_hz)
        if len(expression) < MIN_ROWS:
            whence = "" if rate_hz == FRAME_RATE_HZ else f" ({len(motion.values)} frames at {rate_hz:.5g})"
            raise ClipError(f"it has {len(expression)} rows at 30 fps{whence}; training takes {MIN_ROWS} and more.")
        labels, recognised = self._labels(source, identity.name, motion, rate_hz, audio)
        if audio is not None and self.options.av_offset == MEASURE:
            self.lags[identity.name] = lag_of(expression, audio)
        self._remarks.update(motion.notes)
        return Clip(
            identity.name, identity.speaker, identity.style, TRAIN, source.as_posix(), rate_hz, len(expression),
            self._av_offset(source, identity.name), labels, recognised, sound.as_posix() if sound else None, explained,
            relative_path(track, self._manifest.parent) if track else None,
        )  # fmt: skip

    def _sound(self, source: PurePath) -> tuple[PurePath | None, Audio | None]:
        sound = self._sidecars.find(source, SOUND_ENDINGS)
        if sound is None:
            if self.options.without_sound:
                return None, None
            raise ClipError("there is no sound of its name; --without-sound takes such clips, too.")
        try:
            audio = load_audio(self.root / sound)
        except AudioError as error:
            if self.options.without_sound and sound.suffix.lower() in VIDEO_ENDINGS:
                return None, None
            raise ClipError(f"its sound cannot be used: {error}") from error
        if audio.silent:
            raise ClipError(f"its sound {sound.name} is silent from beginning to end.")
        return sound, audio

    def _rate(self, source: PurePath, motion: Motion, audio: Audio | None) -> float:
        if self.kind == FILM:
            return FRAME_RATE_HZ
        video = self._sidecars.find(source, VIDEO_ENDINGS)
        video_hz = video_rate(self.root / video) if video else None
        said_hz = self.options.rate_hz or motion.rate_hz
        rate = settled_rate(len(motion.values), audio.duration_s if audio else None, said_hz, video_hz)
        if rate.guessed:
            self.guessed.add(source.as_posix())
        return rate.hertz

    def _labels(
        self, source: PurePath, name: str, motion: Motion, rate_hz: float, audio: Audio | None
    ) -> tuple[str | None, bool]:
        """The file of labels, checked, and whether we made it."""
        given = self._sidecars.find(source, LABEL_ENDINGS)
        if given is not None:
            read_labels(self.root / given, len(motion.values), rate_hz)
            return given.as_posix(), False
        recogniser = self.options.recogniser or ("auto" if self.kind == FILM else None)
        if audio is None or recogniser is None:
            return None, False
        made = recognised_labels(audio, name, recogniser, labels_folder(self._manifest))
        read_labels(made, len(motion.values), rate_hz)
        return made.relative_to(self._manifest.parent).as_posix(), True

    def _av_offset(self, source: PurePath, name: str) -> int:
        if isinstance(self.options.av_offset, int):
            return self.options.av_offset
        return self._offsets.get(name, LABEL_LEAD_ROWS if self.kind in ("sample", FILM) else OWN_OFFSET)


_EXPECTED = "See the table of layouts in core/styletalk_research/training/README.md, or say another --kind."


def _kind(files: list[PurePosixPath]) -> str:
    """What the names of the files say. Raises ManifestError where they say nothing, or several things."""
    names = {file.name for file in files}
    faces = [file for file in files if file.suffix.lower() in MATRIX_ENDINGS]
    votes = Counter(looks_like(file) for file in faces)
    kinds = [kind for kind in ("mead", "hdtf") if votes[kind] > len(faces) / 2]
    if OFFSETS_FILE in names or (not kinds and any("3DMM" in file.parts for file in faces)):
        kinds.append("sample")
    if NAMES_FILE in names or any(file.suffix.lower() == ".csv" for file in files):
        kinds.append("blendshapes")
    if len(kinds) > 1:
        raise ManifestError(f"There are several kinds of data here: {', '.join(kinds)}. Scan each in its own folder.")
    if not kinds and any(file.suffix.lower() in FILM_ENDINGS for file in files):
        kinds.append(FILM)
    if not kinds:
        raise ManifestError(f"These files are of no kind that is known. Say --kind {', '.join(KINDS)}. {_EXPECTED}")
    return kinds[0]


def _offsets(paths: list[Path]) -> dict[str, int]:
    """Offsets by clip where somebody measured them. Raises ManifestError where a file is no such list."""
    offsets: dict[str, int] = {}
    for path in paths:
        try:
            offsets |= read_av_offsets(path)
        except TrainingDataError as error:
            raise ManifestError(str(error)) from error
    return offsets
