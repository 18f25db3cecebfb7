# SPDX-License-Identifier: Apache-2.0
"""`animate`: networks load during recognition, one error at a time, where the time goes, audio features on demand."""

import os
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from styletalk import api
from styletalk.api import AnimationRequest, animate, audio_features_of
from styletalk.errors import Cancelled, StyleTalkError, TranscriptError, WeightsError
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
from styletalk.networks.engine import inference
from styletalk.networks.engine.cache import KEPT_ENGINES
from styletalk.speech import track
from styletalk.speech.audio import sound_file as speech_audio
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.audio_features import audio_feature_rows
from styletalk.timings import Timings

LINE = Path(__file__).resolve().parents[1] / "core" / "styletalk" / "demo" / "line.wav"
TEXT = LINE.with_suffix(".txt").read_text()


@pytest.fixture
def request_for_line() -> AnimationRequest:
    return AnimationRequest(audio=LINE, transcript=TEXT)


def test_every_stage_has_its_seconds_and_they_fit_into_the_whole(request_for_line):
    timings, whole = Timings(), Timings()
    with whole.stage("all"):
        animate(request_for_line, timings=timings)
    assert set(timings.seconds) == {
        "decode the sound", "load the networks, in the background", "audio features, in the background",
        "recognise or align", "wait for the networks", "networks", "motion",
    }  # fmt: skip
    assert all(seconds >= 0 for seconds in timings.seconds.values())
    in_turn = sum(seconds for stage, seconds in timings.seconds.items() if "background" not in stage)
    assert in_turn <= whole.seconds["all"]


def test_an_engine_that_cannot_be_loaded_is_said_before_the_recognition_ends(monkeypatch):
    reached = []

    def endless_recognition(audio, *_, progress):
        for step in range(1000):
            progress(0.0, "recognising words")
            reached.append(step)
            time.sleep(0.01)
        raise AssertionError("the recognition was not told to stop")

    def no_engine(*_):
        raise WeightsError("no engine")

    monkeypatch.setattr(track, "phoneme_track", endless_recognition)
    monkeypatch.setattr(KEPT_ENGINES, "engine", no_engine)
    with pytest.raises(WeightsError, match="no engine"):
        animate(AnimationRequest(audio=LINE))
    assert len(reached) < 1000


def test_of_two_failures_one_is_raised(monkeypatch):
    def wrong_text(*_, **__):
        raise TranscriptError("not what is said")

    def no_engine(*_):
        raise WeightsError("no engine")

    monkeypatch.setattr(track, "phoneme_track", wrong_text)
    monkeypatch.setattr(KEPT_ENGINES, "engine", no_engine)
    with pytest.raises(TranscriptError, match="not what is said") as caught:
        animate(AnimationRequest(audio=LINE))
    assert not isinstance(caught.value.__context__, StyleTalkError)


@pytest.mark.parametrize(
    "stage", ["aligning the transcript", "loading the networks", "Animating the face", "closing lips", "blinking"]
)
def test_cancelling_stops_in_every_stage(request_for_line, stage):
    heard = []

    def cancel(_: float, what: str) -> None:
        heard.append(what)
        if what == stage:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        animate(request_for_line, cancel)
    assert heard[-1] == stage


@pytest.mark.parametrize("style", ["happy", "sad"])
def test_a_second_line_loads_no_weights_until_their_file_changes(tmp_path, monkeypatch, style):
    """And encodes no preset again, which carries no code for weights other than the shipped ones."""
    loaded, encoded = [], []
    load, encode = inference.load_engine, inference.FastGenerator.encode_style
    monkeypatch.setattr(inference, "load_engine", lambda *a: loaded.append(a) or load(*a))
    monkeypatch.setattr(inference.FastGenerator, "encode_style", lambda *a: encoded.append(a) or encode(*a))
    weights = listening_weights(tmp_path)
    request = AnimationRequest(
        audio=LINE, transcript=TEXT, checkpoint=weights, style=style, intensity=0.5, raw=True, engine="numpy"
    )
    first, second = animate(request), animate(request)
    assert (len(loaded), len(encoded)) == (1, 2), "the style and neutral"
    np.testing.assert_array_equal(second.coefficients, first.coefficients)
    os.utime(weights, ns=(7, 7))
    third = animate(request)
    assert (len(loaded), len(encoded)) == (2, 4)
    np.testing.assert_array_equal(third.coefficients, first.coefficients)


def test_where_phonemes_are_given_the_samples_are_not_held(tmp_path, monkeypatch):
    (tmp_path / "line_seq.json").write_text(str([2] * 213))
    request = AnimationRequest(audio=LINE, phonemes=tmp_path / "line_seq.json", raw=True, engine="numpy")
    phonemes_only = DEFAULT_WEIGHTS.with_name("phonemes_only.safetensors")
    read = []
    monkeypatch.setattr(speech_audio, "load_audio", lambda path: read.append(path) or load_audio(path))
    assert len(animate(replace(request, checkpoint=phonemes_only))) == 213
    listening = animate(replace(request, checkpoint=listening_weights(tmp_path)))
    assert read == []
    monkeypatch.setattr(api, "audio_features_of", lambda *_: audio_feature_rows(load_audio(LINE), 213))
    same = animate(replace(request, checkpoint=listening_weights(tmp_path)))
    np.testing.assert_array_equal(listening.coefficients, same.coefficients)


