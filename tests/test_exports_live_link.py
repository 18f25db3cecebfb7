# SPDX-License-Identifier: Apache-2.0
"""Live Link Face CSV: the app's columns, clock and signs, and what comes back."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import OutputError
from styletalk.exports import write_animation, write_live_link
from styletalk.face.live_link import read_live_link
from styletalk.face.retarget import ARKIT_NAMES

ROWS = 100


def still(**tracks: list[float]) -> FaceAnimation:
    """A face that does one thing all the time."""
    animation = FaceAnimation.still(np.zeros((ROWS, 64)), np.full(ROWS, 31))
    return replace(animation, **{name: np.tile(np.float32(row), (ROWS, 1)) for name, row in tracks.items()})


def written(path, animation, fps=30.0, sides="person") -> tuple[list[str], dict[str, np.ndarray]]:
    write_live_link(animation, path, fps, sides)
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert {len(row) for row in rows} == {len(header)} == {63}
    columns = zip(header[1:], np.array([row[1:] for row in rows], float).T, strict=True)
    return [row[0] for row in rows], dict(columns)


@pytest.mark.parametrize(("fps", "step"), [(30.0, 2), (60.0, 1)])
def test_frames_are_counted_as_the_app_counts_them(tmp_path, fps, step):
    """60 a second at any rate of rows, so that a reader that divides by 60 sees the rows where they are."""
    codes, columns = written(tmp_path / "a.csv", still(), fps)
    fields = [[float(field) for field in code.split(":")] for code in codes]
    seconds = [h * 3600 + m * 60 + s + frame / 60 for h, m, s, frame in fields]
    np.testing.assert_allclose(seconds, np.arange(len(codes)) / fps, atol=1e-9)
    assert {frame % step for *_, frame in fields} == {0} and max(frame for *_, frame in fields) == 60 - step
    assert (columns["BlendShapeCount"] == 61).all()


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_what_is_written_is_read_with_its_rate(tmp_path, fps):
    animation = still()
    animation = replace(animation, tongue=np.abs(np.sin(np.arange(ROWS) / 5))[:, None].repeat(4, 1).astype(np.float32))
    _, columns = written(tmp_path / "a.csv", animation, fps)
    table = read_live_link(tmp_path / "a.csv")
    assert table.rate_hz == fps and not table.filled and not table.missing
    tongue = table.weights[:, ARKIT_NAMES.index("tongueOut")]
    np.testing.assert_allclose(tongue, columns["TongueOut"], atol=1e-6)
    assert tongue.max() > 0.9


@pytest.mark.parametrize(
    ("rotation", "column", "sign"),
    [((0.2, 0, 0), "HeadPitch", 1), ((0, 0.2, 0), "HeadYaw", -1), ((0, 0, 0.2), "HeadRoll", -1)],
)
def test_the_heads_angles_have_the_apps_signs(tmp_path, rotation, column, sign):
    """Nodding is positive, and so are turning to the right and leaning to the left shoulder; ours turns left."""
    _, columns = written(tmp_path / "a.csv", still(head_pose=[*rotation, 0, 0, 0]))
    for name in ("HeadYaw", "HeadPitch", "HeadRoll"):
        assert columns[name][5] == pytest.approx(0.2 * sign * (name == column), abs=1e-6)


def test_eyes_turn_as_their_looks_weigh(tmp_path):
    _, columns = written(tmp_path / "a.csv", still(gaze=[0.5, 0, 0, 0.4]))
    for eye, sideways in (("Left", "EyeLookOutLeft"), ("Right", "EyeLookInRight")):
        assert columns[sideways][0] == pytest.approx(0.5)
        assert columns[f"{eye}EyeYaw"][0] < -0.2 and columns[f"{eye}EyePitch"][0] > 0.15


@pytest.mark.shared
def test_eyes_turn_as_in_the_apps_own_takes(shared_dir):
    """Where a take's looks weigh what ours would, its eyes turn as ours would, within three degrees."""
    from styletalk.face.live_link_file import eye_angles

    for path in sorted((shared_dir / "data/captures").glob("*.csv")):
        with path.open(newline="") as stream:
            header, *rows = csv.reader(stream)
        take = dict(zip(header[2:], np.array([row[2:] for row in rows], float).T, strict=True))
        gaze = [take["EyeLookOutLeft"], take["EyeLookInLeft"], take["EyeLookUpLeft"], take["EyeLookDownLeft"]]
        ours = eye_angles(np.stack(gaze, axis=1))
        for k, name in enumerate(("LeftEyeYaw", "LeftEyePitch")):
            assert np.sqrt(np.mean((ours[:, k] - take[name]) ** 2)) < np.radians(3), (path.name, name)


def test_mirrored_swaps_the_sides(tmp_path):
    turned = still(gaze=[0.5, 0, 0, 0], blinks=[1, 0], head_pose=[0.1, 0.2, 0.3, 0, 0, 0])
    _, plain = written(tmp_path / "a.csv", turned)
    _, swapped = written(tmp_path / "b.csv", turned, sides="mirrored")
    assert plain["EyeBlinkLeft"][0] == swapped["EyeBlinkRight"][0] > 0.9 > swapped["EyeBlinkLeft"][0]
    assert swapped["EyeLookInLeft"][0] == plain["EyeLookInRight"][0] == 0.5
    for name, sign in (("HeadYaw", -1), ("HeadRoll", -1), ("HeadPitch", 1)):
        assert swapped[name][0] == sign * plain[name][0] != 0
    assert swapped["RightEyeYaw"][0] == -plain["LeftEyeYaw"][0] != 0


def test_another_rate_is_refused(tmp_path):
    with pytest.raises(OutputError, match="30 or 60 rows a second, not 24"):
        write_live_link(still(), tmp_path / "a.csv", 24.0)
    assert not (tmp_path / "a.csv").exists()


def test_rows_in_which_the_face_was_lost_are_bridged(tmp_path):
    """For however long, at the beginning and the end too: the take keeps its length, what is seen its time."""
    moving = replace(still(), tongue=np.linspace(0, 1, ROWS, dtype=np.float32)[:, None].repeat(4, 1))
    write_animation(moving, tmp_path / "a.csv")
    header, *lines = (tmp_path / "a.csv").read_text().splitlines()
    for k in (*range(4), *range(20, 50), len(lines) - 1):
        lines[k] = lines[k].split(",")[0] + ",0"
    whole = read_live_link(tmp_path / "a.csv").weights
    (tmp_path / "b.csv").write_text("\n".join([header, *lines]))
    table = read_live_link(tmp_path / "b.csv")
    assert table.filled == 35 and table.rate_hz == 30
    np.testing.assert_allclose(table.weights[4:-1], whole[4:-1], atol=1e-3)
    assert (table.weights[:4] == table.weights[4]).all()


@pytest.mark.shared
def test_a_take_with_a_lost_face_keeps_its_length(shared_dir):
    (path,) = (shared_dir / "data/field").glob("22*")
    table = read_live_link(path)
    assert table.weights.shape == (24, 52) and table.rate_hz == 30 and table.filled == 1
