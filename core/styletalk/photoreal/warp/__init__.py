# SPDX-License-Identifier: Apache-2.0
"""The built-in renderer of the photoreal pass: the photo's own pixels, moved by the face that was fitted to it."""

from .renderer import WarpRenderer

__all__ = ["WarpRenderer"]
