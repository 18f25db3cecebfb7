# SPDX-License-Identifier: Apache-2.0
"""Pictures come as they are shown, at the times of the film's sound, from whatever PyAV reads."""

import numpy as np
import pytest
from face_films import RATE, write

from styletalk.demo import LINE
from styletalk.errors import FilmError
from styletalk.tracking.film import SEEN_SIDE_PX, open_film, pictures


def corners(side=(48, 64)):
    """Red at the upper left, green at the upper right, black below."""
    picture = np.zeros((*side, 3), np.uint8)
    picture[: side[0] // 2, : side[1] // 2, 0] = 255
    picture[: side[0] // 2, side[1] // 2 :, 1] = 255
    return picture


def colour_at(pixels, right, down):
    height, width = pixels.shape[:2]
    found = pixels[int(down * (height - 1)), int(right * (width - 1))].astype(int)
    return "black" if found.max() < 100 else "rgb"[found.argmax()]


def test_times_are_those_of_the_sound_whichever_begins_first(tmp_path):
    times_s = np.arange(5) / RATE
    for name, film_s, sound_s in (("later", 0.3, 0.0), ("earlier", 0.0, 0.3)):
        path = write(tmp_path / f"{name}.mkv", [corners()] * 5, times_s + film_s, sound_from_s=sound_s)
        found = [picture.time_s for picture in pictures(open_film(path))]
        np.testing.assert_allclose(found, times_s + film_s - sound_s, atol=0.002)


def test_a_film_without_sound_begins_with_its_first_picture(tmp_path):
    film = open_film(write(tmp_path / "a.mkv", [corners()] * 4, np.arange(4) / RATE + 2.0))
    assert not film.has_sound
    assert next(pictures(film)).time_s == 0.0


def test_a_variable_rate_keeps_its_times(tmp_path):
    times_s = np.array([0.0, 0.04, 0.2, 0.23, 0.9])
    film = open_film(write(tmp_path / "a.mkv", [corners()] * 5, times_s, sound_from_s=0.0))
    np.testing.assert_allclose([picture.time_s for picture in pictures(film)], times_s, atol=0.002)


def test_a_part_begins_and_ends_where_it_is_asked_for(tmp_path):
    film = open_film(write(tmp_path / "a.mkv", [corners()] * 50, sound_from_s=0.0))
    found = [picture.time_s for picture in pictures(film, 0.8, 1.2)]
    np.testing.assert_allclose(found, np.arange(20, 30) / RATE, atol=0.002)


@pytest.mark.parametrize(("turned", "red"), [(0, (0.1, 0.1)), (90, (0.1, 0.9)), (180, (0.9, 0.9)), (-90, (0.9, 0.1))])
def test_a_rotation_flag_is_applied(tmp_path, turned, red):
    film = open_film(write(tmp_path / "a.mp4", [corners()] * 2, rotation=turned))
    pixels = next(pictures(film)).pixels
    assert colour_at(pixels, *red) == "r"
    assert (film.width, film.height) == ((64, 48) if turned % 180 == 0 else (48, 64))
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(film.height / film.width, rel=0.01)


def test_photos_of_telephones_and_of_painters_are_read(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="needs Pillow to make the photos")
    turned = image.Exif()
    turned[0x112] = 6  # shown turned clockwise
    image.fromarray(corners()).save(tmp_path / "turned.jpg", exif=turned)
    image.fromarray(corners()).convert("CMYK").save(tmp_path / "print.jpg")
    alpha = np.dstack([corners(), np.full((48, 64), 128, np.uint8)])
    image.fromarray(alpha).save(tmp_path / "alpha.png")
    for name, red in (("turned.jpg", (0.9, 0.1)), ("print.jpg", (0.1, 0.1)), ("alpha.png", (0.1, 0.1))):
        film = open_film(tmp_path / name)
        assert film.is_photo and not film.has_sound
        assert colour_at(next(pictures(film)).pixels, *red) == "r", name


def test_large_pictures_are_made_smaller_and_small_ones_larger(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="needs Pillow to make the photos")
    for side in ((4320, 7680), (64, 64)):
        image.fromarray(np.zeros((*side, 3), np.uint8)).save(tmp_path / "a.jpg")
        film = open_film(tmp_path / "a.jpg")
        assert (film.height, film.width) == side
        assert 400 < max(next(pictures(film)).pixels.shape) <= SEEN_SIDE_PX


def test_what_has_no_pictures_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    write(tmp_path / "cut.mp4", [corners()] * 9)
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "cut.mp4").read_bytes()[:300])
    write(tmp_path / "late.mp4", [corners()] * 9)
    (tmp_path / "late.mp4").write_bytes((tmp_path / "late.mp4").read_bytes()[:-300])
    for path, says in (
        (LINE, "only sound"),
        (tmp_path / "text.mp4", "cannot be read"),
        (tmp_path / "cut.mp4", "cannot be read"),
        (tmp_path / "late.mp4", "cut off: its index is missing"),
        (tmp_path / "gone.mp4", "There is no film"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(FilmError, match=says):
            list(pictures(open_film(path)))


def test_a_damaged_picture_is_left_out_and_counted(tmp_path):
    film = open_film(write(tmp_path / "a.mkv", [corners()] * 20, damaged=(7,)))
    found = list(pictures(film))
    missing = 20 - len(found)
    assert 1 <= missing <= 2 and sum(picture.damaged_before for picture in found) == missing
    assert found[-1].time_s == pytest.approx(19 / RATE, abs=0.002)


def test_a_film_that_breaks_off_gives_what_is_there(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), dtype=np.uint8)
    path = write(tmp_path / "a.mkv", list(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 5 < len(list(pictures(open_film(path)))) < 50
