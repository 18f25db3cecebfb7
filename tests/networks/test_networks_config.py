# SPDX-License-Identifier: Apache-2.0
"""The config survives JSON, refuses nonsense, and the position table is the formula's."""

import dataclasses
import json
import math

import pytest
from networks_reference import TINY

from styletalk.errors import WeightsError
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.positional import sinusoid_table

OTHER = dataclasses.replace(TINY, lower_face=tuple(range(10)), upper_face=tuple(range(10, 64)), temperature=2.5)


@pytest.mark.parametrize("config", [GeneratorConfig(), TINY, OTHER])
def test_json_round_trips(config):
    assert GeneratorConfig.from_json(config.to_json()) == config
    json.loads(config.to_json())


def test_absent_fields_keep_their_published_values():
    assert GeneratorConfig.from_json('{"kernels": 4}') == GeneratorConfig(kernels=4)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"d_model": 0}, "d_model"), ({"d_model": 2.5}, "d_model"), ({"d_model": True}, "d_model"),
        ({"d_model": "256"}, "d_model"), ({"nhead": 7}, "nhead"), ({"d_model": 9, "nhead": 3}, "d_model"),
        ({"kernels": -1}, "kernels"), ({"gate_ratio": 512}, "gate_ratio"), ({"phoneme_count": 20}, "phoneme_count"),
        ({"temperature": 0}, "temperature"), ({"dropout": 1}, "dropout"), ({"window": 10**9}, "window"),
        ({"audio_dim": -1}, "audio_dim"), ({"audio_dim": False}, "audio_dim"),
        ({"lower_face": [0]}, "upper_face"), ({"lower_face": "all"}, "upper_face"), ({"colour": 3}, "colour"),
        ([], "not a JSON object"), (None, "not a JSON object"),
    ],
)  # fmt: skip
def test_contradictions_are_named(fields, named):
    with pytest.raises(WeightsError, match=named):
        GeneratorConfig.from_json(json.dumps(fields))


def test_what_is_no_json_is_refused():
    with pytest.raises(WeightsError, match="not JSON"):
        GeneratorConfig.from_json("{")


def test_positions_are_sines_and_cosines():
    table = sinusoid_table(12, 8)
    for position in (0, 1, 11):
        for pair in range(4):
            angle = position / 10000 ** (2 * pair / 8)
            assert table[position, 2 * pair] == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * pair + 1] == pytest.approx(math.cos(angle), abs=1e-6)
