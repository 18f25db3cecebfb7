# SPDX-License-Identifier: Apache-2.0
"""Keys changed by hand outlive the next bake, whatever was changed, as often as it is baked."""

import numpy as np
import pytest

from styletalk.motion.hand_edits import Keys, edits_between, rewritten

LINEAR, BEZIER, FREE, ALIGNED, AUTO = 1, 2, 0, 3, 4


def keys(frames, values, kind=LINEAR, handle=AUTO):
    """Keys with handles two frames away."""
    frames, values = np.asarray(frames, np.float32), np.asarray(values, np.float32)
    points = np.column_stack([frames, values, frames - 2, values - 1, frames + 2, values + 1]).astype(np.float32)
    kinds = np.tile(np.array([kind, handle, handle, 0, 0], np.uint8), (len(frames), 1))
    return Keys(points, kinds, np.tile(np.float32([1.7, 0.8, 4.1]), (len(frames), 1)))


def seen(of):
    """What a linear curve shows."""
    return lambda frames: np.interp(frames, of.frames, of.points[:, 1])


def value_at(of, frame):
    (found,) = of.points[of.frames == frame, 1]
    return float(found)


@pytest.fixture
def wrote():
    return keys(range(20), np.zeros(20))


@pytest.fixture
def new():
    return keys(range(20), np.full(20, 3.0))


def without(some, frame):
    return some.of(some.frames != frame)


def test_what_was_not_touched_is_replaced_whole(wrote, new):
    made, record = rewritten(wrote, wrote, new, 3, seen(wrote))
    assert edits_between(wrote, wrote).count == 0
    assert made is new and record is new


def test_a_changed_value_stays_and_its_neighbours_fade_over_the_frames_that_were_asked_for(wrote, new):
    now = without(wrote, 10).beside(keys([10], [1.0]))
    made, record = rewritten(wrote, now, new, 3, seen(now))
    assert value_at(made, 10) == 1.0
    assert [value_at(made, frame) for frame in (11, 12, 13, 14)] == pytest.approx([0.75, 1.5, 2.25, 3.0])
    assert [value_at(made, frame) for frame in (9, 6)] == pytest.approx([0.75, 3.0])
    assert edits_between(record, made).count == 1


def test_a_deleted_key_stays_away_between_neighbours_that_keep_their_values(wrote, new):
    now = without(without(wrote, 10), 11)
    made, record = rewritten(wrote, now, new, 1, seen(now))
    assert not {10.0, 11.0} & set(made.frames.tolist())
    assert [value_at(made, frame) for frame in (9, 12, 8, 13, 7)] == pytest.approx([0.0, 0.0, 1.5, 1.5, 3.0])
    assert edits_between(record, made).count == 2


def test_a_moved_key_is_one_edit_and_lies_where_it_was_moved_to(wrote, new):
    now = without(wrote, 10).beside(keys([10.4], [0.0]))
    made, _ = rewritten(wrote, now, new, 2, seen(now))
    assert edits_between(wrote, now).count == 1
    assert np.float32(10.4) in made.frames and 10.0 not in made.frames


def test_interpolation_and_handles_count_and_are_kept(wrote, new):
    other = keys([10], [0.0], BEZIER, FREE)
    pulled = Keys(other.points + np.float32([0, 0, -1, 0.5, 0, 0]), other.kinds, other.ease)
    now = without(wrote, 10).beside(pulled)
    made, _ = rewritten(wrote, now, new, 2, seen(now))
    assert edits_between(wrote, now).count == 1
    at = made.frames == 10
    assert np.array_equal(made.points[at], pulled.points) and np.array_equal(made.kinds[at], pulled.kinds)


def test_handles_that_blender_sets_by_itself_are_no_edit(wrote):
    moved = wrote.points.copy()
    moved[:, 2:] += 0.3
    assert edits_between(wrote, Keys(moved, wrote.kinds, wrote.ease)).count == 0


def test_a_handle_pulled_on_an_aligned_key_is_an_edit_and_rounding_is_none():
    wrote = keys([0, 8, 16], [0.0, 1.0, 0.0], BEZIER, ALIGNED)
    assert edits_between(wrote, wrote).count == 0
    rounded = Keys(wrote.points * np.float32(1 + 1e-7), wrote.kinds, wrote.ease)
    rounded.points[:, :2] = wrote.points[:, :2]
    assert edits_between(wrote, rounded).count == 0
    pulled = wrote.points.copy()
    pulled[1, 5] += 0.05
    assert edits_between(wrote, Keys(pulled, wrote.kinds, wrote.ease)).changed.tolist() == [False, True, False]


