# SPDX-License-Identifier: Apache-2.0
"""Teachers learn from labels and sound, are kept whole on disk, and move as quickly as faces do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")
import torch

from styletalk.speech.features.prosody import ENERGY, PROSODY_DIM
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.recordings import Recording
from styletalk_research.experiments.teacher_study import parse_setting
from styletalk_research.training.distillation.convolution import TeacherNetwork
from styletalk_research.training.distillation.kernel_ridge import KernelRidge
from styletalk_research.training.distillation.teacher import Teachers, crisp, train_teachers
from styletalk_research.training.distillation.teacher_config import TeacherConfig

ROWS, LEAD = 240, 3
SMALL = TeacherConfig(
    seeds=1, width=16, blocks=1, components=2, steps=60, batch=6, frames=32, learning_rate=1e-2, weight_decay=0.0,
    ema=0.9, dropout=0.0, sound_dropout=0.1, kernel_rows=200,
)  # fmt: skip
LIPS = np.eye(64)[:, :4]


def recording(seed: int) -> Recording:
    """A clip whose coefficient 0 follows the energy, and coefficient 1 the phoneme AA, three rows ahead."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.choice([0, 6, 31], ROWS // 4), 4).astype(np.int16)
    sound = rng.normal(size=(ROWS, PROSODY_DIM)).astype(np.float32)
    sound[:, ENERGY] = np.convolve(rng.normal(size=ROWS), np.ones(5) / 2, "same")
    expression = 0.01 * rng.normal(size=(ROWS, 64)).astype(np.float32)
    expression[:-LEAD, 0] += sound[LEAD:, ENERGY]
    expression[:-LEAD, 1] += 2.0 * (labels[LEAD:] == 0)
    return Recording(str(seed), "anybody", expression, labels, sound)


@pytest.fixture(scope="module")
def recordings() -> tuple[Recording, ...]:
    return tuple(recording(seed) for seed in range(4))


@pytest.fixture(scope="module")
def with_sound(recordings: tuple[Recording, ...]) -> Teachers:
    return train_teachers(recordings[:3], LIPS, SMALL)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a[LEAD:-LEAD], b[LEAD:-LEAD])[0, 1])


def test_teachers_take_from_sound_what_labels_do_not_say(
    with_sound: Teachers, recordings: tuple[Recording, ...]
) -> None:
    unknown = recordings[3]
    from_sound, read = with_sound.speak(unknown.labels, unknown.audio_features), with_sound.speak(unknown.labels)
    assert from_sound.shape == read.shape == (ROWS, 64)
    assert likeness(from_sound[:, 0], unknown.expression[:, 0]) > 0.6
    assert likeness(read[:, 0], unknown.expression[:, 0]) < 0.4
    assert likeness(read[:, 1], unknown.expression[:, 1]) > 0.6


def test_teachers_come_back_from_disk_as_they_were(
    with_sound: Teachers, recordings: tuple[Recording, ...], tmp_path: Path
) -> None:
    with_sound.save(tmp_path / "teachers.pt")
    again = Teachers.load(tmp_path / "teachers.pt")
    assert again.config == with_sound.config
    for sound in (recordings[3].audio_features, None):
        assert np.array_equal(again.speak(recordings[3].labels, sound), with_sound.speak(recordings[3].labels, sound))


def test_what_is_not_teachers_is_named(tmp_path: Path) -> None:
    (tmp_path / "teachers.pt").write_bytes(b"nothing")
    with pytest.raises(TrainingDataError, match=r"teachers\.pt"):
        Teachers.load(tmp_path / "teachers.pt")


def test_a_clip_without_sound_teaches_teachers_of_labels_alone_only(recordings: tuple[Recording, ...]) -> None:
    silent = [replace(clip, audio_features=None) for clip in recordings]
    with pytest.raises(TrainingDataError, match="sound"):
        train_teachers(silent, LIPS, SMALL)
    labels_only = train_teachers(silent, LIPS, replace(SMALL, sound=False, steps=2))
    spoken = labels_only.speak(recordings[0].labels)
    assert np.array_equal(labels_only.speak(recordings[0].labels, recordings[0].audio_features), spoken)


