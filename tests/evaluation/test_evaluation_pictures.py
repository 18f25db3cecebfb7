# SPDX-License-Identifier: Apache-2.0
"""SSIM and CPBD on pictures whose answer is known, and on films."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from styletalk.errors import StyleTalkError
from styletalk_research.evaluation.videos import film_figures, resized, together, video_report
from styletalk_research.metrics.picture_quality import cpbd, edge_widths, luminance, ssim, vertical_edges

RNG = np.random.default_rng(5)


def patches(size: int = 256) -> np.ndarray:
    """Random squares of random greys: edges of every contrast."""
    return np.kron(RNG.integers(20, 235, (size // 32, size // 32)), np.ones((32, 32)))


def test_the_same_picture_is_one_and_its_negative_is_less():
    picture = patches()
    assert ssim(picture, picture) == pytest.approx(1)
    assert ssim(255 - picture, picture) < 0.5


def test_ssim_of_flat_pictures_is_the_luminance_term_of_the_formula():
    a, b, c1 = 100.0, 150.0, (0.01 * 255) ** 2
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    assert ssim(np.full((32, 32), a), np.full((32, 32), b)) == pytest.approx(expected)


def test_ssim_agrees_with_the_formula_computed_by_another_filter():
    a, b = (RNG.uniform(0, 255, (40, 40)) for _ in range(2))
    inside = np.s_[5:-5, 5:-5]

    def mean(x: np.ndarray) -> np.ndarray:
        return gaussian_filter(x, 1.5, radius=5)[inside]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    va, vb, both = mean(a * a) - mean(a) ** 2, mean(b * b) - mean(b) ** 2, mean(a * b) - mean(a) * mean(b)
    up = (2 * mean(a) * mean(b) + c1) * (2 * both + c2)
    assert ssim(a, b) == pytest.approx((up / ((mean(a) ** 2 + mean(b) ** 2 + c1) * (va + vb + c2))).mean())


def test_ssim_refuses_pictures_of_two_sizes():
    with pytest.raises(ValueError, match="one size"):
        ssim(np.zeros((20, 20)), np.zeros((20, 30)))


def test_every_rung_of_a_blur_ladder_is_less_sharp():
    picture = patches() + RNG.normal(0, 2, (256, 256))
    ladder = [cpbd(gaussian_filter(picture, sigma)) for sigma in (0, 0.6, 0.9, 1.4, 3)]
    assert ladder[0] > 0.7 and ladder[-1] < 0.05
    assert all(sharp >= soft for sharp, soft in itertools.pairwise(ladder)) and ladder[1] > ladder[3]


def test_an_edge_of_two_pixels_is_two_pixels_wide_and_found_once():
    row = np.concatenate([np.full(30, 40.0), [120.0], np.full(33, 200.0)])
    picture = np.tile(row, (64, 1))
    edges = vertical_edges(picture)
    assert (edges.sum(1)[1:-1] == 1).all()
    assert (edge_widths(picture)[edges] == 2).all()
    assert np.isnan(cpbd(np.full((64, 64), 9.0)))


def test_widths_are_those_of_a_walk_along_the_row():
    picture = np.round(gaussian_filter(RNG.uniform(0, 255, (12, 60)), 1.5) * 4)
    widths = edge_widths(picture)
    down, across = np.gradient(picture)
    upright = 0
    for row, column in itertools.product(range(12), range(1, 59)):
        angle = np.degrees(np.arctan2(abs(down[row, column]), abs(across[row, column])))
        if angle > 22.5 or across[row, column] == 0:
            assert widths[row, column] == 0
            continue
        way, line, reach = np.sign(across[row, column]), picture[row], 2
        left, right = column - 1, column + 1
        while left > 0 and (line[left] - line[left - 1]) * way > 0:
            left, reach = left - 1, reach + 1
        while right < 59 and (line[right + 1] - line[right]) * way > 0:
            right, reach = right + 1, reach + 1
        assert widths[row, column] == reach, (row, column)
        upright += 1
    assert upright > 50


def test_wide_edges_pass_where_contrast_is_low():
    """Five pixels are just noticed at low contrast, three at high contrast."""

    def ramp(contrast: float) -> np.ndarray:
        row = np.concatenate([np.full(30, 100.0), 100 + contrast * np.arange(1, 5) / 4, np.full(30, 100 + contrast)])
        return np.tile(row, (64, 1))

    assert cpbd(ramp(40)) == 1 and cpbd(ramp(80)) == 0


def test_luminance_and_size():
    assert luminance(np.full((2, 2, 3), 255, np.uint8))[0, 0] == pytest.approx(255)
    picture = patches(64)
    np.testing.assert_allclose(resized(resized(picture, (128, 128)), (64, 64)).mean(), picture.mean(), rtol=0.01)
    assert resized(np.zeros((10, 20, 3)), (5, 7)).shape == (5, 7, 3)
    np.testing.assert_array_equal(resized(picture, (64, 64)), picture)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """made/ and real/ with a film of moving patches; the made one is blurred. made/ also holds a broken film."""
    folder = tmp_path_factory.mktemp("films")
    base = patches(128)
    frames = [np.roll(base, 6 * k, axis=1) for k in range(40)]
    for name, sigma in (("real", 0.0), ("made", 2.0)):
        (folder / name).mkdir()
        write_film(folder / name / "a.mp4", [gaussian_filter(frame, sigma) for frame in frames])
    (folder / "made" / "broken.mp4").write_bytes(b"no film")
    return folder


def write_film(path: Path, frames: list[np.ndarray], rate: int = 30) -> None:
    import av

    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=rate, options={"crf": "8"})
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape, "yuv420p"
        for frame in frames:
            rgb = np.repeat(frame.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        film.mux(stream.encode())


def test_a_blurred_film_is_less_sharp_and_less_alike_than_the_real_one(films):
    same = film_figures(films / "real" / "a.mp4", films / "real" / "a.mp4")
    soft = film_figures(films / "made" / "a.mp4", films / "real" / "a.mp4")
    assert same.ssim == pytest.approx(1) and same.control < 0.9
    assert soft.ssim < 0.98 and soft.cpbd < soft.real_cpbd - 0.3


def test_a_broken_film_is_named_and_left_out(films):
    report = video_report(films / "made", films / "real")
    assert [film.name for film in report.films] == ["a.mp4"]
    assert any("broken.mp4 was left out" in note for note in report.notes)
    assert "control" in report.as_markdown()
    with pytest.raises(StyleTalkError, match="no films"):
        video_report(films, None)


@pytest.mark.parametrize("rate", [25, 60])
def test_films_of_two_frame_rates_are_compared_at_the_same_times(tmp_path, rate):
    """Grey that grows with time: two seconds at 30 frames a second beside one of another rate."""
    for name, fps in (("real", 30), ("made", rate)):
        write_film(
            tmp_path / f"{name}.mp4", [np.full((64, 64), 60.0 + 160 * k / (2 * fps)) for k in range(2 * fps)], fps
        )
    pairs = [(shown.mean(), true.mean()) for shown, true in together(tmp_path / "made.mp4", tmp_path / "real.mp4")]
    assert len(pairs) == 12
    assert np.abs(np.diff(pairs)).max() < 5  # a second off would be 80, a frame 2.7


def test_a_film_that_ends_early_is_compared_as_far_as_it_goes(tmp_path):
    write_film(tmp_path / "real.mp4", [np.full((64, 64), 120.0)] * 60)
    write_film(tmp_path / "made.mp4", [np.full((64, 64), 120.0)] * 31)
    assert len(list(together(tmp_path / "made.mp4", tmp_path / "real.mp4"))) == 7


def test_films_without_edges_have_no_sharpness_and_say_so_quietly(tmp_path, recwarn):
    write_film(tmp_path / "flat.mp4", [np.full((64, 64), 120.0)] * 10)
    figures = film_figures(tmp_path / "flat.mp4", None)
    assert figures.frames == 2 and np.isnan(figures.cpbd) and np.isnan(figures.ssim) and not recwarn.list


def test_a_longer_film_takes_no_more_memory_to_judge(tmp_path):
    import tracemalloc

    peaks = []
    for count in (30, 120):
        write_film(tmp_path / "a.mp4", [patches(128) for _ in range(count)])
        tracemalloc.start()
        assert film_figures(tmp_path / "a.mp4", tmp_path / "a.mp4").frames == count // 5
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4 * 128 * 128 * 8  # 36 pictures more would be 36 of these
