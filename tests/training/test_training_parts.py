# SPDX-License-Identifier: Apache-2.0
"""The parts of training, each against what defines it."""

import dataclasses

import numpy as np
import pytest
import torch

from styletalk.networks.config import GeneratorConfig
from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.phonemes import SILENCE_INDEX
from styletalk_research.datasets.pairs import Readouts, shifted_labels
from styletalk_research.training.distillation.audio_input import with_audio_input, without_audio_input
from styletalk_research.training.distillation.config import small_generator
from styletalk_research.training.distillation.distill import level_error, lip_motion, triplet
from styletalk_research.training.distillation.distillation_set import PhraseBook, pause
from styletalk_research.training.distillation.student import Normalisation, Student
from styletalk_research.training.distillation.style_bank import Amplifier, StyleBank, likeliest_move, turning
from styletalk_research.training.distillation.teacher import MotionSpace

RNG = np.random.default_rng(5)


def tiny(layers: int = 1) -> GeneratorConfig:
    return dataclasses.replace(
        small_generator(), d_model=16, nhead=2, feedforward=24, kernels=3, phoneme_dim=8, decoder_layers=layers
    )


def readouts() -> Readouts:
    return Readouts(RNG.normal(size=(64, 7)) * 0.05, ("gap", "width", "corner", "eye", "inner_brow", "outer_brow",
                                                      "brow_distance"))  # fmt: skip


