# SPDX-License-Identifier: Apache-2.0
"""The face of a film becomes an animation and a style: seen by MediaPipe in films of the open face."""

import builtins
import contextlib
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from face_films import OPENINGS, RATE, SIDE, drawn, openings, talking, write

from styletalk.animation import FaceAnimation
from styletalk.cli import main
from styletalk.errors import AudioError, Cancelled, FilmError, MissingPackageError, OutputError, RequestError
from styletalk.styles.from_film import nearest_preset, seen_rows
from styletalk.styles.library import read_style
from styletalk.tracking import sightings
from styletalk.tracking.capture import CaptureOptions, capture
from styletalk.tracking.eyes import gaze_of
from styletalk.tracking.fit import fit_face
from styletalk.tracking.track_file import read_track
from styletalk.tracking.tracker import track_face, usable_share

KILLED = """
import os, pathlib, sys
from styletalk.tracking import sightings, tracker
sightings.STRETCH_PICTURES = 10
film, kept = map(pathlib.Path, sys.argv[1:])
tracker.track_face(film, kept=kept, progress=lambda fraction, _: os._exit(0) if fraction > 0.8 else None)
"""


def mouth_gap(landmarks):
    return landmarks[:, 14, 1] - landmarks[:, 13, 1]


def beside(left, right):
    return [np.concatenate(pair, axis=1) for pair in zip(left, right, strict=True)]


