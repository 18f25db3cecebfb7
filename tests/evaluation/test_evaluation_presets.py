# SPDX-License-Identifier: Apache-2.0
"""What a mood moves is found where it is, in millimetres; chance moves nothing; sheets for a blind check keep quiet."""

import numpy as np
import pytest

from styletalk.styles.presets import preset_names
from styletalk_research.evaluation.clip_set import read_pairs
from styletalk_research.evaluation.preset_reading import COLUMNS, OUTWARDS, PLACES, SIDES, _lost, _moved, preset_report
from styletalk_research.presets import blind

LEAST_MM = 3.0
"""A mood moves at least one place so far. People in the sample clips: 4.0 mm in the median."""


@pytest.fixture(scope="module")
def report(made_pairs):
    return preset_report(read_pairs(made_pairs), preset_names())


def test_landmarks_that_move_are_counted_at_their_place_and_upwards():
    for column, (name, (points, way)) in enumerate(PLACES.items()):
        change = np.zeros((478, 3))
        change[list(points), 1 if way == "up" else 0] = 2.0 * (1 if way == "up" else OUTWARDS)
        assert _moved(change)[column] == pytest.approx(2.0), name
    for column, (right, left) in enumerate(SIDES.values(), len(PLACES)):
        change = np.zeros((478, 3))
        change[list(right), 1], change[list(left), 1] = -1.0, 2.0
        assert _moved(change)[column] == pytest.approx(3.0)


def test_a_smile_that_goes_where_lips_shut_is_counted_as_lost():
    apart = np.zeros((10, 478, 3))
    apart[:, [61, 291], 1] = 5.0
    assert _lost(apart, np.array([3, 4])) == pytest.approx(0.0)
    apart[3:5, [61, 291], 1] = 1.0
    assert _lost(apart, np.array([3, 4])) == pytest.approx(4.2 - 1.0)


def test_every_mood_moves_what_it_is_read_by_and_chance_does_not(report):
    moved = {each.name: dict(zip(COLUMNS, each.moved_mm, strict=True)) for each in report.presets}
    assert set(moved) == set(preset_names()) - {"neutral"}
    assert all(each.most_mm > LEAST_MM > 10 * report.control.most_mm for each in report.presets)
    for name in ("angry", "furious"):  # brows slant: their inner ends go down
        assert moved[name]["inner brows"] < moved[name]["outer brows"] - 2.5
    for name in ("sad", "worried"):
        assert moved[name]["inner brows"] > moved[name]["outer brows"] + 2.5
    for name in ("warm", "happy"):  # Duchenne: lower lids and cheeks rise with the corners
        assert moved[name]["lower lids"] > 1.0 and moved[name]["cheeks"] > 2.0 and moved[name]["corners"] > 4.0
    assert moved["tired"]["upper lids"] < -3.0 and abs(moved["contempt"]["one corner"]) > 3.0


def test_a_smile_stays_where_lips_meet_and_neutral_rests_with_shut_lips(report):
    lost = {each.name: each.lost_mm for each in report.presets}
    assert lost["happy"] < 1.0 and lost["warm"] < 1.0 and lost["excited"] < 2.0
    assert max(report.rest_mm) < 0.5
    assert "people: happy" in report.as_markdown()


def test_numbers_of_a_blind_sheet_say_nothing_and_the_key_says_all(tmp_path, monkeypatch):
    monkeypatch.setattr(blind.Shot, "cell", lambda *_: np.full((60, 60, 3), 90, np.uint8))
    keys = []
    for seed in ("1", "1", "2"):
        assert blind.main(["stills", seed, "-o", str(tmp_path)]) == 0
        keys.append((tmp_path / "key.txt").read_text().split())
    assert keys[0] == keys[1] != keys[2]
    assert sorted(keys[0][1::2]) == sorted(preset_names())
    assert blind.main(["strangers", "3", "-o", str(tmp_path)]) == 0
    assert len((tmp_path / "key.txt").read_text().splitlines()) == blind.STRANGERS
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
