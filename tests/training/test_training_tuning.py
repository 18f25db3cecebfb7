# SPDX-License-Identifier: Apache-2.0
"""The shipped weights go on learning from somebody's own recordings, and stay what they were for others."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import Cancelled
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
from styletalk.networks.engine.inference import load_engine
from styletalk.styles.library import read_style
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.recordings import Recording

torch = pytest.importorskip("torch")

from styletalk_research.training.distillation import tuning  # noqa: E402  (after the skip)
from styletalk_research.training.distillation.tuning import FRAMES, Tuner, tune  # noqa: E402

RNG = np.random.default_rng(8)
ROWS = 240


def recording() -> Recording:
    """Somebody whose mouth opens as no network would have it: with a clock, not with what is said."""
    beat = np.sin(np.arange(ROWS) / 4)[:, None]
    faces = read_style("neutral").clip[:1] + 0.3 * beat * np.eye(64)[0] + RNG.normal(0, 0.01, (ROWS, 64))
    labels = np.repeat(RNG.integers(0, 41, ROWS // 5), 5).astype(np.int16)
    return Recording("a", "anna", faces.astype(np.float32), labels, RNG.normal(0, 1, (ROWS, 155)).astype(np.float32))


def test_a_tuned_network_comes_nearer_to_its_person_and_keeps_the_styles_that_ship(tmp_path: Path):
    clip, before = recording(), load_engine(DEFAULT_WEIGHTS, engine="numpy")
    tuner = Tuner([clip], DEFAULT_WEIGHTS)
    for step in range(12):
        tuner.advance(step / 40)
    tuner.save(tmp_path / "own.safetensors", {})
    after = load_engine(tmp_path / "own.safetensors", engine="numpy")

    def moved(engine, style: np.ndarray) -> np.ndarray:
        rows = engine.coefficients(clip.labels, engine.encode_style(style), audio_features=clip.audio_features)
        return rows - rows.mean(0)

    own, preset = clip.expression[:120], read_style("neutral").clip
    errors = [np.square(moved(engine, own) - clip.centred).mean() for engine in (before, after)]
    assert errors[1] < 0.9 * errors[0]
    changed, was = moved(after, preset) - moved(before, preset), moved(before, preset)
    assert np.square(changed).mean() < 0.1 * np.square(was).mean()


def test_of_a_tracked_face_only_the_lower_part_is_asked_for_and_the_level_stays():
    clip = recording()
    tuner = Tuner([replace(clip, mouth=np.zeros((ROWS, 2), np.float32))], DEFAULT_WEIGHTS)
    as_before = torch.zeros(1, FRAMES, 64)
    wanted = tuner._moved(as_before, tuner.recordings, [20])[0].numpy()
    upper = list(tuner.sizes.upper_face)
    assert np.ptp(wanted[:, 0]) > 0.3 and not wanted[:, upper].any()
    np.testing.assert_allclose(
        wanted[:, 0], clip.centred[20 : 20 + FRAMES, 0], atol=1e-5
    )  # at level 0, as before, and of its size


def test_recordings_that_are_too_short_are_named():
    with pytest.raises(TrainingDataError, match="four seconds"):
        Tuner([replace(recording(), expression=np.zeros((30, 64), np.float32))], DEFAULT_WEIGHTS)


@pytest.fixture
def manifest(monkeypatch):
    """Holds what the runs learn from."""
    clips = [recording()]
    monkeypatch.setattr(tuning, "load_manifest", lambda path, sound_columns: clips)
    monkeypatch.setattr(tuning, "SAVE_EVERY", 2)
    return clips


def test_a_tuning_that_was_stopped_ends_as_one_that_was_not(tmp_path: Path, manifest):
    def stop(fraction: float, stage: str) -> None:
        if fraction > 0.7:
            raise Cancelled("Cancelled.")

    whole = tune([tmp_path], tmp_path / "whole", DEFAULT_WEIGHTS, steps=4)
    with pytest.raises(Cancelled):
        tune([tmp_path], tmp_path / "run", DEFAULT_WEIGHTS, stop, steps=4)
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    done: list[float] = []
    again = tune([tmp_path], tmp_path / "run", DEFAULT_WEIGHTS, lambda fraction, _: done.append(fraction), steps=4)
    assert done == [0.75, 1.0] and again.read_bytes() == whole.read_bytes()


def test_a_tuning_writes_over_nothing_that_another_has_made(tmp_path: Path, manifest):
    """What it is asked, what it starts from and what it learns from are told apart by their content."""
    run = tmp_path / "run"
    weights = tune([tmp_path], run, DEFAULT_WEIGHTS, steps=2)
    made = weights.read_bytes()
    other = tmp_path / "other" / "weights.safetensors"
    other.parent.mkdir()
    shutil.copy(weights, other)
    namesake = tmp_path / DEFAULT_WEIGHTS.name
    shutil.copy(weights, namesake)
    with pytest.raises(TrainingDataError, match="another run"):
        tune([tmp_path], run, namesake, steps=2)
    manifest[0] = replace(manifest[0], labels=manifest[0].labels[::-1].copy())
    with pytest.raises(TrainingDataError, match="other recordings"):
        tune([tmp_path], run, DEFAULT_WEIGHTS, steps=2)
    with pytest.raises(TrainingDataError, match="of something else"):
        tune([tmp_path], other.parent.rename(tmp_path / "theirs"), DEFAULT_WEIGHTS, steps=2)
    assert weights.read_bytes() == made


def test_the_mean_of_networks_lies_between_them_and_other_sizes_are_refused(tmp_path: Path):
    from styletalk.networks.checkpoints.generator import read_weights
    from styletalk_research.training.distillation.averaging import average

    twice = read_weights(average([DEFAULT_WEIGHTS, DEFAULT_WEIGHTS], tmp_path / "same.safetensors")).tensors
    for name, tensor in read_weights(DEFAULT_WEIGHTS).tensors.items():
        np.testing.assert_array_equal(twice[name], tensor, err_msg=name)
    tuner = Tuner([recording()], DEFAULT_WEIGHTS)
    tuner.advance(0.0)
    tuner.advance(0.0)
    tuner.save(tmp_path / "moved.safetensors", {})
    name = "decoder.lower_tail_fc.0.weight"
    first, last = (read_weights(path).tensors[name] for path in (DEFAULT_WEIGHTS, tmp_path / "moved.safetensors"))
    mean = read_weights(average([DEFAULT_WEIGHTS, tmp_path / "moved.safetensors"], tmp_path / "mean.safetensors"))
    np.testing.assert_allclose(mean.tensors[name], (first + last) / 2, atol=2e-3)
    with pytest.raises(TrainingDataError, match="sizes"):
        average([DEFAULT_WEIGHTS, DEFAULT_WEIGHTS.with_name("phonemes_only.safetensors")], tmp_path / "no.safetensors")