def test_a_handle_that_blender_cuts_beside_an_added_key_is_no_edit():
    wrote = keys([0, 8, 16], [0.0, 1.0, 0.0], BEZIER, ALIGNED)
    cut = wrote.points.copy()
    cut[0, 4:] = (cut[0, 4:] + cut[0, :2]) / 2
    now = Keys(cut, wrote.kinds, wrote.ease).beside(keys([4], [0.5], BEZIER, FREE))
    assert edits_between(wrote, now).changed.tolist() == [False] * 4 and edits_between(wrote, now).count == 1


def test_new_keys_on_other_frames_do_not_fill_what_was_deleted():
    wrote = keys([0, 6, 12, 18], [0.0, 1.0, 2.0, 3.0], BEZIER, ALIGNED)
    now = without(wrote, 12)
    new = keys([0, 5, 8, 14, 18], np.full(5, 9.0), BEZIER, ALIGNED)
    made, record = rewritten(wrote, now, new, 0, seen(now))
    assert made.frames.tolist() == [0, 5, 6, 18]
    assert value_at(made, 6) == 1.0 and value_at(made, 18) == 3.0
    assert edits_between(record, made).count == 1


def test_no_new_key_falls_between_two_of_the_animators_that_follow_each_other():
    wrote = keys([0, 6, 12, 18, 24], np.zeros(5), BEZIER, ALIGNED)
    now = wrote.of(~np.isin(wrote.frames, (6, 12))).beside(keys([6, 12], [1.0, 1.0], BEZIER, ALIGNED))
    new = keys([0, 3, 6, 8, 9, 10, 15, 24], np.full(8, 9.0), BEZIER, ALIGNED)
    made, record = rewritten(wrote, now, new, 0, seen(now))
    assert made.frames.tolist() == [0, 3, 6, 12, 15, 24]
    again, _ = rewritten(record, made, new, 0, seen(made))
    assert again.frames.tolist() == made.frames.tolist()


def test_a_channel_of_few_keys_that_are_all_the_animators_stays_as_it_is():
    wrote = keys([0, 6, 12, 18], [0.0, 1.0, 2.0, 3.0], BEZIER, ALIGNED)
    now = keys([0, 6, 12, 18], [0.5, 1.5, 2.5, 3.5], BEZIER, ALIGNED)
    made, _ = rewritten(wrote, now, keys([0, 4, 9, 18], np.full(4, 9.0), BEZIER, ALIGNED), 3, seen(now))
    assert made.points.tolist() == now.points.tolist()


def test_keys_move_with_their_line_and_its_rate(wrote):
    moved = wrote.at(4.0, 104.0, 30 / 24)
    assert moved.frames[4] == 104.0 and moved.frames[8] == 109.0
    assert moved.at(104.0, 4.0, 24 / 30).points == pytest.approx(wrote.points, abs=1e-4)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_of_a_hand_is_lost_however_often_it_is_baked(seed):
    """Random edits between random bakes, on every frame or on few: the hand's keys stay, the deleted stay away."""
    rng = np.random.default_rng(seed)
    wrote = now = _baked(rng)
    gone, hand = {}, {}
    for _ in range(8):
        for _ in range(rng.integers(0, 4)):
            now = _edited(rng, now, hand, gone, wrote)
        now, wrote = rewritten(wrote, now, _baked(rng), int(rng.integers(0, 6)), seen(now))
        assert (np.diff(now.frames) > 0).all() and np.isfinite(now.points).all()
        found = {float(frame): tuple(point) for frame, point in zip(now.frames, now.points, strict=True)}
        assert hand.items() <= found.items() and not gone.keys() & found.keys()
        edits = edits_between(wrote, now)
        assert set(now.frames[edits.hand].tolist()) == set(hand)


def _baked(rng):
    frames = np.arange(40) if rng.random() < 0.5 else np.unique(np.append(rng.integers(0, 40, 9), (0, 39)))
    return keys(frames, rng.normal(size=len(frames)), BEZIER, ALIGNED)


def _edited(rng, now, hand, gone, wrote):
    """Change, add or delete one key, and note it."""
    if len(now) < 4 or rng.random() < 0.3:
        frame = float(np.float32(rng.integers(0, 39) + 0.25 + 0.5 * rng.random()))
        if np.abs(now.frames - frame).min() < 0.1:
            return now
        made = keys([frame], rng.normal(size=1), BEZIER, FREE)
        hand[frame] = tuple(made.points[0])
        return now.beside(made)
    frame = float(now.frames[rng.integers(len(now))])
    rest = without(now, frame)
    if rng.random() < 0.4:
        hand.pop(frame, None)
        if frame in wrote.frames:
            gone[frame] = True
        return rest
    made = keys([frame], rng.normal(size=1), BEZIER, FREE)
    hand[frame] = tuple(made.points[0])
    return rest.beside(made)
