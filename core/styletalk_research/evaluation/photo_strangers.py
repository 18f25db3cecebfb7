# SPDX-License-Identifier: Apache-2.0
"""Photos of people whom nothing was learnt from: pictures of tracked films, moved by the films' own tracked motion.

    python -m styletalk_research.evaluation.photo_strangers TRACKS

TRACKS: a folder of tracks, as `styletalk track` writes them; films are not needed. Six pictures of each film are taken
as photos. Their landmarks, moved as the mesh moves, are compared with the film's: what a pass would show but for the
renderer.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import LIPS, landmark_positions
from styletalk.face.model import open_face
from styletalk.photoreal.photo.calibration import reference, within
from styletalk.photoreal.photo.fit import fit_landmarks
from styletalk.photoreal.photo.lids import lids_shown
from styletalk.photoreal.portrait import Portrait
from styletalk.timeline import film_row_time_s
from styletalk.tracking.fit import fit_face
from styletalk.tracking.fit.pose import eye_distance
from styletalk.tracking.track_file import read_track

from ..metrics.landmark_distances import lips_without_pose

PHOTOS, EVERY_ROWS = 6, 6
HEAD = ("still photo", "calibrated", "known row")


@dataclass(frozen=True, eq=False)
class Stranger:
    """A film. distances: (P, 3) of each photo by HEAD, mean M-LMD in eye distances over the film."""

    name: str
    distances: np.ndarray

    @property
    def nearer(self) -> int:
        """Of how many photos the mouth is nearer than the still photo's."""
        return int((self.distances[:, 1] < self.distances[:, 0]).sum())


def stranger(path: Path) -> Stranger | None:
    """What a track says; None where too little of a face is seen. Raises StyleTalkError."""
    track = read_track(path)
    fitted = fit_face(track)
    rows = np.arange(0, len(fitted.expression), EVERY_ROWS)
    shown = np.abs(track.times_s - track.lag_s - film_row_time_s(rows)[:, None]).argmin(axis=1)
    rows, shown = (
        each[fitted.usable[rows] & np.isfinite(track.landmarks[shown]).all((1, 2))] for each in (rows, shown)
    )
    if len(rows) < PHOTOS:
        return None
    real = lips_without_pose(track.landmarks[shown])
    chosen = np.linspace(0, len(rows) - 1, PHOTOS).astype(int)
    distances = []
    for index in chosen:
        photo, known = track.landmarks[shown[index]], fitted.expression[rows[index]]
        counted = within(_portrait(photo), fitted.expression)
        lips = [real[index] + _lips_moved(fitted.expression[rows] - own) for own in (counted, known)]
        distances.append([_apart(made, real) for made in (real[index][None], *lips)])
    return Stranger(path.stem, np.array(distances))


def _apart(made: np.ndarray, real: np.ndarray) -> float:
    return float(np.linalg.norm(made - real, axis=2).mean())


def _lips_moved(rows: np.ndarray) -> np.ndarray:
    """(T, 20, 2): by how much the lips of the mean face move under coefficients (T, 64), in eye distances."""
    model = open_face()
    rest, columns = (
        landmark_positions(each, model.triangles, model.landmarks_mediapipe) for each in (model.mean, model.expression)
    )
    return np.tensordot(rows, columns[:, list(LIPS), :2], 1) / eye_distance(rest)


def _portrait(landmarks: np.ndarray) -> Portrait:
    """Of a photo of which nothing but the landmarks (478, 3) is known."""
    fit, nothing = fit_landmarks(landmarks), np.zeros((0, 3), np.float32)
    shown = reference(fit.expression, fit.gap_m, lids_shown(landmarks, fit.expression))
    return Portrait(nothing, None, nothing, fit.identity, shown, fit.rotation, fit.scale, fit.offset, fit.gap_m)


def as_markdown(found: Sequence[Stranger]) -> str:
    """A row for each film, and the mean of all."""
    lines = [f"| film | {' | '.join(HEAD)} | nearer than still |", "|---" * (len(HEAD) + 2) + "|"]
    rows = [(one.name, one.distances.mean(axis=0), f"{one.nearer} of {len(one.distances)}") for one in found]
    nearer, photos = sum(one.nearer for one in found), sum(len(one.distances) for one in found)
    rows.append((f"mean of {len(found)}", np.mean([row[1] for row in rows], axis=0), f"{nearer} of {photos}"))
    lines += [f"| {name} | " + " | ".join(f"{v:.4f}" for v in means) + f" | {wins} |" for name, means, wins in rows]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.evaluation.photo_strangers")
    parser.add_argument("tracks", type=Path, metavar="TRACKS", help="a folder of tracks, NAME.npz")
    paths = sorted(parser.parse_args(arguments).tracks.glob("*.npz"))
    found = [one for one in map(stranger, paths) if one is not None]
    if not found:
        raise StyleTalkError("The folder has no tracks that show a face: NAME.npz, as `styletalk track` writes them.")
    print(as_markdown(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
