# SPDX-License-Identifier: Apache-2.0
"""`read_take`: what is exported as Live Link Face CSV comes back as the same performance."""

import json
from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import AnimationFileError
from styletalk.exports import write_live_link
from styletalk.face.arkit_json import read_arkit_json
from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.face.retarget import ARKIT_NAMES
from styletalk.face.take import read_take

ROWS = 120


@pytest.fixture(scope="module")
def performance() -> FaceAnimation:
    """Slow waves on every channel that the format has. The jaw's coefficient moves the lids a little, too: by .1."""
    times = np.arange(ROWS)[:, None] / 30.0

    def waves(width: int, amplitude: float) -> np.ndarray:
        return (amplitude * np.sin(times * np.linspace(2, 5, width) + np.arange(width))).astype(np.float32)

    coefficients = np.zeros((ROWS, 64), np.float32)
    coefficients[:, 0] = -1.0 - waves(1, 0.8)[:, 0]
    head_pose = np.hstack([waves(3, 0.3), np.zeros((ROWS, 3), np.float32)])
    tongue = np.hstack([np.abs(waves(1, 0.8)), np.zeros((ROWS, 3), np.float32)])
    one = waves(2, 0.5)
    gaze = np.clip(np.stack([one[:, 0], -one[:, 0], one[:, 1], -one[:, 1]], axis=1), 0, 1)
    still = FaceAnimation.still(coefficients, np.full(ROWS, 31))
    return replace(still, head_pose=head_pose, gaze=gaze, tongue=tongue, blinks=np.clip(waves(2, 1.0), 0, 1))


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_an_export_comes_back_row_for_row(tmp_path, performance, fps):
    write_live_link(performance, tmp_path / "take.csv", fps)
    found = read_take(tmp_path / "take.csv").from_sound_on()
    rows = slice(0, min(len(found), ROWS))
    assert abs(len(found) - ROWS) <= 1
    for name, within in (("head_pose", 0.005), ("blinks", 0.12), ("gaze", 0.02), ("tongue", 0.02)):
        pair = (getattr(each, name)[rows][:-3] for each in (found, performance))
        np.testing.assert_allclose(*pair, atol=within, err_msg=name)
    mouth, expected = (face_tracks(open_face(), each.coefficients[rows])[:, 0] for each in (found, performance))
    assert np.corrcoef(mouth, expected)[0, 1] > 0.97


def test_json_is_read_too_and_says_what_is_missing(tmp_path):
    frames = [{"jawOpen": 0.5 + 0.4 * np.sin(k / 4), "tongueOut": 0.1} for k in range(60)]
    (tmp_path / "take.json").write_text(json.dumps({"fps": 30, "frames": frames}))
    found = read_take(tmp_path / "take.json")
    assert np.allclose(found.tongue[:, 0], 0.1) and not found.head_pose.any()
    assert f"{len(ARKIT_NAMES) - 2} of the 52 shapes are missing" in found.metadata["note"]


@pytest.mark.parametrize("kind", ["objects", "pairs", "bare pairs"])
def test_frames_of_json_need_not_name_all_shapes(tmp_path, kind):
    """What a frame does not name is 0 in it, whether or not the first frame names it."""
    frames = [{"jawOpen": 0.1}, {"jawOpen": 0.3, "mouthPucker": 0.9}, {"mouth_pucker": 0.5, "tongueOut": 1}]
    pairs = [[{"name": name, "value": value} for name, value in frame.items()] for frame in frames]
    content = {"objects": frames, "pairs": [{"BlendShapes": pair} for pair in pairs], "bare pairs": pairs}[kind]
    (tmp_path / "take.json").write_text(json.dumps(content))
    found = read_arkit_json(tmp_path / "take.json").weights
    expected = {"jawOpen": [0.1, 0.3, 0], "mouthPucker": [0, 0.9, 0.5], "tongueOut": [0, 0, 1]}
    for name, column in expected.items():
        assert found[:, ARKIT_NAMES.index(name)].tolist() == column, name
    assert np.count_nonzero(found.any(axis=0)) == len(expected)


@pytest.mark.shared
def test_takes_of_the_app_are_read(shared_dir):
    (lost,) = (shared_dir / "data/field").glob("22*")
    assert "had lost the face: 1;" in read_take(lost).metadata["note"]
    for path in (shared_dir / "data/captures").glob("*.csv"):
        found = read_take(path)
        assert found.times_s[0] == 0 and 29 < len(found) / 30 < 33 and found.blinks.max() > 0.3 and found.gaze.any()


@pytest.mark.parametrize(("name", "content"), [("take.csv", "a,b\n1,2\n"), ("take.json", "[1, 2]"), ("take.txt", "x")])
def test_anything_else_is_refused_in_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(AnimationFileError, match="no take"):
        read_take(tmp_path / name)
    with pytest.raises(AnimationFileError, match="nowhere"):
        read_take(tmp_path / "nowhere.csv")


def _csv(folder, header: str, *rows: str):
    (folder / "take.csv").write_text("\n".join([header, *rows, ""]))
    return folder / "take.csv"


def test_head_angles_in_degrees_are_refused(tmp_path):
    """Clipped to half a turn they would turn the head backwards."""
    path = _csv(tmp_path, "jawOpen,HeadYaw,HeadPitch,HeadRoll", "0.1,0,0,0", "0.4,45,10,-3.5", "0.2,0,0,0")
    with pytest.raises(AnimationFileError, match="head angles reach 45: they are degrees"):
        read_take(path)


@pytest.mark.parametrize("cell", ['"0,5"', "", "nan", "inf", "seen"])
def test_what_is_no_number_is_named_with_its_row(tmp_path, cell):
    """The row is that of the file, whatever rows without a face there are before it."""
    lost = "00:00:00:00.000,0,,"
    path = _csv(tmp_path, "Timecode,BlendShapeCount,JawOpen,TongueOut", lost, "00:00:00:02.000,2,0.1,0",
                f"00:00:00:04.000,2,0.3,{cell}")  # fmt: skip
    cell = cell.strip('"')
    with pytest.raises(AnimationFileError, match=f"row 2 of its column tongueOut is '{cell}', no number"):
        read_take(path)
