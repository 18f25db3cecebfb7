# SPDX-License-Identifier: Apache-2.0
"""A map learnt from some people's films reads the coefficients off another's."""

import numpy as np
import pytest
from synthetic_tracks import speaking, track_of

from styletalk.face.landmarks import landmark_positions
from styletalk.face.model import open_face
from styletalk.timeline import film_row_time_s
from styletalk.tracking.fit import fit_with
from styletalk.tracking.fit.reference import FaceMap
from styletalk_research.datasets.face_map import KnownFilm, known_films, learn_face_map, mirror_of
from styletalk_research.evaluation.code_retrieval import CodeRetrieval
from styletalk_research.evaluation.parts import PARTS
from styletalk_research.evaluation.tracking import ClipFit, TrackingReport, clip_fit

FRAMES = 150


def _fit(known: FaceMap, only: KnownFilm) -> ClipFit:
    return clip_fit(only, fit_with(known, only.track))


def film(name: str, seed: int) -> KnownFilm:
    """A person whose head turns, as the film of a sample clip: the first picture that shows a row is the third."""
    random = np.random.default_rng(seed)
    phases = random.uniform(0, 6, 3)
    angles = 0.2 * np.sin(np.arange(FRAMES)[:, None] / 11 + phases)
    coefficients = np.roll(speaking(FRAMES), int(random.integers(FRAMES)), axis=0) * random.uniform(0.7, 1.2)
    track = track_of(coefficients, angles, noise_px=0.3)
    return KnownFilm(name, name, track, coefficients[2:], angles[2:])


def test_the_coefficients_of_somebody_new_are_read_off_their_film():
    known = learn_face_map([film("a", 1), film("b", 2)])
    fit = _fit(known, film("c", 3))
    assert fit.usable == 1.0 and fit.lower_r2 > 0.9 and fit.gap_r > 0.97 and fit.width_r > 0.9
    assert max(fit.pitch, fit.yaw, fit.roll) < 1.0
    assert "| c | 5 | 1.00 |" in TrackingReport((fit,), CodeRetrieval(1, 1, (1.0, 1.0), (0.5, 0.25))).as_markdown()


def test_the_frame_that_shows_a_row_is_told_by_its_time():
    frames, rows = film("a", 1).seen()
    np.testing.assert_allclose(film("a", 1).track.times_s[frames], film_row_time_s(rows), atol=1e-9)


def test_each_landmark_is_the_mirror_of_its_mirror():
    model = open_face()
    rest = landmark_positions(model.mean, model.triangles, model.landmarks_mediapipe)
    mirror = mirror_of(rest)
    assert (mirror[mirror] == np.arange(len(rest))).all() and mirror[33] == 263 and mirror[61] == 291


@pytest.mark.shared
def test_a_sample_film_is_read_as_its_coefficients_say(shared_dir, tmp_path):
    """With the map that ships; what people left out give is in the docs."""
    pytest.importorskip("mediapipe")
    from styletalk.tracking.fit.reference import face_map

    folder = tmp_path / "speech"
    folder.mkdir()
    for ending in (".mat", ".mp4"):
        name = "feifeili_clip1" + ending
        (folder / name).symlink_to(shared_dir / "data/styletalk/speech" / name)
    (only,) = known_films(tmp_path)
    fit = _fit(face_map(), only)
    assert fit.lower_r2 > 0.6 and fit.gap_r > 0.93 and fit.width_r > 0.85 and fit.eyes_r > 0.8
    assert "tracking" in PARTS
