# SPDX-License-Identifier: Apache-2.0
"""What is measured of pictures that were taken as photos."""

import numpy as np
import pytest

from styletalk.photoreal.photo.calibration import with_opening
from styletalk_research.datasets.photo_error import error_covariance
from styletalk_research.evaluation.photo_reference import MEASURES, SYSTEMS, PictureErrors, as_markdown, errors_mm
from styletalk_research.evaluation.photo_strangers import Stranger
from styletalk_research.evaluation.photo_strangers import as_markdown as strangers_table


def test_an_opening_that_is_three_millimetres_off_counts_as_three():
    known = with_opening(np.zeros(64), 2.0)
    errors = errors_mm(np.stack([known, with_opening(known, 5.0)]), known)
    np.testing.assert_allclose(errors[0], 0, atol=1e-4)
    assert errors[1, MEASURES.index("opening, mm")] == pytest.approx(3.0, abs=0.1)


def test_the_tables_have_the_means_of_pictures_and_of_clips():
    found = [PictureErrors(clip, np.full((len(SYSTEMS), len(MEASURES)), value), np.ones(3)) for clip, value in
             (("a", 1.0), ("a", 3.0), ("b", 8.0))]  # fmt: skip
    text = as_markdown(found)
    assert "| plain landmark fit | 4.00 | 4.00 | 4.00 | 4.00 |" in text
    assert "| plain landmark fit | 2.00 | 8.00 |" in text


def test_strangers_are_counted_by_photo_and_averaged_by_film():
    found = [Stranger("a", np.array([[0.04, 0.02, 0.01], [0.02, 0.03, 0.01]])), Stranger("b", np.full((2, 3), 0.05))]
    text = strangers_table(found)
    assert "| a | 0.0300 | 0.0250 | 0.0100 | 1 of 2 |" in text
    assert "| mean of 2 | 0.0400 | 0.0375 | 0.0300 | 1 of 4 |" in text


def test_each_speaker_counts_alike_in_the_error_and_one_can_be_left_out():
    errors = {"a": np.full((9, 64), 1.0), "b": np.full((3, 64), 3.0)}
    assert np.allclose(np.diag(error_covariance(errors)), (1 + 9) / 2)
    assert np.allclose(np.diag(error_covariance(errors, without="b")), 1.0)
