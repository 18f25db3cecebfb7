# SPDX-License-Identifier: Apache-2.0
"""What a training keeps to go on from, written whole or not at all."""

import io
from pathlib import Path
from typing import Any

import torch

from styletalk.files.writing import written_whole


def write_state(path: Path, state: Any) -> None:
    """Write tensors, numbers and texts as torch keeps them. Raises OutputError."""
    packed = io.BytesIO()  # where torch writes a file itself, a full disk is a RuntimeError about positions
    torch.save(state, packed)
    with written_whole(path) as temporary:
        temporary.write_bytes(packed.getbuffer())
