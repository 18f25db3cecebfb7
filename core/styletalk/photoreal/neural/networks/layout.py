# SPDX-License-Identifier: Apache-2.0
"""Which config the published state dict's shapes tell of. Needs no torch."""

import re

from ....networks.checkpoints.formats import RENDERER
from ....networks.checkpoints.state import Shape, Shapes, shape_of_rank
from .config import RendererConfig

_WARPING, _EDITING = "warpping_net.hourglass", "editing_net"


def config_from_shapes(shapes: Shapes) -> RendererConfig:
    """The sizes that a renderer's tensors have.

    `widest` is the widest layer that there is: whether a wider one was allowed makes no difference.
    Raises WeightsError where a tensor that decides is missing or of another rank, or a number is absurd.
    """
    descriptor, coefficients, _ = _shape(shapes, "mapping_net.first.0.weight", 3)
    warping_base, image_channels, _, _ = _shape(shapes, f"{_WARPING}.encoder.input_layer.weight", 4)
    editing_base = _shape(shapes, f"{_EDITING}.encoder.first.model.0.weight", 4)[0]
    down = _counted(shapes, f"{_WARPING}.encoder.encoder")
    editing_layers = _counted(shapes, f"{_EDITING}.encoder.down")
    deepest = (
        _shape(shapes, f"{_WARPING}.encoder.encoder{down - 1}.conv_1.bias", 1)[0],
        _shape(shapes, f"{_EDITING}.encoder.down{editing_layers - 1}.model.0.bias", 1)[0],
    )
    return RendererConfig(
        coefficients=coefficients,
        image_channels=image_channels,
        descriptor=descriptor,
        widest=max(warping_base, editing_base, *deepest),
        style_hidden=_shape(shapes, f"{_WARPING}.encoder.encoder0.norm_0.mlp_shared.0.bias", 1)[0],
        mapping_layers=_counted(shapes, "mapping_net.encoder"),
        warping_base=warping_base,
        warping_down=down,
        warping_up=max(1, down - min(_numbers(shapes, f"{_WARPING}.decoder.decoder"), default=down - 1)),
        editing_base=editing_base,
        editing_layers=editing_layers,
        editing_blocks=_counted(shapes, f"{_EDITING}.decoder.res0.res"),
    )


def _shape(shapes: Shapes, name: str, rank: int) -> Shape:
    return shape_of_rank(shapes, name, rank, RENDERER)


def _counted(shapes: Shapes, stack: str) -> int:
    """How many numbered layers there are, from 0 to the highest: one that lacks between is missed by name later."""
    return max(_numbers(shapes, stack), default=0) + 1


def _numbers(shapes: Shapes, stack: str) -> set[int]:
    pattern = re.compile(re.escape(stack) + r"(\d{1,3})\.")
    return {int(match[1]) for match in map(pattern.match, shapes) if match}
