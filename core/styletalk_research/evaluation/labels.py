# SPDX-License-Identifier: Apache-2.0
"""How good our phoneme labels are: against the labels of the pairs, and on the linear yardstick."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.phonemes import VISEME_OF_PHONEME, VISEMES, PhonemeTrack
from styletalk.progress import Progress, silent
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.recognition.words import make_recogniser
from styletalk.speech.track import phoneme_track
from styletalk.timeline import LABEL_LEAD_ROWS

from ..datasets.pairs import shifted_labels
from ..metrics.linear_baseline import YardstickClip, linear_yardstick
from .clip_set import ClipSet, EvaluationPair, read_clip_set
from .tables import number

PUBLISHED = "published labels"
Road = Callable[[Audio], PhonemeTrack]
NONE = float("nan")


@dataclass(frozen=True)
class RoadFigures:
    """One road from sound to labels, in figures.

    exact, viseme: share of frames with the pair's label, or one of its viseme class. seconds: for all the sound.
    gap, width: yardstick r, trained and tested on the road's own labels, one clip left out; *_speaker: one speaker left
    out, NaN where there is but one; *_published: trained on the pairs' labels, tested on the road's.
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
        cells += [f"{number(getattr(road, gap), 3)} / {number(getattr(road, width), 3)}" for gap, width in pairs]
        return f"| {' | '.join(cells)} |"


def label_report(data: "Path | ClipSet", progress: Progress = silent) -> LabelReport:
    """Take every road through the sound of the pairs of a folder, or of pairs that are read already.

    The road with a transcript is measured where NAME.txt lies beside each sound. Raises StyleTalkError without two
    pairs that have sound, for one alone leaves nothing to learn from.
    """
    found = data if isinstance(data, ClipSet) else read_clip_set(data)
    pairs = [pair for pair in found.pairs if pair.audio is not None]
    if len(pairs) < 2:
        raise StyleTalkError(f"{found.folder} holds {len(pairs)} pairs with sound; labels are measured on two or more.")
    clips = tuple(YardstickClip(p.name, p.speaker, p.labels, p.expression) for p in pairs)
    sounds = {pair.name: load_audio(pair.audio) for pair in pairs if pair.audio}
    roads, missing = _roads(pairs)
    missing |= {pair.name: "It has no sound." for pair in found.pairs if pair.audio is None}
    figures = [_figures(PUBLISHED, clips, {clip.name: clip.labels for clip in clips}, 0.0, found.readout)]
    for count, (name, road) in enumerate(roads.items()):
        started_s = time.perf_counter()
        labels = {}
        for pair in pairs:
            progress((count + len(labels) / len(pairs)) / len(roads), f"labels: {name}, {pair.name}")
            labels[pair.name] = heard_labels(road, sounds[pair.name], pair)
        figures.append(_figures(name, clips, labels, time.perf_counter() - started_s, found.readout))
    progress(1.0, "labels: done")
    return LabelReport(tuple(figures), sum(sound.duration_s for sound in sounds.values()), len(clips), missing)


def heard_labels(road: Road, sound: Audio, pair: EvaluationPair) -> np.ndarray:
    """(T,) int16: what a road makes of a pair's sound, moved to the convention as the pair's own labels are."""
    rows = len(pair.labels) + max(0, pair.lead - LABEL_LEAD_ROWS)
    return shifted_labels(road(sound).labels(rows), pair.lead)[: len(pair.labels)]


def agreement(labels: np.ndarray, published: np.ndarray) -> tuple[float, float]:
    """Share of frames that agree exactly, and in seven viseme classes. Both (T,) int labels."""
    same_class = VISEME_OF_PHONEME[labels] == VISEME_OF_PHONEME[published]
    return float((labels == published).mean()), float(same_class.mean())


def _roads(pairs: Iterable[EvaluationPair]) -> tuple[dict[str, Road], dict[str, str]]:
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
    texts = {pair.audio: pair.audio.with_suffix(".txt") for pair in pairs if pair.audio}
    if all(path.is_file() for path in texts.values()):
        roads["transcript"] = lambda audio: phoneme_track(audio, texts[audio.path].read_text(encoding="utf-8"))
    else:
        missing["transcript"] = "Put the words of each clip into NAME.txt beside its sound."
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
    alone = len({clip.speaker for clip in clips}) == 1
    speaker_out = (NONE, NONE) if alone else linear_yardstick(own, readout, "speaker").means
    published = linear_yardstick(clips, readout, test_labels=labels)
    return RoadFigures(road, exact, viseme, seconds, *clip_out.means, *speaker_out, *published.means)
