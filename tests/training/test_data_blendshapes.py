# SPDX-License-Identifier: Apache-2.0
"""Blendshape recordings come into the space of the 64 coefficients."""

import json
from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.exports import write_animation
from styletalk.face.blendshapes import BOUND, fit_coefficients
from styletalk.face.landmarks import EYE_DISTANCE, face_tracks, landmark_positions
from styletalk.face.live_link import read_live_link
from styletalk.face.model import open_face
from styletalk.face.retarget import ARKIT_NAMES, arkit_weights
from styletalk.files.reading import UnusableContent
from styletalk_research.datasets.arrays import read_expression
from styletalk_research.datasets.errors import ClipError
from styletalk_research.datasets.facegood import read_facegood

JAW_OPEN = ARKIT_NAMES.index("jawOpen")


def _weights(rows: int = 90, **tracks: np.ndarray) -> np.ndarray:
    weights = np.zeros((rows, 52))
    for name, track in tracks.items():
        weights[:, ARKIT_NAMES.index(name)] = track
    return weights


def _r(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_a_jaw_that_opens_opens_the_fitted_mouth_by_as_much() -> None:
    weights = _weights(jawOpen=np.linspace(0, 1, 90))
    fit = fit_coefficients(weights)
    gap = face_tracks(open_face(), fit.coefficients)[:, 0]
    face = open_face()
    moved = landmark_positions(face.arkit[JAW_OPEN], face.triangles, face.landmarks_mediapipe)[[13, 14]]
    rest = face_tracks(face, np.zeros((1, 64)))[0, 0]
    points = landmark_positions(face.mean, face.triangles, face.landmarks_mediapipe)
    unit = np.linalg.norm(points[EYE_DISTANCE[0]] - points[EYE_DISTANCE[1]])
    assert gap[-1] - rest == pytest.approx((moved[0, 1] - moved[1, 1]) / unit, rel=0.1)
    assert np.all(np.diff(gap) > 0)
    assert fit.explained > 0.95


def test_a_face_at_rest_is_zero_and_no_coefficient_leaves_its_bounds() -> None:
    assert np.abs(fit_coefficients(np.zeros((3, 52))).coefficients).max() < 1e-6
    assert np.abs(fit_coefficients(np.ones((3, 52))).coefficients).max() <= BOUND


def test_movement_that_coefficients_do_not_have_is_reported() -> None:
    """The 64 coefficients know no tongue: such a recording is not said to be explained."""
    assert fit_coefficients(_weights(tongueOut=np.ones(90))).explained < 0.5


@pytest.mark.shared
def test_coefficients_to_weights_and_back_keep_mouth_gap_and_width(shared_dir: Path) -> None:
    for path in sorted((shared_dir / "data/styletalk/speech").glob("*.mat")):
        real = read_expression(path)
        back = fit_coefficients(arkit_weights(real)).coefficients
        before, after = face_tracks(open_face(), real), face_tracks(open_face(), back)
        assert _r(before[:, 0], after[:, 0]) >= 0.97, path.stem
        assert _r(before[:, 1], after[:, 1]) >= 0.97, path.stem


@pytest.mark.shared
def test_the_jaw_of_a_facegood_recording_is_the_mouth_gap_of_its_coefficients(shared_dir: Path) -> None:
    weights, missing = read_facegood(shared_dir / "data/facegood/2_01.npy")
    gap = face_tracks(open_face(), fit_coefficients(weights).coefficients)[:, 0]
    assert weights.shape == (3295, 52)
    assert _r(weights[:, JAW_OPEN], gap) > 0.9
    assert set(missing) <= {*(n for n in ARKIT_NAMES if n.startswith("eyeLook")), "tongueOut"}


def test_our_own_export_reads_back(tmp_path: Path) -> None:
    """animate … -o OUT.csv and then the reader: the same mouth, at 30 fps by its timecodes."""
    movement = np.zeros((150, 64), np.float32)
    movement[:, 0] = -1.0 - np.sin(np.arange(150) / 5)
    animation = FaceAnimation.still(movement, np.full(150, 31))
    write_animation(animation, tmp_path / "take.csv")
    table = read_live_link(tmp_path / "take.csv")
    assert table.rate_hz == 30 and not table.missing
    found = face_tracks(open_face(), fit_coefficients(table.weights).coefficients)[:, 0]
    expected = face_tracks(open_face(), movement)[:, 0]
    assert _r(found[3:], expected[: len(found) - 3]) > 0.97  # row i is at (i + 3) / 30 s; the export begins at 0 s


def _csv(path: Path, weights: np.ndarray, names: list[str], codes: list[str] | None = None) -> Path:
    lines = [",".join((["Timecode", "BlendShapeCount"] if codes else []) + names)]
    for k, row in enumerate(weights):
        lines.append(",".join(([codes[k], str(len(names))] if codes else []) + [f"{value:.5f}" for value in row]))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _codes(frames: list[int], start_s: int = 0) -> list[str]:
    def code(frame: int) -> str:
        second = (start_s + frame // 60) % 86400
        return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{frame % 60:02d}.125"

    return [code(frame) for frame in frames]


def test_a_phone_recording_has_its_rate_from_the_timecodes(tmp_path: Path) -> None:
    """61 columns in the app's capitals, over midnight, three frames lost: they become a straight line."""
    frames = [k for k in range(300) if k not in (100, 101, 102)]
    opening = np.arange(300) / 300
    names = [name[0].upper() + name[1:] for name in ARKIT_NAMES] + ["HeadYaw", "HeadPitch"]
    weights = np.zeros((len(frames), len(names)))
    weights[:, JAW_OPEN] = opening[frames]
    table = read_live_link(_csv(tmp_path / "a.csv", weights, names, _codes(frames, start_s=86398)))
    assert table.rate_hz == 60 and table.filled == 3
    assert np.allclose(table.weights[:, JAW_OPEN], opening, atol=1e-4)


def test_columns_are_known_by_name_in_any_order_and_spelling(tmp_path: Path) -> None:
    weights = np.tile([[0.1, 0.2, 0.3]], (70, 1)) * np.linspace(0, 1, 70)[:, None]
    table = read_live_link(_csv(tmp_path / "a.csv", weights, ["mouthSmile_L", "jawOpen", "head.eyeBlink_R"]))
    assert table.rate_hz is None
    for name, value in (("mouthSmileLeft", 0.1), ("jawOpen", 0.2), ("eyeBlinkRight", 0.3)):
        assert table.weights[-1, ARKIT_NAMES.index(name)] == pytest.approx(value)
    assert len(table.missing) == 49 and "mouthSmileRight" in table.missing


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda t: t.replace("jawOpen", "jaw"), "no column jawOpen"),
        (lambda t: t.replace("0.50000", "nan"), "row 50 of its column jawOpen is .nan., no number"),
        (lambda t: t.replace("0.50000", "half"), "row 50 of its column jawOpen is .half., no number"),
        (lambda t: t.replace("0.50000", "50.0"), "percent"),
        (lambda t: t.split("\n")[0], "no rows"),
        (lambda t: "", "no rows"),
        (lambda t: t[:-12], "columns"),
    ],
)
def test_a_broken_table_says_what_is_wrong(tmp_path: Path, break_it, sentence: str) -> None:
    whole = "jawOpen,mouthSmileLeft\n" + "\n".join(f"{k / 100:.5f},0.10000" for k in range(80))
    (tmp_path / "a.csv").write_text(break_it(whole), encoding="utf-8")
    with pytest.raises(UnusableContent, match=sentence):
        read_live_link(tmp_path / "a.csv")


