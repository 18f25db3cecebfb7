# SPDX-License-Identifier: Apache-2.0
"""The phoneme network's training: targets are where the sound is, and what is trained is what NumPy computes."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.phonemes import PHONEME_INDEX, SILENCE_INDEX
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ
from styletalk.speech.hearing.phoneme_network import networks_of
from styletalk_research.hearing.augment import CHANGES, at_speed
from styletalk_research.hearing.spoken import UNKNOWN, joined, labelled_clip, spoken
from styletalk_research.hearing.study import known_segments, onset_errors_s

torch = pytest.importorskip("torch")

from styletalk_research.hearing import train  # noqa: E402  (after the skip)
from styletalk_research.hearing.features import Heard  # noqa: E402

AA, B = PHONEME_INDEX["AA"], PHONEME_INDEX["B"]


def line(seconds: float = 1.0):
    samples = np.sin(np.arange(round(seconds * SAMPLE_RATE_HZ)) * 0.1).astype(np.float32)
    return spoken(samples, [("AA", 0.0, 0.4), ("", 0.4, 0.5), ("B", 0.5, 1.0)], "voice")


def test_targets_are_what_is_said_then_and_unknown_where_nobody_knows():
    targets = line().targets(110)
    assert (targets[:40] == AA).all() and (targets[40:50] == UNKNOWN).all() and (targets[50:100] == B).all()
    assert (targets[100:] == UNKNOWN).all()


def test_joined_lines_and_another_speed_move_the_times_with_the_sound():
    both = joined([line(), line()], np.array([0.2, 0.3, 0.1]))
    assert len(both.samples) == round(2.6 * SAMPLE_RATE_HZ)
    targets = both.targets(260)
    assert (targets[:20] == SILENCE_INDEX).all() and (targets[21:59] == AA).all() and targets[125] == SILENCE_INDEX
    assert (targets[151:189] == AA).all()
    fast = at_speed(line(), 1.25)
    assert len(fast.samples) == round(0.8 * SAMPLE_RATE_HZ) and fast.times_s[-1, 1] == pytest.approx(0.8)


def test_between_rows_of_different_labels_a_clip_says_nothing(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    (tmp_path / "a_seq.json").write_text(json.dumps([SILENCE_INDEX] * 10 + [AA] * 10 + [B] * 11))
    targets = labelled_clip(tmp_path / "a.wav", tmp_path / "a_seq.json").targets(100)
    middles = np.rint((np.arange(1, 30) - 0.5) / 30 * 100).astype(int)  # published labels run one frame late
    assert targets[middles].tolist() == [SILENCE_INDEX] * 9 + [AA] * 10 + [B] * 10
    assert targets[30] == targets[63] == UNKNOWN and UNKNOWN not in targets[34:59]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_voice_has_its_length_and_is_not_silent(change):
    changed = change(line(2.0).samples, np.random.default_rng(0))
    assert changed.shape == (2 * SAMPLE_RATE_HZ,) and changed.dtype == np.float32
    assert np.isfinite(changed).all() and changed.std() > 1e-3
    assert np.abs(changed - line(2.0).samples).max() > 1e-3


def test_onsets_are_compared_where_the_phonemes_agree():
    known = known_segments(line())
    late = [type(each)(each.phoneme, each.start_s + 0.02, each.end_s + 0.02) for each in known]
    np.testing.assert_allclose(onset_errors_s([late[0], type(late[0])("M", 0.43, 0.5), late[1]], known), 0.02)


def windows(count: int, seed: int) -> list[Heard]:
    """Features of all four blocks; the first 41 columns of the last one say the phoneme."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        said = np.repeat(rng.integers(0, 41, 20), 10)
        rows = rng.normal(size=(200, 4 * 384)).astype(np.float16)
        rows[:, 3 * 384 : 3 * 384 + 41] += 8 * np.eye(41, dtype=np.float16)[said]
        found.append(Heard(rows, np.stack([said, said], 1).astype(np.int16), False))
    return found


def test_a_group_of_sources_is_left_out_by_the_beginnings_of_their_names():
    known = {name: [] for name in ("Obama_clip1", "Obama_clip2", "andrew_clip_1", "de", "it")}
    assert set(train.without("Obama+de", known)) == {"andrew_clip_1", "it"}
    assert train.without("nothing", known) == known


def test_what_is_trained_is_what_numpy_computes_and_it_learns(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(train, "BATCHES", (4, 4))
    network = train.base({"voice": windows(6, 0)}, 60, seed=0)
    unknown = windows(1, 1)[0]
    rows = unknown.rows.astype(np.float32)
    with torch.no_grad():
        expected = torch.log_softmax(network(torch.from_numpy(train.used(rows))[None]), -1)[0].numpy()
    train.save_network(network, tmp_path / "nothing-0.npz")
    states = np.split(rows, 4, axis=1)
    once = networks_of(train.merged([tmp_path / "nothing-0.npz"]))(states)
    twice = networks_of(train.merged([tmp_path / "nothing-0.npz"] * 2))(states)
    np.testing.assert_allclose(once, expected, atol=2e-3)
    np.testing.assert_allclose(twice, once, atol=1e-4)
    assert (once.argmax(1) == unknown.targets.ravel()).mean() > 0.3  # chance is 0.02
