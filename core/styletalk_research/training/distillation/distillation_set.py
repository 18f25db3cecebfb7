# SPDX-License-Identifier: Apache-2.0
"""Practice: lines, heard or only labelled, with the motion that the teachers would make of them.

Made once at the beginning of a run and kept beside its state, so that the steps need no teacher.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.files.writing import written_whole
from styletalk.phonemes import SILENCE_INDEX
from styletalk.timeline import LABEL_LEAD_ROWS

from ...datasets.pairs import SpeechPair, windows
from ...datasets.utterances import HeardLine
from .config import TrainingConfig
from .experts import Tutors
from .phrases import PhraseBook
from .style_bank import Amplifier

PAUSE_RADIUS = 5
RATES = (1.0, 0.87, 1.15)
"""Paces at which the real lines are practised, each version of a line (labels of each recogniser) at two of them."""
PHRASE_ROWS = 150
COMPARED = 40
"""Lines of voices on which tutors are compared."""
VOICE_ROWS = 1800
"""Of a line of voices, no more: a minute."""
UNHEARD_SHARE = 0.25
"""Of the real lines and of the voices' lines, for networks that listen: without sound, so that labels suffice."""
BORROWED_SHARE = 0.3
"""Of the random phrases: with the sound of another line, so that no sound is odd."""


@dataclass(frozen=True)
class Line:
    """labels (T,) int16; audio_features (T, F) float32 or None; motions (M, T, 64) float16; how often it is used."""

    labels: np.ndarray
    audio_features: np.ndarray | None
    motions: np.ndarray
    share: float


