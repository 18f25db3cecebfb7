# SPDX-License-Identifier: Apache-2.0
"""The distillation set: utterances, with sound or labels alone, and the motion that the teachers make of them.

Made once when a run begins and kept beside its state, so that the steps need no teacher.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.files.npz import read_npz
from styletalk.files.reading import UnusableContent
from styletalk.files.writing import written_whole
from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from ...datasets.errors import TrainingDataError
from ...datasets.pairs import windows
from ...datasets.recordings import Recording, Utterance
from .config import TrainingConfig
from .experts import TeacherEnsemble
from .style_bank import Amplifier

PAUSE_RADIUS = 5
RATES = (1.0, 0.87, 1.15)
"""Paces of the recorded utterances, each version of one (labels of each recogniser) at two of them."""
PHRASE_ROWS = 150
MAX_COMPARED = 40
"""Voices on which teachers are compared, about."""
MAX_VOICE_ROWS = 1800
"""Of a voice's utterance: a minute."""
TINY = 1e-12
LABELS_ONLY_SHARE = 0.25
"""Of the recordings and of the voices, for networks that take sound: without it, so that labels suffice."""
BORROWED_SHARE = 0.3
"""Of the random phrases: with the sound of another utterance, so that no sound is odd."""


@dataclass(frozen=True)
class DistilledUtterance(Utterance):
    """motions: (M, T, K) float16, the teachers' contributions. pauses: (T,) float16. share: how often it is drawn."""

    motions: np.ndarray
    pauses: np.ndarray
    share: float


