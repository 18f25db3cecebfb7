# SPDX-License-Identifier: Apache-2.0
"""From files to a file: windows or an animation through the renderer, with all that it computes on the way."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import RenderError
from ...files.writing import written_whole
from ...progress import Progress, silent
from .frames import quiet, render_parts
from .networks.checkpoint import load_renderer
from .photo import read_photo
from .windows import coefficient_windows

PARTS = ("flow", "warped", "image")


def render_file(
    source: Path,
    photo: Path,
    renderer: Path,
    output: Path,
    batch: int | None = None,
    device: str = "auto",
    progress: Progress = silent,
    notify: Callable[[str], None] = quiet,
) -> int:
    """Write an .npz with `flow` (T, 2, h, w), `warped` and `image` (T, 3, H, W) float32; return T.

    source: .npz with `windows` (T, 73, 27), or an animation with `coefficients` and `pose9`. All frames are held in
    memory, 2 MB each: this is for looking into the renderer, not for films. The others: see `render_parts`.
    Raises RenderError, WeightsError, CoefficientShapeError, MissingPackageError, OutputError.
    """
    windows, image = read_windows(Path(source)), read_photo(photo)
    progress(0.0, "Reading the renderer")
    module, _ = load_renderer(renderer)
    frames = []
    for parts in render_parts(module, image, windows, batch, device, notify):
        frames.append(parts)
        progress(len(frames) / len(windows), f"Rendering frame {len(frames)} of {len(windows)}")
    stacked = {name: np.stack(part) for name, part in zip(PARTS, zip(*frames, strict=True), strict=True)}
    with written_whole(Path(output)) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **stacked)
    return len(frames)


def read_windows(path: Path) -> np.ndarray:
    """Windows (T, 73, 27), T at least 1, from an .npz. Raises RenderError, CoefficientShapeError."""
    try:
        with np.load(path, allow_pickle=False) as data:
            if "windows" not in data:
                return coefficient_windows(data["coefficients"], data["pose9"])
            windows = np.asarray(data["windows"], np.float32)
    except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise RenderError(f"{path} holds neither windows nor an animation ({error}).") from error
    if not len(windows.shape) or not len(windows):
        raise RenderError(f"{path} holds no windows.")
    return windows