@pytest.mark.parametrize("labels", [100, 230])
def test_audio_features_are_computed_once_where_a_phoneme_file_has_another_length(tmp_path, monkeypatch, labels):
    (tmp_path / "line_seq.json").write_text(str([2] * labels))
    heard = []
    monkeypatch.setattr(api, "audio_features_of", lambda _, audio, rows, *__: heard.append(rows))
    request = AnimationRequest(audio=LINE, phonemes=tmp_path / "line_seq.json", raw=True, engine="numpy")
    assert [len(animate(request))] == heard


def test_cancelling_does_not_wait_for_the_audio_features(tmp_path, monkeypatch):
    (tmp_path / "line_seq.json").write_text(str([2] * 213))

    def hear(engine, audio, rows, progress, _):
        while True:
            progress(0.5, "listening")

    def cancel(_: float, stage: str) -> None:
        if stage == "listening":
            raise Cancelled("enough")

    monkeypatch.setattr(api, "audio_features_of", hear)
    with pytest.raises(Cancelled, match="enough"):
        animate(AnimationRequest(audio=LINE, phonemes=tmp_path / "line_seq.json", raw=True, engine="numpy"), cancel)


def test_an_animation_says_which_request_made_it(tmp_path):
    (tmp_path / "line_seq.json").write_text(str([2] * 213))
    request = AnimationRequest(LINE, phonemes=tmp_path / "line_seq.json", seed=4, blinks=False, engine="numpy")
    metadata = animate(request).metadata
    repeated = {field.name for field in fields(AnimationRequest)} - {"transcript"}
    assert repeated <= set(metadata)
    said = {name: metadata[name] for name in ("audio", "phonemes", "seed", "blinks", "style", "checkpoint")}
    assert said == {
        "audio": "line.wav", "phonemes": "line_seq.json", "seed": 4, "blinks": False, "style": "neutral",
        "checkpoint": None,
    }  # fmt: skip


@pytest.mark.parametrize("gaze", [True, False])
def test_the_eyes_look_about_or_straight_ahead(tmp_path, gaze):
    (tmp_path / "line_seq.json").write_text(str([2] * 213))
    request = AnimationRequest(LINE, phonemes=tmp_path / "line_seq.json", gaze=gaze, engine="numpy")
    assert animate(request).gaze.any() == gaze


class Listening:
    """An engine's surface, for what `api` asks of it."""

    def __init__(self, audio_dim: int) -> None:
        self.config = type("Config", (), {"audio_dim": audio_dim})()


def test_a_curve_of_nothing_takes_the_style_from_the_head_as_well(tmp_path):
    """Whatever the intensity beside it says: the curve takes its place for the head, lids and eyes, too."""
    (tmp_path / "none.csv").write_text("0,0\n1,0\n")
    curved = AnimationRequest(audio=LINE, transcript=TEXT, style="furious", intensity_curve=tmp_path / "none.csv")
    made, plain = animate(curved), animate(AnimationRequest(audio=LINE, transcript=TEXT, intensity=0.0))
    for name in ("head_pose", "gaze", "upper"):
        np.testing.assert_allclose(getattr(made, name), getattr(plain, name), atol=1e-5, err_msg=name)


def test_at_intensity_0_the_brows_accent_as_neutral_ones_do():
    styled, plain = (
        animate(AnimationRequest(audio=LINE, transcript=TEXT, intensity=0.0, style=style, pose="none"))
        for style in ("furious", "neutral")
    )
    np.testing.assert_allclose(styled.coefficients, plain.coefficients, atol=1e-3)


def test_only_weights_with_an_audio_input_are_given_prosody():
    audio = load_audio(LINE)
    assert audio_features_of(Listening(0), audio, 213) is None
    heard = audio_features_of(Listening(27), audio, 213)
    assert heard is not None and heard.shape == (213, 27) and np.abs(heard).max() > 0.5


@pytest.mark.parametrize("intensity", [1.0, 0.5])
def test_prosody_reaches_the_networks_at_every_intensity(tmp_path, monkeypatch, intensity):
    """Weights with a sound input that does something: another sound under the same phonemes, another face."""
    seen = []
    original = inference.Engine.coefficients_of_styles

    def spy(self, labels, codes, progress, audio_features=None):
        seen.append(audio_features)
        return original(self, labels, codes, progress, audio_features)

    monkeypatch.setattr(inference.Engine, "coefficients_of_styles", spy)
    weights = listening_weights(tmp_path)
    request = AnimationRequest(audio=LINE, transcript=TEXT, checkpoint=weights, intensity=intensity, raw=True)
    animation = animate(request)
    (audio_features,) = seen
    np.testing.assert_array_equal(
        audio_features, api.audio_features_of(Listening(27), load_audio(LINE), len(animation))
    )
    monkeypatch.setattr(api, "audio_features_of", lambda *_: None)
    without = animate(request)
    assert np.abs(without.coefficients - animation.coefficients).max() > 1e-3


def listening_weights(folder: Path, audio_dim: int = 27) -> Path:
    torch = pytest.importorskip("torch")
    from styletalk.networks.checkpoints.generator import save_generator
    from styletalk.networks.config import GeneratorConfig
    from styletalk.networks.modules.generator import StyleTalkGenerator

    torch.manual_seed(0)
    config = GeneratorConfig(
        d_model=16, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=24, kernels=2,
        phoneme_dim=8, audio_dim=audio_dim,
    )  # fmt: skip
    module = StyleTalkGenerator(config)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    save_generator(folder / "listening.safetensors", module, config)
    return folder / "listening.safetensors"
