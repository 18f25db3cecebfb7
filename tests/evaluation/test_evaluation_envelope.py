# SPDX-License-Identifier: Apache-2.0
"""The report of an expression that lives: on a line of the product's own, in a style."""

import json
import shutil
from pathlib import Path

import pytest

from styletalk_research.evaluation.expression_envelope import envelope_report

DEMO = Path(__file__).parents[2] / "core" / "styletalk" / "demo"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.track import phoneme_track

    speech = tmp_path_factory.mktemp("speech")
    shutil.copyfile(DEMO / "line.wav", speech / "line.wav")
    track = phoneme_track(load_audio(DEMO / "line.wav"), (DEMO / "line.txt").read_text(encoding="utf-8"))
    (speech / "line_seq.json").write_text(json.dumps(track.labels().tolist()))
    return envelope_report(speech, speech / "none", ("happy",))


def test_a_style_swells_on_stress_above_chance_and_stays_itself(report):
    (life,) = report.styles
    assert life.mean_r > 0.99 and abs(life.mean_size - 1) < 0.05
    assert life.swell > 0.05 and life.swell > life.chance
    assert life.rest_mm < 0.6 and life.seam_mm < 1.0 and life.intensity_step < 0.25


def test_the_report_is_a_table_of_styles_and_one_of_suggestions(report):
    text = report.as_markdown()
    assert "| happy |" in text and "| line |" in text and "%" in text
