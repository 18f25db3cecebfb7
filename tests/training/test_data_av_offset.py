# SPDX-License-Identifier: Apache-2.0
"""How far a face offsets its labels is measured from the sound."""

from pathlib import Path

import numpy as np
import pytest

from styletalk.cli import main
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk.tracking.lag import Lag
from styletalk_research.datasets.av_offset import offset_of, with_measured_offsets
from styletalk_research.datasets.clip import Clip
from styletalk_research.datasets.manifest import Manifest
from styletalk_research.datasets.pairs import read_audio_features, shifted_labels


def _clip(name: str, speaker: str, rows: int) -> Clip:
    return Clip(name, speaker, speaker, "train", name, 30.0, rows, 1)


def test_a_mouth_that_is_two_rows_early_leads_its_labels_by_two_more():
    assert [offset_of(late_s) for late_s in (0.0, -2 / 30, 0.1)] == [3, 5, 0]


def test_unsure_clips_go_by_their_speaker_then_by_all_and_without_either_keep_what_they_had() -> None:
    clips = [_clip("sure", "a", 600), _clip("unsure", "a", 90), _clip("other", "b", 600)]
    lags = {"sure": Lag(-1 / 30, 0.9), "unsure": Lag(0.2, 0.3), "other": Lag(0.1, 0.1)}
    measured, kept = with_measured_offsets(clips, lags)
    assert [clip.av_offset for clip in measured] == [4, 4, 4] and kept == 0
    assert with_measured_offsets(clips[2:], lags) == ((clips[2],), 1)


def test_a_long_clip_outvotes_a_short_one_of_its_speaker() -> None:
    clips = [_clip("long", "a", 600), _clip("short", "a", 90), _clip("unsure", "a", 90)]
    lags = {"long": Lag(-1 / 30, 0.9), "short": Lag(2 / 30, 0.9), "unsure": Lag(0.0, 0.0)}
    assert [clip.av_offset for clip in with_measured_offsets(clips, lags)[0]] == [4, 1, 4]


@pytest.mark.shared
def test_the_sample_clips_come_out_at_their_known_offsets(shared_dir: Path, tmp_path: Path) -> None:
    """Known from their labels; measured from their sound alone. At most one of seven is a row off."""
    folder, output = shared_dir / "data/styletalk", tmp_path / "m.json"
    assert main(["manifest", str(folder), "-o", str(output)]) == 0
    known = [clip.av_offset for clip in Manifest.load(output).clips]
    assert main(["manifest", str(folder), "-o", str(output), "--av-offset", "measure"]) == 0
    off = [abs(clip.av_offset - offset) for clip, offset in zip(Manifest.load(output).clips, known, strict=True)]
    assert max(off) <= 1 and sum(off) <= 1


@pytest.mark.parametrize("rows", [1, 2, 90])
@pytest.mark.parametrize("offset", [0, 2, 3, 5])
def test_a_sound_moves_as_its_labels_do_however_short_the_face_is(rows, offset):
    line = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo" / "line.wav"
    moved = read_audio_features(line, rows, offset)
    assert moved is not None and moved.shape == (rows, PROSODY_DIM)
    assert not moved[: max(3 - offset, 0)].any() and len(shifted_labels(np.arange(rows), offset)) == rows
