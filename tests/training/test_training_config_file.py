# SPDX-License-Identifier: Apache-2.0
"""Configurations in JSON: what is wrong is named with its place, before anything is trained."""

import json

import pytest
import torch
from paper_miniature import miniature

from styletalk.errors import StyleTalkError
from styletalk_research.config_file import config_from_json
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.paper.config import LossWeights, PaperConfig
from styletalk_research.training.paper.distributed import Processes
from styletalk_research.training.paper.optimiser_state import OptimiserState


def changed(place: str, value: object) -> str:
    """The miniature configuration with one field changed."""
    fields = json.loads(miniature().to_json())
    *groups, name = place.split(".")
    within = fields
    for group in groups:
        within = within[group]
    within[name] = value
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("place", "hint"), [("stepz", r"stepz \(steps\?\)"), ("sync.face_file", "sync.face_file"),
                        ("generator.kernelz", r"generator.kernelz \(kernels\?\)"), ("weights.syncs", r"\(sync\?\)")],
)  # fmt: skip
def test_an_unknown_field_is_named_where_it_stands(place, hint):
    with pytest.raises(TrainingDataError, match=f"unknown fields: .*{hint}"):
        PaperConfig.from_json(changed(place, 3))


@pytest.mark.parametrize(
    ("place", "value", "wanted"),
    [
        ("learning_rate", "1e-3", "a number"), ("learning_rate", True, "a number"), ("frames", 16.5, "a whole number"),
        ("steps", True, "a whole number"), ("style_rows", [20], "a list of 2"), ("style_rows", 20, "a list"),
        ("hold_out", "anna_1", "a list"), ("weights", [1, 2], "an object"), ("weights.sync", "1", "a number"),
        ("sync.shifts", [1, "2"], "a whole number"), ("device", 3, "text in quotes"), ("generator", None, "an object"),
        ("generator.window", 2.5, "a whole number"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_named_with_what_it_must_be(place, value, wanted):
    with pytest.raises(TrainingDataError, match=rf"{place}\b.* it must be {wanted}\."):
        PaperConfig.from_json(changed(place, value))


def test_an_item_of_a_list_is_named_by_its_number():
    with pytest.raises(TrainingDataError, match=r"hold_out\[1\] = 3"):
        PaperConfig.from_json(changed("hold_out", ["anna_1", 3]))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("device", "tpu"), ("seed", -1), ("seed", 2**60), ("clip_gradients", -1), ("sync.dropout", 2), ("l1_share", 3),
        ("sync.mouth_points", 0), ("sync.width", 1), ("learning_rate", -1), ("style.learning_rate", 0),
        ("sync.weight_decay", -1), ("sync.batch", 2), ("sync.mouth_frames", -1), ("temporal_width", 0),
        ("patience", -2), ("triplet_margin", -1), ("generator.nhead", 3), ("frames", 4), ("steps", 0),
        ("precision", "int8"), ("units", "metres"), ("style_rows", [9, 8]),
        ("weights", dict.fromkeys(("reconstruction", "triplet", "sync", "style", "temporal"), 0)),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_is_named_before_anything_is_trained(place, value):
    named = {"learning_rate": "learning rate", "weights": "weight"}
    with pytest.raises(StyleTalkError, match=named.get(place.split(".")[-1], place.split(".")[-1])):
        PaperConfig.from_json(changed(place, value))


def test_what_is_no_object_is_said(tmp_path):
    for text, said in (
        ("", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"seed": NaN}', "NaN"),
        ("[" * 100000, "JSON"),
    ):
        for kind in (PaperConfig, TrainingConfig):
            with pytest.raises(TrainingDataError, match=said):
                config_from_json(kind, text)
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "config.json", tmp_path / "absent.json", tmp_path):
        with pytest.raises(TrainingDataError, match="cannot be read"):
            PaperConfig.load(path)


def test_styles_that_cannot_be_dealt_to_the_lines_are_refused():
    with pytest.raises(TrainingDataError, match="multiple"):
        TrainingConfig(styles=7, lines=4)


def test_a_field_that_may_be_absent_may_be_null():
    assert TrainingConfig.from_json('{"hold_out": ["anna"]}').hold_out == ("anna",)
    with pytest.raises(TrainingDataError, match=r"teacher\.seeds"):
        TrainingConfig.from_json('{"teacher": {"seeds": "4"}}')


def test_a_gradient_is_cut_to_its_largest_norm_or_not_at_all():
    """Where 0 meant a norm of 0, nothing would be learnt, and nobody would say so."""
    for clip, norm in ((0.5, 0.5), (0.0, 30.0)):
        network = torch.nn.Linear(1, 1, bias=False)
        optimised = OptimiserState(network, 1e-3, clip, "float32", Processes())
        optimised.descend(30 * network.weight.sum())
        assert network.weight.grad.norm() == pytest.approx(norm, rel=1e-4)


def test_all_fields_survive_json_and_absent_ones_are_the_papers():
    paper = miniature(hold_out=("a", "b"), device="cuda:1", discriminators="elsewhere")
    for config in (paper, TrainingConfig("data", "out", "work", hold_out=("a",), generator=paper.generator, steps=7)):
        assert type(config).from_json(config.to_json()) == config
    assert PaperConfig.from_json("{}").weights == LossWeights(88, 1, 1, 1, 1)
