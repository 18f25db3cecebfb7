# SPDX-License-Identifier: Apache-2.0
"""A photo becomes a portrait: what is read of it, which face is meant, what is refused, and what it shows.

The photos are nobody's: scripts/portrait_pictures.py draws them, and nobody.json says what they show.
"""

import functools
import io
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("mediapipe")
from PIL import Image, ImageDraw, ImageFilter

from styletalk.cli import main
from styletalk.errors import PortraitError
from styletalk.face.landmarks import (
    EYE_DISTANCE,
    EYE_OPENINGS,
    LIPS,
    eye_openness,
    inner_lip_distance_mm,
    landmark_movement,
    landmark_positions,
)
from styletalk.face.model import open_face
from styletalk.photoreal.photo import portrait_of
from styletalk.photoreal.photo.calibration import closed_level_mm, counted_from, with_opening, within
from styletalk.photoreal.photo.lids import lids_shown, with_lids
from styletalk.photoreal.photo.picture import read_picture
from styletalk.photoreal.portrait import Portrait

DATA = Path(__file__).parent / "data"
CLOSED, SMILING = DATA / "nobody.jpg", DATA / "nobody_smiling.jpg"
SHOWN = json.loads((DATA / "nobody.json").read_text())


@functools.lru_cache
def fitted(path: Path) -> Portrait:
    return portrait_of(path)


def photo(path: Path = CLOSED) -> Image.Image:
    return Image.open(path).convert("RGB")


def lips_mm(expression: np.ndarray) -> float:
    return float(inner_lip_distance_mm(open_face(), np.asarray(expression, np.float32)[None])[0])


@pytest.mark.parametrize("name", ["nobody", "nobody_smiling"])
def test_the_fit_lies_on_the_face_and_turns_as_the_camera_did(name):
    """The camera stood so many degrees to the face's left, so the face is turned to its right by as many."""
    portrait, model = fitted(DATA / f"{name}.jpg"), open_face()
    mesh = model.vertices(portrait.expression[None], portrait.identity)[0]
    apart = np.linalg.norm(
        portrait.projected(landmark_positions(mesh, model.triangles, model.landmarks_mediapipe))
        - portrait.landmarks[:, :2],
        axis=1,
    )
    eyes = portrait.landmarks[list(EYE_DISTANCE), :2]
    assert apart.mean() < 0.05 * np.linalg.norm(eyes[0] - eyes[1])
    assert np.degrees(portrait.rotation[1]) == pytest.approx(-SHOWN[name]["yaw_deg"], abs=3)


def test_lips_that_touch_in_the_photo_touch_in_the_reference():
    assert fitted(CLOSED).lips_closed and not fitted(SMILING).lips_closed
    assert lips_mm(fitted(CLOSED).expression) == pytest.approx(0.0, abs=0.1)


def test_an_open_mouth_is_as_open_in_the_reference_as_in_the_photo():
    drawn_mm = lips_mm(np.array(SHOWN["nobody_smiling"]["expression"]))
    assert lips_mm(fitted(SMILING).expression) == pytest.approx(drawn_mm, abs=1.0)


def test_a_motion_that_meets_its_lips_elsewhere_is_counted_from_there():
    """All of it 5 mm open and more, as coefficients fitted to a film may be: closed lips of the photo are its 5 mm."""
    rows = np.array([with_opening(np.zeros(64), 5 + max(0.0, 6 * np.sin(t / 5))) for t in range(90)])
    assert closed_level_mm(rows) == pytest.approx(5.0, abs=0.3)
    assert lips_mm(within(fitted(CLOSED), rows)) == pytest.approx(closed_level_mm(rows), abs=0.3)
    counted = counted_from(fitted(CLOSED), rows)
    np.testing.assert_allclose(np.diff(counted, axis=0), np.diff(rows, axis=0), atol=1e-5)


def test_what_a_motion_never_does_is_not_read_into_it_from_a_photo():
    """A film in which nothing but the jaw moves counts a photo by its jaw, whoever is seen in it."""
    rows = np.zeros((90, 64), np.float32)
    rows[:, 0] = -1 + np.sin(np.arange(90) / 5)
    found = within(fitted(SMILING), rows)
    jaw = np.zeros(64)
    jaw[0] = found[0]
    model = open_face()
    beside = landmark_movement(model, model.landmarks_mediapipe, np.stack([found, jaw]).astype(np.float32))
    assert np.abs(np.diff(beside, axis=0)[0, list(LIPS)]).max() < 0.0005
    assert rows[:, 0].min() < found[0] < rows[:, 0].max()


def test_eyes_count_as_at_rest_unless_the_photo_clearly_shows_them_otherwise():
    """The drawn person's eyes are at rest, which the fit by itself sees wide open."""
    for path in (CLOSED, SMILING):
        assert eye_openness(open_face(), fitted(path).expression[None]).mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("share", "openness"), [(0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (1.6, 1.6)])
