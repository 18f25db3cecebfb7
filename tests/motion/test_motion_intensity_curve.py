# SPDX-License-Identifier: Apache-2.0
"""An intensity curve from a file, and what a line makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.emphasis import Emphasis
from styletalk.errors import IntensityCurveError
from styletalk.motion.envelope import EnvelopeOptions
from styletalk.motion.intensity_curve import read_curve
from styletalk.motion.line import SpokenLine
from styletalk.phonemes import PhonemeSegment, PhonemeTrack
from styletalk.timeline import row_time_s

TRACK = PhonemeTrack((PhonemeSegment("AA", 0.2, 2.8),), 3.0)
OPTIONS = EnvelopeOptions(lead_in_s=0.4, lead_out_s=0.6, swell=True)


def test_a_drawn_curve_takes_the_place_of_everything_that_makes_the_intensity(tmp_path):
    (tmp_path / "curve.csv").write_text("seconds,intensity\n0,0.5\n1,2\n2,2\n")
    line = SpokenLine.of(TRACK, np.zeros(90, np.int16), Emphasis.none(90), OPTIONS, 1.5, tmp_path / "curve.csv")
    times = row_time_s(line.first_row + np.arange(len(line.intensity)))
    np.testing.assert_allclose(line.intensity, np.interp(times, [0, 1, 2], [0.5, 2, 2]), atol=1e-6)
    spoken = (times > 0.2) & (times < 2.8)
    assert line.mean_intensity == pytest.approx(line.intensity[spoken].mean(), rel=0.03)
    assert line.first_row < 0, "the rows before and after the sound stay"


def test_the_curve_of_an_animation_gives_the_same_intensity_again(tmp_path):
    made = SpokenLine.of(TRACK, np.zeros(90, np.int16), Emphasis.none(90), OPTIONS, 1.5)
    still = FaceAnimation.still(np.zeros((len(made.labels), 64)), made.labels, {"sync_offset_ms": 80.0})
    replace(still, first_row=made.first_row, intensity=made.intensity).save(tmp_path / "line.npz")
    again = SpokenLine.of(TRACK, np.zeros(90, np.int16), Emphasis.none(90), OPTIONS, 0.3, tmp_path / "line.npz")
    np.testing.assert_allclose(again.intensity, made.intensity, atol=1e-6)


@pytest.mark.parametrize(
    "name, content",
    [("a.csv", ""), ("b.csv", "0,1,2\n"), ("c.csv", "0,1\n0,1\n"), ("d.csv", "0,-1\n"), ("e.csv", "0,nan\n"),
     ("f.txt", "0,1\n"), ("g.csv", "0,99\n"), ("h.npz", "none")],
)  # fmt: skip
def test_what_is_no_curve_is_refused_in_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(Exception) as caught:
        read_curve(tmp_path / name)
    assert isinstance(caught.value, IntensityCurveError) or name == "h.npz"
    assert name in str(caught.value)
    with pytest.raises(IntensityCurveError, match="no intensity curve"):
        read_curve(tmp_path / "missing.csv")
