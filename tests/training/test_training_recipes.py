# SPDX-License-Identifier: Apache-2.0
"""Which training a command line means."""

import json
from pathlib import Path

import pytest
from paper_miniature import miniature, write_data

from styletalk.cli import main
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.paper.config import LossWeights
from styletalk_research.training.recipes import chosen_recipe, train_by


def test_the_configuration_names_the_recipe_and_a_stage_is_the_papers(tmp_path):
    paper, other = tmp_path / "paper.json", tmp_path / "other.json"
    paper.write_text('{"recipe": "paper"}')
    other.write_text('{"steps": 3}')
    assert chosen_recipe(None, None, None) == "distillation"
    assert chosen_recipe(other, None, None) == "distillation"
    assert chosen_recipe(paper, None, None) == "paper"
    assert chosen_recipe(None, "paper", None) == "paper"
    assert chosen_recipe(None, None, "sync") == "paper"
    assert chosen_recipe(other, None, "sync") == "paper"
    with pytest.raises(TrainingDataError, match="stages"):
        chosen_recipe(None, "distillation", "sync")
    with pytest.raises(TrainingDataError, match="not distillation"):
        chosen_recipe(paper, "distillation", None)
    paper.write_text('{"recipe": "magic"}')
    with pytest.raises(TrainingDataError, match="magic"):
        chosen_recipe(paper, None, None)


def test_the_distillation_may_name_itself(tmp_path):
    assert TrainingConfig.from_json('{"recipe": "distillation", "steps": 3}').steps == 3


def test_a_stage_runs_from_the_shell_and_says_what_it_wrote(tmp_path, capsys):
    data, config = write_data(tmp_path / "data"), tmp_path / "config.json"
    config.write_text(miniature(weights=LossWeights(sync=0, temporal=0)).to_json())
    arguments = ["train", str(data), "-o", str(tmp_path / "run"), "--config", str(config), "--stage", "style", "--json"]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["outputs"] == [str(tmp_path / "run" / "style.pt")]
    assert result["recipe"] == "paper"
    assert main([*arguments[:-3], "--stage", "sync", "--recipe", "distillation"]) == 1
    assert "stages" in capsys.readouterr().err


@pytest.mark.parametrize("recipe, config", (("paper", None), ("distillation", Path("settings.json"))))
def test_settings_that_tuning_would_not_heed_are_refused(tmp_path, recipe, config):
    with pytest.raises(TrainingDataError, match="--from has settings of its own"):
        train_by(recipe, [tmp_path / "films.json"], tmp_path / "run", config, start="default")
