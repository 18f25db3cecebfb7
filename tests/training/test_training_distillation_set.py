# SPDX-License-Identifier: Apache-2.0
"""What the student is distilled from: recordings, voices, experts that know their speakers, rules; how it begins."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch

from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.phonemes import PHONEMES, SILENCE_INDEX
from styletalk.speech.features.prosody import ENERGY, LIMIT, PROSODY_DIM
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.pairs import Readouts, scrambled
from styletalk_research.datasets.recordings import Recording, Utterance
from styletalk_research.datasets.utterances import load_utterances, save_utterances, sentences, spoken_utterance
from styletalk_research.training.distillation.config import TrainingConfig, small_generator
from styletalk_research.training.distillation.distill import BatchMaker
from styletalk_research.training.distillation.distillation_set import (
    RATES,
    DistillationSet,
    DistilledUtterance,
    make_distillation_set,
    stretched,
)
from styletalk_research.training.distillation.experts import level_unit
from styletalk_research.training.distillation.initialisation import initialise_as_autoencoder
from styletalk_research.training.distillation.kernel_ridge import PROSODY, WHISPER
from styletalk_research.training.distillation.likeness import HABITS, PERSON, Likeness
from styletalk_research.training.distillation.rules import RuleTeacher
from styletalk_research.training.distillation.student import Normalisation, Student
from styletalk_research.training.distillation.style_bank import Amplifier, StyleBank

RNG = np.random.default_rng(6)
NAMES = ("gap", "width", "corner", "eye", "inner_brow", "outer_brow", "brow_distance")
READOUTS = Readouts(RNG.normal(size=(64, 7)) * 0.05, NAMES)
MOTION = RNG.normal(size=(400, 64)) * 0.3
AMPLIFIER = Amplifier.fit(MOTION, READOUTS)


def utterance(rows: int) -> Utterance:
    return Utterance(RNG.integers(0, 41, rows).astype(np.int16), RNG.normal(size=(rows, PROSODY_DIM)).astype("f4"))


def recording(name: str, rows: int = 90) -> Recording:
    spoken = utterance(rows)
    expression = RNG.normal(size=(rows, 64)).astype(np.float32)
    return Recording(name, name[0], expression, spoken.labels, spoken.audio_features)


def index(*symbols: str, each: int = 8) -> np.ndarray:
    return np.repeat([PHONEMES.index(symbol) for symbol in symbols], each)


def test_utterances_survive_their_file_and_a_file_that_holds_none_is_named(tmp_path):
    utterances = (utterance(30), utterance(7))
    save_utterances(utterances, tmp_path / "voices.npz")
    for before, after in zip(utterances, load_utterances(tmp_path / "voices.npz"), strict=True):
        np.testing.assert_array_equal(after.labels, before.labels)
        np.testing.assert_allclose(after.audio_features, before.audio_features, atol=0.5 * LIMIT / 127 + 1e-6)
    with pytest.raises(TrainingDataError, match="utterances"):
        load_utterances(tmp_path / "absent.npz")


def test_the_control_moves_to_labels_and_sound_of_another_clip_backwards():
    first, second = recording("a", 90), recording("b", 40)
    mixed = scrambled((first, second))
    assert [clip.name for clip in mixed] == ["a", "b"] and mixed[0].expression is first.expression
    np.testing.assert_array_equal(mixed[0].labels[:40], second.labels[::-1])
    np.testing.assert_array_equal(mixed[0].audio_features[40:80], second.audio_features[::-1])
    np.testing.assert_array_equal(mixed[1].audio_features, first.audio_features[::-1][:40])


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_a_voice_says_its_labels_and_is_loud_in_vowels():
    spoken = spoken_utterance("My father saw a boat.", "slt")
    said = [PHONEMES[label] for label in spoken.labels]
    assert {"M", "AY", "F", "AA", "S", "B", "OW", "T"} <= set(said)
    vowels = np.isin(spoken.labels, [PHONEMES.index(v) for v in ("AY", "AA", "AO", "OW")])
    assert (
        spoken.audio_features[vowels, ENERGY].mean()
        > spoken.audio_features[spoken.labels == SILENCE_INDEX, ENERGY].mean() + 1
    )
    assert len(set(sentences(50))) > 40


def test_a_style_counts_clips_of_its_speaker_most_and_of_like_habits_more_than_others():
    readout = AMPLIFIER.readout
    levels = [3.0 * RNG.normal(size=64) for _ in range(3)]
    clips = [recording(name) for name in ("anna_1", "anna_2", "bob_1", "cara_1")]
    shown = [levels[0], levels[0], levels[1], levels[2]]
    clips = [
        dataclasses.replace(clip, expression=(0.3 * clip.expression + level).astype(np.float32))
        for clip, level in zip(clips, shown, strict=True)
    ]
    known = Likeness.of(clips, readout, np.ones(64))
    style = (0.3 * RNG.normal(size=(80, 64)) + levels[0]).astype(np.float32)
    person, habits = known.of_styles([style], PROSODY)[0], known.of_styles([clips[1].expression], WHISPER)[0]
    assert person[:2].min() > person[2:].max() + 0.5 * PERSON[PROSODY]
    assert habits.argmax() == 1 and habits[1] == pytest.approx(1.0 + HABITS[WHISPER])
    np.testing.assert_allclose(np.diag(known.among(WHISPER)), 1.0 + HABITS[WHISPER], rtol=1e-6)


def test_rules_close_lips_open_vowels_and_open_wider_when_it_is_loud():
    teacher = RuleTeacher.of(AMPLIFIER)
    labels = index("SIL", "AA", "B", "AA", "UW", "SIL")
    gap, width = (teacher.motion(labels, None)[0] @ teacher.decode @ READOUTS.column(name) for name in ("gap", "width"))
    vowel, closed, rounded = 8 + 4 - 3, 16 + 4 - 3, 32 + 4 - 3  # a row shows the label three ahead
    assert gap[closed] < gap[vowel] - 0.05
    assert width[rounded] < width[vowel] - 0.03
    loud = np.zeros((len(labels), PROSODY_DIM), np.float32)
    loud[:, ENERGY] = 2.0
    assert (teacher.motion(labels, loud)[0] @ teacher.decode @ READOUTS.column("gap"))[vowel] > gap[vowel] + 0.02


def test_a_distillation_set_has_all_kinds_of_utterances_and_survives_its_file(tmp_path):
    config = dataclasses.replace(
        TrainingConfig(phrases=20, voice_step=1, rest=0.0),
        generator=dataclasses.replace(small_generator(), audio_dim=PROSODY_DIM),
    )
    teacher = RuleTeacher.of(AMPLIFIER)
    made = make_distillation_set(
        teacher, [recording("a_1"), recording("b_1")], [utterance(50) for _ in range(20)], AMPLIFIER, config
    )
    assert sum(one.share for one in made.utterances) == pytest.approx(1)
    with_sound = sum(one.share for one in made.utterances if one.audio_features is not None)
    assert 0.3 < with_sound < 0.9
    for one in made.utterances:
        expected = teacher.motion(one.labels, one.audio_features)
        np.testing.assert_allclose(one.motions, expected, atol=2e-3)
    made.save(tmp_path / "set.npz")
    again = DistillationSet.load(tmp_path / "set.npz")
    np.testing.assert_array_equal(again.moments, made.moments)
    np.testing.assert_array_equal(again.decode, made.decode)
    for before, after in zip(made.utterances, again.utterances, strict=True):
        np.testing.assert_array_equal(after.motions, before.motions)
        np.testing.assert_array_equal(after.pauses, before.pauses)
        assert (after.audio_features is None) == (before.audio_features is None)


def test_the_size_of_a_mixture_is_that_of_its_motion():
    mixed = RNG.normal(size=(3, 200, 5))
    decode = RNG.normal(size=(5, 64)).astype(np.float32)

    class Known:
        decode = None

        def motion(self, labels, audio_features):
            return mixed

    teacher = Known()
    teacher.decode = decode
    made = make_distillation_set(teacher, [], [utterance(200)], AMPLIFIER, TrainingConfig(phrases=1))  # type: ignore
    weights = np.array([[1.0, 0.5, 2.0]])
    sizes, together = made.own(weights, np.array([True]))
    motion = np.einsum("m,mtk->tk", weights[0], mixed) @ decode
    np.testing.assert_allclose(sizes[0], AMPLIFIER.amplitudes(motion), rtol=1e-3)
    assert together[0] == pytest.approx(AMPLIFIER.togetherness(motion), abs=1e-3)


def test_a_network_of_labels_alone_is_distilled_without_sound():
    config = TrainingConfig(phrases=3, voice_step=1)
    made = make_distillation_set(RuleTeacher.of(AMPLIFIER), [recording("a_1")], [utterance(50)], AMPLIFIER, config)
    assert all(one.audio_features is None for one in made.utterances)


def test_a_stretched_utterance_keeps_labels_and_sound_together():
    labels, audio_features = stretched(np.arange(40), 1.25), stretched(np.arange(40.0)[:, None] * np.ones(3), 1.25)
    assert len(labels) == len(audio_features) == 32
    assert np.abs(labels - audio_features[:, 0]).max() <= 0.5


def test_a_recognisers_mistakes_go_with_the_motion_that_is_meant():
    right = dataclasses.replace(recording("a_1"), audio_features=None)
    wrong = dataclasses.replace(right, labels=np.full(90, SILENCE_INDEX, np.int16))
    config = TrainingConfig(phrases=1, rest=0.0)
    teacher = RuleTeacher.of(AMPLIFIER)
    made = make_distillation_set(teacher, [right, wrong], [], AMPLIFIER, config)
    mistaken = [one for one in made.utterances if (one.labels == SILENCE_INDEX).all() and one.share > 0.1]
    meant = {len(track): track for track in (stretched(right.labels, rate) for rate in RATES)}
    assert len(mistaken) == 2
    for one in mistaken:
        np.testing.assert_allclose(one.motions, teacher.motion(meant[len(one.labels)], None), atol=2e-3)


def test_a_student_begins_by_following_the_level_of_styles_that_nobody_showed():
    clips = [RNG.normal(size=(60, 64)).astype(np.float32) * 0.3 + RNG.normal(size=64) for _ in range(6)]
    bank = StyleBank(clips, AMPLIFIER, READOUTS)
    torch.manual_seed(0)
    student = Student(StyleTalkGenerator(small_generator()), Normalisation.of(np.concatenate(clips)))
    initialise_as_autoencoder(student, bank, seed=1)
    size = torch.from_numpy(level_unit(clips)).float()
    wanted = student.mean + size * torch.randn(12, 64, generator=torch.Generator().manual_seed(3))
    shown = wanted[:, None] + 0.2 * torch.randn(12, 80, 64, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        output = (
            student(torch.full((1, 5, 11), SILENCE_INDEX), student.encode(shown)).mean(1) * student.deviation
            + student.mean
        )
    agreement = torch.cosine_similarity(output - output.mean(0), wanted - wanted.mean(0), dim=1)
    assert agreement.mean() > 0.93


def test_some_excerpts_lack_whisper_features_and_all_have_prosody():
    sizes = dataclasses.replace(small_generator(), audio_dim=PROSODY_DIM + 4)
    config = TrainingConfig(frames=8, generator=sizes)
    sound = np.ones((60, PROSODY_DIM + 9), np.float32)
    spoken = DistilledUtterance(
        np.zeros(60, np.int16), sound, np.zeros((1, 60, 12), np.float16), np.zeros(60, np.float16), 1.0
    )
    made = DistillationSet((spoken,), np.ones((12, 64)), np.ones((2, 4, 1, 1)))
    maker = BatchMaker(made, None, None, None, config)  # type: ignore[arg-type]  # none of them makes excerpts
    excerpts = [maker._crop(spoken, np.random.default_rng(seed))[1] for seed in range(60)]
    assert all(excerpt.shape == (8, 11, PROSODY_DIM + 4) and excerpt[:, 5, :PROSODY_DIM].all() for excerpt in excerpts)
    without_whisper = [not excerpt[..., PROSODY_DIM:].any() for excerpt in excerpts]
    assert 0.1 < np.mean(without_whisper) < 0.45
    assert all(excerpt[:, 5].all() for excerpt, lacks in zip(excerpts, without_whisper, strict=True) if not lacks)
