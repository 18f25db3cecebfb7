# SPDX-License-Identifier: Apache-2.0
"""The state dict, one name at a time: `tensors / "decoder" / "lower_decoder"` is what stands below those names."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..operations.protocol import Array, Operations, Packed


@dataclass(frozen=True)
class Tensors:
    """The part of a state dict whose names begin with `name`. all: the whole of it, float32."""

    all: Mapping[str, np.ndarray]
    name: str = ""

    def __truediv__(self, part: str | int) -> "Tensors":
        return Tensors(self.all, f"{self.name}.{part}" if self.name else str(part))

    def __getitem__(self, leaf: str) -> np.ndarray:
        return self.all[f"{self.name}.{leaf}"]

    def linear(self, ops: Operations) -> Packed:
        """The linear map of that name."""
        return ops.packed(self["weight"], self["bias"])


class Norm:
    """A layer norm with its weights."""

    def __init__(self, ops: Operations, tensors: Tensors) -> None:
        self.ops = ops
        self.weight, self.bias = ops.array(tensors["weight"]), ops.array(tensors["bias"])

    def __call__(self, values: Array) -> Array:
        """(..., d) -> (..., d). May reuse `values`."""
        return self.ops.layer_norm(values, self.weight, self.bias)


@dataclass(frozen=True)
class InProjection:
    """What an attention makes of its tokens, with the queries scaled by 1 / √(d / heads) once and for all.

    weight: (3d, d), queries' rows first, then keys', then values'. bias: (3d,). by_head: (3, h, d/h, d), the weight.
    """

    weight: np.ndarray
    bias: np.ndarray
    heads: int

    @classmethod
    def of(cls, attention: Tensors, heads: int) -> "InProjection":
        """The input projection of the attention by that name."""
        width = attention["in_proj_weight"].shape[1]
        scale = np.ones(3 * width, np.float32)
        scale[:width] = (width // heads) ** -0.5
        return cls(attention["in_proj_weight"] * scale[:, None], attention["in_proj_bias"] * scale, heads)

    @property
    def by_head(self) -> np.ndarray:
        """(3, h, d/h, d): queries, keys, values; each head's rows."""
        width = self.weight.shape[1]
        return self.weight.reshape(3, self.heads, width // self.heads, width)

    def packed(self, ops: Operations, first: int, last: int) -> Packed:
        """Some of the three: 0 queries, 1 keys, 2 values."""
        width = self.weight.shape[1]
        rows = slice(first * width, (last + 1) * width)
        return ops.packed(self.weight[rows], self.bias[rows])