def small(pictures):
    """Half as large, in the middle of as much grey."""
    found = np.full((len(pictures), SIDE, SIDE, 3), 90, np.uint8)
    found[:, SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = [picture[::2, ::2] for picture in pictures]
    return list(found)


def test_the_mouth_of_a_film_is_followed(tmp_path, sees_faces):
    track = track_face(write(tmp_path / "a.mp4", talking(24), sound_from_s=None))
    assert track.landmarks.shape == (24, 478, 3) and (track.width, track.height) == (SIDE, SIDE)
    assert np.corrcoef(mouth_gap(track.landmarks), openings(24))[0, 1] > 0.93
    assert usable_share(track) == 1.0 and track.cuts_s == () and track.notes == ()


def test_of_two_the_larger_is_taken_and_it_is_said(tmp_path, sees_faces):
    still = [drawn()[0]] * 12
    film = write(tmp_path / "a.mp4", beside(small(still), talking(12)))
    taken = track_face(film)
    assert taken.landmarks[:, 0, 0].min() > SIDE and "2 faces are in the picture" in taken.notes[0]
    for options in ({"face": 2}, {"at": (SIDE / 2, SIDE / 2)}):
        assert track_face(film, **options).landmarks[:, 0, 0].max() < SIDE
    with pytest.raises(FilmError, match="there is no face 3"):
        track_face(film, face=3)


def test_a_film_without_a_face_is_refused_in_a_sentence(tmp_path, sees_faces):
    film = write(tmp_path / "a.mp4", [np.full((96, 96, 3), 90, np.uint8)] * 5)
    with pytest.raises(FilmError, match=r"No face was seen in a\.mp4"):
        track_face(film)


def test_a_covered_mouth_is_flagged(tmp_path, sees_faces):
    pictures = [picture.copy() for picture in talking(50)]
    for picture in pictures[20:32]:
        picture[SIDE * 13 // 20 : SIDE * 17 // 20, SIDE * 7 // 20 : SIDE * 13 // 20] = (70, 70, 160)
    track = track_face(write(tmp_path / "a.mp4", pictures))
    assert track.quality[22:30].max() < 0.5 and track.quality[:18].min() > 0.5
    assert any("covered" in note or "no face" in note for note in track.notes)


def test_what_is_damaged_or_missing_of_a_film_is_said(tmp_path, sees_faces):
    film = write(tmp_path / "a.mkv", talking(40), damaged=(5,))
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    notes = " ".join(track_face(film).notes)
    assert "1 picture could not be read" in notes and "Its pictures end at" in notes and "of 1.6 s" in notes


def test_a_cut_is_found(tmp_path, sees_faces):
    light = [np.where(picture < 60, 220, picture).astype(np.uint8) for picture in talking(12)]
    track = track_face(write(tmp_path / "a.mp4", [*talking(12), *[np.roll(each, 20, 1) for each in light]]))
    np.testing.assert_allclose(track.cuts_s, [12 / RATE], atol=0.01)


@pytest.mark.parametrize("side", [64, 96])
def test_small_films_are_looked_at(tmp_path, sees_faces, side):
    step = SIDE // side
    track = track_face(write(tmp_path / "a.mp4", [picture[::step, ::step] for picture in talking(8)]))
    assert not np.isnan(track.landmarks).any() and track.landmarks.max() < 2 * side


def test_a_killed_track_goes_on_and_comes_out_the_same(tmp_path, sees_faces, monkeypatch):
    monkeypatch.setattr(sightings, "STRETCH_PICTURES", 10)
    film, kept = write(tmp_path / "a.mp4", talking(36)), tmp_path / "out.npz.unfinished"
    whole = track_face(film)

    subprocess.run([sys.executable, "-c", KILLED, film, kept], check=True, stderr=subprocess.DEVNULL)
    assert len(list(kept.glob("*.npz"))) == 2
    looked = []
    again = track_face(film, kept=kept, progress=lambda fraction, _: looked.append(fraction))
    assert len(looked) == 16 and not kept.exists()
    np.testing.assert_array_equal(again.landmarks, whole.landmarks)


def test_a_second_track_into_one_file_says_that_the_first_is_at_work(tmp_path, sees_faces, monkeypatch):
    monkeypatch.setattr(sightings, "STRETCH_PICTURES", 4)
    film, kept = write(tmp_path / "a.mp4", talking(8)), tmp_path / "out.npz.unfinished"
    said = []

    def begin_another(fraction, stage):
        with pytest.raises(OutputError, match=r"Another process is making out\.npz just now") as refused:
            track_face(film, kept=kept)
        said.append(refused)

    again = track_face(film, kept=kept, progress=begin_another)
    assert len(again.times_s) == len(said) == 8 and not kept.exists()


def test_cancelling_leaves_nothing(tmp_path, sees_faces):
    film, kept = write(tmp_path / "a.mp4", talking(8)), tmp_path / "kept"

    def stop(fraction, stage):
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        track_face(film, kept=kept, progress=stop)
    assert not kept.exists()


def test_that_pictures_come_too_seldom_is_said(tmp_path, sees_faces):
    track = track_face(write(tmp_path / "a.mp4", talking(6), times_s=np.arange(6) / 5))
    assert track.notes == ("It has only 5 pictures a second, which miss quick lips: record 25 or more.",)


def test_of_a_part_of_a_film_what_is_before_it_is_not_called_unseen(tmp_path, sees_faces):
    track = track_face(write(tmp_path / "a.mp4", talking(24)), start_s=0.5)
    assert "rows" not in " ".join(fit_face(track).notes)


@pytest.mark.parametrize("start_s", (9.0, 1e13, 1e308))
def test_a_part_beyond_the_film_is_told_as_such(tmp_path, sees_faces, start_s):
    film = write(tmp_path / "a.mp4", talking(4))
    with pytest.raises(FilmError, match="no pictures in that part"):
        track_face(film, start_s=start_s)


def test_of_a_folder_with_the_name_of_unfinished_work_only_that_is_removed(tmp_path, sees_faces):
    film, kept = write(tmp_path / "a.mp4", talking(4)), tmp_path / "out.npz.unfinished"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")
    track_face(film, kept=kept)
    assert [path.name for path in kept.iterdir()] == ["notes.txt"]


def test_a_file_in_the_place_of_unfinished_work_is_named_in_a_sentence(tmp_path, sees_faces):
    film, kept = write(tmp_path / "a.mp4", talking(4)), tmp_path / "out.npz.unfinished"
    kept.write_text("mine")
    with pytest.raises(OutputError):
        track_face(film, kept=kept)
    assert kept.read_text() == "mine"


@pytest.mark.filterwarnings("error")
def test_eyes_that_are_hidden_for_a_while_keep_their_gaze_and_warn_of_nothing():
    landmarks = np.random.default_rng(0).uniform(0, 100, (20, 478, 3))
    landmarks[5:10] = np.nan
    gaze = gaze_of(landmarks, np.zeros((20, 2), np.float32))
    assert np.isfinite(gaze).all() and gaze[:5].any()


def test_where_no_face_can_be_relied_on_the_reason_is_told(tmp_path, sees_faces, capsys):
    far = [np.full((SIDE, SIDE, 3), 90, np.uint8) for _ in range(12)]
    for picture, seen in zip(far, talking(12), strict=True):
        picture[80:112, 80:112] = seen[::6, ::6]
    assert main(["track", str(write(tmp_path / "a.mp4", far)), "-o", str(tmp_path / "f.npz")]) == 1
    said = capsys.readouterr().err.replace("\n", " ")
    assert "No face was seen" in said or "too small" in said
    assert not (tmp_path / "f.npz").exists()


def test_track_writes_an_animation_and_the_landmarks(tmp_path, sees_faces, capsys):
    film, output, landmarks = (
        write(tmp_path / "a.mkv", talking(40), sound_from_s=0.0),
        tmp_path / "f.npz",
        tmp_path / "t.npz",
    )
    assert main(["track", str(film), "-o", str(output), "--landmarks", str(landmarks)]) == 0
    animation = FaceAnimation.load(output)
    assert animation.metadata["audio"] == "a.mkv" and "the face was seen well in 100%" in capsys.readouterr().out
    shown = np.interp(animation.times_s, np.arange(40) / RATE, openings(40))
    assert np.corrcoef(-animation.coefficients[3:-3, 0], shown[3:-3])[0, 1] > 0.8
    assert len(read_track(landmarks).times_s) == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "f.npz", "t.npz"]


def test_animation_and_landmarks_do_not_go_into_one_file(tmp_path, sees_faces, capsys):
    film, output = write(tmp_path / "a.mp4", talking(4)), tmp_path / "f.npz"
    assert main(["track", str(film), "-o", str(output), "--landmarks", str(tmp_path / "." / "f.npz")]) == 1
    assert "Give two names" in capsys.readouterr().err and not output.exists()


@pytest.mark.parametrize("place", ("nan,nan", "inf,3", "1", "1,2,3", "a,b"))
def test_a_place_that_is_none_is_refused(capsys, place):
    with pytest.raises(SystemExit):
        main(["track", "a.mp4", "-o", "f.npz", f"--at={place}"])
    assert "is no place" in capsys.readouterr().err


def test_a_capture_can_be_cancelled_while_it_listens(tmp_path, sees_faces):
    film = write(tmp_path / "a.mkv", talking(40), sound_from_s=0.0)
    stages = []
    with contextlib.suppress(AudioError):
        capture(film, CaptureOptions(lag="auto"), progress=lambda _, stage: stages.append(stage))
    assert "listening" in stages


def test_a_style_is_made_of_a_film(tmp_path, sees_faces, capsys):
    film, output = write(tmp_path / "a.mp4", talking(40)), tmp_path / "mine.npz"
    assert main(["styles", "add", str(film), "-o", str(output), "--name", "Mine"]) == 0
    style, said = read_style(output), capsys.readouterr().out
    assert style.name == "Mine" and style.origin == "measured" and len(style.codes) == 1
    assert style.thumbnail is not None and style.thumbnail.std() > 10
    assert "100% of the film could be used" in said and "nearest preset" in said and "are little to know" in said


def test_the_worker_captures_and_makes_styles(tmp_path, sees_faces):
    film = str(write(tmp_path / "a.mkv", talking(40), sound_from_s=0.0))
    asked = [
        {"type": "track", "id": 1, "film": film, "options": {"lag": "auto"}, "output": str(tmp_path / "f.npz")},
        {"type": "style_from", "id": 2, "film": film, "name": "A", "options": {}, "output": str(tmp_path / "s.npz")},
        {"type": "track", "id": 3, "film": film, "options": {"face": 0}, "output": str(tmp_path / "g.npz")},
        {"type": "track", "id": 4, "film": film, "options": {}, "output": film},
        {"type": "shutdown"},
    ]
    lines = "".join(json.dumps(each) + "\n" for each in asked)
    command = [sys.executable, "-m", "styletalk.worker"]
    said = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    answers = {each["id"]: each for each in map(json.loads, said) if each["type"] in ("result", "error")}
    assert [answers[k]["type"] for k in (1, 2, 3, 4)] == ["result", "result", "error", "error"]
    assert len(FaceAnimation.load(tmp_path / "f.npz")) == answers[1]["rows"]
    assert len(read_style(tmp_path / "s.npz").clip) == answers[2]["rows"] and "preset" in answers[2]["note"]
    assert answers[3]["kind"] == "RequestError" and "Unknown file type" in answers[4]["message"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "f.npz", "s.npz"]


def test_a_style_of_too_little_is_refused_and_nothing_is_written(tmp_path, sees_faces, capsys):
    film, output = write(tmp_path / "a.mp4", talking(8)), tmp_path / "mine.npz"
    assert main(["styles", "add", str(film), "-o", str(output)]) != 0
    assert "needs half a second" in capsys.readouterr().err.replace("\n", " ")
    assert not output.exists()


def test_without_mediapipe_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    taken = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "mediapipe":
            raise ModuleNotFoundError("No module named 'mediapipe'")
        return taken(name, *rest)

    monkeypatch.delitem(sys.modules, "mediapipe", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackageError, match="pip install"):
        track_face(write(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)] * 3))