def test_teachers_of_whisper_features_can_do_with_prosody_alone(recordings: tuple[Recording, ...]) -> None:
    """Whisper features tell what nothing else does; without them prosody decides, and their ridge is not used."""
    rng = np.random.default_rng(5)
    whisper = [rng.normal(size=(ROWS, 4)).astype(np.float32) for _ in recordings]
    wide = []
    for clip, more in zip(recordings, whisper, strict=True):
        assert clip.audio_features is not None
        expression = clip.expression.copy()
        expression[:, 1] = 2.0 * more[:, 0]
        wide.append(
            replace(clip, expression=expression, audio_features=np.concatenate([clip.audio_features, more], axis=1))
        )
    config = replace(SMALL, sound_dim=PROSODY_DIM + 4, whisper_dropout=0.4, kernel_share=0.2, whisper_share=0.2)
    teachers = train_teachers(wide[:3], LIPS, config)
    assert sorted(teachers.kernels) == ["labels", "prosody", "whisper"]
    unknown = wide[3]
    assert unknown.audio_features is not None
    everything = teachers.speak(unknown.labels, unknown.audio_features)
    half = teachers.speak(
        unknown.labels, np.where(np.arange(PROSODY_DIM + 4) < PROSODY_DIM, unknown.audio_features, 0.0)
    )
    assert likeness(everything[:, 1], unknown.expression[:, 1]) > 0.5
    assert abs(likeness(half[:, 1], unknown.expression[:, 1])) < 0.3
    assert likeness(half[:, 0], unknown.expression[:, 0]) > 0.5


def test_a_network_sees_no_further_than_it_says() -> None:
    config = replace(SMALL, blocks=3, lead=3)
    network = TeacherNetwork(config).eval()
    labels, middle = torch.full((1, 41), 31), 20
    before = network(labels)
    labels[0, middle] = 0
    changed = (network(labels) - before).abs().sum(-1)[0].detach().numpy() > 0
    rows = np.flatnonzero(changed)
    assert rows.min() >= middle - network.after and rows.max() <= middle + network.before
    assert (network.before, network.after) == (2, 8)


def test_kernel_ridge_remembers_what_it_was_shown(with_sound: Teachers, recordings: tuple[Recording, ...]) -> None:
    kernel = with_sound.kernels["prosody"]
    assert isinstance(kernel, KernelRidge) and len(kernel.moments) == SMALL.kernel_rows
    wanted = recordings[0].centred @ with_sound.space.encode
    assert (
        likeness(kernel.components(recordings[0].labels.astype(int), recordings[0].audio_features)[:, 0], wanted[:, 0])
        > 0.7
    )


def test_contributions_of_clips_sum_to_what_the_ensemble_says(
    with_sound: Teachers, recordings: tuple[Recording, ...]
) -> None:
    spoken = recordings[0].utterance
    parts = with_sound.contributions(spoken.labels, spoken.audio_features, ("prosody",), 3)
    assert len(parts) == 1 + 3
    whole = with_sound.speak(spoken.labels, spoken.audio_features)
    np.testing.assert_allclose(parts.sum(0) @ with_sound.space.decode, whole, atol=1e-4)


def test_crispness_adds_what_is_quick_and_nothing_else() -> None:
    time = torch.arange(120.0)
    slow, quick = torch.sin(2 * torch.pi * 2 / 30 * time), torch.cos(torch.pi * time)  # 2 Hz and 15 Hz at 30 fps
    made = crisp(torch.stack([slow, quick], dim=1)[None], 0.9)[0, 5:-5]
    assert float((made[:, 0] - slow[5:-5]).abs().max()) < 0.01
    assert torch.allclose(made[:, 1], (1 + 0.9 * 3.2) * quick[5:-5], atol=1e-5)


def test_settings_are_read_from_words() -> None:
    assert parse_setting("deep:blocks=5,sound=False") == ("deep", TeacherConfig(blocks=5, sound=False))
    with pytest.raises(TypeError):
        parse_setting("wrong:nothing=1")
