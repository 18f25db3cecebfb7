# SPDX-License-Identifier: Apache-2.0
"""The real trainer on a miniature data set: it learns, it resumes as if never stopped, and its weights play."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from paper_miniature import write_data

from styletalk.errors import Cancelled
from styletalk.networks.checkpoints.generator import read_weights
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.inference import load_engine
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.pairs import relabelled
from styletalk_research.datasets.recordings import Utterance
from styletalk_research.datasets.utterances import save_utterances
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.distillation.distill import student_loss
from styletalk_research.training.distillation.material import training_recordings
from styletalk_research.training.distillation.side_by_side import train_side_by_side
from styletalk_research.training.distillation.solver import Solver, train
from styletalk_research.training.distillation.teacher_config import TeacherConfig

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """Three speakers whose faces are a fixed function of their labels, in the published layout."""
    folder, rng = write_data(tmp_path_factory.mktemp("data"), phonemes=40), np.random.default_rng(3)
    (folder / "calibration/exp64_stats.json").write_text(json.dumps({"mean": [0.1] * 64, "std": [0.4] * 64}))
    voice = Utterance(rng.integers(0, 41, 60).astype(np.int16), rng.normal(size=(60, 27)))
    save_utterances([voice], folder / "voices.npz")
    return folder


def miniature(data_dir: Path, folder: Path, **changes) -> TrainingConfig:
    generator = GeneratorConfig(d_model=16, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=16,
                                kernels=2, phoneme_dim=8, dropout=0.0)  # fmt: skip
    return dataclasses.replace(
        TrainingConfig(str(data_dir), str(folder / "w.safetensors"), str(folder)),
        generator=generator, teacher=TeacherConfig(seeds=1, width=16, components=4, steps=8, batch=4, frames=24),
        steps=40, styles=4, positives=2, lines=2, frames=12, style_rows=(20, 40), warmup_steps=5, ema=0.9,
        save_every=10, phrases=5,
        **changes,
    )  # fmt: skip


def begun(config: TrainingConfig) -> Solver:
    """A run before its next step."""
    Path(config.work_dir).mkdir(parents=True, exist_ok=True)
    return Solver(config, training_recordings(config))


def losses_on_fixed_batches(solver: Solver) -> dict[str, float]:
    """Terms of the loss on material that no step sees."""
    with torch.no_grad():
        batches = (solver.maker.batch(10**6 + k) for k in range(8))
        terms = [student_loss(solver.student, batch, solver.mouth, solver.config) for batch in batches]
    return {name: float(np.mean([term[name] for term in terms])) for name in terms[0]}


def test_training_reduces_the_loss_and_its_weights_play(data_dir, tmp_path):
    said = []
    solver = begun(dataclasses.replace(miniature(data_dir, tmp_path), steps=120, learning_rate=5e-3))
    before = losses_on_fixed_batches(solver)
    path = solver.run(lambda fraction, stage: said.append((fraction, stage)))
    after = losses_on_fixed_batches(solver)
    for term in ("reconstruction", "lips", "probe"):
        assert after[term] < before[term], term
    assert said[-1][0] == 1.0
    assert "min left" in said[-1][1]
    engine = load_engine(path, engine="numpy")
    rows = engine.coefficients(np.full(20, 2, np.int16), engine.encode_style(np.zeros((30, 64), np.float32)))
    assert np.isfinite(rows).all()


def test_a_run_that_was_stopped_ends_as_one_that_was_not(data_dir, tmp_path):
    whole = train(miniature(data_dir, tmp_path / "whole"))
    config = miniature(data_dir, tmp_path / "stopped")

    def stop(fraction: float, stage: str) -> None:
        if fraction > 0.75:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        train(config, stop)
    assert not Path(config.output).exists()
    assert train(config).read_bytes() == whole.read_bytes()


def test_the_seed_decides_the_weights(data_dir, tmp_path):
    one = train(miniature(data_dir, tmp_path / "one", seed=1)).read_bytes()
    two = train(miniature(data_dir, tmp_path / "two", seed=2)).read_bytes()
    assert one != two


def test_a_run_can_go_on_with_the_student_of_another(data_dir, tmp_path):
    first = begun(miniature(data_dir, tmp_path / "first"))
    first.run()
    second = begun(miniature(data_dir, tmp_path / "second", start_from=str(tmp_path / "first")))
    expected = first.average.module.state_dict()
    for name, tensor in second.student.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), expected[name].numpy(), err_msg=name)
    with pytest.raises(TrainingDataError, match="start_from"):
        begun(miniature(data_dir, tmp_path / "third", start_from=str(tmp_path / "nowhere")))


def test_folds_start_from_rules_and_not_from_any_clip(data_dir, tmp_path):
    voices = str(data_dir / "voices.npz")
    rules = miniature(data_dir, tmp_path / "rules", rules=True, voices=voices)
    others = begun(dataclasses.replace(rules, work_dir=str(tmp_path / "others"), hold_out=("bert_1",)))
    first = begun(rules)
    first.run()
    for one, other in zip(first.maker.set.utterances, others.maker.set.utterances, strict=True):
        np.testing.assert_array_equal(one.motions, other.motions)
    fold = begun(miniature(data_dir, tmp_path / "fold", pretrained=str(tmp_path / "rules"), voices=voices))
    expected = first.average.module.state_dict()
    for name, tensor in fold.student.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), expected[name].numpy(), err_msg=name)
    np.testing.assert_array_equal(fold.maker.normalisation.mean, np.float32(0.1))


def test_held_out_clips_teach_nothing(data_dir, tmp_path):
    config = miniature(data_dir, tmp_path, hold_out=("bert_1",), hold_out_styles=("grim_clip1",))
    assert [clip.name for clip in training_recordings(config)] == ["anna_1", "carl_1"]
    assert len(begun(config).maker.bank.levels) == 3
    with pytest.raises(TrainingDataError, match="nobody"):
        training_recordings(dataclasses.replace(config, hold_out=("nobody",)))


def test_labels_of_the_recogniser_join_the_published_ones(data_dir, tmp_path):
    recordings = training_recordings(miniature(data_dir, tmp_path))
    path = tmp_path / "own.json"
    path.write_text(json.dumps({clip.name: [5] * len(clip.labels) for clip in recordings}))
    joined = training_recordings(miniature(data_dir, tmp_path, own_labels=(str(path),)))
    assert len(joined) == 2 * len(recordings)
    assert {int(label) for clip in joined[len(recordings) :] for label in clip.labels} == {5}
    path.write_text(json.dumps({recordings[0].name: [5]}))
    with pytest.raises(TrainingDataError):
        relabelled(recordings, path)


@pytest.mark.parametrize("lacking", ["everything", "offsets", "clips", "calibration"])
def test_missing_data_is_said_in_a_sentence_and_leaves_nothing_behind(lacking, data_dir, tmp_path):
    given, run = tmp_path / "given", tmp_path / "run"
    given.mkdir()
    if lacking != "everything":
        shutil.copytree(data_dir, given, dirs_exist_ok=True)
    if lacking == "offsets":
        (given / "styletalk/av_offsets.json").unlink()
    elif lacking == "clips":
        for clip in (given / "styletalk/speech").glob("*.mat"):
            clip.unlink()
    elif lacking == "calibration":
        shutil.rmtree(given / "calibration")
    advice = "calibration/" if lacking == "calibration" else "folder of speech/, style_clips/"
    with pytest.raises(TrainingDataError, match=advice):
        train(miniature(given, run))
    assert not run.exists()


def test_the_folder_of_speech_serves_as_well_as_the_one_above_it(data_dir, tmp_path):
    above, itself = (begun(miniature(folder, tmp_path / folder.name)) for folder in (data_dir, data_dir / "styletalk"))
    assert above.mouth.lips.shape == (64, 40)
    np.testing.assert_array_equal(above.mouth.lips.numpy(), itself.mouth.lips.numpy())
    np.testing.assert_array_equal(above.maker.bank.levels, itself.maker.bank.levels)


def test_without_torch_the_package_to_install_is_named():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from styletalk.errors import MissingPackageError\n"
        "try: import styletalk_research.training.distillation.solver\n"
        "except MissingPackageError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert 'pip install "styletalk-blender[train]"' in said


def test_runs_side_by_side_end_in_the_weights_that_they_have_by_themselves(data_dir, tmp_path):
    def fold(name: str, held: str) -> TrainingConfig:
        return dataclasses.replace(miniature(data_dir, tmp_path / name, hold_out=(held,)), steps=6)

    together = train_side_by_side([fold("a", "bert_1"), fold("b", "carl_1")], tmp_path)
    alone = train(fold("alone", "bert_1"))
    first, second, same = (read_weights(path).tensors for path in (*together, alone))
    for name, tensor in same.items():
        np.testing.assert_allclose(first[name], tensor, rtol=2e-3, atol=2e-3, err_msg=name)
    assert any(not np.allclose(first[name], second[name], atol=2e-3) for name in first)
    with pytest.raises(TrainingDataError, match="held out alone"):
        train_side_by_side([fold("c", "bert_1"), dataclasses.replace(fold("d", "carl_1"), seed=2)], tmp_path)
    with pytest.raises(TrainingDataError, match="failed"):
        train_side_by_side([fold("e", "nobody")], tmp_path)
