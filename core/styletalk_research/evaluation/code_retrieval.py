# SPDX-License-Identifier: Apache-2.0
"""Do the style code of a film and the code of the clip's own coefficients find each other?

How a face looks at rest is not seen well in landmarks, and the code depends on it. What other people's films say of
that error, its mean in codes and its variance in each coefficient, is taken out: distances are Mahalanobis distances
by the covariance that the error causes in codes. As within-class covariance normalisation (Hatch et al., 2006) does
with speakers, but by way of 64 variances and the encoder's Jacobian, because few people are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from styletalk.animation import EXPRESSION_DIM
from styletalk.networks.engine.inference import Engine
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

STEP = 0.3
"""Of a coefficient, for the Jacobian."""
RIDGE = 0.01
"""Of the mean variance; a third to three times of it, or a tenth, give the same."""
MIN_PEOPLE = 3
"""With fewer, nothing can be learnt from others."""


@dataclass(frozen=True, eq=False)
class SeenClip:
    """A clip twice. seen: (T, 64) as its film shows it; known: (R, 64) as its file has it. session: whose clips count
    as one. speaker: who is left out when something is learnt."""

    session: str
    speaker: str
    seen: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class CodeRetrieval:
    """Top-1 shares among the sessions, a film looking for its file and a file for its film. plain: by the distance of
    the codes. normalised: by what other people's films say of the error; nan where there are none."""

    clips: int
    sessions: int
    plain: tuple[float, float]
    normalised: tuple[float, float]

    def as_markdown(self) -> str:
        """A sentence."""
        shares = "film to file {:.3f}, file to film {:.3f}".format
        return (
            f"The style codes of {self.clips} films and of their own coefficients, {self.sessions} sessions: how often "
            f"the nearest is of the same session. With the error of films taken out, as other people's films show it: "
            f"{shares(*self.normalised)}; by the plain distance: {shares(*self.plain)}."
        )


def code_retrieval(engine: Engine, clips: Sequence[SeenClip]) -> CodeRetrieval:
    """Compare every film with every file. Raises StyleError."""
    seen, known = (np.stack([engine.encode_style(rows) for rows in some]) for some in _both(clips))
    sessions = [clip.session for clip in clips]
    plain = np.linalg.norm(seen[:, None] - known, axis=2)
    enough = len({clip.speaker for clip in clips}) >= MIN_PEOPLE
    shares = found(normalised_distances(engine, clips, seen, known), sessions) if enough else (np.nan, np.nan)
    return CodeRetrieval(len(clips), len(set(sessions)), found(plain, sessions), shares)


def normalised_distances(engine: Engine, clips: Sequence[SeenClip], seen: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(N, N) squared distances from film codes (N, d) to file codes (N, d), each film's speaker left out."""
    jacobian = level_jacobian(engine)
    off = np.stack([a.mean(0) - b.mean(0) for a, b in zip(*_both(clips), strict=True)])  # (N, 64)
    speakers = np.array([clip.speaker for clip in clips])
    weights = 1.0 / (speakers[:, None] == speakers).sum(1)  # each speaker counts alike
    distances = np.empty((len(clips), len(clips)))
    for speaker in np.unique(speakers):
        own, others = speakers == speaker, np.where(speakers == speaker, 0.0, weights)
        others /= others.sum()
        covariance = jacobian.T @ ((others @ off**2)[:, None] * jacobian)
        covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        apart = (seen[own] - others @ (seen - known))[:, None] - known
        distances[own] = (apart * np.linalg.solve(covariance, apart[..., None])[..., 0]).sum(2)
    return distances


def level_jacobian(engine: Engine) -> np.ndarray:
    """(64, d): by how much the code changes with a clip's mean expression, on average over the presets."""
    steps = STEP * np.eye(EXPRESSION_DIM, dtype=np.float32)
    clips = [read_style(name).encoder_rows for name in preset_names()]
    changes = [
        [engine.encode_style(clip + step) - engine.encode_style(clip - step) for step in steps] for clip in clips
    ]
    return np.mean(changes, axis=0) / (2 * STEP)


def found(distances: np.ndarray, sessions: Sequence[str]) -> tuple[float, float]:
    """Shares of rows of (N, N), and of columns, whose smallest distance is one within the session."""
    names = np.array(sessions)
    rows, columns = (float((names[each.argmin(1)] == names).mean()) for each in (distances, distances.T))
    return rows, columns


def _both(clips: Sequence[SeenClip]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [clip.seen for clip in clips], [clip.known for clip in clips]
