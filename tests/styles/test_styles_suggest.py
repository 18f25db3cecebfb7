# SPDX-License-Identifier: Apache-2.0
"""Styles that a recording may want: by the voice, by words, and never surer than can be."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import AudioError
from styletalk.phonemes import PhonemeTrack
from styletalk.speech.audio.sound_file import Audio
from styletalk.styles.mood_words import MOOD_WORDS, moods_of
from styletalk.styles.presets import preset_names
from styletalk.styles.suggest import DEVIATION, PLACES, USUAL, measures_of, suggestion_of, write_suggestion

LINE = Path(__file__).parents[2] / "core" / "styletalk" / "demo" / "line.wav"
CALM = replace(USUAL, spread=USUAL.spread - 2 * DEVIATION.spread, speech_s=10.0)
LIVELY = replace(USUAL, spread=USUAL.spread + 2 * DEVIATION.spread, rate=USUAL.rate + DEVIATION.rate, speech_s=10.0)


def test_every_preset_has_a_place_and_words_name_no_others():
    assert {*PLACES} == {*preset_names()} and {*MOOD_WORDS} <= {*preset_names()}


def test_a_lively_and_a_calm_voice_are_told_apart_and_a_usual_one_is_neutral():
    lively, calm, usual = (suggestion_of(each, []) for each in (LIVELY, CALM, replace(USUAL, speech_s=10.0)))
    assert lively.styles[0][0] in ("excited", "surprised", "happy", "furious") and "lively" in lively.note
    assert calm.styles[0][0] in ("sad", "tired") and "calm" in calm.note
    assert usual.styles[0][0] == "neutral"
    for each in (lively, calm, usual):
        assert len(each.styles) == 3 and sum(sure for _, sure in each.styles) <= 1
        assert each.styles[0][1] < 0.6, "a voice alone is no certainty"
        assert "can hardly be heard" in each.note


def test_words_that_name_a_mood_move_it_and_negated_ones_do_not():
    said = ["i", "am", "so", "angry", "you", "liar"]
    assert suggestion_of(LIVELY, said).styles[0][0] == "angry" and "angry" in suggestion_of(LIVELY, said).note
    assert moods_of(["I'm", "not", "sad,", "never", "lonely"]) == {} and moods_of(["what"]) == {}
    assert moods_of(["Wonderful!", "Wonderful"]) == {"happy": 2}


def test_less_speech_makes_it_less_sure_and_a_whisper_tells_nothing():
    assert suggestion_of(replace(LIVELY, speech_s=0.6), []).styles[0][1] < suggestion_of(LIVELY, []).styles[0][1]
    whisper = suggestion_of(replace(LIVELY, spread=0.0), [])
    assert whisper.styles[0][0] == "neutral" and "whispered" in whisper.note


def test_too_little_speech_is_refused():
    silence = Audio(np.zeros(16000, np.float32), Path("silence.wav"))
    with pytest.raises(AudioError, match="too little speech"):
        measures_of(silence, PhonemeTrack((), 1.0))


def test_a_file_of_it_holds_the_three(tmp_path):
    count, note = write_suggestion(LINE, None, tmp_path / "styles.json")
    found = json.loads((tmp_path / "styles.json").read_text())
    assert count == len(found) == 3 and note
    assert all(name in preset_names() and 0 < sure < 1 for name, sure in found)
