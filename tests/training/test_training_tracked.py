# SPDX-License-Identifier: Apache-2.0
"""People tracked in films as pairs: prepared files, how much they count, and how folds leave them out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.films import seen_mouth, with_seen_mouth
from styletalk_research.datasets.pairs import Readouts
from styletalk_research.datasets.prepared import load_prepared, save_prepared, with_prepared
from styletalk_research.datasets.recordings import Recording

RNG = np.random.default_rng(5)
READOUTS = Readouts(RNG.normal(size=(64, 2)), ("gap", "width"))


def recording(name: str, speaker: str, rows: int = 40, tracked: bool = False) -> Recording:
    mouth = RNG.normal(0.1, 0.05, (rows, 2)).astype(np.float32) if tracked else None
    labels, sound = RNG.integers(0, 41, rows).astype(np.int16), RNG.normal(size=(rows, 27)).astype(np.float32)
    return Recording(name, speaker, RNG.normal(size=(rows, 64)).astype(np.float32), labels, sound, mouth=mouth)


def test_prepared_recordings_come_back_and_only_tracked_ones_have_a_seen_mouth(tmp_path: Path):
    saved = [recording("a", "anna"), recording("b", "bert", 31, tracked=True)]
    save_prepared(saved, tmp_path / "pairs.npz")
    for before, after in zip(saved, load_prepared(tmp_path / "pairs.npz"), strict=True):
        assert (after.name, after.speaker) == (before.name, before.speaker)
        np.testing.assert_array_equal(after.labels, before.labels)
        np.testing.assert_allclose(after.expression, before.expression, atol=2e-3)
        np.testing.assert_allclose(after.audio_features, before.audio_features, atol=0.02)
    whole, tracked = load_prepared(tmp_path / "pairs.npz")
    assert whole.mouth is None
    np.testing.assert_allclose(tracked.mouth, saved[1].mouth)
    (tmp_path / "pairs.npz").write_bytes(b"none")
    with pytest.raises(TrainingDataError, match="prepared"):
        load_prepared(tmp_path / "pairs.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda clip: replace(clip, audio_features=clip.audio_features[:30]), "b has sound with 30 of 40 rows"),
        (lambda clip: replace(clip, audio_features=np.where(clip.labels[:, None] == clip.labels[3], np.nan, 0.1)),
         "b has sound with values that are no numbers"),
        (lambda clip: replace(clip, expression=clip.expression * np.inf), "b has faces with values"),
        (lambda clip: replace(clip, mouth=np.full((40, 2), np.nan)), "b has mouth with values"),
        (lambda clip: replace(clip, audio_features=clip.audio_features[:, :20]), r"\[20, 27\] columns"),
    ],
)  # fmt: skip
def test_recordings_that_lack_rows_or_numbers_are_not_prepared(tmp_path: Path, change, says):
    with pytest.raises(TrainingDataError, match=says):
        save_prepared([recording("a", "anna"), change(recording("b", "bert"))], tmp_path / "pairs.npz")
    assert not (tmp_path / "pairs.npz").exists()


def test_a_prepared_recording_lends_its_sound_to_the_clip_of_its_name_and_others_are_added(tmp_path: Path):
    clip = recording("a", "anna")
    save_prepared([clip, recording("b", "bert")], tmp_path / "pairs.npz")
    silent = replace(clip, audio_features=None)
    first, second = with_prepared([silent], [str(tmp_path / "pairs.npz")])
    assert first.expression is clip.expression and second.name == "b"
    np.testing.assert_allclose(first.audio_features, clip.audio_features, atol=0.02)


def test_the_mouth_of_a_tracked_face_moves_as_seen_and_its_level_stays():
    tracked = recording("b", "bert", tracked=True)
    moved = with_seen_mouth(tracked, READOUTS, np.eye(64))
    shown, seen = moved.centred @ READOUTS.matrix, tracked.mouth - tracked.mouth.mean(0)
    np.testing.assert_allclose(shown, seen, atol=1e-4)
    np.testing.assert_allclose(moved.expression.mean(0), tracked.expression.mean(0), atol=1e-5)
    whole = recording("a", "anna")
    assert with_seen_mouth(whole, READOUTS, np.eye(64)) is whole


def test_tracked_people_are_left_out_by_fifths_and_others_are_not_judged_with_them():
    pytest.importorskip("torch")
    from styletalk_research.experiments.cross_validation import TRACKED_FOLDS, folds_of

    pairs = [recording("a", "anna")] + [recording(f"t{k}", f"person{k % 6}", tracked=True) for k in range(12)]
    folds = folds_of(pairs, (), "tracked")
    assert len(folds) == TRACKED_FOLDS
    assert sorted(name for fold in folds for name in fold.clips) == sorted(pair.name for pair in pairs[1:])
    who = {pair.name: pair.speaker for pair in pairs}
    people = [{who[name] for name in fold.clips} for fold in folds]
    assert sum(len(group) for group in people) == 6 == len(set.union(*people))
    assert [fold.clips for fold in folds_of(pairs, (), "clip")] == [("a",)]


def test_a_clip_whose_face_came_whole_counts_more_than_a_tracked_one():
    torch = pytest.importorskip("torch")
    from styletalk_research.training.distillation.convolution import TargetUtterance
    from styletalk_research.training.distillation.kernel_ridge import LABELS, KernelRidge

    torch.set_num_threads(1)
    labels = np.repeat(np.arange(4), 10)
    said = [TargetUtterance(labels, None, np.full((40, 1), value, np.float32)) for value in (1.0, -1.0)]
    alike = KernelRidge.fit(said, 80, LABELS, 1).components(labels, None)
    louder = KernelRidge.fit([replace(said[0], copies=4), said[1]], 80, LABELS, 1).components(labels, None)
    assert abs(alike.mean()) < 0.05 and louder.mean() > 0.3


def test_a_seen_mouth_is_that_of_the_row_whatever_the_head_does():
    from styletalk.tracking.fit.pose import TO_FACE
    from styletalk.tracking.fit.reference import face_map
    from styletalk.tracking.tracks import FaceTrack

    faces = np.repeat(face_map().template[None].astype(np.float64) * 1000, 30, axis=0)
    faces[:, 14, 1] -= np.linspace(0, 20, 30)  # the lower lip goes down
    angle = np.linspace(-0.3, 0.3, 30)
    turned = faces @ np.stack([[[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]] for a in angle])
    track = FaceTrack((turned * TO_FACE + 300).astype(np.float32), np.arange(30) / 30 + 2 / 30, np.ones(30), 600, 600)
    gap, width = seen_mouth(track, 30).T
    eyes = np.linalg.norm(faces[0, 33] - faces[0, 263])
    np.testing.assert_allclose(gap - gap[0], np.linspace(0, 20, 30) / eyes, atol=2e-3)
    assert np.ptp(width) < 2e-3


def test_a_folder_of_films_with_tracks_beside_them_becomes_pairs_of_its_people(tmp_path: Path):
    import soundfile

    from styletalk.tracking.fit.pose import TO_FACE
    from styletalk.tracking.fit.reference import face_map
    from styletalk.tracking.track_file import write_track
    from styletalk.tracking.tracks import FaceTrack
    from styletalk_research.datasets.clip import read_recording
    from styletalk_research.datasets.scan import ScanOptions, scan

    folder = tmp_path / "films" / "anna"
    folder.mkdir(parents=True)
    faces = np.repeat(face_map().template[None].astype(np.float64) * 1000, 90, axis=0)
    faces[:, 14, 1] -= 10 * np.abs(np.sin(np.arange(90) / 5))
    times_s = np.arange(90) / 30 + 0.15
    track = FaceTrack((faces * TO_FACE + 300).astype(np.float32), times_s, np.ones(90), 600, 600, lag_s=0.15 - 2 / 30)
    write_track(folder / "take_1.npz", track)
    soundfile.write(folder / "take_1.wav", RNG.normal(0, 0.1, 3 * 16000), 16000)
    (folder / "take_1.mp4").write_bytes(b"")  # its pictures are not needed, nor its sound, a file of which is beside it
    (folder / "take_1.json").write_text(str(RNG.integers(0, 41, 90).tolist()))
    manifest = scan(tmp_path / "films", tmp_path / "films.json", ScanOptions(validation=0.0))
    assert manifest.kind == "film" and not manifest.left_out
    (clip,) = manifest.clips
    assert (clip.speaker, clip.av_offset, clip.track) == ("anna", 3, "films/anna/take_1.npz")
    recording = read_recording(clip, manifest.root, tmp_path)
    seen = 10 * np.abs(np.sin(np.arange(len(recording.expression)) / 5)) / np.linalg.norm(faces[0, 33] - faces[0, 263])
    np.testing.assert_allclose(recording.mouth[:, 0] - recording.mouth[0, 0], seen, atol=3e-3)


def test_nothing_to_prepare_is_said_in_a_sentence(tmp_path):
    with pytest.raises(TrainingDataError, match="nothing to prepare"):
        save_prepared([], tmp_path / "prepared.npz")
    assert not list(tmp_path.iterdir())


def test_a_film_whose_sound_is_of_another_mouth_is_not_learnt_from(tmp_path: Path, monkeypatch):
    from styletalk.tracking import tracker
    from styletalk.tracking.lag import Lag
    from styletalk.tracking.tracks import FaceTrack
    from styletalk_research.datasets import films
    from styletalk_research.datasets.errors import ClipError

    times_s = np.arange(300) / 25
    track = FaceTrack(np.full((300, 478, 3), 50, np.float32), times_s, np.ones(300, np.float32), 320, 240)
    monkeypatch.setattr(tracker, "track_face", lambda film, kept: track)
    for certainty in (0.05, 0.5):
        monkeypatch.setattr(films, "find_lag", lambda track, film, certainty=certainty: Lag(0.0, certainty))
        if certainty < 0.1:
            with pytest.raises(ClipError, match="hardly belongs to its mouth"):
                films.track_of(tmp_path / "a.mp4", "a", tmp_path / "tracks")
            assert not list((tmp_path / "tracks").glob("*.npz"))
        else:
            assert films.track_of(tmp_path / "a.mp4", "a", tmp_path / "tracks").is_file()
