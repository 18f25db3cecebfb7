# SPDX-License-Identifier: Apache-2.0
"""Which pixels are a person: what MediaPipe says, or nothing where it cannot say it."""

import numpy as np
import pytest

from styletalk.tracking import people


@pytest.mark.parametrize("problem", [RuntimeError("Unable to open the model"), FileNotFoundError("no model")])
def test_a_wheel_without_the_model_says_nothing(monkeypatch, problem):
    """A photo is fitted without a matte then, and no pass fails for it."""

    class Broken:
        @staticmethod
        def SelfieSegmentation(model_selection):
            raise problem

    monkeypatch.setattr(people, "_solution", lambda: Broken)
    assert people.person_mask(np.zeros((8, 8, 3), np.uint8)) is None
