# SPDX-License-Identifier: Apache-2.0
"""Sync confidence: a perfect judge, a judge from a run's file, and files that are none."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from styletalk.errors import WeightsError
from styletalk_research.evaluation.sync import curve_figures, load_judge, shift_curve

torch = pytest.importorskip("torch")

LABELS = np.random.default_rng(2).integers(0, 41, 300).astype(np.int16)


def perfect_judge(frames: int = 3) -> SimpleNamespace:
    """Sees the label that a mouth shows written in its coefficients, and compares it with the window's middle."""
    eye = torch.eye(64)
    return SimpleNamespace(
        mouth_frames=frames, mouth=lambda rows: rows[:, frames // 2],
        phonemes=lambda windows: eye[windows[:, windows.shape[1] // 2]],
    )  # fmt: skip


@pytest.mark.parametrize("late", [-6, 0, 9])
def test_the_curve_peaks_at_the_shift_of_the_sound(late):
    shown = np.eye(64, dtype=np.float32)[LABELS]
    curve = shift_curve(perfect_judge(), shown, np.roll(LABELS, late))
    probability, confidence, offset = curve_figures(curve)
    assert len(curve) == 31 and offset == abs(late) and np.argmax(curve) - 15 == -late
    assert curve.max() == pytest.approx(1, abs=0.03)
    assert (confidence > 0.9) == (probability > 0.9) == (late == 0)


def test_a_still_mouth_gets_no_confidence():
    still = np.tile(np.eye(64, dtype=np.float32)[3], (300, 1))
    assert abs(curve_figures(shift_curve(perfect_judge(), still, LABELS))[1]) < 0.02


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with config.json and sync.pt as the training writes them, random weights."""
    from styletalk_research.discriminators.frozen import sync_discriminator
    from styletalk_research.training.paper.config import PaperConfig

    torch.manual_seed(1)
    folder, config = tmp_path_factory.mktemp("run"), PaperConfig()
    (folder / "config.json").write_text(config.to_json(), encoding="utf-8")
    network = sync_discriminator(config.sync, config.generator).state_dict()
    torch.save({"networks": {"sync": {"network": network}}, "standing": {"finished": True}}, folder / "sync.pt")
    return folder


def test_the_discriminator_of_a_run_judges_the_same_every_time(run):
    judge = load_judge(run / "sync.pt")
    rows = np.random.default_rng(0).normal(0, 0.2, (100, 64)).astype(np.float32)
    curve = shift_curve(judge, rows, LABELS[:100])
    assert (curve >= 0).all() and (curve <= 1).all()
    np.testing.assert_array_equal(curve, shift_curve(judge, rows, LABELS[:100]))


def test_a_curve_is_the_discriminators_own_probability(run):
    from styletalk_research.datasets.pairs import windows
    from styletalk_research.discriminators.lip_sync import windows_of_sequence

    judge = load_judge(run / "sync.pt")
    rows = np.random.default_rng(0).normal(0, 0.2, (100, 64)).astype(np.float32)
    around, spoken = windows_of_sequence(torch.from_numpy(rows)[None], torch.from_numpy(windows(LABELS[:100]))[None],
                                       judge.mouth_frames)  # fmt: skip
    expected = float(judge(around, spoken).mean())
    assert shift_curve(judge, rows, LABELS[:100])[15] == pytest.approx(expected, abs=2e-4)


def test_files_that_are_no_discriminator_are_refused_in_a_sentence(run, tmp_path):
    with pytest.raises(WeightsError, match="training run"):
        load_judge(tmp_path / "absent.pt")
    (tmp_path / "config.json").write_text((run / "config.json").read_text(), encoding="utf-8")
    (tmp_path / "sync.pt").write_bytes(b"hello")
    with pytest.raises(WeightsError, match="not the state"):
        load_judge(tmp_path / "sync.pt")
    torch.save({"networks": {"sync": {"network": {}}}, "standing": {}}, tmp_path / "sync.pt")
    with pytest.raises(WeightsError, match="does not fit"):
        load_judge(tmp_path / "sync.pt")
