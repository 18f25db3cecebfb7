# SPDX-License-Identifier: Apache-2.0
"""How good our phoneme labels are: against the published labels of the sample clips, and on the linear yardstick."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingPackageError, StyleTalkError
from ..progress import Progress, silent
from ..speech.audio import Audio, load_audio
from ..speech.phonemes import VISEME_OF_PHONEME, VISEMES, PhonemeTrack
from ..speech.recognise import make_recogniser
from ..speech.track import phoneme_track
from .yardstick import YardstickClip, jacobian_path, linear_yardstick, mouth_readout, speech_clips

PUBLISHED = "published labels"
Road = Callable[[Audio], PhonemeTrack]


@dataclass(frozen=True)
class RoadFigures:
    """One road from sound to labels, in figures.

    exact, viseme: share of frames with the published label, or one of its viseme class. seconds: for all the sound.
    gap, width: yardstick r, trained and tested on the road's own labels, one clip left out; *_speaker: one speaker left
    out; *_published: trained on published labels, tested on the road's.
    """

    road: str
    exact: float
    viseme: float
    seconds: float
    gap: float
    width: float
    gap_speaker: float
    width_speaker: float
    gap_published: float
    width_published: float


@dataclass(frozen=True)
class LabelReport:
    """Figures for every road. sound_s: length of all clips. missing: roads that could not be taken, and why."""

    roads: tuple[RoadFigures, ...]
    sound_s: float
    clips: int
    missing: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def as_markdown(self) -> str:
        """A table, and the classes and roads that it leaves out."""
        lines = [
            f"{self.clips} clips, {self.sound_s:.0f} s. Yardstick: mouth gap / width r, one clip left out.",
            "",
            "| road | exact | 7 visemes | s per s of sound | yardstick | speaker left out | trained on published |",
            "|---|---|---|---|---|---|---|",
            *(self._row(road) for road in self.roads),
            "",
            "Viseme classes: " + "; ".join(f"{name} ({' '.join(members)})" for name, members in VISEMES.items()) + ".",
        ]
        return "\n".join([*lines, *(f"Not measured: {road}. {reason}" for road, reason in self.missing.items())])

    def _row(self, road: RoadFigures) -> str:
        cells = [road.road, f"{road.exact:.3f}", f"{road.viseme:.3f}", f"{road.seconds / self.sound_s:.2f}"]
        pairs = [("gap", "width"), ("gap_speaker", "width_speaker"), ("gap_published", "width_published")]
        cells += [f"{getattr(road, gap):.3f} / {getattr(road, width):.3f}" for gap, width in pairs]
        return f"| {' | '.join(cells)} |"


def label_report(data_dir: Path, progress: Progress = silent, jacobian: Path | None = None) -> LabelReport:
    """Take every road through the clips of data_dir (speech/*.wav, *.mat, *_seq.json, av_offsets.json).

    The road with a transcript is measured where speech/NAME.txt lies beside each clip. jacobian: .npy, by default in
    the calibration folder beside data_dir. Raises StyleTalkError where the clips are missing.
    """
    data_dir = Path(data_dir)
    try:
        clips = speech_clips(data_dir)
        readout = mouth_readout(jacobian or jacobian_path(data_dir))
    except (OSError, KeyError, ValueError) as error:
        raise StyleTalkError(
            f"{data_dir} does not hold the published speech clips ({error}). Name their folder."
        ) from error
    sounds = {clip.name: load_audio(data_dir / "speech" / f"{clip.name}.wav") for clip in clips}
    roads, missing = _roads(data_dir, clips)
    figures = [_figures(PUBLISHED, clips, {clip.name: clip.labels for clip in clips}, 0.0, readout)]
    for number, (name, road) in enumerate(roads.items()):
        started_s = time.perf_counter()
        labels = {}
        for clip in clips:
            progress((number + len(labels) / len(clips)) / len(roads), f"labels: {name}, {clip.name}")
            labels[clip.name] = road(sounds[clip.name]).labels(len(clip.labels))
        figures.append(_figures(name, clips, labels, time.perf_counter() - started_s, readout))
    progress(1.0, "labels: done")
    return LabelReport(tuple(figures), sum(sound.duration_s for sound in sounds.values()), len(clips), missing)


def agreement(labels: np.ndarray, published: np.ndarray) -> tuple[float, float]:
    """Share of frames that agree exactly, and in seven viseme classes. Both (T,) int labels."""
    same_class = VISEME_OF_PHONEME[labels] == VISEME_OF_PHONEME[published]
    return float((labels == published).mean()), float(same_class.mean())


def _roads(data_dir: Path, clips: Iterable[YardstickClip]) -> tuple[dict[str, Road], dict[str, str]]:
    """The roads that can be taken here, and why the others cannot."""
    roads: dict[str, Road] = {"phones": lambda audio: phoneme_track(audio, recogniser="phones")}
    missing = {}
    for name in ("pocketsphinx", "faster-whisper"):
        try:
            make_recogniser(name)
        except MissingPackageError as error:
            missing[f"words ({name})"] = str(error)
        else:
            roads[f"words ({name})"] = lambda audio, name=name: phoneme_track(audio, recogniser=name)
    texts = {clip.name: data_dir / "speech" / f"{clip.name}.txt" for clip in clips}
    if all(path.is_file() for path in texts.values()):
        roads["transcript"] = lambda audio: phoneme_track(audio, texts[audio.path.stem].read_text(encoding="utf-8"))
    else:
        missing["transcript"] = "Put the words of each clip into speech/NAME.txt."
    return roads, missing


def _figures(
    road: str, clips: Iterable[YardstickClip], labels: Mapping[str, np.ndarray], seconds: float, readout: np.ndarray
) -> RoadFigures:
    clips = tuple(clips)
    exact, viseme = agreement(
        np.concatenate([labels[clip.name] for clip in clips]), np.concatenate([clip.labels for clip in clips])
    )
    own = tuple(clip.with_labels(labels[clip.name]) for clip in clips)
    clip_out = linear_yardstick(own, readout)
    speaker_out = linear_yardstick(own, readout, "speaker")
    published = linear_yardstick(clips, readout, test_labels=labels)
    pairs = (value for result in (clip_out, speaker_out, published) for value in (result.gap, result.width))
    return RoadFigures(road, exact, viseme, seconds, *pairs)
