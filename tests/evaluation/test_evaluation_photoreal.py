# SPDX-License-Identifier: Apache-2.0
"""Photoreal passes against films: what is measured, and that the right pictures are compared."""

from pathlib import Path

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import EYE_DISTANCE, LIPS
from styletalk.face.published_pose import rotation_matrix
from styletalk.tracking.fit.pose import TO_FACE, eye_distance
from styletalk.tracking.fit.reference import face_map
from styletalk_research.evaluation import photoreal
from styletalk_research.evaluation.photoreal import FILM, PassFigures, PassReport
from styletalk_research.evaluation.photoreal_clips import OWN, POSE_ONLY, STILL, PassClip
from styletalk_research.metrics.landmark_distances import face_distance, mouth_distance
from styletalk_research.metrics.picture_quality import psnr, squared_error


def head(turn=(0.0, 0.0, 0.0), size: float = 800.0, lips_down: float = 0.0) -> np.ndarray:
    """(478, 3) pixels of a head that is turned by radians; lips_down: in eye distances of the head itself."""
    face = face_map().template.copy()
    face[list(LIPS), 1] -= lips_down * eye_distance(face)
    turned = face @ rotation_matrix(np.array([turn]))[0].T
    return turned * size * TO_FACE + (128.0, 120.0, 0.0)


def test_the_mouth_distance_is_of_the_mouth_and_not_of_the_head():
    moved = head((0.1, -0.3, 0.05), 640.0, lips_down=0.07)
    assert mouth_distance(head((0.1, -0.3, 0.05), 640.0), head()) == pytest.approx(0.0, abs=1e-6)
    assert mouth_distance(moved, head()) == pytest.approx(0.07, abs=1e-6)


def test_the_face_distance_is_of_the_picture_in_eye_distances():
    real = head()
    eyes = np.linalg.norm(np.diff(real[list(EYE_DISTANCE), :2], axis=0))
    assert face_distance(real + np.array([3.0, 4.0, 99.0]), real) == pytest.approx(5.0 / eyes)


def test_psnr_is_of_the_mean_squared_difference():
    black = np.zeros((4, 4, 3), np.uint8)
    assert psnr(squared_error(black + np.uint8(255), black)) == pytest.approx(0.0)
    assert psnr(squared_error(black + np.uint8(16), black)) == pytest.approx(20 * np.log10(255 / 16))
    assert psnr(squared_error(black, black)) == 100.0


@pytest.fixture
def clip(tmp_path) -> PassClip:
    """A film whose picture f is of the grey value 40 + 4 f, so that row i has 40 + 4 (i + 2); twelve rows."""
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "grey.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for picture in range(14):
            grey = np.full((64, 64, 3), 40 + 4 * picture, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        container.mux(stream.encode())
    clip = PassClip(tmp_path / "grey.mp4", None, 3)
    vars(clip)["own"] = FaceAnimation.still(np.zeros((12, 64), np.float32), np.zeros(12, np.int16))
    return clip


def test_each_row_is_compared_with_the_picture_that_shows_it(clip, monkeypatch):
    class ByRow:
        """Renders a grey that says which row it is, as the film does."""

        def frames(self, motion, rows):
            assert len(motion) == 12  # the whole motion, for windows reach beyond a part
            return (np.full((64, 64, 3), 40 + 4 * (row + 2), np.uint8) for row in rows)

    monkeypatch.setattr(photoreal, "landmarks_of", lambda frames: np.stack([head()] * len(list(frames))))
    found = photoreal.clip_figures(clip, ByRow(), {OWN: clip.own}, every=5)
    by = {figures.system: figures for figures in found}
    assert list(by) == [FILM, OWN, STILL] and by[OWN].pictures == 3  # rows 0, 5, 10
    assert by[OWN].psnr > 45
    still = np.mean([(4 * (row + 2)) ** 2 for row in (0, 5, 10)])  # the photo is picture 0
    assert by[STILL].psnr == pytest.approx(10 * np.log10(255**2 / still), abs=0.3)


def figures(system: str, mouth: float, cpbd: float) -> PassFigures:
    return PassFigures("anna", system, 0.9, 30.0, cpbd, mouth * 2, mouth, 10)


def test_the_report_says_on_how_many_clips_the_mouth_is_nearer():
    measured = (
        figures(FILM, 0.0, 0.5), figures(OWN, 0.02, 0.45), figures(POSE_ONLY, 0.03, 0.5), figures(STILL, 0.04, 0.5)
    )  # fmt: skip
    text = PassReport("warp", 10, measured, ()).as_markdown()
    assert "The mouth is nearer than under 'baseline: still photo' on 1 of 1 clips, 2.00 to 2.00 times." in text
    assert "The mouth is nearer than under 'baseline: pose only' on 1 of 1 clips, 1.50 to 1.50 times." in text
    assert "Sharpness lost against the film: 10.0 % of CPBD" in text


def test_clips_whose_passes_show_no_face_are_not_compared():
    """As with the networks of a checkpoint that was never trained."""
    measured = (figures(FILM, 0.0, 0.5), figures(OWN, float("nan"), 0.5), figures(POSE_ONLY, 0.03, 0.5),
                figures(STILL, 0.04, 0.5))  # fmt: skip
    text = PassReport("neural", 10, measured, ()).as_markdown()
    assert "The mouth cannot be compared with 'baseline: still photo': no pass shows a face." in text


def test_a_folder_without_films_is_named(tmp_path):
    (tmp_path / "speech").mkdir()
    with pytest.raises(StyleTalkError, match="has no films with coefficients"):
        photoreal.pass_clips(Path(tmp_path))
