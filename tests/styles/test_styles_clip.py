# SPDX-License-Identifier: Apache-2.0
"""Style files: what is written comes back, other makers' clips are read, and what is no style is refused in words."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from styletalk.animation import UPPER_SHAPES, FaceAnimation
from styletalk.errors import StyleError
from styletalk.styles.blend import blended
from styletalk.styles.clip import StyleClip
from styletalk.styles.code import style_code
from styletalk.styles.library import read_style


def rows(count: int = 60, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, (count, 64)).astype(np.float32)


class CountingEngine:
    """Stands in for the networks: its code is the clip's mean, and it counts how often it is asked."""

    weights_hash = "abc123"

    def __init__(self) -> None:
        self.asked = 0

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        self.asked += 1
        return clip.mean(0)


def test_a_saved_style_comes_back_whole(tmp_path):
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    style = StyleClip(
        rows(), "Müde", "sad", 0.8, "CC0-1.0", "designed", "x", picture, {"1f": np.arange(3.0)}, {"browInnerUp": 0.4}
    )
    style.save(tmp_path / "a.npz")
    again = read_style(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.clip, style.clip)
    assert (again.name, again.mood, again.default_intensity, again.licence) == ("Müde", "sad", 0.8, "CC0-1.0")
    np.testing.assert_array_equal(again.codes["1f"], [0, 1, 2])
    np.testing.assert_array_equal(again.thumbnail, picture)
    assert again.shapes == {"browInnerUp": 0.4}


def test_shapes_beside_the_coefficients_follow_intensity_as_far_as_shapes_go():
    style = StyleClip(rows(), "a", shapes={"browInnerUp": 0.6, "eyeSquintLeft": 0.2})
    place = UPPER_SHAPES.index("browInnerUp")
    assert [float(style.upper(k)[place]) for k in (0.0, 0.5, 1.0, 2.0)] == pytest.approx([0.0, 0.3, 0.6, 1.0])
    assert style.upper().sum() == pytest.approx(0.8)


def test_published_clips_and_plain_tables_give_the_same_style(tmp_path):
    clip = rows()
    coefficients = np.zeros((60, 257), np.float32)
    coefficients[:, 80:144] = clip
    savemat(tmp_path / "a.mat", {"coeff": coefficients})
    np.save(tmp_path / "a.npy", clip)
    names = ",".join(f"exp{k}" for k in range(64))
    np.savetxt(tmp_path / "a.csv", clip, delimiter=",", header=names, comments="", fmt="%.8g")
    FaceAnimation.still(clip, np.zeros(60, np.int16)).save(tmp_path / "animation.npz")
    for name in ("a.mat", "a.npy", "a.csv", "animation.npz"):
        np.testing.assert_allclose(read_style(tmp_path / name).clip, clip, atol=1e-6, err_msg=name)


def shown_line(intensity=None, **still) -> FaceAnimation:
    """Ten seconds, the middle eight of them with a style: brows up, a head held low that nods, blinks and looks."""
    seconds = np.arange(300) / 30
    styled = (seconds >= 1) & (seconds < 9)
    made = FaceAnimation.still(rows(300) + np.where(styled, 1, 0)[:, None], np.zeros(300, np.int16))
    pose, blinks, upper, gaze = np.zeros((300, 6)), np.zeros((300, 2)), np.zeros((300, 15)), np.zeros((300, 4))
    pose[:, 0] = np.where(styled, np.radians(12 + 2 * np.sin(2 * np.pi * 0.7 * seconds)), 0)
    blinks[::60] = blinks[1::60] = 0.95
    gaze[:, 0] = 0.2 * (seconds.astype(int) % 2)
    upper[styled, UPPER_SHAPES.index("browInnerUp")] = 0.5
    tracks = {"head_pose": pose, "blinks": blinks, "upper": upper, "gaze": gaze}
    tracks = {name: track.astype(np.float32) for name, track in tracks.items()} | still
    return replace(made, **tracks, intensity=styled.astype(np.float32) if intensity is None else intensity)


def test_an_animation_as_a_style_keeps_all_that_it_showed_and_nothing_of_the_neutral_rows_round_it(tmp_path):
    made = shown_line()
    made.save(tmp_path / "line.npz")
    style = read_style(tmp_path / "line.npz")
    np.testing.assert_array_equal(style.clip, made.coefficients[30:270])
    assert style.shapes == pytest.approx({"browInnerUp": 0.5})
    assert style.manner is not None
    assert style.manner.level_deg[0] == pytest.approx(12, abs=0.3)
    assert style.manner.size_deg[0] == pytest.approx(2 / np.sqrt(2), abs=0.2)
    assert style.manner.spread[0] > 0.05
    weak = shown_line(np.full(300, 0.2, np.float32), head_pose=np.zeros((300, 6), np.float32))
    weak.save(tmp_path / "weak.npz")
    assert len(read_style(tmp_path / "weak.npz").clip) == 300, "a faint style is shown in all rows"
    assert read_style(tmp_path / "weak.npz").manner is None, "of a head that rests nothing is known"


