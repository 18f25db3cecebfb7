# SPDX-License-Identifier: Apache-2.0
"""FaceAnimation: one place knows when a row happens, and files come back as they were or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import LOWER_FACE, UPPER_FACE, FaceAnimation
from styletalk.errors import AnimationFileError, CoefficientShapeError, OutputError
from styletalk.files.reading import UnusableContent
from styletalk.motion.articulation import shut_spans
from styletalk.phonemes import PhonemeSegment, PhonemeTrack, WordSegment
from styletalk.timeline import film_row_time_s, row_time_s

TRACK = PhonemeTrack(
    (PhonemeSegment("HH", 0.0123456789, 0.1), PhonemeSegment("AY", 0.1, 0.35)),
    0.4, "transcript, aligned", "One word is not in the dictionary.", (WordSegment("hi", 0.0123456789, 0.35),),
)  # fmt: skip


def animation(rows: int = 12, **metadata) -> FaceAnimation:
    random = np.random.default_rng(0)
    return FaceAnimation.still(random.normal(size=(rows, 64)), np.arange(rows) % 41, metadata)


def test_row_i_is_the_face_three_frames_later_and_the_picture_of_a_film_two():
    assert row_time_s(0) == pytest.approx(3 / 30)
    assert row_time_s(27) == pytest.approx(1.0)
    np.testing.assert_allclose(row_time_s(np.arange(100)) * 30, np.arange(100) + 3)
    np.testing.assert_allclose(film_row_time_s(np.arange(100)) * 30, np.arange(100) + 2)


def test_the_sync_offset_comes_on_top_and_leaves_the_rows_alone():
    plain, late = animation(), animation(sync_offset_ms=40.0)
    assert late.times_s - plain.times_s == pytest.approx(np.full(12, 0.04))
    assert np.array_equal(plain.coefficients, late.coefficients)


def test_lower_and_upper_face_share_the_64_coefficients():
    assert sorted(LOWER_FACE + UPPER_FACE) == list(range(64))


def test_a_saved_animation_comes_back_as_it_was(tmp_path):
    made = replace(animation(style="happy", intensity=1.5), track=TRACK)
    made.save(tmp_path / "line.npz")
    read = FaceAnimation.load(tmp_path / "line.npz")
    for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper", "phonemes"):
        assert np.array_equal(getattr(read, name), getattr(made, name))
        assert getattr(read, name).dtype == (np.int16 if name == "phonemes" else np.float32)
    assert read.metadata == made.metadata
    assert read.track == TRACK


def test_rows_before_the_sound_keep_their_times_in_a_file_and_can_be_left_out(tmp_path):
    early = replace(animation(), first_row=-4, intensity=np.linspace(0, 1.5, 12, dtype=np.float32), track=TRACK)
    assert early.times_s == pytest.approx(row_time_s(np.arange(-4, 8)))
    early.save(tmp_path / "line.npz")
    read = FaceAnimation.load(tmp_path / "line.npz")
    assert read.first_row == -4 and np.array_equal(read.intensity, early.intensity)
    assert [each.start_s for each in read.row_track.segments] == pytest.approx([4 / 30 + 0.0123456789, 4 / 30 + 0.1])
    heard = read.from_sound_on()
    assert heard.first_row == 0 and len(heard) == len(heard.intensity) == 8
    assert np.array_equal(heard.coefficients, early.coefficients[4:]) and heard.times_s[0] == row_time_s(0)
    assert animation().from_sound_on().first_row == 0 and FaceAnimation.load(tmp_path / "line.npz").track == TRACK


def test_an_animation_that_is_shorter_than_its_beginning_still_has_a_row_with_the_sound():
    shortest = replace(animation(2), first_row=-3).checked()
    assert shortest.times_s[-1] > 0 and len(shortest.from_sound_on()) == 1


@pytest.mark.parametrize(
    "name, value",
    [("first_row", 10**9), ("first_row", -500), ("first_row", 1), ("first_row", 200_000), ("first_row", -2.5),
     ("first_row", np.array([-1, -2])), ("intensity", np.full(12, np.nan)), ("intensity", 5)],
)  # fmt: skip
def test_a_first_row_or_an_intensity_that_cannot_be_is_refused(tmp_path, name, value):
    replace(animation(), intensity=np.ones(12, np.float32)).save(tmp_path / "line.npz")
    with np.load(tmp_path / "line.npz") as stored:
        np.savez(tmp_path / "bad.npz", **{**stored, name: value})
    with pytest.raises(AnimationFileError):
        FaceAnimation.load(tmp_path / "bad.npz")


def first_release(path: Path, **changed: object) -> Path:
    """A file as version 0.1.0 wrote it: the published pose, segments rounded in the metadata, no track."""
    rows = 12
    arrays = {
        "coefficients": np.ones((rows, 64), np.float32), "head_pose": np.zeros((rows, 6), np.float32),
        "pose9": np.zeros((rows, 9), np.float32), "blinks": np.zeros((rows, 2), np.float32),
        "gaze": np.zeros((rows, 4), np.float32), "phonemes": np.repeat([31, 6, 2], 4).astype(np.int16),
        "fps": np.float64(30), "metadata": json.dumps({"segments": [["B", 0.1, 0.2333]], "phoneme_road": "phones"}),
    }  # fmt: skip
    np.savez_compressed(path, **{**arrays, **changed})
    return path


def test_a_file_of_the_first_release_loads_and_its_track_is_made_from_its_labels(tmp_path):
    read = FaceAnimation.load(first_release(tmp_path / "old.npz"))
    assert len(read) == 12 and read.metadata["phoneme_road"] == "phones"
    assert read.track == PhonemeTrack.from_labels(read.phonemes)
    assert [segment.phoneme for segment in read.track.segments] == ["SIL", "B", "AH"]
    np.testing.assert_array_equal(read.track.labels(12), read.phonemes)


@pytest.mark.parametrize("style", ["happy", "captured"])
def test_a_file_without_a_first_row_keeps_the_times_at_which_its_release_showed_it(tmp_path, style):
    """Rows were the face at (i + 2)/30 s; lips that were shut for B then are looked for where they are."""
    read = FaceAnimation.load(first_release(tmp_path / "old.npz", metadata=json.dumps({"style": style})))
    np.testing.assert_allclose(read.times_s, film_row_time_s(np.arange(12)))
    assert len(shut_spans(read.row_track)) == 1
    begins_s, ends_s = read.track.segments[1].start_s, read.track.segments[1].end_s
    first, last = shut_spans(read.row_track)[0]
    assert begins_s - 0.05 < film_row_time_s(first) < film_row_time_s(last) < ends_s + 0.02
    read.save(tmp_path / "new.npz")
    np.testing.assert_allclose(FaceAnimation.load(tmp_path / "new.npz").times_s, read.times_s)


def test_a_file_without_rows_is_no_animation(tmp_path):
    FaceAnimation.still(np.zeros((0, 64)), np.zeros(0)).save(tmp_path / "empty.npz")
    with pytest.raises(AnimationFileError, match="no rows"):
        FaceAnimation.load(tmp_path / "empty.npz")


@pytest.mark.parametrize(
    "changed",
    [
        {"track_segment_times_s": np.zeros((1, 2))},
        {"track_segments": np.array(["XX", "AY"])},
        {"track_segment_times_s": np.array([[0.2, 0.1], [0.3, 0.2]])},
        {"track_duration_s": np.float64("nan")},
        {"track_words": np.array([None], object)},
        {"track_word_times_s": np.array([[0.3, 0.1]])},
        {"track_word_times_s": np.array([[0.3, 9.1]])},
        {"track_duration_s": np.float64(1e9)},
        {"head_pose": np.full((12, 6), np.inf)},
        {"blinks": np.full((12, 2), 2.0)},
        {"phonemes": np.full(12, 99, np.int16), "track_segments": None},
        {"coefficients": np.zeros((12, 3))},
        {"metadata": "{"},
        {"metadata": "[1]"},
        {"metadata": '{"sync_offset_ms": "x"}'},
        {"metadata": '{"sync_offset_ms": NaN}'},
        {"metadata": '{"sync_offset_ms": 10001}'},
        {"coefficients": np.full((12, 64), "1", "U8")},
        {"coefficients": np.full((12, 64), np.nan)},
        {"gaze": np.full((12, 4), np.inf)},
        {"phonemes": np.full(12, 99)},
        {"phonemes": np.full(12, -1)},
        {"phonemes": np.full(12, 2.0)},
        {"phonemes": np.full(12, "SIL")},
    ],
    ids=lambda changed: "+".join(changed),
)
def test_a_file_with_a_part_that_cannot_be_is_no_animation(tmp_path, changed):
    replace(animation(), track=TRACK).save(tmp_path / "line.npz")
    with np.load(tmp_path / "line.npz") as data:
        parts = {name: value for name, value in {**data, **changed}.items() if value is not None}
    np.savez(tmp_path / "line.npz", **parts)
    with pytest.raises(AnimationFileError, match="is not a StyleTalk animation"):
        FaceAnimation.load(tmp_path / "line.npz")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"head_pose": np.full((12, 6), np.inf, np.float32)}, "head_pose"),
        ({"head_pose": np.full((12, 6), 1e9, np.float32)}, "head_pose"),
        ({"coefficients": np.full((12, 64), np.nan, np.float32)}, "coefficients"),
        ({"blinks": np.full((12, 2), 1.5, np.float32)}, "blinks"),
        ({"phonemes": np.full(12, 41, np.int16)}, "phonemes"),
        ({"metadata": {"sync_offset_ms": 1e9}}, "sync offset"),
        ({"metadata": {"sync_offset_ms": "40"}}, "sync offset"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_shown_does_not_pass_the_check(changed, says):
    made = animation(sync_offset_ms=-10_000.0)
    assert len(made.checked()) == 12
    with pytest.raises(UnusableContent, match=says):
        replace(made, **changed).checked()


def test_what_passes_the_check_has_the_types_that_are_promised():
    wide = replace(animation(), coefficients=np.ones((12, 64)), phonemes=np.zeros(12, np.int64)).checked()
    assert (wide.coefficients.dtype, wide.phonemes.dtype) == (np.float32, np.int16)


@pytest.mark.parametrize("fps", [1.0, 2.0])
def test_a_rate_does_not_make_days_of_a_file(tmp_path, fps):
    with np.load(at_rate(tmp_path / "line.npz", 30.0)) as data:
        parts = dict(data)
    for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper", "phonemes"):
        parts[name] = np.repeat(parts[name], round(242 * fps), axis=0)
    np.savez(tmp_path / "line.npz", **parts | {"fps": np.float64(fps)})
    with pytest.raises(AnimationFileError, match="longer than 2 hours"):
        FaceAnimation.load(tmp_path / "line.npz")


def test_arrays_of_different_length_are_refused():
    with pytest.raises(CoefficientShapeError, match="blinks"):
        replace(animation(), blinks=np.zeros((3, 2), np.float32))
    with pytest.raises(CoefficientShapeError, match="coefficients"):
        FaceAnimation.still(np.zeros((5, 70)), np.zeros(5))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn", b"\x80\x04K\x01.", b"\x93NUMPY"])
def test_a_file_that_is_no_animation_says_so(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(AnimationFileError, match="is not a StyleTalk animation"):
        FaceAnimation.load(path)


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "line.npz"
    animation(5).save(path)
    before = path.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        animation(9).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_ctrl_c_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        animation().save(tmp_path / "line.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="No such file or directory"):
        animation().save(tmp_path / "nowhere" / "line.npz")


def at_rate(path: Path, fps: float) -> Path:
    """Two seconds at `fps` rows a second: each number is its own time in the sound."""
    rows = round(2 * fps)
    times_s = np.arange(rows) / fps + row_time_s(0)
    made = FaceAnimation.still(np.tile(times_s[:, None], 64), np.where(times_s < 1.0, 6, 2))
    made = replace(made, blinks=np.tile(times_s[:, None] / 4, 2).astype(np.float32))
    made = replace(made, track=TRACK)
    made.save(path)
    with np.load(path) as data:
        parts = {**data, "fps": np.float64(fps)}
    np.savez(path, **parts)
    return path


@pytest.mark.parametrize("fps", [25.0, 60.0, 24000 / 1001, 30.0])
def test_a_file_at_another_rate_is_the_same_face_at_ours(tmp_path, fps):
    read = FaceAnimation.load(at_rate(tmp_path / "line.npz", fps))
    assert abs(len(read) - 60) <= 1
    inside = read.times_s < 2.0  # beyond its last row the face is held
    np.testing.assert_allclose(4 * read.blinks[inside, 0], read.times_s[inside], atol=1e-6)
    speaks = np.where(read.times_s < 1.0, 6, 2)
    assert (read.phonemes != speaks).sum() <= 1
    assert read.track == TRACK and read.blinks.dtype == np.float32 and read.phonemes.dtype == np.int16


@pytest.mark.parametrize("fps", [0.0, -30.0, float("nan"), float("inf"), 1e-9, 1e9])
def test_a_rate_that_is_none_is_refused(tmp_path, fps):
    with pytest.raises(AnimationFileError, match="its fps is"):
        FaceAnimation.load(first_release(tmp_path / "old.npz", fps=np.float64(fps)))


def test_a_file_of_the_first_release_at_another_rate_has_the_track_of_its_own_time(tmp_path):
    read = FaceAnimation.load(first_release(tmp_path / "old.npz", fps=np.float64(60)))
    assert len(read) == 6 and read.track.duration_s == pytest.approx(0.2)
