# SPDX-License-Identifier: Apache-2.0
"""The renderer's sizes: one frozen dataclass, stored as JSON beside the weights."""

import dataclasses
import json
from dataclasses import dataclass

from ....animation import EXPRESSION_DIM
from ....errors import WeightsError
from ....networks.config_json import check_counts, config_fields

WINDOW_RADIUS = 13
"""Rows on either side of the one that is rendered (published)."""
WINDOW_ROWS = 2 * WINDOW_RADIUS + 1
POSE9_DIM = 9
"""Angle, translation, and the last three of transform_params."""
COEFFICIENT_CHANNELS = EXPRESSION_DIM + POSE9_DIM
IMAGE_CHANNELS = 3
MAPPING_KERNEL, MAPPING_TRIM = 7, 3
"""The mapping net's first kernel; and how many rows each later layer loses at either end (kernel 3, dilation 3)."""


@dataclass(frozen=True)
class RendererConfig:
    """Sizes of the renderer. The defaults are the published ones.

    coefficients: channels of a window, 64 of expression and 9 of pose. image_channels: RGB.
    descriptor: width of the motion descriptor that the mapping net makes of a window.
    widest: no feature map has more channels. style_hidden: hidden width of every AdaIN's two-layer perceptron.
    mapping_layers: dilated layers of the mapping net after its first.
    warping_base, warping_down, warping_up: channels of the warping net at full resolution, how often it halves the
        picture and how often it doubles it again; the flow has 1 / 2^(down - up) of the picture's resolution.
    editing_base, editing_layers, editing_blocks: channels of the editing net at full resolution, how often it halves
        and doubles, residual blocks at each resolution.
    picture: pixels of a side of the pictures that it was trained on.
    """

    coefficients: int = COEFFICIENT_CHANNELS
    image_channels: int = IMAGE_CHANNELS
    descriptor: int = 256
    widest: int = 256
    style_hidden: int = 128
    mapping_layers: int = 3
    warping_base: int = 32
    warping_down: int = 5
    warping_up: int = 3
    editing_base: int = 64
    editing_layers: int = 3
    editing_blocks: int = 2
    picture: int = 256

    def __post_init__(self) -> None:
        """Raises WeightsError where the numbers contradict each other."""
        check_counts(self, _COUNTS, "renderer's config")
        for name, holds, wanted in self._rules():
            if not holds:
                raise WeightsError(f"The renderer's config has {name} = {getattr(self, name)!r}; {wanted}.")

    def _rules(self) -> tuple[tuple[str, bool, str], ...]:
        most_layers = (WINDOW_ROWS - MAPPING_KERNEL) // (2 * MAPPING_TRIM)
        return (
            ("coefficients", self.coefficients == COEFFICIENT_CHANNELS, f"it must be {COEFFICIENT_CHANNELS}"),
            ("image_channels", self.image_channels == IMAGE_CHANNELS, f"it must be {IMAGE_CHANNELS}"),
            ("mapping_layers", self.mapping_layers <= most_layers, f"a window has rows for {most_layers} at most"),
            ("warping_base", self.warping_base <= self.widest, f"it cannot exceed widest = {self.widest}"),
            ("editing_base", self.editing_base <= self.widest, f"it cannot exceed widest = {self.widest}"),
            (
                "warping_up",
                self.warping_up <= self.warping_down,
                f"it cannot exceed warping_down = {self.warping_down}",
            ),
            (
                "picture",
                self.picture % self.picture_multiple == 0,
                f"it must be a multiple of {self.picture_multiple}",
            ),
        )

    @property
    def warping_widths(self) -> tuple[int, ...]:
        """Channels of the warping net after 0, 1, … warping_down halvings."""
        return self._widths(self.warping_base, self.warping_down)

    @property
    def editing_widths(self) -> tuple[int, ...]:
        """Channels of the editing net after 0, 1, … editing_layers halvings."""
        return self._widths(self.editing_base, self.editing_layers)

    @property
    def picture_multiple(self) -> int:
        """A picture's width and height must be multiples of this many pixels, to be halved without a rest."""
        return 2 ** max(self.warping_down, self.editing_layers)

    def _widths(self, base: int, halvings: int) -> tuple[int, ...]:
        return tuple(min(base * 2**halving, self.widest) for halving in range(halvings + 1))

    def to_json(self) -> str:
        """All fields as a JSON object."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "RendererConfig":
        """The inverse of `to_json`; absent fields keep their published values. Raises WeightsError otherwise."""
        return cls(**config_fields(cls, text, "renderer's config"))


_COUNTS = {
    "coefficients": 1024, "image_channels": 16, "descriptor": 4096, "widest": 4096, "style_hidden": 4096,
    "mapping_layers": 16, "warping_base": 1024, "warping_down": 8, "warping_up": 8, "editing_base": 1024,
    "editing_layers": 8, "editing_blocks": 64, "picture": 4096,
}  # fmt: skip
"""The most that a sane file says: a damaged one must not make us allocate the machine full."""
