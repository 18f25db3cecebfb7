# SPDX-License-Identifier: Apache-2.0
"""Reading any set of pairs, and the systems that predict them."""

import json
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from styletalk.errors import MissingPackageError, StyleTalkError
from styletalk.phonemes import PHONEME_INDEX, PhonemeTrack
from styletalk_research.evaluation import systems, visemes
from styletalk_research.evaluation.clip_set import ClipSet, read_clip_set
from styletalk_research.evaluation.openfacefx_systems import arkit_curves, openfacefx_systems
from styletalk_research.evaluation.systems import Predictions
from styletalk_research.metrics.scores import pearson


@pytest.fixture(scope="module")
def clips(made_pairs) -> ClipSet:
    return read_clip_set(made_pairs)


def test_pairs_are_read_with_their_speakers_and_what_is_missing_is_named(clips):
    assert [pair.name for pair in clips.pairs] == ["ann_one", "ann_two", "bob_one", "bob_two"]
    assert clips.speakers == ("ann", "bob") and list(clips.styles) == ["happy_clip1"]
    assert all(pair.audio_features is not None and len(pair.audio_features) == len(pair.labels) for pair in clips.pairs)
    assert any("av_offsets.json" in note for note in clips.notes) and any("calibration" in note for note in clips.notes)


def test_broken_and_incomplete_pairs_are_named_and_left_out(pairs_dir):
    speech = pairs_dir / "speech"
    (speech / "ann_one_seq.json").unlink()
    (speech / "ann_two.mat").write_bytes(b"rubbish")
    (speech / "bob_one.wav").unlink()
    (speech / "bob_two_seq.json").write_text("[99, 1]")
    clips = read_clip_set(pairs_dir)
    assert [pair.name for pair in clips.pairs] == ["bob_one"]
    assert clips.pairs[0].audio is None and clips.pairs[0].audio_features is None
    for name in ("ann_one was left out", "ann_two was left out", "bob_two was left out", "bob_one has no .wav"):
        assert any(name in note for note in clips.notes), name


def test_a_folder_without_pairs_says_so_and_why(pairs_dir, tmp_path):
    with pytest.raises(StyleTalkError, match="speech/"):
        read_clip_set(tmp_path / "elsewhere")
    for path in (pairs_dir / "speech").glob("*_seq.json"):
        path.unlink()
    with pytest.raises(StyleTalkError, match="no labels"):
        read_clip_set(pairs_dir)


def test_offsets_speakers_and_text_grids_beside_the_clips_are_used(pairs_dir):
    from styletalk.speech.formats.alignment_files import write_textgrid

    before = read_clip_set(pairs_dir).pairs[0]
    (pairs_dir / "av_offsets.json").write_text(json.dumps({"lead": {"ann_one": 5}}))
    (pairs_dir / "speakers.json").write_text(json.dumps({"ann_one": "carl"}))
    grid = pairs_dir / "speech" / "ann_two.TextGrid"
    write_textgrid(grid, PhonemeTrack.from_labels(json.loads((pairs_dir / "speech/ann_two_seq.json").read_text())))
    old = np.array(json.loads((pairs_dir / "speech/ann_two_seq.json").read_text()))
    (pairs_dir / "speech" / "ann_two_seq.json").unlink()
    clips = read_clip_set(pairs_dir)
    np.testing.assert_array_equal(clips.pairs[0].labels[:-2], before.labels[2:])
    assert clips.pairs[0].speaker == clips.person("ann_one") == "carl"
    assert (clips.pairs[1].labels == old[: len(clips.pairs[1].labels)]).mean() > 0.95


def test_the_linear_model_learns_from_the_other_clips_alone(clips):
    pair = clips.pairs[0]
    made = systems.linear_model(clips.pairs).predict(pair, pair.expression)
    assert pearson(*(clips.tracks(rows)[:, 0] for rows in (made, pair.expression))) > 0.6
    np.testing.assert_allclose(made.mean(0), pair.expression.mean(0), atol=1e-4)
    fooled = replace(pair, expression=-pair.expression)  # what it must predict is no part of what it learns
    np.testing.assert_allclose(systems.linear_model((fooled, *clips.pairs[1:])).predict(pair, pair.expression), made)
    with pytest.raises(StyleTalkError, match="one clip"):
        systems.linear_model(clips.pairs[:1]).predict(pair, pair.expression)


def test_scrambling_keeps_every_sound_and_its_length_and_loses_the_order(clips):
    pair = clips.pairs[0]
    mixed = systems.scrambled(pair)
    assert sorted(mixed.labels) == sorted(pair.labels) and (mixed.labels == pair.labels).mean() < 0.4
    assert np.unique(np.diff(np.flatnonzero(np.diff(mixed.labels)))).min() >= 4
    index = [
        np.flatnonzero((pair.audio_features == row).all(1))[0] for row in mixed.audio_features
    ]  # the sound went with them
    np.testing.assert_array_equal(pair.labels[index], mixed.labels)


@pytest.mark.parametrize("frames", [5, -5])
def test_shifted_sound_is_late_or_early_with_silence_where_it_opens(clips, frames):
    pair = clips.pairs[0]
    late = systems.shifted(pair, frames)
    kept = slice(5, None) if frames > 0 else slice(None, -5)
    was = slice(None, -5) if frames > 0 else slice(5, None)
    np.testing.assert_array_equal(late.labels[kept], pair.labels[was])
    np.testing.assert_array_equal(late.audio_features[kept], pair.audio_features[was])
    opened = late.labels[:5] if frames > 0 else late.labels[-5:]
    assert (opened == PHONEME_INDEX["SIL"]).all() and len(late.labels) == len(pair.labels)


