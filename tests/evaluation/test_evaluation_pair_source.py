# SPDX-License-Identifier: Apache-2.0
"""A report on what people have on disk: through a manifest, whatever its folders, frame rates and broken clips."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from evaluation_pairs import motion_of, random_labels, write_mat

from styletalk.cli import main
from styletalk.errors import StyleTalkError
from styletalk.face.model import open_face
from styletalk_research.evaluation.clip_set import read_pairs
from styletalk_research.metrics.scores import pearson

SECONDS = 6
LEVEL = 0.2 * open_face().coefficient_std


def write_clip(root: Path, speaker: str, number: int, fps: int, seed: int) -> np.ndarray:
    """A clip as MEAD has it on disk, faces at `fps`; returns its movement at 30 fps, (T, 64)."""
    labels = random_labels(seed, 30 * SECONDS)
    rows = motion_of(labels, seed, LEVEL)
    rows = np.stack([np.convolve(column, np.hanning(7) / 3, "same") for column in rows.T], axis=1)  # no faster than fps
    times = np.arange(fps * SECONDS) / fps
    shown = np.stack([np.interp(times, np.arange(len(rows)) / 30, column) for column in rows.T], axis=1)
    place = f"happy/level_2/{number:03d}"
    for folder in (f"3dmm/front/{place}.mat", f"audio/{place}.wav", f"phoneme/{place}_seq.json"):
        (root / speaker / folder).parent.mkdir(parents=True, exist_ok=True)
    write_mat(root / speaker / f"3dmm/front/{place}.mat", shown)
    sound = np.random.default_rng(seed).normal(0, 0.1, 16000 * SECONDS)
    soundfile.write(root / speaker / f"audio/{place}.wav", sound, 16000)
    (root / speaker / f"phoneme/{place}_seq.json").write_text(json.dumps(labels.tolist()))
    return rows


@pytest.fixture
def manifest(tmp_path: Path) -> tuple[Path, dict[int, np.ndarray]]:
    """(manifest.json of two clips at 25 fps, one at 30 and one with a hole, movement at 30 fps by number)."""
    root = tmp_path / "mead"
    clips = (("M003", 1, 25), ("M003", 2, 25), ("W009", 3, 30), ("W009", 4, 30))
    made = {number: write_clip(root, speaker, number, fps, number) for speaker, number, fps in clips}
    hole = root / "W009" / "3dmm/front/happy/level_2/004.mat"
    rows = made[4].copy()
    rows[40:60] = np.nan
    write_mat(hole, rows)
    out = tmp_path / "pairs.json"
    assert main(["manifest", str(root), "-o", str(out), "--kind", "mead", "--lead", "3",
                 "--validation-speakers", "W009"]) == 0  # fmt: skip
    return out, made


def test_clips_of_any_frame_rate_become_pairs_at_thirty_and_holes_are_named(manifest):
    path, made = manifest
    clips = read_pairs(path)
    assert clips.speakers == ("M003", "W009") and len(clips.pairs) == 3
    for pair in clips.pairs:
        assert len(pair.labels) == len(pair.expression) == len(pair.audio_features) >= 30 * SECONDS - 1
        true = made[int(pair.name[-3:])][: len(pair.expression)]
        assert pearson(*(clips.tracks(rows)[:, 0] for rows in (pair.expression, true))) > 0.98, pair.name
    assert any("004.mat was left out" in note for note in clips.notes)


def test_one_side_of_a_manifest_is_measured_where_it_is_asked_for(manifest, tmp_path):
    path, _ = manifest
    assert read_pairs(path, "validation").speakers == ("W009",)
    out = tmp_path / "report.json"
    assert main(["evaluate", str(path), "--split", "train", "--only", "motion", "-o", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["about"]["clips"].startswith("2 pairs, 12 s, 1 speakers")
    assert report["motion"]["means"]["recording"]["gap"] == pytest.approx(1)


def test_what_is_no_manifest_and_what_holds_no_pairs_is_said_in_a_sentence(manifest, tmp_path):
    path, _ = manifest
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(StyleTalkError, match="not a manifest"):
        read_pairs(tmp_path / "other.json")
    with pytest.raises(StyleTalkError, match="styletalk manifest"):
        read_pairs(path.parent / "mead")
    for sound in (path.parent / "mead").rglob("*.mat"):
        sound.unlink()
    with pytest.raises(StyleTalkError, match="no pair that can be used") as caught:
        read_pairs(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[1", '{"lead": [1]}', '{"lead": {"ann_one": "x"}}', '{"lead": {"ann_one": 500}}'])
def test_offsets_that_are_none_are_refused_in_a_sentence(pairs_dir, content):
    (pairs_dir / "av_offsets.json").write_text(content)
    with pytest.raises(StyleTalkError, match="av_offsets"):
        read_pairs(pairs_dir)


def test_a_folder_without_faces_says_so(pairs_dir):
    for path in (pairs_dir / "speech").glob("*.mat"):
        path.unlink()
    with pytest.raises(StyleTalkError, match="holds no"):
        read_pairs(pairs_dir)


def test_a_sound_of_another_length_than_the_face_is_named(pairs_dir):
    assert not any("another frame rate" in note for note in read_pairs(pairs_dir).notes)
    sound = pairs_dir / "speech" / "ann_two.wav"
    samples, rate = soundfile.read(sound)
    soundfile.write(sound, np.concatenate([samples, samples[: len(samples) // 5]]), rate)  # as 25 rows a second have it
    told = [note for note in read_pairs(pairs_dir).notes if "another frame rate" in note]
    assert len(told) == 1 and told[0].startswith("ann_two: its sound lasts 8.0 s")


@pytest.mark.shared
def test_nothing_is_to_be_said_of_the_published_pairs(shared_dir):
    assert read_pairs(shared_dir / "data").notes == ()