@pytest.mark.parametrize(
    "values",
    [{"face": 0}, {"start_s": 3.0, "end_s": 2.0}, {"lag": "soon"}, {"lag": "99999"}, {"mirrored": 1}, {"at": [1]},
     {"at": ["a", "b"]}, {"face": 1.5}, {"colour": "red"}, {"start_s": -1}],
)  # fmt: skip
def test_options_that_are_none_are_refused(values):
    with pytest.raises(RequestError):
        CaptureOptions.from_values(values)


def test_options_of_a_message_are_those_of_python():
    found = CaptureOptions.from_values({"face": 2, "at": [3, 4.5], "lag": "auto", "mirrored": True})
    assert found == CaptureOptions(face=2, at=(3.0, 4.5), lag="auto", mirrored=True)


def test_a_style_takes_the_rows_in_which_the_face_is_seen():
    rows = np.arange(40.0)[:, None] * np.ones(64)
    usable = np.ones(40, bool)
    usable[10:16] = usable[20:] = False
    usable[30:33] = True  # too short to tell anything, as what is left of 16 to 19 is
    assert seen_rows(rows, usable)[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_short_gaps_between_pictures_do_not_end_a_stretch_of_a_style():
    usable = np.arange(40) % 8 < 4  # four rows seen, four bridged, as of a film whose rate changes
    assert len(seen_rows(np.zeros((40, 64)), usable)) == 36


def test_distances_are_told_in_the_mean_distance_of_presets():
    codes = {name: np.array(code, float) for name, code in (("a", (0, 0)), ("b", (4, 0)), ("c", (0, 3)))}
    apart = np.mean([np.linalg.norm(p - q) for p, q in itertools.combinations(codes.values(), 2)])
    assert nearest_preset(np.array([0.0, 2.0]), codes) == ("c", pytest.approx(1 / apart))


def test_the_pictures_go_round():
    """What the other tests count on."""
    assert openings(10)[8] == OPENINGS[0] and len(talking(9)) == 9
