# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: it holds one configuration learnt from one set of recordings, and says so when it is damaged."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from paper_miniature import ALONE, miniature, write_clip, write_data

from styletalk.errors import OutputError
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.training.paper.config import LossWeights
from styletalk_research.training.paper.run_log import RunLog
from styletalk_research.training.paper.solver import train
from styletalk_research.training.recipes import chosen_recipe

ROOT = Path(__file__).resolve().parents[2]


def small(**changes):
    return miniature(weights=ALONE, steps=2, evaluate_every=2, **changes)


def test_a_folder_that_cannot_be_is_said_before_anything_is_read(tmp_path):
    (tmp_path / "file").write_text("")
    for run in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match="Cannot write"):
            train(small(), tmp_path / "no data", run)


def test_weights_that_were_lost_come_back_without_training(data_dir, tmp_path):
    train(small(), data_dir, tmp_path)
    before, log = (tmp_path / "weights.safetensors").read_bytes(), (tmp_path / "log.jsonl").read_text()
    (tmp_path / "weights.safetensors").unlink()
    train(small(), data_dir, tmp_path)
    assert (tmp_path / "weights.safetensors").read_bytes() == before
    assert (tmp_path / "log.jsonl").read_text() == log


@pytest.mark.parametrize("change", ["labels", "rows", "another"])
def test_a_run_does_not_go_on_with_other_recordings(change, tmp_path):
    data, run = write_data(tmp_path / "data"), tmp_path / "run"
    train(small(), data, run)
    if change == "labels":
        path = data / "styletalk/speech/anna_1_seq.json"
        path.write_text(json.dumps([31, *json.loads(path.read_text())[1:]]))
    else:
        name = "glad_clip1" if change == "rows" else "sour_clip1"
        clip = np.random.default_rng(0).normal(0, 0.3, (150, 64))
        write_clip(data / f"styletalk/style_clips/{name}.mat", clip)
    with pytest.raises(TrainingDataError, match="other recordings"):
        train(small(), data, run)


def test_a_state_that_is_none_is_named(data_dir, tmp_path):
    train(small(), data_dir, tmp_path)
    state = tmp_path / "generator.pt"
    whole = state.read_bytes()
    torch.save({"networks": {}, "standing": {}}, tmp_path / "empty")
    torch.save([1], tmp_path / "list")
    for content in (b"", b"text", whole[:-100], *((tmp_path / name).read_bytes() for name in ("empty", "list"))):
        state.write_bytes(content)
        with pytest.raises(TrainingDataError, match=r"generator\.pt is not the state"):
            train(small(), data_dir, tmp_path)
    with pytest.raises(TrainingDataError, match=r"sync\.pt is not the state"):
        (tmp_path / "sync.pt").write_bytes(b"text")
        taken = small(discriminators=str(tmp_path))
        train(dataclasses.replace(taken, weights=LossWeights(style=0)), data_dir, tmp_path / "other")


@pytest.mark.parametrize("name", ["config.json", "data.json"])
def test_a_damaged_folder_is_named_and_not_overwritten(name, data_dir, tmp_path):
    train(small(), data_dir, tmp_path)
    (tmp_path / name).write_text('{"steps": 3')
    with pytest.raises(TrainingDataError, match=rf"{name} is damaged"):
        train(small(), data_dir, tmp_path)


def test_the_report_on_the_discriminators_is_made_again_where_it_is_damaged(data_dir, tmp_path):
    config = miniature(style=dataclasses.replace(miniature().style, steps=1))
    train(config, data_dir, tmp_path, "style")
    path = tmp_path / "discriminators.json"
    whole = path.read_text()
    for text in ("[1]", '{"sty'):
        path.write_text(text)
        train(config, data_dir, tmp_path, "style")
        assert path.read_text() == whole


def test_discriminators_of_other_styles_are_not_taken(data_dir, tmp_path):
    """As many classes of other names would fit, and teach nonsense."""
    config = miniature(weights=LossWeights(triplet=0, sync=0, temporal=0), steps=1)
    train(config, data_dir, tmp_path / "judges", "style")
    taken = dataclasses.replace(config, discriminators=str(tmp_path / "judges"))
    train(taken, data_dir, tmp_path / "same")
    other = write_data(tmp_path / "other")
    clip = other / "styletalk/style_clips/grim_clip1.mat"
    clip.rename(clip.with_name("gruff_clip1.mat"))
    with pytest.raises(TrainingDataError, match="other styles"):
        train(taken, other, tmp_path / "run")


def test_what_a_kill_left_half_written_is_swept_away(data_dir, tmp_path):
    left, written_now = tmp_path / ".styletalk-abc.pt", tmp_path / ".styletalk-def.pt"
    for path in (left, written_now):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    train(small(), data_dir, tmp_path)
    assert list(tmp_path.glob(".styletalk-*")) == [written_now]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full disk to write to")
def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    log = RunLog(tmp_path, "sync", 0)
    with pytest.raises(OutputError, match="Make room"):
        log.write(1, "train", {"loss": 1.0})
    log.close()


def test_only_the_papers_recipe_trains_in_several_processes():
    assert chosen_recipe(None, "paper", None, processes=2) == "paper"
    with pytest.raises(TrainingDataError, match="torchrun"):
        chosen_recipe(None, None, None, processes=2)


def test_two_processes_train_with_any_one_term_and_speak_with_one_voice(data_dir, tmp_path):
    """The triplet alone asks nothing of the decoder, whose gradients the processes wait for nevertheless."""
    config = tmp_path / "config_given.json"
    config.write_text(miniature(weights=LossWeights(0, 1, 0, 0, 0), steps=3).to_json())
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "styletalk.cli", "train", str(data_dir), "-o", str(tmp_path / "run"), "--config", str(config)]
    done = subprocess.run(
        [*torchrun, *command], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Wrote") == 1
    assert "Warning" not in done.stderr
