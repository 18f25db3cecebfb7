# SPDX-License-Identifier: Apache-2.0
"""Pictures without Blender: what is nearer hides what is farther, and the file can be read by others."""

import io
import time

import numpy as np
import pytest

from styletalk.errors import OutputError
from styletalk.face.rasteriser import FILL, Framing, render_mesh
from styletalk.files.png import png_bytes, write_png
from styletalk_research.pictures.sheet import contact_sheet


def ball(rings=48, segments=96, radius=1.0, centre=(0, 0, 0)):
    """A sphere as (vertices, triangles), counter-clockwise from outside."""
    theta, phi = np.meshgrid(
        np.linspace(0, np.pi, rings + 1), np.arange(segments) * 2 * np.pi / segments, indexing="ij"
    )
    points = np.stack([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], axis=-1)
    index = np.arange((rings + 1) * segments).reshape(rings + 1, segments)
    a, b = index[:-1], np.roll(index[:-1], -1, axis=1)
    c, d = index[1:], np.roll(index[1:], -1, axis=1)
    triangles = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return points.reshape(-1, 3) * radius + centre, triangles


def covered(picture):
    return (np.abs(picture.astype(int) - picture[0, 0]).max(axis=-1) > 3).mean()


def test_a_ball_covers_the_circle_that_its_size_says():
    picture = render_mesh(*ball(), size=200)
    assert covered(picture) == pytest.approx(np.pi / 4 * FILL**2, rel=0.03)
    assert picture.shape == (200, 200, 3) and picture.dtype == np.uint8


def test_a_ball_has_no_holes():
    yy, xx = np.mgrid[:200, :200] - 99.5
    inner = np.hypot(xx, yy) < 0.97 * FILL * 100
    picture = render_mesh(*ball(), size=200, supersampling=1)
    assert (np.abs(picture.astype(int) - picture[0, 0]).max(axis=-1)[inner] > 3).all()


def test_the_nearer_of_two_balls_is_seen():
    red, green = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    (back, triangles), (front, _) = ball(centre=(0, 0, -2)), ball(centre=(0, 0, 2), radius=0.8)
    both = np.concatenate([triangles, triangles + len(back)])
    colours = np.repeat([red, green], len(back), axis=0)
    middle = render_mesh(np.concatenate([back, front]), both, colours, size=64)[32, 32]
    assert middle[1] > 3 * middle[0]
    behind = render_mesh(np.concatenate([back, front]), both, colours, size=64, view=(180.0, 0.0))[32, 32]
    assert behind[0] > 3 * behind[1]


def test_from_the_side_the_nose_points_to_one_side():
    """The camera stands at the face's left (+x), so the front (+z) is at the left of the picture."""
    head, triangles = ball(radius=0.7)
    nose, more = ball(radius=0.2, centre=(0, 0, 0.9))
    vertices = np.concatenate([head, nose])
    both = np.concatenate([triangles, more + len(head)])
    side = render_mesh(vertices, both, size=128, view="side").astype(int)
    heights = (np.abs(side - side[0, 0]).max(axis=-1) > 3).sum(axis=0)  # of each column of the picture
    columns = np.flatnonzero(heights)
    assert heights[columns[:20]].max() < 0.5 * heights[columns[-20:]].max()
    front = render_mesh(vertices, both, size=128, view="front").astype(int)
    shape = np.abs(front - front[0, 0]).max(axis=-1) > 3
    assert abs(int(shape[:, :64].sum()) - int(shape[:, 64:].sum())) < 40


def test_up_is_up_and_the_light_comes_from_above():
    vertices, triangles = ball()
    tall = vertices * [0.5, 1, 0.5]
    picture = render_mesh(tall, triangles, size=128).astype(int)
    shape = np.abs(picture - picture[0, 0]).max(axis=-1) > 3
    assert np.ptp(np.flatnonzero(shape.any(axis=1))) > 1.5 * np.ptp(np.flatnonzero(shape.any(axis=0)))
    assert picture[40, 64].sum() > picture[88, 64].sum()


def test_the_inside_of_a_surface_is_darker_than_its_outside():
    """A whole ball is bright all over; with its front half cut away, one looks into the dark of the back half."""
    vertices, triangles = ball()
    back = triangles[vertices[triangles].mean(axis=1)[:, 2] < -0.05]
    whole, hollow = (render_mesh(vertices, some, size=96).astype(float) for some in (triangles, back))
    disc = np.hypot(*(np.mgrid[:96, :96] - 47.5)) < 0.6 * FILL * 48
    assert whole[disc].sum(axis=1).min() > hollow[disc].sum(axis=1).max()


def test_one_framing_keeps_the_camera_still():
    vertices, triangles = ball()
    framing = Framing.of(vertices)
    still = render_mesh(vertices, triangles, size=64, framing=framing)
    half = render_mesh(vertices * 0.5, triangles, size=64, framing=framing)
    assert covered(half) < 0.4 * covered(still)


def test_a_head_takes_less_than_a_second_and_a_half():
    vertices, triangles = ball(rings=50, segments=100)  # 10,000 triangles
    taken_s = []
    for _ in range(3):
        start = time.process_time()  # not the clock on the wall: other programs may be busy
        render_mesh(vertices, triangles, size=256)
        taken_s.append(time.process_time() - start)
    assert min(taken_s) < 1.5


def test_an_unknown_view_or_colours_of_another_mesh_are_refused():
    vertices, triangles = ball(rings=4, segments=6)
    with pytest.raises(ValueError, match="three-quarter"):
        render_mesh(vertices, triangles, view="above")
    with pytest.raises(ValueError, match="fit neither"):
        render_mesh(vertices, triangles, np.ones((7, 3)))


def test_another_program_reads_the_png(tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    picture = np.random.default_rng(0).integers(0, 256, (13, 29, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(np.asarray(image_module.open(tmp_path / "a.png").convert("RGB")), picture)
    np.testing.assert_array_equal(np.asarray(image_module.open(io.BytesIO(png_bytes(picture)))), picture)


def test_a_png_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OutputError):
        write_png(tmp_path / "missing" / "a.png", np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        png_bytes(np.zeros((2, 2, 3)))


def test_a_sheet_holds_every_picture_in_reading_order():
    pictures = [np.full((4, 5, 3), k, np.uint8) for k in range(5)]
    sheet = contact_sheet(pictures, columns=3, gap=2)
    assert sheet.shape == (2 * 6 + 2, 3 * 7 + 2, 3)
    assert [sheet[2 + 6 * (k // 3), 2 + 7 * (k % 3), 0] for k in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="one size"):
        contact_sheet([], columns=2)
