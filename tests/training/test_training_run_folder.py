# SPDX-License-Identifier: Apache-2.0
"""A run folder belongs to one process at a time, one configuration and one set of recordings, whatever the recipe."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from paper_miniature import ALONE, miniature, write_data

from styletalk.errors import Cancelled
from styletalk.progress import silent
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.discriminators.style import StyleConfig
from styletalk_research.training import run_folder
from styletalk_research.training.distillation import solver as distillation
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.distillation.teacher_config import TeacherConfig
from styletalk_research.training.paper import solver as paper
from styletalk_research.training.paper.config import PaperConfig
from styletalk_research.training.run_folder import claimed

FACTS = {"digest": "a"}
HOLDER = """
import sys, time
from pathlib import Path
from styletalk_research.training.paper.config import PaperConfig
from styletalk_research.training.run_folder import claimed
with claimed(Path(sys.argv[1]), PaperConfig(), {}):
    print("held", flush=True)
    time.sleep(600)
"""

Train = Callable[..., Path]


def train_paper(data: Path, run: Path, progress=silent, **changes) -> Path:
    config = miniature(weights=ALONE, steps=8, save_every=2, style=StyleConfig(steps=1, batch=4, width=8))
    return paper.train(dataclasses.replace(config, **changes), data, run, progress=progress).files[-1]


def train_distillation(data: Path, run: Path, progress=silent, **changes) -> Path:
    config = TrainingConfig(
        str(data), str(run / "weights.safetensors"), str(run), generator=miniature().generator,
        teacher=TeacherConfig(seeds=1, width=16, components=4, steps=4, batch=4, frames=24), steps=8, styles=4,
        positives=2, lines=2, frames=12, style_rows=(20, 40), save_every=2, phrases=2,
    )  # fmt: skip
    return distillation.train(dataclasses.replace(config, **changes), progress)


both = pytest.mark.parametrize("train", [train_paper, train_distillation], ids=["paper", "distillation"])


@both
def test_other_data_is_refused_where_a_run_has_begun(train: Train, data_dir, tmp_path):
    """The same names and labels with other faces, too: the first data's teachers would go on silently."""
    train(data_dir, tmp_path / "run")
    other = write_data(tmp_path / "other", raised=0.5)
    with pytest.raises(TrainingDataError, match="other recordings"):
        train(other, tmp_path / "run")


@both
def test_the_same_data_may_move(train: Train, tmp_path):
    data = write_data(tmp_path / "data")
    before = train(data, tmp_path / "run").read_bytes()
    assert train(data.rename(tmp_path / "moved"), tmp_path / "run").read_bytes() == before


@both
def test_another_configuration_is_refused(train: Train, data_dir, tmp_path):
    train(data_dir, tmp_path)
    with pytest.raises(TrainingDataError, match="another run"):
        train(data_dir, tmp_path, seed=2)


@both
def test_a_run_that_is_logged_and_saved_more_or_less_often_goes_on(train: Train, data_dir, tmp_path):
    whole, resumed = train(data_dir, tmp_path / "whole"), []

    def stop(fraction: float, stage: str) -> None:
        if fraction > 0.75:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        train(data_dir, tmp_path / "stopped", progress=stop)
    more = {"save_every": 5} | ({"log_every": 3} if train is train_paper else {})
    weights = train(data_dir, tmp_path / "stopped", progress=lambda *said: resumed.append(said), **more)
    assert tensors(weights) == tensors(whole)
    assert len(resumed) < 8


def tensors(weights: Path) -> bytes:
    """What stands behind the header, in which the configuration differs."""
    content = weights.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


@pytest.mark.parametrize("config", [PaperConfig(), TrainingConfig()], ids=["paper", "distillation"])
def test_a_run_may_go_on_on_another_device(config, tmp_path):
    with claimed(tmp_path, config, FACTS):
        pass
    with claimed(tmp_path, dataclasses.replace(config, device="cuda"), FACTS):
        assert json.loads((tmp_path / "config.json").read_text())["device"] == "cuda"


@both
def test_two_runs_in_one_folder_are_refused_before_anything_is_read(train: Train, tmp_path):
    with claimed(tmp_path, PaperConfig(), FACTS), pytest.raises(TrainingDataError, match="Another process is training"):
        train(tmp_path / "no data", tmp_path)
    with claimed(tmp_path, PaperConfig(), FACTS):
        pass


def test_a_killed_process_leaves_no_lock_behind(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            with pytest.raises(TrainingDataError, match="Another process"), claimed(tmp_path, PaperConfig(), {}):
                pass
            os.kill(holder.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        finally:
            holder.kill()
    with claimed(tmp_path, PaperConfig(), {}):
        assert (tmp_path / run_folder.LOCK_FILE).is_file()


def test_former_names_in_a_configuration_are_understood(tmp_path):
    """The shipped weights carry theirs with them."""
    former = json.loads(TrainingConfig().to_json())
    former["teacher"]["deaf_crispness"] = former["teacher"].pop("labels_only_crispness")
    former["generator"]["prosody_dim"] = former["generator"].pop("audio_dim")
    (tmp_path / "config.json").write_text(json.dumps(former))
    with claimed(tmp_path, TrainingConfig(), FACTS):
        assert json.loads((tmp_path / "data.json").read_text()) == FACTS
