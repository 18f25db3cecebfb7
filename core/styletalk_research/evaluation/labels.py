# SPDX-License-Identifier: Apache-2.0
"""How good our phoneme labels are: against the labels of the pairs, and by the linear baseline."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.phonemes import VISEME_OF_PHONEME, VISEMES, PhonemeTrack
from styletalk.progress import Progress, silent
from styletalk.speech.audio.sound_file import Audio, load_audio
from styletalk.speech.text.transcript_file import read_transcript
from styletalk.speech.track import phoneme_track

from ..datasets.recordings import Recording
from ..metrics.linear_baseline import linear_baseline
from ..metrics.scores import label_agreement
from ..metrics.tables import Section, number, table
from .clip_set import ClipSet, read_clip_set, track_labels

PUBLISHED = "published labels"
Method = Callable[[Audio], PhonemeTrack]
"""From sound to labels."""
_NONE = (float("nan"), float("nan"))


@dataclass(frozen=True)
class MethodFigures:
    """The labels of one method, in figures.

    exact, viseme: share of frames with the pair's label, or one of its viseme class. seconds: for all the sound.
    by_clip, by_speaker: (gap, width) r of the linear baseline, trained and tested on the method's labels, one clip or
    one speaker left out (NaN where there is but one); published: trained on the pairs' labels, tested on the method's.
    """

    method: str
    exact: float
    viseme: float
    seconds: float
    by_clip: tuple[float, float]
    by_speaker: tuple[float, float]
    published: tuple[float, float]


@dataclass(frozen=True)
class LabelReport(Section):
    """Figures of every method. sound_s: length of all clips. missing: what was not measured, and why."""

    methods: tuple[MethodFigures, ...]
    sound_s: float
    clips: int
    missing: Mapping[str, str]

    def as_markdown(self) -> str:
        """A table, and what it leaves out."""
        head = ["method", "exact", "7 visemes", "s per s of sound", "baseline", "one speaker left out",
                "trained on published"]  # fmt: skip
        rows = [
            [m.method, number(m.exact, 3), number(m.viseme, 3), number(m.seconds / self.sound_s),
             *(f"{number(gap, 3)} / {number(width, 3)}" for gap, width in (m.by_clip, m.by_speaker, m.published))]
            for m in self.methods
        ]  # fmt: skip
        text = f"{self.clips} clips, {self.sound_s:.0f} s. Linear baseline: mouth gap / width r, one clip left out."
        classes = "; ".join(f"{name} ({' '.join(members)})" for name, members in VISEMES.items())
        lines = ["## Labels", "", text, "", *table(head, rows), "", f"Viseme classes: {classes}."]
        return "\n".join([*lines, *(f"Not measured: {name}. {reason}" for name, reason in self.missing.items())])


def label_report(data: "Path | ClipSet", progress: Progress = silent) -> LabelReport:
    """Label the sound of the pairs by every method; data: a folder, or pairs that are read already.

    The method with a transcript is measured where NAME.txt lies beside each sound. Raises StyleTalkError without two
    pairs that have sound, for one alone leaves nothing to learn from.
    """
    found = data if isinstance(data, ClipSet) else read_clip_set(data)
    pairs = [pair for pair in found.pairs if pair.audio is not None]
    if len(pairs) < 2:
        raise StyleTalkError(f"{found.folder} holds {len(pairs)} pairs with sound; labels are measured on two or more.")
    sounds = {pair.name: load_audio(pair.audio) for pair in pairs if pair.audio}
    methods, missing = _methods(pairs)
    missing |= {pair.name: "It has no sound." for pair in found.pairs if pair.audio is None}
    figures = [_figures(PUBLISHED, pairs, pairs, 0.0, found.readout)]
    for count, (name, method) in enumerate(methods.items()):
        started_s, labelled = time.perf_counter(), []
        for pair in pairs:
            progress((count + len(labelled) / len(pairs)) / len(methods), f"labels: {name}, {pair.name}")
            labelled.append(replace(pair, labels=track_labels(method(sounds[pair.name]), pair)))
        figures.append(_figures(name, pairs, labelled, time.perf_counter() - started_s, found.readout))
    progress(1.0, "labels: done")
    return LabelReport(tuple(figures), sum(sound.duration_s for sound in sounds.values()), len(pairs), missing)


def _methods(pairs: Sequence[Recording]) -> tuple[dict[str, Method], dict[str, str]]:
    """The methods that this installation has, and why others are missing."""
    methods: dict[str, Method] = {"heard": lambda audio: phoneme_track(audio, recogniser="heard")}
    missing = {}
    methods["words"] = lambda audio: phoneme_track(audio, recogniser="words")
    texts = {pair.audio: pair.audio.with_suffix(".txt") for pair in pairs if pair.audio}
    if all(path.is_file() for path in texts.values()):
        methods["transcript"] = lambda audio: phoneme_track(audio, read_transcript(texts[audio.path]))
    else:
        missing["transcript"] = "Put the words of each clip into NAME.txt beside its sound."
    return methods, missing


def _figures(
    name: str, pairs: Sequence[Recording], labelled: Sequence[Recording], seconds: float, readout: np.ndarray
) -> MethodFigures:
    """labelled: the pairs with the method's labels in place of their own."""
    found, true = (np.concatenate([pair.utterance.labels for pair in some]) for some in (labelled, pairs))
    by_speaker = _NONE
    if len({pair.speaker for pair in pairs}) > 1:
        by_speaker = linear_baseline(labelled, readout, "speaker").means
    test_labels = {pair.name: pair.utterance.labels for pair in labelled}
    return MethodFigures(
        name, *label_agreement(found, true, VISEME_OF_PHONEME), seconds,
        by_clip=linear_baseline(labelled, readout).means, by_speaker=by_speaker,
        published=linear_baseline(pairs, readout, test_labels=test_labels).means,
    )  # fmt: skip
