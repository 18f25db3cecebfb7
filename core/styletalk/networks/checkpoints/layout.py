# SPDX-License-Identifier: Apache-2.0
"""The published state dict: its tensors and their shapes for a config, and the config for given shapes."""

import re

from ...animation import EXPRESSION_DIM
from ..config import GeneratorConfig
from .formats import GENERATOR
from .state import Shape, Shapes, compare_shapes, shape_of_rank

FACES = ("upper", "lower")
POSITION_TABLES = ("content_encoder.pos_embed.pos_table", "style_encoder.pos_embed.pos_table",
                   "decoder.pos_embed.pos_table")  # fmt: skip
"""Constants in the published files; ours leave them out where `positional.sinusoid_table` computes the same."""

_PROSODY = "content_encoder.prosody_embed.0.weight"


def expected_shapes(config: GeneratorConfig) -> dict[str, Shape]:
    """Name -> shape of every tensor in the generator's state dict, position tables included."""
    width = config.d_model
    shapes = {
        "content_encoder.ph_embedding.weight": (config.phoneme_count, config.phoneme_dim),
        **_linear("content_encoder.increase_embed_dim", width, config.phoneme_dim),
        **_prosody(config),
        **_encoder("content_encoder", config, config.audio_layers),
        **_linear("style_encoder.increase_embed_dim", width, EXPRESSION_DIM),
        **_encoder("style_encoder", config, config.style_layers),
    }
    if config.pooling == "attention":
        shapes |= _linear("style_encoder.aggregate_method.W.0", width, width)
        shapes |= _linear("style_encoder.aggregate_method.W.2", 1, width)
    for table, rows in zip(POSITION_TABLES, (config.tokens, config.style_frames, config.tokens), strict=True):
        shapes[table] = (1, rows, width)
    for face, outputs in zip(FACES, (len(config.upper_face), len(config.lower_face)), strict=True):
        shapes |= _face_decoder(f"decoder.{face}_decoder", config)
        for layer, (rows, columns) in {0: (config.tail_dim, width), 2: (config.tail_dim,) * 2,
                                       4: (outputs, config.tail_dim)}.items():  # fmt: skip
            shapes |= _linear(f"decoder.{face}_tail_fc.{layer}", rows, columns)
    return shapes


def config_from_shapes(shapes: Shapes, nhead: int | None = None) -> GeneratorConfig:
    """The config that follows from a state dict's shapes. Shapes do not give nhead; unless given, it follows a rule:

    heads are at least 8 wide and at most 8 in number, as in the published sizes (256 -> 8, 32 -> 4).
    Raises WeightsError where a tensor that decides is missing or of another rank.
    """
    phonemes, phoneme_dim = _shape(shapes, "content_encoder.ph_embedding.weight", 2)
    kernels, feedforward, width, _, _ = _shape(
        shapes, "decoder.lower_decoder.layers.0.linear1.dynamic_conv.weight", 5)  # fmt: skip
    gate_dim = _shape(shapes, "decoder.lower_decoder.layers.0.linear1.dynamic_conv.attention.net.0.weight", 4)[0]
    return GeneratorConfig(
        d_model=width,
        nhead=nhead or _usual_heads(width),
        audio_layers=_layers(shapes, "content_encoder.encoder"),
        style_layers=_layers(shapes, "style_encoder.encoder"),
        decoder_layers=_layers(shapes, "decoder.lower_decoder"),
        feedforward=feedforward,
        kernels=kernels,
        gate_ratio=max(1, width // max(1, gate_dim)),
        window=(_shape(shapes, POSITION_TABLES[0], 3)[1] - 1) // 2,
        style_frames=_shape(shapes, POSITION_TABLES[1], 3)[1],
        phoneme_count=phonemes,
        phoneme_dim=phoneme_dim,
        audio_dim=_shape(shapes, _PROSODY, 2)[1] if _PROSODY in shapes else 0,
    )


def check_shapes(shapes: Shapes, config: GeneratorConfig, file: str) -> None:
    """Raises WeightsError, naming the first tensors that are missing, unexpected, or of another shape."""
    compare_shapes(shapes, expected_shapes(config), file, GENERATOR)


def _usual_heads(width: int) -> int:
    return next(heads for heads in (8, 4, 2, 1) if width % heads == 0 and (width // heads >= 8 or heads == 1))


def _shape(shapes: Shapes, name: str, rank: int) -> Shape:
    return shape_of_rank(shapes, name, rank, GENERATOR)


def _layers(shapes: Shapes, stack: str) -> int:
    pattern = re.compile(re.escape(stack) + r"\.layers\.(\d+)\.")
    return len({match[1] for match in map(pattern.match, shapes) if match})


def _linear(name: str, rows: int, columns: int) -> dict[str, Shape]:
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def _prosody(config: GeneratorConfig) -> dict[str, Shape]:
    if not config.audio_dim:
        return {}
    part, width = "content_encoder.prosody_embed", config.d_model
    return _linear(f"{part}.0", width, config.audio_dim) | _linear(f"{part}.2", width, width)


def _norm(name: str, width: int) -> dict[str, Shape]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _attention(name: str, width: int) -> dict[str, Shape]:
    return {
        f"{name}.in_proj_weight": (3 * width, width),
        f"{name}.in_proj_bias": (3 * width,),
        **_linear(f"{name}.out_proj", width, width),
    }


def _encoder(part: str, config: GeneratorConfig, layers: int) -> dict[str, Shape]:
    width, shapes = config.d_model, {}
    for layer in (f"{part}.encoder.layers.{i}" for i in range(layers)):
        shapes |= _attention(f"{layer}.self_attn", width)
        shapes |= _linear(f"{layer}.linear1", config.feedforward, width)
        shapes |= _linear(f"{layer}.linear2", width, config.feedforward)
        shapes |= _norm(f"{layer}.norm1", width) | _norm(f"{layer}.norm2", width)
    return shapes


def _face_decoder(part: str, config: GeneratorConfig) -> dict[str, Shape]:
    width, shapes = config.d_model, _norm(f"{part}.norm", config.d_model)
    for layer in (f"{part}.layers.{i}" for i in range(config.decoder_layers)):
        kernels = f"{layer}.linear1.dynamic_conv"
        shapes |= _attention(f"{layer}.self_attn", width) | _attention(f"{layer}.multihead_attn", width)
        shapes |= _linear(f"{layer}.linear2", width, config.feedforward)
        shapes |= {
            f"{kernels}.weight": (config.kernels, config.feedforward, width, 1, 1),
            f"{kernels}.bias": (config.kernels, config.feedforward),
            f"{kernels}.attention.net.0.weight": (config.gate_dim, width, 1, 1),
            f"{kernels}.attention.net.2.weight": (config.kernels, config.gate_dim, 1, 1),
        }
        for norm in ("norm1", "norm2", "norm3"):
            shapes |= _norm(f"{layer}.{norm}", width)
    return shapes