def with_nan() -> np.ndarray:
    clip = rows()
    clip[7, 3] = np.nan
    return clip


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        (np.zeros((60, 65), np.float32), "64 expression"),
        (rows(5), "5 rows"),
        (with_nan(), "1 rows with missing"),
        (rows() * 1000, "another kind of data"),
        (np.zeros(64, np.float32), "64 expression"),
        (np.array([["a"] * 64] * 60), "does not hold numbers"),
    ],
)
def test_arrays_that_are_no_style_are_refused_with_the_reason(tmp_path, clip, says):
    np.save(tmp_path / "bad.npy", clip)
    with pytest.raises(StyleError, match=says) as caught:
        read_style(tmp_path / "bad.npy")
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("suffix", [".npz", ".mat", ".npy", ".csv", ".txt"])
@pytest.mark.parametrize("content", [b"", b"hello, I am a text\n", b"PK\x03\x04 but no more", b"\x93NUMPY\x01\x00"])
def test_files_that_are_not_what_their_name_says_are_refused(tmp_path, suffix, content):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    with pytest.raises(StyleError):
        read_style(path)


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "bad.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "bad.npz", clip=np.array([{"a": 1}], dtype=object), about="{}")
    for name in ("bad.npy", "bad.npz"):
        with pytest.raises(StyleError):
            read_style(tmp_path / name)


@pytest.mark.parametrize("name", ["hapy", ""])
def test_an_unknown_name_is_answered_with_the_presets(name):
    with pytest.raises(StyleError, match="neutral"):
        read_style(name)


def test_other_npz_files_are_not_styles(tmp_path):
    np.savez(tmp_path / "a.npz", something=np.zeros(3))
    np.savez(tmp_path / "b.npz", clip=rows(), about='{"kind": "another"}')
    np.savez(tmp_path / "c.npz", clip=rows(), about="[]")
    StyleClip(rows(), "d").save(tmp_path / "d.npz")
    with np.load(tmp_path / "d.npz") as data:
        parts = dict(data)
    for name, shapes in (("e.npz", "3"), ("f.npz", '{"browInnerUp": "high"}'), ("g.npz", '{"tongueOut": 0.5}')):
        np.savez(
            tmp_path / name, **parts | {"about": str(parts["about"]).replace('"shapes": {}', f'"shapes": {shapes}')}
        )
    for name in ("a.npz", "b.npz", "c.npz", "e.npz", "f.npz", "g.npz"):
        with pytest.raises(StyleError):
            read_style(tmp_path / name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shapes": {"browInnerUp": 1.5}},
        *({"default_intensity": x} for x in (np.nan, 2.5, -1.0)),
        {"codes": {"abc123": np.array([1.0, np.nan])}},
    ],
)
def test_an_intensity_or_a_code_that_is_none_is_refused(wrong):
    with pytest.raises(StyleError, match=r"again|Choose 0 to 2"):
        StyleClip(rows(), "a", **wrong)


def test_a_code_in_the_file_serves_its_own_weights_only():
    engine = CountingEngine()
    style = StyleClip(rows(), "a")
    np.testing.assert_allclose(style_code(style, engine), style.clip.mean(0))
    assert engine.asked == 1
    cached = StyleClip(rows(), "a", codes={"abc123": np.ones(64), "other": np.zeros(64)})
    np.testing.assert_array_equal(style_code(cached, engine), np.ones(64))
    assert engine.asked == 1


def test_the_encoder_is_given_no_more_rows_than_it_reads():
    seen = []

    class Engine(CountingEngine):
        def encode_style(self, clip: np.ndarray) -> np.ndarray:
            seen.append(len(clip))
            return clip.mean(0)

    style_code(StyleClip(rows(700), "long"), Engine())
    assert seen == [256]


def test_a_blend_lies_between_its_styles():
    engine = CountingEngine()
    a, b = StyleClip(rows(seed=1) + 1, "a", licence="CC0-1.0"), StyleClip(rows(200, seed=2) - 1, "b", licence="CC0-1.0")
    mixed = blended([a, b], [3, 1], "c", engine)
    expected = 0.75 * style_code(a, engine) + 0.25 * style_code(b, engine)
    np.testing.assert_allclose(mixed.codes["abc123"], expected, atol=1e-5)
    np.testing.assert_allclose(mixed.clip.mean(0), 0.75 * a.clip.mean(0) + 0.25 * b.clip.mean(0), atol=1e-4)
    assert mixed.licence == "CC0-1.0"
    with pytest.raises(StyleError, match="two styles"):
        blended([a], [1], "d", engine)


def test_an_animation_at_another_rate_is_a_style_at_its_own_speed(tmp_path):
    slow = np.repeat(rows(60), 2, axis=0)
    np.savez(tmp_path / "a.npz", coefficients=slow, fps=np.float64(60))
    np.testing.assert_array_equal(read_style(tmp_path / "a.npz").clip, slow[::2])
    np.savez(tmp_path / "b.npz", coefficients=slow, fps=np.float64(0))
    with pytest.raises(StyleError, match="fps"):
        read_style(tmp_path / "b.npz")
