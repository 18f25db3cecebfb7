# SPDX-License-Identifier: Apache-2.0
"""Teachers of labels alone learn phonemes that no clip holds, from pseudo-labels of voices that say them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from styletalk.speech.features.audio_features import SOUND_DIM
from styletalk.speech.features.prosody import ENERGY, PROSODY_DIM
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.recordings import Recording, Utterance
from styletalk_research.datasets.utterances import save_utterances
from styletalk_research.training.distillation import material
from styletalk_research.training.distillation.config import TrainingConfig, small_generator
from styletalk_research.training.distillation.experts import (
    LABELS_ONLY,
    MAX_ROWS,
    RECORDED_COPIES,
    WITH_SOUND,
    TeacherCache,
    pseudo_labelled,
    train_experts,
)
from styletalk_research.training.distillation.likeness import Likeness
from styletalk_research.training.distillation.teacher import Teachers, train_teachers
from styletalk_research.training.distillation.teacher_config import TeacherConfig

ROWS, LEAD = 240, 3
AA, CH, B, SILENCE = 0, 6, 10, 31
SMALL = TeacherConfig(
    seeds=1, width=16, blocks=1, components=2, steps=60, batch=6, frames=32, learning_rate=1e-2, weight_decay=0.0,
    ema=0.9, dropout=0.0, sound_dropout=0.1, kernel_rows=200, crispness=0.0,
)  # fmt: skip
LIPS = np.eye(64)[:, :4]


def spoken(seed: int, *phonemes: int) -> tuple[np.ndarray, np.ndarray]:
    """(ROWS,) labels, and sound in which only B is loud by itself."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice(phonemes, ROWS // 4), 4).astype(np.int16)
    sound = 0.1 * rng.normal(size=(ROWS, PROSODY_DIM)).astype(np.float32)
    sound[:, ENERGY] = np.convolve(rng.normal(size=ROWS), np.ones(5) / 2, "same") if B not in phonemes else 0.0
    sound[labels == B, ENERGY] = 2.0
    return labels, sound


def recording(seed: int) -> Recording:
    """A clip without any B, whose coefficient 0 follows the energy."""
    labels, sound = spoken(seed, AA, CH, SILENCE)
    expression = 0.01 * np.random.default_rng(seed).normal(size=(ROWS, 64)).astype(np.float32)
    expression[:-LEAD, 0] += sound[LEAD:, ENERGY]
    expression[:-LEAD, 1] += labels[LEAD:] == AA
    return Recording(str(seed), "anybody", expression, labels, sound)


RECORDINGS = tuple(recording(seed) for seed in range(3))
VOICES = tuple(Utterance(*spoken(seed, AA, B, SILENCE)) for seed in range(10, 16))


def opens_at_b(teachers: Teachers) -> float:
    """Correlation of coefficient 0 with B, of a line that nobody saw, without sound."""
    labels, _ = spoken(99, AA, B, SILENCE)
    moved = teachers.speak(labels)[:-LEAD, 0]
    return float(np.corrcoef(moved, labels[LEAD:] == B)[0, 1])


def labels_only(folder: Path, config: TeacherConfig, voices: tuple[Utterance, ...]) -> Teachers:
    cache = TeacherCache(LIPS, 0, folder)
    likeness = Likeness.of(RECORDINGS, np.eye(64)[:, :2], np.ones(64))
    return train_experts(RECORDINGS, voices, likeness, config, cache).teachers[1]


def test_what_no_clip_shows_is_learnt_from_pseudo_labels(tmp_path: Path) -> None:
    taught = labels_only(tmp_path, SMALL, VOICES)
    assert not taught.config.sound and opens_at_b(taught) > 0.7
    assert (tmp_path / f"teachers_{LABELS_ONLY}.pt").is_file() and (tmp_path / f"teachers_{WITH_SOUND}.pt").is_file()


@pytest.mark.parametrize(("config", "voices"), [(SMALL, ()), (replace(SMALL, sound=False), VOICES)])
def test_without_voices_or_teachers_with_sound_it_is_not(tmp_path: Path, config, voices) -> None:
    assert opens_at_b(labels_only(tmp_path, config, voices)) < 0.5


def test_real_clips_keep_their_weight_and_long_utterances_are_cut() -> None:
    with_sound = train_teachers(RECORDINGS, LIPS, replace(SMALL, steps=2, crispness=3.0))
    long = Utterance(*(np.concatenate([part] * 9) for part in (VOICES[0].labels, VOICES[0].audio_features)))
    learnt = pseudo_labelled(RECORDINGS, with_sound, [long, VOICES[1]])
    assert [clip.name for clip in learnt[: len(RECORDINGS)]] == [clip.name for clip in RECORDINGS]
    assert len(learnt) == RECORDED_COPIES * len(RECORDINGS) + 2
    assert len(learnt[-2].labels) == len(learnt[-2].expression) == MAX_ROWS
    with_sound.config = replace(with_sound.config, crispness=0.0)
    np.testing.assert_array_equal(learnt[-1].expression, with_sound.speak(VOICES[1].labels, VOICES[1].audio_features))


def test_voices_without_what_is_learnt_from_are_named(tmp_path: Path) -> None:
    path = tmp_path / "voices.npz"
    save_utterances(VOICES, path)
    with_sound = replace(small_generator(), audio_dim=SOUND_DIM)
    config = TrainingConfig(voices=str(path), rules=True, generator=with_sound)
    with pytest.raises(TrainingDataError, match="columns of sound"):
        material.batch_maker(config, ())
