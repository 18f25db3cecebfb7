# SPDX-License-Identifier: Apache-2.0
"""Which engine and device compute. "auto" takes NumPy for short lines, because importing torch takes a second."""

from ...errors import MissingPackageError, StyleTalkError
from ...files.torch_file import import_torch
from ..config import GeneratorConfig
from .operations.numpy_operations import NumpyOperations
from .operations.protocol import Operations

ENGINES, DEVICES = ("auto", "torch", "numpy"), ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")

TORCH_IMPORT_OPERATIONS = 50e9
"""What NumPy computes in the second that torch takes to be imported (two cores: 50 to 100 GFLOP)."""


def narrowed_engine(engine: str, device: str, precision: str, config: GeneratorConfig, rows: int | None) -> str:
    """The engine asked for; of "auto", "numpy" where the work is not worth importing torch and does not need it."""
    only_torch = device == "cuda" or precision not in ("auto", "float32")
    return "numpy" if engine == "auto" and not only_torch and not worth_torch(config, rows) else engine


def worth_torch(config: GeneratorConfig, rows: int | None) -> bool:
    """Whether `rows` frames (None: an unknown number) are enough work to import torch for."""
    return rows is None or rows * operations_per_row(config) > TORCH_IMPORT_OPERATIONS


def operations_per_row(config: GeneratorConfig) -> int:
    """Additions and multiplications of the linear maps for one frame, each layer computed for all tokens of a window.

    An upper bound: how much of it the fast path saves depends on the line.
    """
    width = config.d_model
    attention, feedforward = 4 * width**2, 2 * width * config.feedforward
    encoder = config.audio_layers * (attention + feedforward)
    decoders = 2 * config.decoder_layers * (2 * attention + feedforward)
    return 2 * config.tokens * (encoder + decoders)


def chosen_operations(engine: str, device: str, precision: str) -> tuple[Operations, str]:
    """The operations to compute with, and a note where they are not what was asked for. See `load_engine`."""
    if engine not in ENGINES or device not in DEVICES or precision not in PRECISIONS:
        raise StyleTalkError(
            f"There is no engine {engine} on {device} in {precision}. Engines are {', '.join(ENGINES)}; devices are "
            f"{', '.join(DEVICES)}; precisions are {', '.join(PRECISIONS)}."
        )
    if engine != "numpy":
        try:
            return _torch_operations(device, precision)
        except MissingPackageError:
            if engine == "torch":
                raise
    notes = [
        "The NumPy engine computes on the CPU; a GPU needs PyTorch." if device == "cuda" else "",
        f"The NumPy engine computes in float32; {precision} needs PyTorch." if precision in PRECISIONS[2:] else "",
    ]
    return NumpyOperations(), " ".join(filter(None, notes))


def _torch_operations(device: str, precision: str) -> tuple[Operations, str]:
    torch = import_torch()
    from .operations.torch_operations import TorchOperations, has_bfloat16

    notes, gpu = [], device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not gpu:
        notes.append("PyTorch sees no CUDA device here, so the CPU computes.")
    if precision == "bfloat16" and not gpu and not has_bfloat16():
        precision = "float32"
        notes.append("This processor has no bfloat16, so it computes in float32.")
    if precision == "auto":
        precision = "float16" if gpu else "float32"
    return TorchOperations("cuda" if gpu else "cpu", getattr(torch, precision)), " ".join(notes)
