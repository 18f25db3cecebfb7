# SPDX-License-Identifier: Apache-2.0
"""FACEGOOD's faces are late; what is read of them is in time."""

import json

import numpy as np
import pytest

from styletalk_research.datasets.facegood import LATE_S, LATER_S, read_facegood


@pytest.mark.parametrize("name", ["2_01", "2_05"])
def test_a_jaw_that_opens_late_in_the_recording_opens_in_time(tmp_path, name):
    """The last rows stay as they are recorded: there is nothing after them."""
    opening = np.linspace(0, 1, 31)[:, None]
    np.save(tmp_path / f"{name}.npy", opening.astype(np.float32))
    (tmp_path / "blendshape_names.json").write_text(json.dumps(["mouth_stretch_c"]))
    weights, _ = read_facegood(tmp_path / f"{name}.npy")
    jaw = weights[:, weights.any(axis=0)][:, 0]
    late_rows = 30 * LATER_S.get(name, LATE_S)
    np.testing.assert_allclose(jaw, np.minimum(np.arange(31) + late_rows, 30) / 30, atol=1e-6)
