# SPDX-License-Identifier: Apache-2.0
"""The photo that the photoreal renderer moves, from any picture format that FFmpeg knows."""

from functools import partial
from pathlib import Path

import numpy as np

from ...errors import MissingPackageError, RenderError
from ...files.limits import MAX_PIXELS
from ...files.reading import UnusableContent, existing_file, explaining, opened
from ...speech.audio.decoders import LOCAL_FILES_ONLY


def read_photo(path: Path) -> np.ndarray:
    """(H, W, 3) float32 in -1..1, in the picture's own size. Raises RenderError, MissingPackageError."""
    path = existing_file(path, "photo", RenderError)
    try:
        import av
    except ImportError as error:
        raise MissingPackageError("Reading a photo needs PyAV: pip install av") from error
    with (
        explaining(partial(_no_photo, path)),
        opened(path),
        av.open(str(path.absolute()), options=LOCAL_FILES_ONLY) as container,
    ):
        if not container.streams.video:
            raise UnusableContent("it holds none")
        size = container.streams.video[0].codec_context
        if not 0 < size.width * size.height <= MAX_PIXELS:
            raise UnusableContent(f"{size.width} × {size.height} pixels")
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return picture.astype(np.float32) / 127.5 - 1


def _no_photo(path: Path, reason: str) -> RenderError:
    return RenderError(f"{path.name} is not a picture that can be read ({reason}). Give a .png or .jpg.")
