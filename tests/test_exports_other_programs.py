# SPDX-License-Identifier: Apache-2.0
"""What Audio2Face, Unreal and Live Link's readers get, and whose left is meant."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.cli import main
from styletalk.errors import OutputError
from styletalk.exports import write_a2f, write_live_link, write_metahuman
from styletalk.face.arkit_json import read_arkit_json
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.live_link import read_live_link
from styletalk.face.metahuman import CONTROLS, metahuman_curves
from styletalk.face.take import read_take

SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")


@pytest.fixture(scope="module")
def performance() -> FaceAnimation:
    times = np.arange(60)[:, None] / 30
    moving = FaceAnimation.still(np.sin(7 * times + np.arange(64)) * 0.5, np.full(60, 31))
    return replace(moving, blinks=np.clip(np.sin(9 * times + [0, 1]), 0, 1).astype(np.float32))


def weights(path: Path) -> np.ndarray:
    return read_live_link(path).weights


def one(shape: str, weight: float = 1.0) -> np.ndarray:
    """(1, 52): one shape alone."""
    row = np.zeros((1, 52))
    row[0, ARKIT_NAMES.index(shape)] = weight
    return row


def test_audio2face_json_holds_the_weights_of_the_csv(tmp_path, performance):
    write_a2f(performance, tmp_path / "a.json")
    write_live_link(performance, tmp_path / "a.csv")
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["facsNames"] == list(ARKIT_NAMES) and document["exportFps"] == 30
    assert document["numFrames"] == len(document["weightMat"]) and document["numPoses"] == 52
    np.testing.assert_allclose(document["weightMat"], weights(tmp_path / "a.csv"), atol=1e-5)
    assert read_arkit_json(tmp_path / "a.json").rate_hz == 30


def test_metahuman_controls_do_what_their_names_say():
    """A left smile pulls the left corner alone; a jaw that opens is a jaw; a funnel has four controls."""
    for shape, controls in (("mouthSmileLeft", {"mouthCornerPullL"}), ("jawOpen", {"jawOpen"}),
                            ("eyeLookInLeft", {"eyeLookRightL"}),
                            ("mouthFunnel", {f"mouthFunnel{part}" for part in ("UL", "UR", "DL", "DR")})):  # fmt: skip
        names, curves = metahuman_curves(one(shape))
        assert {n for n, value in zip(names, curves[0], strict=True) if value} == {
            f"CTRL_expressions_{c}" for c in controls
        }


def test_every_arkit_shape_moves_a_metahuman_and_every_side_has_its_mirror():
    assert set(CONTROLS) == set(ARKIT_NAMES) - {"mouthClose"}
    for shape, controls in CONTROLS.items():
        if shape.endswith("Left") and not shape.startswith(("jaw", "mouthLeft", "eyeLook")):
            other = CONTROLS[shape.removesuffix("Left") + "Right"]
            assert {name[:-1] + "R": value for name, value in controls.items()} == other, shape


def test_mouth_close_is_a_part_of_the_jaws_opening():
    names, curves = metahuman_curves(one("jawOpen", 0.5) + one("mouthClose", 0.25))
    assert curves[0, names.index("CTRL_expressions_mouthLipsTogetherUL")] == pytest.approx(0.5)
    names, curves = metahuman_curves(one("mouthClose", 0.25))
    assert curves[0, names.index("CTRL_expressions_mouthLipsTogetherUL")] == 0


def test_curve_tables_have_times_across_and_curves_down(tmp_path, performance):
    write_metahuman(performance, tmp_path / "a.csv")
    write_metahuman(performance, tmp_path / "a.json")
    with (tmp_path / "a.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert [float(time) for time in header[1:4]] == pytest.approx([0, 1 / 30, 2 / 30], abs=1e-5)
    objects = json.loads((tmp_path / "a.json").read_text())
    assert [row[0] for row in rows] == [each["Name"] for each in objects]
    jaw = next(row for row in rows if row[0] == "CTRL_expressions_jawOpen")
    write_live_link(performance, tmp_path / "b.csv")
    np.testing.assert_allclose(
        np.array(jaw[1:], float), weights(tmp_path / "b.csv")[:, ARKIT_NAMES.index("jawOpen")], atol=1e-5
    )
    with pytest.raises(OutputError, match="Unknown file type"):
        write_metahuman(performance, tmp_path / "a.fbx")


def test_the_apps_sides_swap_jaw_and_mouth_alone(tmp_path, performance):
    write_live_link(performance, tmp_path / "a.csv")
    write_live_link(performance, tmp_path / "b.csv", sides="app")
    plain, swapped = weights(tmp_path / "a.csv"), weights(tmp_path / "b.csv")
    for column, name in enumerate(ARKIT_NAMES):
        other = name.replace("Left", "?").replace("Right", "Left").replace("?", "Right") if name in SIDEWAYS else name
        np.testing.assert_array_equal(swapped[:, column], plain[:, ARKIT_NAMES.index(other)])
    assert plain[:, ARKIT_NAMES.index("jawLeft")].max() > 0
    with pytest.raises(OutputError, match="person, app, mirrored"):
        write_live_link(performance, tmp_path / "c.csv", sides="left")


@pytest.mark.parametrize("sides", ["person", "app", "mirrored"])
def test_a_take_is_read_by_the_sides_that_it_was_written_with(tmp_path, performance, sides):
    turned = replace(performance, head_pose=np.tile(np.float32([0.1, 0.2, 0.3, 0, 0, 0]), (60, 1)))
    write_live_link(turned, tmp_path / "a.csv")
    write_live_link(turned, tmp_path / "b.csv", sides=sides)
    wanted, found = read_take(tmp_path / "a.csv"), read_take(tmp_path / "b.csv", sides=sides)
    np.testing.assert_allclose(found.recorded.weights, wanted.recorded.weights, atol=1e-6)
    np.testing.assert_allclose(found.head_pose, wanted.head_pose, atol=1e-5)
    np.testing.assert_allclose(found.coefficients, wanted.coefficients, atol=1e-3)


@pytest.mark.shared
def test_in_takes_of_the_app_jaw_and_mouth_go_sideways_as_the_observer_sees_them(shared_dir):
    """A mouth that is drawn to one side smiles, stretches or dimples there; in the app's columns on the other side."""
    for path in sorted((shared_dir / "data/captures").glob("*.csv")):
        table = read_live_link(path).weights
        column = {name: table[:, k] for k, name in enumerate(ARKIT_NAMES)}
        mouth = column["mouthLeft"] - column["mouthRight"]
        side = column["mouthStretchLeft"] - column["mouthStretchRight"]
        assert np.corrcoef(mouth, side)[0, 1] < -0.2, path.name


