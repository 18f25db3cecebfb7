# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a picture are a person, by MediaPipe's selfie segmentation; its wheels carry the model."""

from typing import Any

import numpy as np

from .mesh import _quiet


def person_mask(pixels: np.ndarray) -> np.ndarray | None:
    """(H, W) float32, 0..1, of (H, W, 3) uint8 RGB; None where MediaPipe is not there, or has no such model."""
    with _quiet():
        solution: Any = _solution()
        if solution is None:
            return None
        try:
            with solution.SelfieSegmentation(model_selection=0) as finder:
                found = finder.process(np.ascontiguousarray(pixels)).segmentation_mask
        except (OSError, RuntimeError, ValueError):  # of a wheel without the model, or in a folder that it cannot read
            return None
    return None if found is None else np.asarray(found, np.float32)


def _solution() -> Any:
    try:
        import mediapipe

        return mediapipe.solutions.selfie_segmentation  # pyright: ignore[reportAttributeAccessIssue] - made at run time
    except (ImportError, AttributeError):
        return None
