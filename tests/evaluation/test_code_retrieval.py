# SPDX-License-Identifier: Apache-2.0
"""A film's style code finds its file's where the error of films is the same kind for all people."""

from typing import cast

import numpy as np

from styletalk.networks.engine.inference import Engine
from styletalk_research.evaluation.code_retrieval import SeenClip, code_retrieval, found


class MeanEncoder:
    """The code is the mean expression."""

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        return np.asarray(clip, np.float32).mean(0)


def clips(people: int) -> list[SeenClip]:
    """People who differ in all coefficients; in half of them, films show a common bias and noise that is larger."""
    random = np.random.default_rng(3)
    made = []
    for name in map(str, range(people)):
        level = random.normal(0, 0.3, 64)
        off = np.where(np.arange(64) < 32, 0.0, 1.0 + random.normal(0, 2.0, 64))
        made.append(SeenClip(name, name, np.tile(level + off, (20, 1)), np.tile(level, (30, 1))))
    return made


def test_what_other_films_say_of_the_error_helps_a_film_to_find_its_file():
    report = code_retrieval(cast(Engine, MeanEncoder()), clips(12))
    assert min(report.normalised) >= 0.9 > 0.6 > max(report.plain)
    assert (report.clips, report.sessions) == (12, 12)


def test_with_too_few_people_nothing_is_learnt_and_the_plain_distance_stays():
    report = code_retrieval(cast(Engine, MeanEncoder()), clips(2))
    assert np.isnan(report.normalised).all() and np.isfinite(report.plain).all()


def test_nothing_is_learnt_of_a_film_from_its_own_speaker():
    """A film that is off as nobody else is finds another file, whatever its own file says of the error."""
    people = clips(6)
    odd = people[0]
    people[0] = SeenClip("0", "0", people[3].known[:20], odd.known)
    report = code_retrieval(cast(Engine, MeanEncoder()), people)
    assert report.normalised[0] < 1.0


def test_clips_of_one_session_count_as_one():
    assert found(np.array([[2.0, 1.0, 3.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]), ["a", "a", "b"]) == (1.0, 1.0)