@dataclass(frozen=True)
class Practice:
    """base: (2, M, 3) amplitudes of each tutor's own motion on real lines, unheard and heard: deaf tutors move less.

    together: (2, M) its gap-width correlation.
    """

    lines: tuple[Line, ...]
    base: np.ndarray
    together: np.ndarray

    def save(self, path: Path) -> None:
        """Write as .npz."""
        arrays = {"base": self.base, "together": self.together, "shares": np.array([line.share for line in self.lines])}
        for index, line in enumerate(self.lines):
            arrays |= {f"labels{index}": line.labels, f"motions{index}": line.motions}
            if line.audio_features is not None:
                arrays[f"sound{index}"] = line.audio_features
        with written_whole(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Practice":
        """The inverse of `save`."""
        with np.load(path, allow_pickle=False) as stored:
            lines = tuple(
                Line(stored[f"labels{k}"], stored.get(f"sound{k}"),
                     stored[f"motions{k}"], float(share))
                for k, share in enumerate(stored["shares"])
            )  # fmt: skip
            return cls(lines, stored["base"], stored["together"])


def make_practice(
    tutors: Tutors, pairs: Sequence[SpeechPair], voices: Sequence[HeardLine], amplifier: Amplifier,
    config: TrainingConfig,
) -> Practice:  # fmt: skip
    """All lines of a run; of the voices alone where there are no pairs. Deterministic in the configuration's seed."""
    rng = np.random.default_rng((config.seed, 77))
    base, together = _own_ways(tutors, pairs, voices, amplifier, config)
    lines = []
    for labels, meant, audio_features, share in _spoken(pairs, voices, config, rng):
        motions = rested(
            tutors.motion(meant, audio_features), meant, base[int(audio_features is not None)], amplifier, config
        )
        heard = None if audio_features is None else audio_features.astype(np.float32)
        lines.append(Line(labels.astype(np.int16), heard, motions.astype(np.float16), share))
    return Practice(tuple(lines), base, together)


def _own_ways(
    tutors: Tutors, pairs: Sequence[SpeechPair], voices: Sequence[HeardLine], amplifier: Amplifier,
    config: TrainingConfig,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Practice.base and Practice.together, the first tutor's from real lines.

    The others are compared with the first on lines without faces: on the few clips that a speaker's teacher has seen
    most it moves more than on anything else.
    """
    base, together = [], []
    for listens in (False, config.generator.audio_dim > 0):
        first, turns = _ways(tutors, pairs or voices, amplifier, listens)
        some = voices[:: -(-len(voices) // COMPARED) or 1] if pairs else ()
        strange = _ways(tutors, some, amplifier, listens)[0] if some else first
        base.append(first[:1] * strange / strange[:1])
        together.append(turns)
    return np.stack(base), np.stack(together)


def _ways(
    tutors: Tutors, lines: Sequence[SpeechPair] | Sequence[HeardLine], amplifier: Amplifier, listens: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3) amplitudes and (M,) gap-width correlations of the tutors on lines."""
    own = [
        tutors.motion(
            line.labels[:VOICE_ROWS],
            line.audio_features[:VOICE_ROWS] if listens and line.audio_features is not None else None,
        )
        for line in lines
    ]
    amplitudes = np.stack([[amplifier.amplitudes(motion) for motion in motions] for motions in own])
    together = np.mean([[amplifier.togetherness(motion) for motion in motions] for motions in own], axis=0)
    return np.exp(np.log(amplitudes).mean(0)), together


def rested(
    motions: np.ndarray, labels: np.ndarray, base: np.ndarray, amplifier: Amplifier, config: TrainingConfig
) -> np.ndarray:
    """Motions (M, T, 64) whose mouth comes nearer to its rest in the pauses of labels (T,). base: (M, 3)."""
    share = config.rest * pause(labels)[None, :, None]  # (1, T, 1)
    rest = config.rest_gap * base[:, :1] * amplifier.direction[:, 0]  # (M, 64)
    return (1.0 - share) * motions + share * rest[:, None]


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


_Spoken = tuple[np.ndarray, np.ndarray, np.ndarray | None, float]


def _spoken(
    pairs: Sequence[SpeechPair], voices: Sequence[HeardLine], config: TrainingConfig, rng: np.random.Generator
) -> Iterator[_Spoken]:
    """(labels (T,), labels that are meant (T,), audio_features (T, F) or None, share): real, voices, random.

    A recogniser's labels of a clip are practised with the motion that the published ones mean: its mistakes are no
    reason to move otherwise, and the sound tells.
    """
    listens = config.generator.audio_dim > 0
    meant = {pair.name: pair.labels for pair in reversed(pairs)}  # the published ones come first
    paces = [(RATES[k % 3], RATES[(k + 1) % 3]) for k in range(len(pairs))]
    real = [
        (stretched(pair.labels, rate), stretched(meant[pair.name], rate), _sound(pair, rate))
        for pair, two in zip(pairs, paces, strict=True) for rate in two
    ]  # fmt: skip
    heard = [
        (line.labels[:VOICE_ROWS],) * 2 + (line.audio_features[:VOICE_ROWS],) for line in voices[:: config.voice_step]
    ]  # fmt: skip
    phrase_share = 1.0 - config.real_share - config.voice_share
    # What a run lacks, pairs or voices, leaves its time to the other.
    for spoken, total, other in ((real, config.real_share, heard), (heard, config.voice_share, real)):
        rows = sum(len(labels) for labels, *_ in spoken)
        for labels, said, audio_features in spoken:
            unheard = not listens or rng.random() < UNHEARD_SHARE
            share = (total if other else 1.0 - phrase_share) * len(labels) / rows
            yield labels, said, None if unheard else audio_features, share
    sounds = [audio_features for *_, audio_features in [*real, *heard] if audio_features is not None] if listens else []
    book = PhraseBook([line.labels for line in pairs or voices])
    for _ in range(config.phrases):
        labels = book.sample(PHRASE_ROWS, rng, real_share=0.0)
        audio_features = sounds[int(rng.integers(len(sounds)))] if sounds and rng.random() < BORROWED_SHARE else None
        borrowed = None if audio_features is None else np.resize(audio_features, (PHRASE_ROWS, audio_features.shape[1]))
        yield labels, labels, borrowed, phrase_share / config.phrases


def _sound(pair: SpeechPair, rate: float) -> np.ndarray | None:
    return None if pair.audio_features is None else stretched(pair.audio_features, rate)


def stretched(rows: np.ndarray, rate: float) -> np.ndarray:
    """Rows (T, ...) spoken `rate` times as fast: between whole numbers none is made up, others are interpolated."""
    times = np.arange(0, len(rows) - 1, rate)
    if np.issubdtype(rows.dtype, np.integer):
        return rows[np.rint(times).astype(int)]
    floor, share = times.astype(int), (times % 1.0)[:, None]
    return (rows[floor] * (1 - share) + rows[floor + 1] * share).astype(np.float32)
