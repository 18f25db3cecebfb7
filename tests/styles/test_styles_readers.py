# SPDX-License-Identifier: Apache-2.0
"""Styles come out of the files in which others keep a face, each at its own rate."""

import json

import numpy as np
import pytest
from scipy.io import savemat

from styletalk.cli import main
from styletalk.errors import StyleError
from styletalk.face.retarget import ARKIT_NAMES, arkit_weights
from styletalk.styles import readers
from styletalk.styles.library import read_style

ROWS = 60


def motion(rows=ROWS, rate_hz=30.0):
    """(rows, 64): a mouth that opens and shuts twice a second, and a little of all else."""
    times_s = np.arange(rows) / rate_hz
    rows = 0.05 * np.sin(2 * np.pi * np.outer(times_s, np.linspace(0.5, 1.5, 64)) + np.arange(64))
    rows[:, 0] = -0.8 + 0.8 * np.cos(2 * np.pi * 2 * times_s)
    return rows.astype(np.float32)


@pytest.mark.parametrize(
    ("variable", "table"),
    [
        ("coeff", lambda rows: np.hstack([np.ones((ROWS, 80)), rows, np.ones((ROWS, 113))])),
        ("full_3dmm", lambda rows: np.hstack([np.ones((ROWS, 80)), rows, np.ones((ROWS, 113))])),
        ("coeff_3dmm", lambda rows: np.hstack([rows, np.ones((ROWS, 6))])),
        ("coeff_3dmm", lambda rows: np.hstack([rows, np.ones((ROWS, 9))])),
        ("exp", lambda rows: rows),
    ],
)
def test_the_expression_is_found_in_every_extractors_table(tmp_path, variable, table):
    savemat(tmp_path / "a.mat", {variable: table(motion()), "angle": np.ones((ROWS, 3))})
    np.testing.assert_allclose(read_style(tmp_path / "a.mat").clip, motion(), atol=1e-6)


@pytest.mark.parametrize("delimiter", [" ", ",", "\t", "; "])
def test_rows_of_text_are_read_with_whatever_is_between_them(tmp_path, delimiter):
    np.savetxt(tmp_path / "a.txt", motion(), delimiter=delimiter, header="from a fit")
    np.testing.assert_allclose(read_style(tmp_path / "a.txt").clip, motion(), atol=1e-6)


@pytest.mark.parametrize("rate_hz", [25.0, 60.0])
def test_rows_of_another_rate_become_thirty_a_second(tmp_path, rate_hz):
    count = round(2 * rate_hz)
    np.save(tmp_path / "a.npy", motion(count, rate_hz))
    found = read_style(tmp_path / "a.npy", rate_hz).clip
    assert abs(len(found) - 60) <= 1
    np.testing.assert_allclose(found[8:-8, 0], motion(len(found))[8:-8, 0], atol=0.03)


def weights():
    return arkit_weights(motion()).astype(float).round(4)


def as_json(kind):
    rows = weights().tolist()
    frames = [dict(zip(ARKIT_NAMES, row, strict=True)) for row in rows]
    return {
        "frames": frames,
        "nested": {"fps": 30, "frames": [{"time": k / 30, "blendShapes": frame} for k, frame in enumerate(frames)]},
        "columns": {name: [row[k] for row in rows] for k, name in enumerate(ARKIT_NAMES)},
        "audio2face": {"exportFps": 30.0, "facsNames": list(ARKIT_NAMES), "weightMat": rows},
        "azure": {"FrameIndex": 0, "BlendShapes": [[*row, 0.0, 0.0, 0.0] for row in rows]},
    }[kind]


@pytest.mark.parametrize("kind", ["frames", "nested", "columns", "audio2face", "azure"])
def test_arkit_weights_of_json_move_the_mouth_as_the_coefficients_did(tmp_path, kind):
    (tmp_path / "a.json").write_text(json.dumps(as_json(kind)))
    found = read_style(tmp_path / "a.json").clip
    assert found.shape == (ROWS, 64)
    assert np.corrcoef(found[:, 0], motion()[:, 0])[0, 1] > 0.95


def live_link(path, base, step, lost=()):
    """A take of every `step`th frame of a clock of `base` frames a second; in some rows the face is lost."""
    lines = ["Timecode,BlendshapeCount," + ",".join(name[0].upper() + name[1:] for name in ARKIT_NAMES)]
    for k, row in enumerate(weights()):
        second, frame = divmod(k * step, base)
        code = f"10:00:{second:02}:{frame:02}.250"
        lines.append(f"{code},0," if k in lost else f"{code},61," + ",".join(f"{weight:.4f}" for weight in row))
    path.write_text("\n".join(lines))


