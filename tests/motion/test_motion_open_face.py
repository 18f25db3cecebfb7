# SPDX-License-Identifier: Apache-2.0
"""On the open face's own mesh: wild motion and labels without sense still close, and lips stay out of each other."""

from dataclasses import replace

import numpy as np
import pytest
from closures_measured import closure_rate, gaps_on_the_mesh_mm, nearest_rows

from styletalk.animation import FaceAnimation
from styletalk.face.landmarks import inner_lip_distance_mm
from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM, close_lips
from styletalk.motion.lips import LipGap
from styletalk.phonemes import PHONEME_INDEX, PHONEMES

BILABIALS = [PHONEME_INDEX[name] for name in "PBM"]


def wild(seed, rows=150):
    """Twice as far as published clips stray, the jaw anywhere from jammed to gaping; a tenth of all labels bilabial."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 6, rows)
    labels = np.repeat(generator.integers(0, len(PHONEMES), rows), lengths)[:rows].astype(np.int16)
    labels[generator.random(rows) < 0.1] = generator.choice(BILABIALS)
    noise = np.stack([np.convolve(generator.normal(size=rows), np.hanning(9) / 3, "same") for _ in range(64)], axis=1)
    coefficients = 2 * noise * open_face().coefficient_std
    coefficients[:, 0] -= generator.uniform(-1.5, 1.5)
    return coefficients.astype(np.float32), labels


@pytest.mark.parametrize("seed", range(6))
def test_wild_motion_closes(seed):
    coefficients, labels = wild(seed)
    closed = close_lips(coefficients, labels, open_face())
    before, after = (closure_rate(FaceAnimation.still(c, labels), open_face()) for c in (coefficients, closed))
    assert after[0] == 1.0 and after[1] > 10 and after[2] <= CLOSED_MM < before[2]
    rows = nearest_rows(LipGap.of(open_face()).opening_mm(closed), labels)
    assert np.abs(inner_lip_distance_mm(open_face(), closed)[rows]).max() <= CLOSED_MM


def test_closing_twice_changes_next_to_nothing():
    coefficients, labels = wild(1)
    once = close_lips(coefficients, labels, open_face())
    lips = LipGap.of(open_face())
    again = lips.opening_mm(close_lips(once, labels, open_face()))
    assert np.median(np.abs(again - lips.opening_mm(once))) < 0.05


def test_lips_measure_as_on_the_whole_mesh():
    coefficients, _ = wild(2, 40)
    gaps_mm = gaps_on_the_mesh_mm(open_face(), coefficients)
    assert gaps_mm.min() < -CLOSED_MM and gaps_mm.max() > 5, "some pass into each other, some stand open"
    np.testing.assert_allclose(LipGap.of(open_face()).places_mm(coefficients), gaps_mm, rtol=0, atol=1e-3)


def test_lips_that_are_measured_quickly_close_as_those_measured_on_the_mesh(monkeypatch):
    coefficients, labels = wild(3, 30)
    quick = close_lips(coefficients, labels, open_face())
    slow = replace(LipGap.of(open_face()), measure=lambda rows: gaps_on_the_mesh_mm(open_face(), rows))
    monkeypatch.setattr(LipGap, "of", classmethod(lambda cls, face: slow))
    exact = close_lips(coefficients, labels, open_face())
    assert np.abs(exact - coefficients).max() > 0.1, "something was closed"
    apart_mm = gaps_on_the_mesh_mm(open_face(), quick) - gaps_on_the_mesh_mm(open_face(), exact)
    assert np.abs(apart_mm).max() <= 0.01
