# SPDX-License-Identifier: Apache-2.0
"""A renderer small enough for tests, with random weights that leave no layer idle."""

from collections.abc import Iterator

import numpy as np
import torch

from styletalk.photoreal.neural.frames import render_parts
from styletalk.photoreal.neural.networks.config import RendererConfig
from styletalk.photoreal.neural.networks.renderer import PhotorealRenderer

TINY = RendererConfig(
    descriptor=6, widest=10, style_hidden=5, mapping_layers=2, warping_base=3, warping_down=3, warping_up=2,
    editing_base=4, editing_layers=2, editing_blocks=1,
)  # fmt: skip
SIDE_PX = 32


def random_renderer(config: RendererConfig = TINY, seed: int = 0) -> PhotorealRenderer:
    torch.manual_seed(seed)
    module = PhotorealRenderer(config).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return module


def rendered_frames(*arguments, **options) -> Iterator[np.ndarray]:
    """Frames (3, H, W), the last of the parts that `render_parts` gives of each window."""
    return (frame for _, _, frame in render_parts(*arguments, **options))