def test_lids_are_measured_by_the_iris(share, openness):
    """The lids of the photo brought nearer together or drawn apart, and a fit that sees the same."""
    landmarks, shown = fitted(CLOSED).landmarks.copy(), with_lids(fitted(CLOSED).expression, max(openness, 0.3))
    for upper, lower in EYE_OPENINGS:
        landmarks[upper] = landmarks[lower] + share * (landmarks[upper] - landmarks[lower])
    assert lids_shown(landmarks, shown) == pytest.approx(openness, abs=0.1)


def test_opening_the_eyes_moves_nothing_but_lids():
    model = open_face()
    shut, wide = (model.vertices(with_lids(np.zeros(64), share)[None])[0] for share in (0.4, 1.2))
    moved = np.linalg.norm(landmark_positions(wide - shut, model.triangles, model.landmarks_mediapipe)[:, :2], axis=1)
    assert eye_openness(model, with_lids(np.zeros(64), 0.4)[None]).mean() == pytest.approx(0.4, abs=0.01)
    assert moved[list(LIPS)].max() < 0.0008 < 0.004 < moved[[upper for upper, _ in EYE_OPENINGS]].min()


def changed(kind: str) -> bytes:
    """The photo in another format."""
    image, packed = photo(), io.BytesIO()
    if kind == "cmyk":
        image.convert("CMYK").save(packed, "JPEG", quality=95)
    elif kind == "palette":
        image.quantize(256).save(packed, "PNG")
    elif kind == "rotated":
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(packed, "JPEG", exif=exif, quality=95)
    elif kind == "moving":
        image.save(packed, "GIF", save_all=True, append_images=[image.rotate(180)])
    elif kind == "16 bit grey":
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(packed, "PNG")
    else:
        image.putalpha(Image.new("L", image.size, 40))
        image.save(packed, "PNG")
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["cmyk", "palette", "rotated", "moving", "16 bit grey", "transparent"])
def test_any_usual_format_is_read_upright_and_in_its_colours(tmp_path, kind):
    (tmp_path / "a.png").write_bytes(changed(kind))
    found, wanted = read_picture(tmp_path / "a.png"), np.asarray(photo()).astype(float)
    if "grey" in kind:
        wanted = np.repeat(wanted @ [[0.299], [0.587], [0.114]], 3, axis=2)
    assert found.pixels.shape == wanted.shape
    assert np.abs(found.pixels - wanted).mean() < 6
    assert (found.alpha is not None) == (kind == "transparent")


def test_a_very_large_photo_is_made_smaller_and_says_so(tmp_path):
    Image.new("RGB", (7680, 4320), (90, 90, 90)).save(tmp_path / "a.jpg")
    found = read_picture(tmp_path / "a.jpg")
    assert found.pixels.shape == (2304, 4096, 3)
    assert found.notes == ("The photo of 7680 × 4320 pixels was made smaller, to 4096 × 2304.",)


def spoilt(kind: str) -> Image.Image:
    """The photo with something that makes it useless."""
    image = photo()
    draw, marks = ImageDraw.Draw(image), fitted(CLOSED).landmarks[:, :2]
    eyes = float(np.linalg.norm(marks[33] - marks[263]))
    x, y = marks[[13, 14]].mean(0)
    if kind == "two faces":
        both = Image.new("RGB", (2 * image.width, image.height))
        both.paste(image, (0, 0))
        both.paste(photo(SMILING), (image.width, 0))
        return both
    if kind == "a hand":
        skin = tuple(int(value) for value in np.asarray(image)[int(marks[50][1]), int(marks[50][0])])
        draw.rectangle((x - 0.55 * eyes, y - 0.4 * eyes, x + 0.55 * eyes, y + 0.4 * eyes), fill=skin)
    elif kind == "sunglasses":
        for pair in ((33, 133), (362, 263)):
            x, y = marks[list(pair)].mean(0)
            draw.ellipse((x - 0.27 * eyes, y - 0.2 * eyes, x + 0.27 * eyes, y + 0.2 * eyes), fill=(20, 20, 22))
    elif kind == "from behind":
        draw.ellipse((100, 60, 446, 520), fill=(150, 110, 60))
    elif kind == "in profile":
        return photo(DATA / "nobody_profile.jpg")
    elif kind == "64 pixels":
        return image.resize((64, 64))
    elif kind == "a small face":
        whole = Image.new("RGB", (700, 700), (60, 70, 80))
        whole.paste(image.resize((80, 80)), (310, 300))
        return whole
    return image


