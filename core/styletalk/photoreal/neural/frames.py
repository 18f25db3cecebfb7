# SPDX-License-Identifier: Apache-2.0
"""The photoreal pass: one photo and windows of coefficients to frames, a batch at a time.

Memory does not grow with the clip. Where it does not suffice, batches become smaller, then the CPU takes over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import RenderError
from ...files.torch_file import import_torch
from ...networks.engine.memory import is_out_of_memory
from .networks.config import COEFFICIENT_CHANNELS, IMAGE_CHANNELS, WINDOW_ROWS

if TYPE_CHECKING:
    from torch import Tensor

    from .networks.renderer import PhotorealRenderer

GPU_BATCH, CPU_BATCH = 8, 1
NO_GPU = "PyTorch sees no CUDA device here, so the CPU renders."
"""Frames at a time unless told. A frame takes about 0.2 GB at the published size, and a CPU gains nothing from more."""
Parts = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Flow, warped photo, frame."""
_WITHIN = 1.001
"""Pictures may exceed -1..1 by rounding."""


def quiet(sentence: str) -> None:
    """For callers who do not want to know of a fallback."""


def render_parts(
    renderer: "PhotorealRenderer",
    image: np.ndarray,
    windows: np.ndarray,
    batch: int | None = None,
    device: str = "auto",
    notify: Callable[[str], None] = quiet,
) -> Iterator[Parts]:
    """For each window, in order: flow (2, h, w) in pixels of its own grid, warped photo and frame (3, H, W) in -1..1.

    renderer: from `load_renderer`; it is moved to the device and stays there. image: the photo, (H, W, 3) or
    (3, H, W) float in -1..1; 256 × 256 is what published weights were trained on. windows: (T, 73, 27), from
    `coefficient_windows`. batch: frames at a time, None for a usual number. device: "cpu", "cuda", or "auto", a GPU
    where torch sees one. notify: is given a sentence when something falls back: no such device, smaller batches, CPU.
    Raises RenderError for what cannot be rendered, at the call or, for missing values, when their turn comes.
    """
    check_choices(batch, device)
    if windows.ndim != 3 or windows.shape[1:] != (COEFFICIENT_CHANNELS, WINDOW_ROWS):
        raise RenderError(
            f"Windows have the shape (T, {COEFFICIENT_CHANNELS}, {WINDOW_ROWS}); these have {windows.shape}."
        )
    picture = checked_picture(image, renderer.config.picture_multiple)
    plan = _first_plan(device, batch, notify)
    return _frames(renderer, picture, windows, plan, notify)


def check_choices(batch: int | None, device: str) -> None:
    """Raises RenderError for a batch or a device that `render_parts` does not take."""
    if device not in ("auto", "cpu", "cuda"):
        raise RenderError(f"There is no device {device}: give auto, cpu or cuda.")
    if batch is not None and batch < 1:
        raise RenderError(f"A batch of {batch} frames cannot be rendered; give 1 or more.")


@dataclass(frozen=True)
class _Plan:
    """Where to compute, and how many frames at a time."""

    device: str
    batch: int

    def smaller(self) -> "tuple[_Plan, str] | None":
        """What to try when memory does not suffice, and how to say so; None where nothing is left to try."""
        where = "GPU" if self.device == "cuda" else "computer"
        if self.batch > 1:
            fewer = self.batch // 2
            note = f"The {where} ran out of memory with {self.batch} frames at a time; going on with {fewer}."
            return _Plan(self.device, fewer), note
        if self.device == "cuda":
            note = "The GPU ran out of memory even with one frame at a time; the CPU renders the rest, more slowly."
            return _Plan("cpu", CPU_BATCH), note
        return None


def usable_device(device: str, notify: Callable[[str], None]) -> str:
    """Where frames are rendered that are asked for on `device`: "cuda" or "cpu". notify: is told so."""
    has_gpu = import_torch().cuda.is_available()
    found = "cuda" if device != "cpu" and has_gpu else "cpu"
    if device == "cuda" and not has_gpu:
        notify(NO_GPU)
    else:
        notify("Rendered by the GPU." if found == "cuda" else "Rendered by the CPU.")
    return found


def _first_plan(device: str, batch: int | None, notify: Callable[[str], None]) -> _Plan:
    has_gpu = import_torch().cuda.is_available()
    if device == "cuda" and not has_gpu:
        notify(NO_GPU)
    if device != "cpu" and has_gpu:
        return _Plan("cuda", batch or GPU_BATCH)
    return _Plan("cpu", batch or CPU_BATCH)


def _frames(
    renderer: "PhotorealRenderer", picture: np.ndarray, windows: np.ndarray, plan: _Plan, notify: Callable[[str], None]
) -> Iterator[Parts]:
    start = 0
    while start < len(windows):
        chunk = np.array(windows[start : start + plan.batch], np.float32)  # (B, 73, 27), copied out of the view
        _check_finite(chunk, start)
        parts = _attempt(renderer, picture, chunk, plan.device)
        if parts is not None:
            yield from zip(*parts, strict=True)
            start += len(chunk)
            continue
        fallback = plan.smaller()
        if fallback is None:
            raise RenderError("There is not enough memory to render a single frame. Close other programs.")
        plan, note = fallback
        notify(note)


def _attempt(renderer: "PhotorealRenderer", picture: np.ndarray, chunk: np.ndarray, device: str) -> Parts | None:
    """The parts of a batch, (B, …) each, or None where memory did not suffice."""
    torch = import_torch()
    try:
        return _rendered(renderer, picture, chunk, device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Only here is the failed attempt's own memory free, because the error held on to it.
    renderer.to("cpu")
    torch.cuda.empty_cache()
    return None


def _rendered(renderer: "PhotorealRenderer", picture: np.ndarray, chunk: np.ndarray, device: str) -> Parts:
    torch = import_torch()
    renderer = renderer.to(device)
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # TF32 costs 1e-3
        images: Tensor = torch.from_numpy(picture).to(device).expand(len(chunk), -1, -1, -1)
        flow, warped, frames = renderer(images, torch.from_numpy(chunk).to(device))
        return flow.cpu().numpy(), warped.cpu().numpy(), frames.cpu().numpy()


def _check_finite(chunk: np.ndarray, start: int) -> None:
    wrong = np.flatnonzero(~np.isfinite(chunk).all(axis=(1, 2)))
    if len(wrong):
        raise RenderError(f"Window {start + wrong[0]} has values that are missing or infinite; animate again.")


def checked_picture(image: np.ndarray, multiple: int) -> np.ndarray:
    """The photo as (3, H, W) float32. Raises RenderError where it is of another shape or range."""
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[0] != IMAGE_CHANNELS and image.shape[2] == IMAGE_CHANNELS:
        image = image.transpose(2, 0, 1)
    if (
        image.ndim != 3
        or image.shape[0] != IMAGE_CHANNELS
        or any(side % multiple or not side for side in image.shape[1:])
    ):
        raise RenderError(
            f"The photo must be (256, 256, 3) or (3, 256, 256), or other multiples of {multiple}; it is {image.shape}."
        )
    if not np.issubdtype(image.dtype, np.floating) or not np.isfinite(image).all() or np.abs(image).max() > _WITHIN:
        raise RenderError("The photo must be of finite numbers in -1..1: divide 0..255 by 127.5 and subtract 1.")
    return np.ascontiguousarray(image, np.float32)
