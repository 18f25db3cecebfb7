# SPDX-License-Identifier: Apache-2.0
"""A line whose style changes on the way begins in one style and ends in the other."""

import numpy as np

from styletalk.networks.engine.inference import load_engine
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style
from styletalk_research.presets.between import between


def test_a_line_begins_in_one_style_and_ends_in_the_other():
    rows, labels = between("happy", "sad")
    engine = load_engine(engine="numpy")
    assert len(rows) == len(labels) and np.isfinite(rows).all()
    codes = np.stack([style_code(read_style(name), engine) for name in ("happy", "sad")])
    levels = engine.coefficients_of_styles(labels, codes).mean(1)
    third = len(rows) // 3

    def nearer(part: np.ndarray) -> float:
        """Distance from happy against that from sad."""
        apart = np.linalg.norm(part.mean(0) - levels, axis=1)
        return float(apart[0] / apart[1])

    assert nearer(rows[:third]) < 0.7 and nearer(rows[-third:]) > 1.4