def test_a_hole_in_the_recording_is_named(tmp_path: Path) -> None:
    frames = [k for k in range(200) if not 100 <= k < 130]
    weights = np.linspace(0, 1, len(frames))[:, None]
    with pytest.raises(UnusableContent, match=r"0\.52 s after row 99"):
        read_live_link(_csv(tmp_path / "a.csv", weights, ["jawOpen"], _codes(frames)))


def test_facegood_columns_come_by_name(tmp_path: Path) -> None:
    """Halves are averaged, variants of one shape added, and the order of the columns is the file's own."""
    names = ["mouth_suck_dr", "mouth_stretch_c", "mouth_suck_dl", "mouth_lipCornerPullOpen_l", "mouth_lipCornerPull_l"]
    (tmp_path / "blendshape_names.json").write_text(json.dumps(names))
    np.save(tmp_path / "a.npy", np.tile(np.array([0.2, 0.5, 0.4, 0.1, 0.3], np.float16), (70, 1)))
    weights, missing = read_facegood(tmp_path / "a.npy")
    row = dict(zip(ARKIT_NAMES, weights[0], strict=True))
    assert row["jawOpen"] == pytest.approx(0.5)
    assert row["mouthRollLower"] == pytest.approx(0.3, abs=1e-3)
    assert row["mouthSmileLeft"] == pytest.approx(0.4, abs=1e-3)
    assert "mouthFunnel" in missing
    np.save(tmp_path / "a.npy", np.zeros((70, 4)))
    with pytest.raises(ClipError, match="names 5 columns"):
        read_facegood(tmp_path / "a.npy")
