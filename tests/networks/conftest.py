# SPDX-License-Identifier: Apache-2.0
"""Small generators with random weights: what needs no sample data."""

from pathlib import Path

import numpy as np
import pytest
from networks_reference import TINY, random_generator

from styletalk.networks.checkpoints.generator import save_generator
from styletalk.networks.engine.operations.numpy_operations import NumpyOperations
from styletalk.networks.engine.operations.torch_operations import TorchOperations


@pytest.fixture(scope="session")
def tiny_config():
    return TINY


@pytest.fixture(scope="session")
def tiny_generator():
    return random_generator(TINY)


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory, tiny_generator) -> Path:
    """The tiny generator on disk, in float32."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_generator(path, tiny_generator, TINY, half=False)
    return path


@pytest.fixture
def random_labels():
    return np.random.default_rng(1).integers(0, 41, 70).astype(np.int16)


@pytest.fixture
def random_clip():
    return np.random.default_rng(2).normal(0, 0.5, (40, 64)).astype(np.float32)


@pytest.fixture
def in_chunks(monkeypatch):
    """Let both engines compute so many windows at a time."""

    def let(windows: int) -> None:
        for operations in (NumpyOperations, TorchOperations):
            monkeypatch.setattr(operations, "chunk_windows", lambda self, window_bytes: windows)

    return let
