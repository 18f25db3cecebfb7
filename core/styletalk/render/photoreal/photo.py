# SPDX-License-Identifier: Apache-2.0
"""The photo that the photoreal renderer moves, from any picture format that FFmpeg knows."""

from pathlib import Path

import numpy as np

from ...errors import MissingPackageError, RenderError
from ...files.reading import existing_file


def read_photo(path: Path) -> np.ndarray:
    """(H, W, 3) float32 in -1..1, in the picture's own size. Raises RenderError, MissingPackageError."""
    path = existing_file(path, "photo", RenderError)
    try:
        import av
        import av.error
    except ImportError as error:
        raise MissingPackageError("Reading a photo needs PyAV: pip install av") from error
    try:
        with av.open(str(path)) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    except (av.error.FFmpegError, StopIteration, IndexError, OSError, ValueError) as error:
        raise RenderError(f"{path.name} is not a picture that can be read. Give a .png or .jpg.") from error
    return picture.astype(np.float32) / 127.5 - 1
