# SPDX-License-Identifier: Apache-2.0
"""A capture beside its film's own sound moves when the film does."""

from pathlib import Path

import numpy as np
import pytest
from synthetic_tracks import speaking, track_of

from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.timeline import row_time_s
from styletalk.tracking import capture as capture_module
from styletalk.tracking.capture import CaptureOptions, capture


@pytest.mark.parametrize("lag_ms", (0.0, 100.0))
def test_rows_of_a_capture_show_the_picture_of_their_own_time(monkeypatch, lag_ms):
    coefficients = speaking(120)
    shown = face_tracks(open_face(), coefficients.astype(np.float32))[:, 0]
    monkeypatch.setattr(capture_module, "track_face", lambda *_, **__: track_of(coefficients))
    monkeypatch.setattr(capture_module, "open_film", lambda _: type("Film", (), {"has_sound": True}))
    _, fitted = capture(Path("a.mp4"), CaptureOptions(lag=f"{lag_ms}"))
    gap = face_tracks(open_face(), fitted.expression)[3:-3, 0]
    at_s = row_time_s(np.arange(3, len(fitted.expression) - 3)) + lag_ms / 1000

    def agreement(shift_s: float) -> float:
        return float(np.corrcoef(gap, np.interp(at_s + shift_s, np.arange(120) / 30, shown))[0, 1])

    assert agreement(0.0) > max(0.95, agreement(-1 / 30), agreement(1 / 30))
