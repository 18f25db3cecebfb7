# SPDX-License-Identifier: Apache-2.0
"""From files to a file: windows or an animation through the renderer, with all that it computes on the way."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ...animation import FaceAnimation
from ...errors import RenderError
from ...files.npz import read_npz, write_npz
from ...files.reading import UnusableContent, existing_file
from ...files.writing import check_writable
from ...motion.pose import MAX_ABS_CROP
from ...networks.checkpoints.state import existing_weights
from ...progress import Progress, silent
from .frames import check_choices, quiet, render_parts
from .networks.checkpoint import load_renderer
from .networks.config import COEFFICIENT_CHANNELS, POSE9_DIM, WINDOW_ROWS
from .photo import read_photo
from .pose import pose9_from_file, pose9_from_head_pose
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
    pose: Path | None = None,
) -> int:
    """Write an .npz with `flow` (T, 2, h, w), `warped` and `image` (T, 3, H, W) float32; return T.

    source: .npz with `windows` (T, 73, 27), or an animation. pose: see `read_windows`. All frames are held in memory,
    2 MB each: this is for looking into the renderer, not for films. The others: see `render_parts`.
    Raises RenderError, AnimationFileError, PoseError, WeightsError, CoefficientShapeError, MissingPackageError,
    OutputError.
    """
    check_choices(batch, device)
    windows, image = _checked_inputs(source, photo, renderer, output, pose)
    progress(0.0, "Reading the renderer")
    module, _ = load_renderer(renderer)
    frames = []
    for parts in render_parts(module, image, windows, batch, device, notify):
        frames.append(parts)
        progress(len(frames) / len(windows), f"Rendering frame {len(frames)} of {len(windows)}")
    stacked = {name: np.stack(part) for name, part in zip(PARTS, zip(*frames, strict=True), strict=True)}
    write_npz(output, stacked, compressed=False)
    return len(frames)


def _checked_inputs(
    source: Path, photo: Path, renderer: Path, output: Path, pose: Path | None
) -> tuple[np.ndarray, np.ndarray]:
    """Windows and photo, once everything that is named is found to be there."""
    check_writable(Path(output))
    existing_weights(Path(renderer))
    return read_windows(Path(source), pose), read_photo(photo)


def read_windows(path: Path, pose: Path | None = None) -> np.ndarray:
    """Windows (T, 73, 27), T at least 1, from an .npz that holds them, or from an animation.

    pose: whose head pose an animation gets instead of its own. Raises RenderError, AnimationFileError, PoseError,
    CoefficientShapeError.
    """
    existing_file(path, "animation", RenderError)
    with read_npz(path, partial(_no_windows, path)) as data:
        if "windows" not in data and "coefficients" not in data:
            raise KeyError("windows or coefficients")
        if "windows" not in data:
            animation = FaceAnimation.load(path).from_sound_on()  # a picture a row, the first with the sound
            return coefficient_windows(animation.coefficients, _pose9(animation, data.get("pose9"), pose))
        windows = _checked_windows(data["windows"])
    if pose is not None:
        raise RenderError(f"{path} holds windows, which have their pose already. Omit --pose, or give an animation.")
    return windows


def _checked_windows(windows: np.ndarray) -> np.ndarray:
    """(T, 73, 27) float32. Raises UnusableContent for other shapes, for none, and for numbers out of range."""
    if not len(windows):
        raise UnusableContent("it holds no windows")
    if windows.shape[1:] != (COEFFICIENT_CHANNELS, WINDOW_ROWS) or windows.dtype.kind not in "fiu":
        raise UnusableContent(f"its windows have shape {windows.shape}")
    if not np.abs(windows).max() <= MAX_ABS_CROP:  # so where one is missing
        raise UnusableContent("its windows have values that are missing or out of range")
    return windows.astype(np.float32)


def _pose9(animation: FaceAnimation, stored: np.ndarray | None, pose: Path | None) -> np.ndarray:
    """(T, 9): of the file `pose`, else what an animation of the first release has stored, else from its head pose."""
    if pose is not None:
        return pose9_from_file(pose, len(animation))
    # raw animations held zeros there, of no use; their scale is the seventh
    fits = stored is not None and stored.shape == (len(animation), POSE9_DIM) and stored.dtype.kind == "f"
    if stored is not None and fits and (stored[:, 6] > 0).all() and np.abs(stored).max() <= MAX_ABS_CROP:
        return stored
    return pose9_from_head_pose(animation.head_pose)


def _no_windows(path: Path, reason: str) -> RenderError:
    return RenderError(f"{path} holds neither windows nor an animation ({reason}). Make one with `styletalk animate`.")
