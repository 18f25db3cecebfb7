# SPDX-License-Identifier: Apache-2.0
"""Lips that must be shut are shut on the character's own mesh, whatever its shapes and however it rests."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from styletalk.animation import UPPER_DIM
from styletalk.face.arkit_names import ARKIT_NAMES
from styletalk.face.model import open_face
from styletalk.rigs.closing import least_gap
from styletalk.rigs.conventions import conventions
from styletalk.rigs.lips import find_surfaces
from styletalk.rigs.mapping import RigMapping
from styletalk.rigs.measure import measured, opening_row
from styletalk.rigs.mouth import find_mouth
from styletalk.rigs.weights import RigSolver, arkit_extras

MOUTH_MM = 44.0
SHUT_MM = 0.7
VOWELS = ("aa", "ih", "ou", "ee", "oh")
VISEMES = ("PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
CLOSERS = ("mouthClose", "mouthPressLeft", "mouthRollLower", "mouthShrugLower")


def z_up(points):
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(np.float64)


@functools.lru_cache
def head(names, apart=0.0):
    """(points, targets, mapping, widest gap of posed points in mm) of the open face with shapes of a convention; its
    lips rest `apart` jawOpens apart."""
    face = open_face()
    shapes = z_up(face.arkit)
    known = {meaning.name: meaning.weights for each in conventions()[::-1] for meaning in each.meanings.values()}
    points = z_up(face.mean) + apart * shapes[ARKIT_NAMES.index("jawOpen")]
    targets = np.tensordot([known[name] for name in names], shapes, 1)
    mapping = measured(RigMapping.of_names(names), points, targets, face.triangles)
    opening = targets[mapping.rows.index(opening_row(mapping))]
    mouth = find_mouth(points, opening)
    lips = find_surfaces(points, face.triangles, opening, mouth)

    def gap_mm(posed):
        found = lips.gaps(posed)[0]
        return MOUTH_MM / mouth.width * found[np.isfinite(found)].max(initial=-np.inf)

    return points, targets, mapping, gap_mm


def line():
    """(T, 64) a mouth that opens and shuts, smiles as it does, and is just shut at rows 0 and 20."""
    face = open_face()
    jaw, smile = (
        face.expression.reshape(64, -1) @ face.arkit[ARKIT_NAMES.index(name)].reshape(-1)
        for name in ("jawOpen", "mouthSmileLeft")
    )
    phase = np.linspace(0, 2 * np.pi, 21)
    wide = np.outer(1 - np.cos(phase), 0.6 * jaw / np.linalg.norm(jaw))
    return wide + np.outer(0.2 * np.sin(phase / 2) ** 2, smile / np.linalg.norm(smile))


def values(mapping, coefficients):
    rows = len(coefficients)
    still = SimpleNamespace(
        blinks=np.zeros((rows, 2)),
        gaze=np.zeros((rows, 4)),
        tongue=np.zeros((rows, 4)),
        upper=np.zeros((rows, UPPER_DIM)),
    )
    return RigSolver.of(mapping).values_of(coefficients, arkit_extras(still)).astype(float)


@pytest.mark.parametrize(
    ("names", "apart"),
    [(ARKIT_NAMES, 0.0), (ARKIT_NAMES, 0.08), (VOWELS, 0.0), (("jawOpen", *CLOSERS), 0.05), (VISEMES, 0.0)],
    ids=["52 shapes", "resting 2 mm apart", "five vowels", "apart, with a few shapes", "visemes"],
)
def test_lips_are_shut_where_the_coefficients_have_them_shut(names, apart):
    points, targets, mapping, gaps = head(names, apart)
    played = values(mapping, line())
    parted = np.array([gaps(points + np.tensordot(row, targets, 1)) for row in played])
    assert parted[[0, -1]].max() < SHUT_MM, parted
    assert parted.max() > 5, parted
    assert np.abs(np.diff(played, axis=0)).max() < 0.5  # nothing jumps on the way


def test_shapes_that_cannot_close_are_known():
    """Vowels only open: lips that rest apart stay apart, and shapes that close them are counted."""
    assert least_gap(head(VOWELS, 0.0)[2]) < 0.03
    assert least_gap(head(VOWELS, 0.08)[2]) > 0.03
    assert least_gap(head(ARKIT_NAMES, 0.08)[2]) == 0


def test_how_lips_rest_is_kept_in_the_file(tmp_path):
    mapping = head(VOWELS, 0.08)[2]
    mapping.save(tmp_path / "hero.json")
    assert RigMapping.load(tmp_path / "hero.json") == mapping and len(mapping.rest_gaps) == 5
