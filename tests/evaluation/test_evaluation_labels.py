# SPDX-License-Identifier: Apache-2.0
"""The linear baseline has its known figures, and the label report counts what it says it counts."""

import json
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import StyleTalkError
from styletalk.phonemes import PHONEME_INDEX, VISEME_OF_PHONEME, PhonemeTrack
from styletalk_research.datasets.recordings import Recording
from styletalk_research.evaluation import labels as evaluation
from styletalk_research.evaluation.clip_set import read_clip_set
from styletalk_research.metrics.linear_baseline import label_features, linear_baseline
from styletalk_research.metrics.scores import label_agreement


def test_agreement_counts_frames_and_visemes():
    """P for B is the same viseme, AA for B is not."""
    found = np.array([PHONEME_INDEX[p] for p in ("B", "P", "AA", "SIL")])
    published = np.array([PHONEME_INDEX[p] for p in ("B", "B", "B", "SIL")])
    assert label_agreement(found, published, VISEME_OF_PHONEME) == (0.5, 0.75)


def test_features_show_the_labels_round_the_one_of_a_row_and_silence_beyond_the_clip():
    features = label_features(np.array([5, 6, 7, 8])).reshape(4, 7, 41)
    assert features[0].argmax(axis=1).tolist() == [5, 6, 7, 8, 31, 31, 31]
    assert features[1].argmax(axis=1).tolist() == [6, 7, 8, 31, 31, 31, 31]


def test_the_baseline_finds_what_labels_explain_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((41, 2))
    clips, noise = [], []
    for name in "abc":
        labels = np.repeat(rng.integers(0, 41, 150), 3)
        rows = np.zeros((450, 64), np.float32)
        rows[: 450 - 3, :2] = meaning[labels[3:]]
        clips.append(Recording(name, name, rows, labels))
        noise.append(Recording(name, name, rows, rng.permutation(labels)))
    readout = np.eye(64, 2)
    assert linear_baseline(clips, readout).means[0] > 0.95
    assert abs(linear_baseline(noise, readout).means[0]) < 0.3


def test_without_labels_there_is_no_baseline():
    with pytest.raises(StyleTalkError, match="a has no phoneme labels"):
        linear_baseline([Recording(name, name, np.zeros((9, 64), np.float32)) for name in "ab"], np.eye(64, 2))


def test_methods_to_label_are_measured_on_any_pairs_with_sound(pairs_dir, monkeypatch):
    """One that answers with the truth agrees wholly, also where a clip leads its labels; one speaker is enough."""
    (pairs_dir / "av_offsets.json").write_text(json.dumps({"lead": {"ann_one": 5}}))
    (pairs_dir / "speakers.json").write_text(json.dumps(dict.fromkeys(("bob_one", "ann_one", "ann_two"), "ann")))
    (pairs_dir / "speech" / "bob_two.wav").unlink()
    truth = {
        path.name[: -len("_seq.json")]: json.loads(path.read_text())
        for path in (pairs_dir / "speech").glob("*_seq.json")
    }
    perfect = {"perfect": lambda audio: PhonemeTrack.from_labels(truth[audio.path.stem])}
    monkeypatch.setattr(evaluation, "_methods", lambda pairs: (perfect, {"other": "Not here."}))
    report = evaluation.label_report(pairs_dir)
    published, found = report.methods
    assert report.clips == 3 and report.missing == {"other": "Not here.", "bob_two": "It has no sound."}
    assert "Not measured: other. Not here." in report.as_markdown() and "| perfect | " in report.as_markdown()
    assert json.loads(json.dumps(report.as_dict()))["clips"] == 3
    assert found.exact > 0.99 and found.by_clip == pytest.approx(published.by_clip, abs=0.01)
    assert np.isnan(found.by_speaker).all() and "– / –" in report.as_markdown()
    for name in ("ann_one", "ann_two"):
        (pairs_dir / "speech" / f"{name}.wav").unlink()
    with pytest.raises(StyleTalkError, match="two or more"):
        evaluation.label_report(pairs_dir)


def test_a_folder_without_clips_is_one_sentence(tmp_path):
    with pytest.raises(StyleTalkError, match="speech/"):
        evaluation.label_report(tmp_path)


@pytest.mark.shared
def test_the_baseline_has_its_known_figures(shared_dir: Path):
    clips = read_clip_set(shared_dir / "data")
    by_clip = linear_baseline(clips.pairs, clips.readout)
    by_speaker = linear_baseline(clips.pairs, clips.readout, "speaker")
    assert by_clip.means == pytest.approx((0.64407, 0.55402), abs=1e-5)
    assert by_speaker.means == pytest.approx((0.63083, 0.50642), abs=1e-5)