@dataclass(frozen=True)
class DistillationSet:
    """decode: (K, 64) of the components. moments: (2, 4, M, M) float32, from labels alone (which move less) and with
    sound: covariance of the contributions' mouth gap, of their width, of all other motion, and of gap with width.
    """

    utterances: tuple[DistilledUtterance, ...]
    decode: np.ndarray
    moments: np.ndarray

    def own(self, weights: np.ndarray, with_sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(B, 3) amplitudes of gap, width and the rest, (B,) gap-width correlation, of contributions by weights (B, M).

        with_sound: (B,) bool.
        """
        found = np.einsum("bm,bkmn,bn->bk", weights, self.moments[with_sound.astype(int)], weights, optimize=True)
        sizes = np.sqrt(np.maximum(found[:, :3], TINY))
        return sizes, found[:, 3] / (sizes[:, 0] * sizes[:, 1])

    def save(self, path: Path) -> None:
        """Write as .npz. Raises OutputError."""
        arrays = {
            "decode": self.decode,
            "moments": self.moments,
            "shares": np.array([u.share for u in self.utterances]),
        }
        for index, spoken in enumerate(self.utterances):
            arrays |= {
                f"labels{index}": spoken.labels, f"motions{index}": spoken.motions, f"pauses{index}": spoken.pauses
            }  # fmt: skip
            if spoken.audio_features is not None:
                arrays[f"sound{index}"] = spoken.audio_features
        with written_whole(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "DistillationSet":
        """The inverse of `save`. Raises TrainingDataError."""

        def explained(reason: str) -> TrainingDataError:
            return TrainingDataError(f"{path} is no such set ({reason}). Delete it, and it is made again.")

        with read_npz(path, explained, max_bytes=path.stat().st_size) as stored:  # `save` packs nothing
            if not all(np.isfinite(array).all() for array in stored.values()):
                raise UnusableContent("it holds numbers that are not finite")
            utterances = tuple(
                DistilledUtterance(
                    stored[f"labels{k}"],
                    stored.get(f"sound{k}"),
                    stored[f"motions{k}"],
                    stored[f"pauses{k}"],
                    float(share),
                )
                for k, share in enumerate(stored["shares"])
            )
            return cls(utterances, stored["decode"], stored["moments"])


def make_distillation_set(
    teachers: TeacherEnsemble, recordings: Sequence[Recording], voices: Sequence[Utterance], amplifier: Amplifier,
    config: TrainingConfig,
) -> DistillationSet:  # fmt: skip
    """All utterances of a run; of the voices alone where there are no recordings. Deterministic in config.seed."""
    rng = np.random.default_rng((config.seed, 77))
    moments = _moments(teachers, recordings, voices, amplifier, config)
    utterances = []
    for labels, meant, features, share in _drawn(recordings, voices, config, rng):
        motions = teachers.motion(meant, features).astype(np.float16)
        features = None if features is None else features.astype(np.float32)
        pauses = pause(meant).astype(np.float16)
        utterances.append(DistilledUtterance(labels.astype(np.int16), features, motions, pauses, share))
    return DistillationSet(tuple(utterances), teachers.decode, moments)


def _moments(
    teachers: TeacherEnsemble, recordings: Sequence[Recording], voices: Sequence[Utterance], amplifier: Amplifier,
    config: TrainingConfig,
) -> np.ndarray:  # fmt: skip
    """`moments` of the set: how the contributions go together on voices, of the size that their sum has on recordings.

    On the clips that a contribution comes from it moves more than on anything else.
    """
    known = [recording.utterance for recording in recordings]
    some = voices[:: -(-len(voices) // MAX_COMPARED) or 1] or known
    found = []
    for with_sound in (False, config.generator.audio_dim > 0):
        on_voices = _covariances(teachers, some, amplifier, with_sound)
        on_known = _covariances(teachers, known, amplifier, with_sound) if known else on_voices
        larger = np.sqrt(on_known[:3].sum((1, 2)) / np.maximum(on_voices[:3].sum((1, 2)), TINY))
        larger = np.append(larger**2, larger[0] * larger[1])
        found.append(on_voices * larger[:, None, None])
    return np.stack(found).astype(np.float32)


def _covariances(
    teachers: TeacherEnsemble, utterances: Sequence[Utterance], amplifier: Amplifier, with_sound: bool
) -> np.ndarray:
    """(4, M, M) means over utterances, each counting alike: see DistillationSet.moments."""
    driven = teachers.decode @ amplifier.readout  # (K, 2)
    others = teachers.decode - driven @ amplifier.direction.T  # (K, 64)
    metric = others @ others.T
    sums = []
    for spoken in (utterance.first(MAX_VOICE_ROWS) for utterance in utterances):
        motions = teachers.motion(spoken.labels, spoken.audio_features if with_sound else None).astype(np.float64)
        motions -= motions.mean(1, keepdims=True)
        gap, width = np.moveaxis(motions @ driven, -1, 0)  # (M, T) each
        rest = np.einsum("mtk,kl,ntl->mn", motions, metric, motions, optimize=True)
        mixed = gap @ width.T
        sums.append(np.stack([gap @ gap.T, width @ width.T, rest, 0.5 * (mixed + mixed.T)]) / motions.shape[1])
    return np.mean(sums, axis=0)


def pause(labels: np.ndarray) -> np.ndarray:
    """(T,) 0..1: how deep in silence each row of labels (T,) lies, as far as the window of ±5 can tell.

    The people in the clips keep their mouths half open in pauses, to breathe and to go on. A face that waits should
    not. Closing it by 0.4 costs little on clips left out (mouth gap r .648 for .649), closing it wholly .02.
    """
    spoken = windows(labels, PAUSE_RADIUS) != SILENCE_INDEX  # (T, 11)
    before, after = spoken[:, : PAUSE_RADIUS + 1][:, ::-1], spoken[:, PAUSE_RADIUS + 1 :]
    since = np.where(before.any(1), before.argmax(1), PAUSE_RADIUS + 1)
    until = np.where(after.any(1), after.argmax(1) + 1, PAUSE_RADIUS + 1)
    # A row shows label i + 3, so speech three labels ahead is speech now.
    return np.interp(since, [0, PAUSE_RADIUS + 1], [0, 1]) * np.interp(
        until, [LABEL_LEAD_ROWS, PAUSE_RADIUS + 1], [0, 1]
    )


_Drawn = tuple[np.ndarray, np.ndarray, np.ndarray | None, float]


def _drawn(
    recordings: Sequence[Recording], voices: Sequence[Utterance], config: TrainingConfig, rng: np.random.Generator
) -> Iterator[_Drawn]:
    """(labels (T,), labels that are meant (T,), audio_features (T, F) or None, share): recorded, voices, random."""
    with_sound = config.generator.audio_dim > 0
    recorded = _at_paces(recordings)
    voiced = [
        (cut.labels, cut.labels, cut.audio_features)
        for cut in (voice.first(MAX_VOICE_ROWS) for voice in voices[:: config.voice_step])
    ]
    phrase_share = 1.0 - config.real_share - config.voice_share
    # What a run lacks, recordings or voices, leaves its time to the other.
    for spoken, total, other in ((recorded, config.real_share, voiced), (voiced, config.voice_share, recorded)):
        rows = sum(len(labels) for labels, *_ in spoken)
        for labels, meant, features in spoken:
            labels_only = not with_sound or rng.random() < LABELS_ONLY_SHARE
            share = (total if other else 1.0 - phrase_share) * len(labels) / rows
            yield labels, meant, None if labels_only else features, share
    sounds = [features for *_, features in [*recorded, *voiced] if features is not None] if with_sound else []
    book = PhraseBook([spoken.labels for spoken in [clip.utterance for clip in recordings] or voices])
    for _ in range(config.phrases):
        labels = book.sample(PHRASE_ROWS, rng)
        features = sounds[int(rng.integers(len(sounds)))] if sounds and rng.random() < BORROWED_SHARE else None
        borrowed = None if features is None else np.resize(features, (PHRASE_ROWS, features.shape[1]))
        yield labels, labels, borrowed, phrase_share / config.phrases


def _at_paces(recordings: Sequence[Recording]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """(labels, labels that are meant, audio_features) of each recording at two paces.

    A recogniser's labels of a clip go with the motion that the published ones mean: its mistakes are no reason to
    move otherwise, and the sound tells.
    """
    published = {clip.name: clip.utterance.labels for clip in reversed(recordings)}  # the published ones come first
    found = []
    for index, clip in enumerate(recordings):
        spoken = clip.utterance
        for rate in (RATES[index % 3], RATES[(index + 1) % 3]):
            features = None if spoken.audio_features is None else stretched(spoken.audio_features, rate)
            found.append((stretched(spoken.labels, rate), stretched(published[clip.name], rate), features))
    return found


def stretched(rows: np.ndarray, rate: float) -> np.ndarray:
    """Rows (T, ...) spoken `rate` times as fast: between whole numbers none is made up, others are interpolated."""
    times = np.arange(0, len(rows) - 1, rate)
    if np.issubdtype(rows.dtype, np.integer):
        return rows[np.rint(times).astype(int)]
    floor, share = times.astype(int), (times % 1.0)[:, None]
    return (rows[floor] * (1 - share) + rows[floor + 1] * share).astype(np.float32)


class PhraseBook:
    """Learns runs of labels from clips, and samples sequences (T,) int64 of labels at 30 fps."""

    def __init__(self, labels: Sequence[np.ndarray], uniform_share: float = 0.3) -> None:
        self.uniform_share = uniform_share
        self.durations: list[list[int]] = [[] for _ in range(len(PHONEMES))]
        self.followers: list[list[int]] = [[] for _ in range(len(PHONEMES))]
        for track in labels:
            self._learn(np.asarray(track, np.int64))
        self.everything = [d for durations in self.durations for d in durations]

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """(rows,) int64: a random sequence."""
        rng.random()  # not used; without it, every seed would give other sequences than those that were trained on
        pace = rng.uniform(0.7, 1.4)
        phoneme = SILENCE_INDEX if rng.random() < 0.3 else int(rng.integers(len(PHONEMES)))
        labels: list[int] = []
        while len(labels) < rows:
            labels += [phoneme] * self._duration(phoneme, pace, rng)
            phoneme = self._next(phoneme, rng)
        return np.array(labels[:rows], np.int64)

    def _learn(self, track: np.ndarray) -> None:
        starts = np.concatenate([[0], np.flatnonzero(np.diff(track)) + 1])
        for start, duration in zip(starts, np.diff(starts, append=len(track)), strict=True):
            self.durations[track[start]].append(int(duration))
            if start + duration < len(track):
                self.followers[track[start]].append(int(track[start + duration]))

    def _duration(self, phoneme: int, pace: float, rng: np.random.Generator) -> int:
        if phoneme == SILENCE_INDEX and rng.random() < 0.3:
            return int(rng.integers(8, 40))  # pauses long enough for the mouth to come to rest
        known = self.durations[phoneme] or self.everything
        return max(1, round(pace * known[int(rng.integers(len(known)))]))

    def _next(self, phoneme: int, rng: np.random.Generator) -> int:
        known = self.followers[phoneme]
        if not known or rng.random() < self.uniform_share:
            return int(rng.integers(len(PHONEMES)))
        return known[int(rng.integers(len(known)))]
