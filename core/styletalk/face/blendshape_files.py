# SPDX-License-Identifier: Apache-2.0
"""Weights over time in the files of other programs: Audio2Face's JSON, and curve tables of Unreal."""

import csv
import io
import json
from collections.abc import Sequence

import numpy as np

from .arkit_names import ARKIT_NAMES


def a2f_text(weights: np.ndarray, fps: float) -> str:
    """The JSON that Audio2Face exports blendshapes as, of ARKit weights (N, 52): names, then a row for each frame."""
    document = {
        "exportFps": fps,
        "trackPath": "",
        "numPoses": len(ARKIT_NAMES),
        "numFrames": len(weights),
        "facsNames": list(ARKIT_NAMES),
        "weightMat": np.round(weights.astype(float), 6).tolist(),
    }
    return json.dumps(document)


def curve_table_text(names: Sequence[str], curves: np.ndarray, fps: float, ending: str) -> str:
    """A curve table as Unreal imports it: (N, C) `curves` by `names`, at n / fps seconds. ending: ".csv" or ".json".

    CSV has the times in its first line and a line for each curve; JSON an object for each curve.
    """
    times = [f"{row / fps:.6f}" for row in range(len(curves))]
    if ending == ".json":
        tracks = (dict(zip(times, map(float, np.round(track, 6)), strict=True)) for track in curves.T)
        return json.dumps([{"Name": name, **track} for name, track in zip(names, tracks, strict=True)])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["Name", *times])
    for name, track in zip(names, curves.T, strict=True):
        writer.writerow([name, *(f"{value:.6f}" for value in track)])
    return stream.getvalue()
