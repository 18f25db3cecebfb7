# SPDX-License-Identifier: Apache-2.0
"""The whole generator: a style clip to its code, a code to a prepared style, windows to expression."""

from collections.abc import Mapping

import numpy as np

from ...checkpoints.layout import FACES
from ...config import GeneratorConfig
from ..operations.protocol import Array, Operations
from ..windows import Windows
from .articulation import Articulation
from .decoder import FaceDecoder
from .style import PreparedStyle, StyleEncoder, preparations
from .tensors import Tensors

_FLOAT_BYTES = 4


class FastGenerator:
    """Style clips to codes, codes to prepared styles, label windows and prepared styles to expression.

    tensors: the published state dict, float32, position tables included (`checkpoint.read_weights`).
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], config: GeneratorConfig, operations: Operations) -> None:
        self.config, self.ops = config, operations
        names = Tensors(tensors)
        self._style_encoder = StyleEncoder(operations.exact, names / "style_encoder", config)
        self._articulation = Articulation(operations, names / "content_encoder", config)
        self._preparations = preparations(operations, names / "decoder", config)
        self._decoders = {face: FaceDecoder(operations, face, names / "decoder", config) for face in FACES}

    @property
    def window_bytes(self) -> int:
        """About what one window takes while it is computed: a feed-forward's hidden tokens, projections and tokens."""
        return _FLOAT_BYTES * self.config.tokens * (self.config.feedforward + 6 * self.config.d_model)

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """(N, 64) float32, of which the first `style_frames` count -> style code (d,) float32."""
        return self._style_encoder(clip)

    def prepare(self, code: np.ndarray) -> PreparedStyle:
        """Everything that depends on the style code (d,) alone."""
        style = self.ops.exact.array(code)[None]  # (1, d)
        return {face: prepared(style) for face, prepared in self._preparations.items()}

    def articulation(self, windows: Windows) -> Array:
        """The audio encoder: B windows -> tokens (B, W, d). The same for every style."""
        return self._articulation(windows)

    def expression(self, memory: Array, style: PreparedStyle) -> np.ndarray:
        """Both decoders: articulation tokens (B, W, d) and a prepared style -> (B, 64) float32."""
        expression = np.empty((len(memory), len(self.config.upper_face) + len(self.config.lower_face)), np.float32)
        for face, columns in zip(FACES, (self.config.upper_face, self.config.lower_face), strict=True):
            expression[:, list(columns)] = self.ops.numpy(self._decoders[face](memory, style[face]))
        return expression