def test_convert_writes_each_kind(tmp_path, performance, capsys):
    performance.save(tmp_path / "a.npz")
    for arguments, name in (
        (["--as", "a2f"], "a2f.json"), (["--as", "metahuman"], "meta.csv"), (["--live-link-sides", "app"], "app.csv"),
        (["--mirrored"], "mirrored.csv"),
    ):  # fmt: skip
        assert main(["convert", str(tmp_path / "a.npz"), "-o", str(tmp_path / name), *arguments]) == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert (tmp_path / "app.csv").read_text() != (tmp_path / "mirrored.csv").read_text()


def test_convert_says_how_many_rows_are_in_the_file(tmp_path, performance, capsys):
    """A line whose face moves half a second before its sound has these rows in our own files alone."""
    replace(performance, first_row=-15).save(tmp_path / "a.npz")
    for name, arguments, rows_of in (
        ("ours.json", [], lambda text: len(json.loads(text)["coefficients"])),
        ("a.csv", [], lambda text: len(text.splitlines()) - 1),
        ("fast.csv", ["--fps", "60"], lambda text: len(text.splitlines()) - 1),
        ("meta.csv", ["--as", "metahuman"], lambda text: len(text.splitlines()[0].split(",")) - 1),
        ("a2f.json", ["--as", "a2f"], lambda text: len(json.loads(text)["weightMat"])),
    ):
        path = tmp_path / name
        assert main(["convert", str(tmp_path / "a.npz"), "-o", str(path), *arguments]) == 0
        said = capsys.readouterr()
        assert f": {rows_of(path.read_text())} rows" in said.out + said.err, (name, said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.csv", "--as", "a2f"], "writes .json"),
        (["-o", "x.json", "--fps", "60"], "Only a .csv has --fps"),
        (["-o", "x.npz", "--live-link-sides", "app"], "Only a Live Link Face .csv has sides"),
        (["-o", "x.json", "--as", "a2f", "--fps", "0"], "must be 1 to 240"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(tmp_path, performance, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    performance.save(tmp_path / "a.npz")
    assert main(["convert", "a.npz", *arguments]) == 1
    assert said in capsys.readouterr().err and not list(tmp_path.glob("x.*"))