@pytest.mark.parametrize(("base", "step", "rows"), [(60, 1, 30), (60, 2, 60), (30, 1, 60), (50, 2, 72)])
def test_live_link_takes_keep_their_own_clock(tmp_path, base, step, rows):
    live_link(tmp_path / "a.csv", base, step, lost=(20, 21))
    assert abs(len(read_style(tmp_path / "a.csv").clip) - rows) <= 1


def test_takes_and_files_of_others_are_read(shared_dir):
    paths = [*shared_dir.glob("data/captures/*.csv"), *shared_dir.glob("data/field/18*"),
             *shared_dir.glob("data/field/19*"), *shared_dir.glob("data/field/2[02]*")]  # fmt: skip
    assert len(paths) >= 7
    for path in paths:
        clip = read_style(path).clip
        assert clip.shape[1] == 64 and np.ptp(clip, axis=0).max() > 0.05, path.name


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", "{}", "no ARKit weights"),
        ("a.json", '[{"jawOpen": 0.1}, {"jawOpen": "wide"}]', "no number for jawOpen"),
        ("a.json", '[{"smile": 0.1}, {"smile": 0.2}]', "no weights of jawOpen"),
        ("a.json", json.dumps([[0.1] * 7] * 20), "7 numbers without names"),
        ("a.txt", "1 2 3\n4 5 6\n", "3 wide"),
        ("a.txt", "1 2 three\n", "something else than numbers"),
        ("a.csv", "Timecode,BlendshapeCount,JawOpen\n10:00:00:01,0,\n", "no row in which the face was seen"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(StyleError, match=says):
        read_style(tmp_path / name)


def test_the_command_takes_the_rate(tmp_path, capsys):
    np.save(tmp_path / "a.npy", motion(100, 50.0))
    assert main(["styles", "add", str(tmp_path / "a.npy"), "-o", str(tmp_path / "s.npz"), "--fps", "50"]) == 0
    assert len(read_style(tmp_path / "s.npz").clip) == 60


@pytest.mark.parametrize("name", ("a.npy", "a.json"))
def test_a_rate_that_makes_hours_of_minutes_is_refused_before_they_are_made(tmp_path, monkeypatch, name):
    monkeypatch.setattr(readers, "resampled", None)
    np.save(tmp_path / "a.npy", np.zeros((8000, 64), np.float16))
    frames = [{"jawOpen": k % 2} for k in range(8000)]
    (tmp_path / "a.json").write_text(json.dumps({"fps": 1, "frames": frames}))
    with pytest.raises(StyleError, match="longer than 2 hours"):
        read_style(tmp_path / name, 1.0)


def test_a_row_of_numbers_is_told_by_its_shape_at_any_rate(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(64))
    with pytest.raises(StyleError, match="holds 64, not rows of 64"):
        read_style(tmp_path / "a.npy", 60.0)


@pytest.mark.parametrize("said", ["60", " 60.0 fps", "60Hz", 60])
@pytest.mark.parametrize("place", ["above", "within"])
def test_a_rate_is_read_where_and_as_the_file_says_it(tmp_path, said, place):
    frames = {"blendShapes": [dict(zip(ARKIT_NAMES, row, strict=True)) for row in weights().tolist()]}
    content = {"fps": said, **frames} if place == "above" else {"animation": {"FrameRate": said, **frames}}
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert len(read_style(tmp_path / "a.json").clip) == ROWS // 2
    assert len(read_style(tmp_path / "a.json", 30.0).clip) == ROWS


@pytest.mark.parametrize("said", [0, -30, "fast", "0", 1e9, [30], True])
def test_a_rate_that_is_none_is_refused_in_a_sentence_unless_one_is_given(tmp_path, said):
    frames = [dict(zip(ARKIT_NAMES, row, strict=True)) for row in weights().tolist()]
    (tmp_path / "a.json").write_text(json.dumps({"fps": said, "frames": frames}))
    with pytest.raises(StyleError, match=r"its fps is .* give one with --fps"):
        read_style(tmp_path / "a.json")
    assert len(read_style(tmp_path / "a.json", 30.0).clip) == ROWS