def test_shape_weights_sum_to_one_and_show_the_sound_of_three_labels_later():
    labels = np.repeat([PHONEME_INDEX[name] for name in ("SIL", "AA", "M", "F", "SIL")], 12)
    for eased in (True, False):
        weights = visemes.shape_weights(labels, eased)
        np.testing.assert_allclose(weights.sum(1), 1)
        shown = [visemes.SHAPES[k] for k in weights[[4, 15, 27, 39, 55]].argmax(1)]
        assert shown == ["X", "D", "A", "G", "X"] and weights[[4, 15, 27, 39]].max(1).min() > 0.99
    assert np.abs(np.diff(visemes.shape_weights(labels), axis=0)).max() < 0.5  # nothing snaps


def test_every_sound_has_one_of_the_nine_shapes():
    assert len(visemes.SHAPE_OF_PHONEME) == 41 and set(visemes.SHAPE_OF_PHONEME) == set(range(9))
    assert set(visemes.ARKIT_POSES) == set(visemes.SHAPES)


def test_fitted_visemes_explain_motion_that_is_made_of_shapes(clips):
    shapes = np.random.default_rng(4).normal(size=(9, 64))
    pairs = tuple(replace(p, expression=visemes.shape_weights(p.labels) @ shapes) for p in clips.pairs)
    made = visemes.keyframed(pairs).predict(pairs[0], pairs[0].expression)
    assert np.corrcoef(made.ravel(), pairs[0].expression.ravel())[0, 1] > 0.99


def test_posed_visemes_close_at_m_and_open_at_aa(clips):
    pair = clips.pairs[0]
    labels = np.repeat([PHONEME_INDEX[name] for name in ("SIL", "AA", "M", "AA", "M", "SIL")], 12).astype(np.int16)
    rows = visemes.posed().predict(replace(pair, labels=labels), np.zeros((30, 64)))
    gap = clips.tracks(rows)[:, 0]
    assert gap[15] > gap[27] + 0.02 and gap[39] > gap[51] + 0.02


def test_a_system_that_fails_is_dropped_with_a_reason(clips):
    alone = replace(clips, pairs=clips.pairs[:1])
    predictions = Predictions(alone, [systems.recording(), systems.linear_model(alone.pairs)])
    predictions.run()
    assert [system.name for system in predictions.systems] == ["recording"]
    assert any("linear model" in note and "one clip" in note for note in predictions.notes)


def test_each_prediction_is_scored_on_the_half_that_did_not_lend_its_style(clips):
    pair, seen = clips.pairs[0], []
    system = systems.System("spy", "model", "", lambda p, style: seen.append(style) or p.expression)
    for (_, style, scored), lent in zip(Predictions(clips, [system]).halves(system, pair), pair.halves, strict=True):
        assert style == lent and scored != lent
    np.testing.assert_array_equal(seen[0], pair.expression[: len(pair.labels) // 2])
    assert len(np.concatenate(seen)) == len(pair.expression)


def test_folds_predict_each_clip_with_its_own_weights_or_say_whose_are_missing(clips, tmp_path):
    from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS

    (tmp_path / "folds" / "ann_one").mkdir(parents=True)
    (tmp_path / "folds" / "ann_one" / "fold.safetensors").write_bytes(DEFAULT_WEIGHTS.read_bytes())
    models, pairs = systems.Models(folds=tmp_path / "folds"), clips.pairs
    assert models.predict(pairs[0], pairs[0].expression).shape == pairs[0].expression.shape
    with pytest.raises(StyleTalkError, match="ann_two"):
        models.predict(pairs[1], pairs[1].expression)


class _Segment:
    def __init__(self, phoneme: str, start: float, end: float) -> None:
        self.phoneme, self.start, self.end = phoneme, start, end


class _FakeTool:
    """What the adapter uses of openfacefx: a jaw that is open through AA, and nothing else."""

    PhonemeSegment = _Segment
    PRESETS = MappingProxyType({"arkit": None})

    @staticmethod
    def generate_from_alignment(segments, fps):
        return segments

    @staticmethod
    def retarget(segments, mapping):
        key = type("Key", (), {})
        keys = []
        for segment in segments:
            for time in (segment.start, segment.end - 1e-4):
                made = key()
                made.time, made.value = time, float(segment.phoneme == "AA")
                keys.append(made)
        channel = type("Channel", (), {"name": "jawOpen", "keys": keys})
        return type("Track", (), {"channels": [channel]})


def test_curves_of_the_other_tool_are_sampled_when_each_row_happens():
    from styletalk.face.retarget import ARKIT_NAMES

    labels = np.repeat([PHONEME_INDEX["SIL"], PHONEME_INDEX["AA"], PHONEME_INDEX["SIL"]], [30, 20, 30])
    jaw = arkit_curves(_FakeTool, labels)[:, ARKIT_NAMES.index("jawOpen")]
    # label 30 is what sounds from 29/30 s; a film shows row i at (i + 2)/30 s: the first open row is 27
    assert np.flatnonzero(jaw > 0.5).tolist() == list(range(27, 47))


def test_the_other_tool_is_a_system_where_it_is_installed_and_says_how_to_get_it_where_not(clips):
    try:
        own, fitted = openfacefx_systems(clips.pairs)
    except MissingPackageError as error:
        assert "pip install openfacefx" in str(error)
        return
    pair = clips.pairs[0]
    for system in (own, fitted):
        assert np.isfinite(system.predict(pair, pair.expression)).all()