def drawing(kind: str) -> Image.Image:
    """A face of flat shapes, or the photo in eight flat colours."""
    if kind == "flat colours":
        return photo().resize((300, 300)).filter(ImageFilter.MedianFilter(5)).quantize(8, dither=0).convert("RGB")
    image = Image.new("RGB", (400, 400), (150, 190, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((165, 300, 235, 400), fill=(225, 180, 150))
    draw.ellipse((105, 50, 295, 340), fill=(235, 190, 160))
    draw.pieslice((100, 35, 300, 230), 180, 360, fill=(90, 60, 40))
    for x in (157, 243):
        draw.ellipse((x - 26, 165, x + 26, 191), fill=(255, 255, 255), outline=(60, 40, 30), width=2)
        draw.ellipse((x - 11, 167, x + 11, 189), fill=(70, 100, 60))
        draw.arc((x - 34, 138, x + 34, 178), 200, 340, fill=(80, 55, 40), width=7)
    draw.line((200, 180, 190, 235, 208, 240), fill=(200, 150, 120), width=4)
    draw.ellipse((163, 265, 237, 297), fill=(190, 80, 80))
    draw.line((165, 281, 235, 281), fill=(120, 40, 40), width=3)
    return image


@pytest.mark.parametrize("kind", ["flat colours", "shapes"])
def test_a_drawing_is_taken_with_a_sentence(tmp_path, kind):
    drawing(kind).save(tmp_path / "a.png")
    assert any("as in a drawing" in note for note in portrait_of(tmp_path / "a.png").notes)


def test_eyes_in_the_dark_are_taken_with_a_sentence(tmp_path):
    """As in films whose light comes from above: the eyes lie in shadow but are seen."""
    shadow = np.asarray(photo()).astype(float)
    marks = fitted(CLOSED).landmarks[:, :2]
    y, x = np.mgrid[: shadow.shape[0], : shadow.shape[1]]
    for pair in ((33, 133), (362, 263)):
        middle, wide = marks[list(pair)].mean(0), np.linalg.norm(np.diff(marks[list(pair)], axis=0))
        away = np.hypot((x - middle[0]) / wide, (y - middle[1]) / wide)
        shadow *= (1 - 0.6 * np.exp(-(away**4)))[..., None]
    Image.fromarray(shadow.astype(np.uint8)).save(tmp_path / "a.png")
    assert any("eyes lie in the dark" in note for note in portrait_of(tmp_path / "a.png").notes)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("two faces", r"shows 2 faces\. Say which one with --at X,Y; faces are at \d+,\d+ and \d+,\d+\."),
        ("a hand", "Something lies before the mouth in a.png"),
        ("sunglasses", "wears dark glasses"),
        ("from behind", "No face was found in a.png"),
        ("in profile", "No face was found in a.png|is turned"),
        ("64 pixels", "64 × 64 pixels; it needs 128"),
        ("a small face", "is too small|No face was found"),
    ],
)
def test_what_cannot_be_moved_gets_a_sentence_and_leaves_no_file(tmp_path, capsys, kind, sentence):
    spoilt(kind).save(tmp_path / "a.png")
    with pytest.raises(PortraitError, match=sentence):
        portrait_of(tmp_path / "a.png")


def test_of_two_faces_the_one_at_a_place_is_taken(tmp_path):
    both = spoilt("two faces")
    both.save(tmp_path / "a.png")
    assert portrait_of(tmp_path / "a.png", at=(270, 300)).lips_closed
    assert not portrait_of(tmp_path / "a.png", at=(270 + both.width // 2, 300)).lips_closed
    with pytest.raises(PortraitError, match=r"There is no face at 2,3 in a\.png"):
        portrait_of(tmp_path / "a.png", at=(2, 3))


@pytest.mark.parametrize("content", [b"", b"no picture", CLOSED.read_bytes()[:2000]], ids=["empty", "text", "cut off"])
def test_a_file_that_is_no_photo_gets_a_sentence(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PortraitError, match=r"a\.jpg is not a photo that can be used \(.*\)\. Give a \.png or \.jpg\."):
        portrait_of(tmp_path / "a.jpg")


def test_the_command_writes_what_the_function_makes(tmp_path, capsys):
    assert main(["portrait", str(SMILING), "-o", str(tmp_path / "p.npz")]) == 0
    again = Portrait.load(tmp_path / "p.npz")
    np.testing.assert_array_equal(again.expression, fitted(SMILING).expression)
    assert "open" in capsys.readouterr().out


def test_a_photo_without_a_face_ends_the_command_and_writes_nothing(tmp_path, capsys):
    Image.new("RGB", (300, 300), (90, 120, 90)).save(tmp_path / "a.png")
    assert main(["portrait", str(tmp_path / "a.png"), "-o", str(tmp_path / "p.npz")]) != 0
    assert "No face was found in a.png" in capsys.readouterr().err
    assert not (tmp_path / "p.npz").exists()