def test_the_labels_of_a_clip_that_leads_by_five_are_moved_to_three():
    labels = np.arange(10, dtype=np.int16)
    moved = shifted_labels(labels, 5)
    for row in range(5):
        assert moved[row + 3] == labels[row + 5]
    assert (moved[-2:] == SILENCE_INDEX).all()
    assert (shifted_labels(labels, 3) == labels).all()
    assert (shifted_labels(labels, 2)[1:] == labels[:-1]).all()


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_students_short_cut_equals_the_generator(layers):
    torch.manual_seed(1)
    generator = StyleTalkGenerator(dataclasses.replace(tiny(layers), audio_dim=5)).eval()
    student = Student(generator, Normalisation(np.zeros(64, np.float32), np.ones(64, np.float32)))
    seen, codes, sound = torch.randint(0, 41, (2, 9, 11)), torch.randn(6, 16), torch.randn(2, 9, 11, 5)
    plain = generator(seen.repeat(3, 1, 1), codes, sound.repeat(3, 1, 1, 1))
    torch.testing.assert_close(student(seen, codes, sound), plain, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(student(seen, codes), generator(seen.repeat(3, 1, 1), codes), atol=1e-5, rtol=1e-4)


def test_a_student_stripped_of_its_audio_input_speaks_as_before_without_sound():
    units = Normalisation(np.zeros(64, np.float32), np.ones(64, np.float32))
    with_sound = Student(StyleTalkGenerator(dataclasses.replace(tiny(), audio_dim=5)), units).eval()
    stripped = Student(StyleTalkGenerator(tiny()), units).eval()
    stripped.load_state_dict(without_audio_input(with_sound.state_dict(), "generator."))
    seen, codes = torch.randint(0, 41, (1, 9, 11)), torch.randn(2, 16)
    torch.testing.assert_close(stripped(seen, codes), with_sound(seen, codes), atol=1e-5, rtol=1e-4)


def test_a_student_can_go_on_with_more_audio_features_and_begins_as_it_was():
    units = Normalisation(np.zeros(64, np.float32), np.ones(64, np.float32))
    narrow = Student(StyleTalkGenerator(dataclasses.replace(tiny(), audio_dim=5)), units).eval()
    wide = Student(StyleTalkGenerator(dataclasses.replace(tiny(), audio_dim=9)), units).eval()
    wide.load_state_dict(with_audio_input(9, narrow.state_dict(), "generator."))
    seen, codes, sound = torch.randint(0, 41, (1, 9, 11)), torch.randn(2, 16), torch.randn(1, 9, 11, 9)
    before = narrow(seen, codes, sound[..., :5])
    torch.testing.assert_close(wide(seen, codes, sound), before, atol=1e-5, rtol=1e-4)
    wide(seen, codes, sound).square().sum().backward()
    first = wide.generator.content_encoder.prosody_embed[0].weight
    assert first.grad is not None and first.grad[:, 5:].abs().max() > 0


def test_triplet_wants_other_styles_further_than_the_same_by_the_margin():
    anchor = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    assert triplet(anchor, anchor, margin=5.0) == 0
    assert triplet(anchor, anchor, margin=12.0).item() == pytest.approx(2.0)
    swapped = anchor.flip(0)
    assert triplet(anchor, swapped, margin=5.0).item() == pytest.approx(15.0)  # near 10, far 0: 10 - 0 + 5


def test_the_level_error_sees_the_mean_alone():
    wanted, wave = torch.randn(2, 20, 64), torch.sin(torch.arange(20) * torch.pi / 5)[None, :, None]
    deviation = torch.linspace(0.1, 1, 64)
    assert level_error(wanted + wave, wanted, deviation).item() == pytest.approx(0, abs=1e-6)
    assert level_error(wanted + 2.0, wanted, deviation).item() == pytest.approx(4.0, rel=1e-4)
    large, small = wanted + torch.eye(64)[-1], wanted + torch.eye(64)[0]
    assert level_error(large, wanted, deviation) > 2 * level_error(small, wanted, deviation)


def test_lip_motion_judges_a_quiet_style_as_a_loud_one():
    lips = torch.randn(64, 10)
    wanted, error = torch.randn(1, 30, 64), torch.randn(1, 30, 64)
    loud = lip_motion(wanted + 0.1 * error, wanted, lips)
    quiet = lip_motion(0.01 * (wanted + 0.1 * error), 0.01 * wanted, lips)
    assert quiet.item() == pytest.approx(loud.item(), rel=1e-3)
    assert lip_motion(wanted, wanted, lips) == 0


def test_the_amplifier_sets_each_amplitude_and_touches_no_other():
    motion = RNG.normal(size=(400, 64)) @ RNG.normal(size=(64, 64)) * 0.1
    amplifier = Amplifier.fit(motion - motion.mean(0), readouts())
    before = amplifier.amplitudes(motion)
    after = amplifier.amplitudes(amplifier.apply(motion, np.array([2.0, 0.5, 1.0])))
    np.testing.assert_allclose(after, before * [2.0, 0.5, 1.0], rtol=1e-3)


def bank(breadth: float = 1.0) -> StyleBank:
    clips = [RNG.normal(size=(120, 64)).astype(np.float32) * 0.2 + RNG.normal(size=64) for _ in range(4)]
    amplifier = Amplifier.fit(np.concatenate([clip - clip.mean(0) for clip in clips]), readouts())
    return StyleBank(clips, amplifier, readouts(), breadth)


@pytest.mark.parametrize("rows", [120, 170])
def test_a_sampled_clip_has_about_the_level_and_amplitude_of_its_style(rows):
    styles, rng = bank(), np.random.default_rng(1)
    for _ in range(8):
        style = styles.sample(rng)
        clip = styles.clip(style, rows, rng)
        assert clip.shape == (rows, 64)
        np.testing.assert_allclose(clip.mean(0), style.level, atol=0.3)
        ratio = styles.gains_of(clip) / style.gains
        assert ratio.min() > 0.5 and ratio.max() < 2.0


def test_styles_lie_near_clips_and_in_directions_in_which_no_clip_lies():
    styles, rng = bank(), np.random.default_rng(2)
    levels = np.stack([styles.sample(rng).level for _ in range(300)])
    apart = np.sqrt((((levels[:, None] - styles.levels) / styles.size) ** 2).mean(-1)).min(1)
    assert (apart < 0.5).mean() > 0.25
    plane = np.linalg.svd(styles.deviations, full_matrices=False)[2][:3]  # four clips differ in three directions
    outside = (levels - styles.centre) - (levels - styles.centre) @ plane.T @ plane
    assert np.linalg.matrix_rank(outside, tol=1.0) > 50


def test_a_style_turns_gap_and_width_towards_its_own_correlation():
    motion = RNG.normal(size=(4000, 64)) @ RNG.normal(size=(64, 64)) * 0.1
    motion -= motion.mean(0)
    amplifier = Amplifier.fit(motion, readouts())
    unit = amplifier.apply(motion, np.array([*1 / amplifier.amplitudes(motion)[:2], 1.0]))
    before = amplifier.togetherness(unit)
    for share, expected in ((0.0, before), (0.5, (before + 0.6) / 2), (1.0, 0.6)):
        turned = amplifier.turned(unit[None], turning(np.array([before]), np.array([0.6]), share))[0]
        assert amplifier.togetherness(turned) == pytest.approx(expected, abs=0.01)
        np.testing.assert_allclose(amplifier.amplitudes(turned), amplifier.amplitudes(unit), rtol=0.02)


def test_the_likeliest_move_reaches_its_readouts():
    factor = RNG.normal(size=(64, 64))
    columns = readouts().matrix
    wanted = RNG.normal(size=7)
    np.testing.assert_allclose(likeliest_move(columns, factor @ factor.T, wanted) @ columns, wanted, atol=1e-8)


def test_the_motion_space_keeps_what_has_few_dimensions():
    motion = RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 64))
    space = MotionSpace.fit(motion, RNG.normal(size=(64, 40)), components=6)
    components = motion @ space.encode
    np.testing.assert_allclose(components @ space.decode, motion, atol=1e-2)
    np.testing.assert_allclose((components**2).mean(0), 1, rtol=1e-3)


def test_phrases_are_labels_with_pauses_and_depend_on_the_generator_alone():
    book = PhraseBook([RNG.integers(0, 41, 300)])
    first = [book.sample(50, np.random.default_rng(seed)) for seed in range(20)]
    second = [book.sample(50, np.random.default_rng(seed)) for seed in range(20)]
    for a, b in zip(first, second, strict=True):
        assert len(a) == 50
        assert a.min() >= 0
        assert a.max() <= 40
        np.testing.assert_array_equal(a, b)
    assert any((track == SILENCE_INDEX).sum() > 8 for track in first)


def test_a_pause_is_deepest_in_its_middle_and_absent_in_speech():
    labels = np.full(60, SILENCE_INDEX)
    labels[:15] = 2
    labels[45:] = 2
    depth = pause(labels)
    assert depth[:12].max() == 0
    assert depth[42:].max() == 0
    assert depth[22:39].min() == 1
    assert pause(np.full(30, SILENCE_INDEX)).min() == 1
