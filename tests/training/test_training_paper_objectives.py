# SPDX-License-Identifier: Apache-2.0
"""Each objective of the paper against what defines it."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from styletalk.errors import FaceModelError
from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import Landmarks, open_face
from styletalk.networks.config import GeneratorConfig
from styletalk_research.discriminators import lip_sync, temporal
from styletalk_research.discriminators.lip_sync import EPSILON, LipSyncDiscriminator, SyncConfig, windows_of_sequence
from styletalk_research.discriminators.mouth import load_mouth, mouth_of
from styletalk_research.discriminators.patches import MotionPatches, judged_without_learning
from styletalk_research.discriminators.style import chosen_styles, style_loss
from styletalk_research.training.paper.discriminator_stages import sync_figures
from styletalk_research.training.paper.objectives import reconstruction_loss, similarity, triplet_loss

SYNC = SyncConfig(mouth_points=20, mouth_frames=3, width=16, embedding=8, phoneme_dim=4)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def patches(outputs: int = 1) -> MotionPatches:
    return MotionPatches(8, outputs, torch.zeros(64), torch.ones(64))


def test_reconstruction_weighs_l1_and_similarity():
    recorded = torch.randn(2, 20, 64)
    assert reconstruction_loss(recorded, recorded, 0.1).item() == pytest.approx(0, abs=1e-6)
    assert similarity(recorded, recorded).item() == pytest.approx(1, abs=1e-5)
    assert similarity(recorded, recorded).item() == pytest.approx(1, abs=1e-5)
    assert reconstruction_loss(recorded + 0.5, recorded, 1.0).item() == pytest.approx(0.5, abs=1e-6)
    mirrored = 2 * recorded.mean(1, keepdim=True) - recorded
    assert similarity(mirrored, recorded).item() < -0.9  # the same level, the opposite movement


def test_similarity_is_the_formula_of_one_coefficient():
    a, b = torch.randn(1, 30, 64).double(), torch.randn(1, 30, 64).double()
    x, y = a[0, :, 5].numpy(), b[0, :, 5].numpy()
    covariance = np.cov(x, y, bias=True)
    level = (2 * x.mean() * y.mean() + 1e-4) / (x.mean() ** 2 + y.mean() ** 2 + 1e-4)
    movement = (2 * covariance[0, 1] + 9e-4) / (covariance[0, 0] + covariance[1, 1] + 9e-4)
    alone = similarity(a[..., 5:6], b[..., 5:6])
    assert alone.item() == pytest.approx(level * movement, rel=1e-9)


def test_the_triplet_asks_for_the_margin_and_no_more():
    anchor, same, other = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 8.0]])
    assert triplet_loss(anchor, same, other, margin=5.0).item() == pytest.approx(5 - 8 + 5)
    assert triplet_loss(anchor, same, other, margin=3.0).item() == 0


def test_synchrony_is_the_cosine_of_non_negative_embeddings_within_its_bounds():
    network = LipSyncDiscriminator(SYNC, GeneratorConfig(), load_mouth("", SYNC.mouth_points)).eval()
    expression, windows = torch.randn(40, 3, 64), torch.randint(0, 41, (40, 11))
    seen, said = network.mouth(expression), network.phonemes(windows)
    assert seen.min() >= 0
    assert said.min() >= 0
    synchrony = network(expression, windows)
    expected = functional.cosine_similarity(seen, said).clamp(EPSILON, 1)
    torch.testing.assert_close(synchrony, expected)
    assert EPSILON <= synchrony.min() <= synchrony.max() <= 1


def test_the_order_of_the_mouths_vertices_does_not_matter():
    mouth = load_mouth("", SYNC.mouth_points)
    order = np.random.default_rng(1).permutation(len(mouth.mean))
    shuffled = dataclasses.replace(mouth, mean=mouth.mean[order], columns=mouth.columns[:, order])
    one = LipSyncDiscriminator(SYNC, GeneratorConfig(), mouth).eval()
    two = LipSyncDiscriminator(SYNC, GeneratorConfig(), shuffled).eval()
    weights = {name: value for name, value in one.state_dict().items() if name not in ("mouth.mean", "mouth.columns")}
    two.load_state_dict(weights, strict=False)
    expression = torch.randn(5, 3, 64)
    torch.testing.assert_close(one.mouth(expression), two.mouth(expression))


def test_the_sync_losses_are_cross_entropy_and_minus_log():
    synchrony, together = torch.tensor([0.9, 0.2, 0.4]), torch.tensor([1.0, 0.0, 1.0])
    expected = functional.binary_cross_entropy(synchrony, together)
    torch.testing.assert_close(lip_sync.discriminator_loss(synchrony, together), expected)
    assert torch.isfinite(lip_sync.discriminator_loss(torch.ones(1), torch.zeros(1)))
    assert lip_sync.generator_loss(torch.tensor([0.5, 0.25])).item() == pytest.approx(1.5 * math.log(2))


def test_a_sequence_is_judged_at_every_frame_that_has_a_neighbourhood():
    sequence = torch.arange(7.0)[None, :, None].expand(1, -1, 64)
    labels = torch.arange(7)[None, :, None].expand(1, -1, 11)
    around, windows = windows_of_sequence(sequence, labels, 3)
    assert around[:, :, 0].tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]]
    assert windows[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_sync_figures_count_what_is_right():
    figures = sync_figures(
        torch.tensor([0.9, 0.4, 0.6, 0.1]),
        torch.tensor([1.0, 1.0, 0.0, 0.0]),
        torch.tensor([False, False, True, False]),
    )
    assert figures["accuracy"] == 0.5
    assert figures["accuracy_in_sync"] == 0.5
    assert figures["accuracy_shifted"] == 0
    assert figures["accuracy_other_clip"] == 1
    assert figures["area_under_curve"] == 0.75
    assert figures["accuracy_best_threshold"] == 0.75


def test_a_patch_sees_its_stretch_and_nothing_far_from_it():
    network, sequence = patches(), torch.randn(1, 64, 64)
    changed = sequence.clone()
    changed[:, 48:] += 1
    before, after = network(sequence), network(changed)
    assert before.shape == (1, 16, 1)
    torch.testing.assert_close(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 12:], after[:, 12:])


def test_judging_teaches_the_judged_and_not_the_judge():
    network, sequence = patches(), torch.randn(2, 16, 64, requires_grad=True)
    scores = judged_without_learning(network, sequence)
    torch.testing.assert_close(scores, network(sequence))
    scores.sum().backward()
    assert sequence.grad is not None
    assert sequence.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_hinge_stops_where_real_and_made_are_told_apart():
    real, made = torch.tensor([[[2.0], [0.5]]]), torch.tensor([[[-3.0], [0.5]]])
    assert temporal.discriminator_loss(real, made).item() == pytest.approx(0.5 / 2 + 1.5 / 2)
    assert temporal.generator_loss(made).item() == pytest.approx(1.25)


def test_the_style_term_is_minus_log_of_the_styles_probability():
    logits = torch.randn(2, 3, 4)
    styles = torch.tensor([1, 3])
    probability = torch.softmax(logits, -1)
    expected = -torch.stack([probability[0, :, 1], probability[1, :, 3]]).log().mean()
    torch.testing.assert_close(style_loss(logits, styles), expected)
    logits[0, :, 2] += 20
    assert chosen_styles(logits)[0] == 2


def test_the_mouth_is_made_of_lip_vertices_that_move_as_the_face_does():
    model, mouth = open_face(), load_mouth("", 60)
    assert mouth.mean.shape == (60, 3)
    landmarks = landmark_positions(model.mean, model.triangles, model.landmarks_68)
    half_width, centre = np.linalg.norm(landmarks[48] - landmarks[54]) / 2, landmarks[48:68].mean(0)
    coefficients = np.random.default_rng(1).normal(0, 0.3, (1, 64)).astype(np.float32)
    here = (mouth.mean + np.tensordot(coefficients[0], mouth.columns, 1)) * half_width + centre
    there = model.vertices(coefficients)[0]
    nearest = np.linalg.norm(there[:, None] - here, axis=-1).min(0)
    assert nearest.max() < 1e-5
    rest = mouth.mean * half_width + centre
    assert np.linalg.norm(rest[:, None] - landmarks[48:68], axis=-1).min(1).max() < 0.6 * half_width + 1e-6


def test_another_face_can_be_judged_and_needs_its_landmarks(tmp_path):
    model = open_face()
    wide = dataclasses.replace(model, mean=model.mean * np.float32([1.5, 1, 1]))
    wide.save(tmp_path / "wide.npz")
    assert not np.allclose(load_mouth(str(tmp_path / "wide.npz"), 30).mean, load_mouth("", 30).mean)
    none = Landmarks(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
    with pytest.raises(FaceModelError, match="landmarks"):
        mouth_of(dataclasses.replace(model, landmarks_68=none), 30)
