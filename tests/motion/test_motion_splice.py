# SPDX-License-Identifier: Apache-2.0
"""A corrected phoneme changes the face around it and nowhere else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk import track_edits
from styletalk.animation import FaceAnimation
from styletalk.api import AnimationRequest, animate
from styletalk.demo import LINE
from styletalk.errors import AnimationFileError
from styletalk.face.model import open_face
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap
from styletalk.motion.missed_closures import missed_closures
from styletalk.phonemes import PhonemeTrack
from styletalk.speech.formats.alignment_files import write_textgrid

STYLE = {"style": "happy", "intensity": 1.2}
WIDEST_S = 0.6
"""What the page says: nothing further from a change is touched."""
EDITS = {
    "another symbol": lambda track: track_edits.with_symbol(track, 20, "P"),
    "a split": lambda track: track_edits.with_symbol(track_edits.split(track, 30), 31, "M"),
    "one less": lambda track: track_edits.removed(track, 12),
    "a boundary": lambda track: track_edits.with_start(track, 25, track.segments[25].start_s - 0.05),
    "the first": lambda track: track_edits.with_symbol(track, 0, "B"),
    "the last": lambda track: track_edits.removed(track, len(track.segments) - 1),
}


@pytest.fixture(scope="module")
def former(tmp_path_factory) -> tuple[Path, FaceAnimation]:
    path = tmp_path_factory.mktemp("former") / "former.npz"
    animation = animate(AnimationRequest(audio=LINE, **STYLE))
    animation.save(path)
    return path, animation


def made_again(former: Path | None, track: PhonemeTrack, folder: Path, **options) -> FaceAnimation:
    write_textgrid(folder / "line.TextGrid", track)
    chosen = {**STYLE, "former": former, **options}
    return animate(AnimationRequest(audio=LINE, phonemes=folder / "line.TextGrid", **chosen))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_rows_far_from_a_change_are_the_former_ones_bit_for_bit(former, tmp_path, edit):
    path, before = former
    track = edit(before.track)
    after = made_again(path, track, tmp_path)
    span = track_edits.changed_span(before.track, track)
    assert span is not None
    far = (after.times_s < span.start_s - WIDEST_S) | (after.times_s > span.end_s + WIDEST_S)
    both = np.isin(after.times_s, before.times_s)
    assert far.sum() > 100 and after.metadata["kept_rows"] >= (far & both).sum()
    places = after.first_row - before.first_row + np.flatnonzero(far & both)
    for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper", "intensity"):
        kept = getattr(after, name)[far & both]
        np.testing.assert_array_equal(kept, getattr(before, name)[places], err_msg=name)
    near = ~far & both
    changed = after.coefficients[near] != before.coefficients[after.first_row - before.first_row + np.flatnonzero(near)]
    assert changed.any()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_lips_close_in_the_stretch_and_nothing_jumps_at_its_ends(former, tmp_path, edit):
    """The lips move no faster than in an animation that was made as a whole."""
    path, before = former
    track = edit(before.track)
    after, whole = made_again(path, track, tmp_path), made_again(None, track, tmp_path)
    assert "kept_rows" not in whole.metadata
    assert after.metadata["missed_closures"] == []
    lips = LipGap.of(open_face())
    steps = [np.abs(np.diff(lips.opening_mm(each.coefficients))).max() for each in (after, whole)]
    assert steps[0] < steps[1] + 1.0
    jumps = [np.abs(np.diff(each.head_pose, axis=0)).max() for each in (after, before)]
    assert jumps[0] <= jumps[1]


def test_with_nothing_changed_all_is_as_before(former, tmp_path):
    path, before = former
    after = made_again(path, before.track, tmp_path)
    np.testing.assert_array_equal(after.coefficients, before.coefficients)
    assert after.metadata["kept_rows"] == len(before)


def test_another_style_is_made_as_a_whole(former, tmp_path):
    path, before = former
    after = made_again(path, before.track, tmp_path, intensity=0.5)
    assert "kept_rows" not in after.metadata
    assert not np.array_equal(after.coefficients, before.coefficients)


def test_a_former_animation_that_is_none_is_refused_before_the_work(tmp_path):
    with pytest.raises(AnimationFileError, match=r"missing\.npz"):
        animate(AnimationRequest(audio=LINE, former=tmp_path / "missing.npz"), lambda *_: None)


def test_a_closure_with_open_lips_is_named_with_its_time_and_gap(former):
    """Opened by hand around one B, P or M, and at no other."""
    _, before = former
    opened = next(each for each in before.track.segments if each.phoneme == "M" and each.start_s > 1.0)
    rows = np.abs(before.times_s - (opened.start_s + opened.end_s) / 2) < 0.09
    lips = LipGap.of(open_face())
    wide = before.coefficients[np.argmax(lips.opening_mm(before.coefficients))]
    coefficients = np.where(rows[:, None], wide, before.coefficients)
    assert missed_closures(before, open_face()) == []
    ((start_s, gap_mm),) = missed_closures(replace(before, coefficients=coefficients), open_face())
    assert start_s == opened.start_s and gap_mm > 10 * CLOSED_MM
