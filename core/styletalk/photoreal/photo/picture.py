# SPDX-License-Identifier: Apache-2.0
"""The pixels of a photo: any usual format, upright, in sRGB, no larger than a portrait holds."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingPackageError, PortraitError
from ...files.limits import MAX_FILE_BYTES
from ...files.reading import UnusableContent, existing_file, explaining, file_bytes
from ..portrait import MAX_SIDE_PX, MIN_SIDE_PX

MAX_PIXELS = 200_000_000
"""Of the file; more is not unpacked."""
OPAQUE = 255
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's names for grey of more than eight bits."""


@dataclass(frozen=True, eq=False)
class Picture:
    """pixels: (H, W, 3) uint8, sRGB, upright. alpha: (H, W) uint8, None where nothing is transparent. sha256: of the
    file. notes: what the user should know of the reading."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    sha256: str
    notes: tuple[str, ...] = ()


def read_picture(path: Path) -> Picture:
    """Read a photo; of one that moves, the first picture. Raises PortraitError, MissingPackageError."""
    path = existing_file(Path(path), "photo", PortraitError)
    image_module = _pillow()
    with explaining(partial(_no_picture, path)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of its own limits and of damaged EXIF
        content = file_bytes(path, MAX_FILE_BYTES)
        with image_module.open(io.BytesIO(content)) as opened:
            size = opened.size
            if size[0] * size[1] > MAX_PIXELS:
                raise UnusableContent(f"{size[0]} × {size[1]} pixels are more than {MAX_PIXELS // 10**6} million")
            if min(size) < MIN_SIDE_PX:
                raise UnusableContent(f"{size[0]} × {size[1]} pixels; it needs {MIN_SIDE_PX} on each side, better 512")
            opened.seek(0)
            opened.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
            pixels, alpha = _pixels(_upright(opened))
    notes = (_made_smaller(size, pixels),) if max(size) > MAX_SIDE_PX else ()
    return Picture(pixels, alpha, hashlib.sha256(content).hexdigest(), notes)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("Reading photos needs Pillow. Install it with `pip install pillow`.") from error
    return Image


def _upright(opened: Any) -> Any:
    """The picture as its EXIF says that the camera was held, in sRGB, within MAX_SIDE_PX."""
    from PIL import Image, ImageOps

    image = _in_srgb(ImageOps.exif_transpose(opened) or opened)
    longest = max(image.size)
    if longest > MAX_SIDE_PX:
        size = tuple(max(1, round(side * MAX_SIDE_PX / longest)) for side in image.size)
        image = image.resize(size, Image.Resampling.LANCZOS)
    if min(image.size) < MIN_SIDE_PX:
        raise UnusableContent("it is a strip; crop it about the face")
    return image


def _in_srgb(image: Any) -> Any:
    """RGB or RGBA of 8 bits."""
    from PIL import Image, ImageCms

    if image.mode in SIXTEEN_BITS:
        values = np.asarray(image).astype(np.float64)
        return Image.fromarray((values / max(257.0, values.max() / OPAQUE)).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise UnusableContent("its colours are of floating point; export it as .png or .jpg")
    transparent = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    wanted, profile = "RGBA" if transparent else "RGB", image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            kept = image.getchannel("A") if image.mode == "RGBA" else None
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            colours = image.convert("RGB") if image.mode == "RGBA" else image
            image = ImageCms.profileToProfile(colours, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if kept is not None:
                image.putalpha(kept)
        except (ImageCms.PyCMSError, OSError, ValueError):  # a damaged profile: the colours as they stand
            pass
    return image.convert(wanted)


def _pixels(image: Any) -> tuple[np.ndarray, np.ndarray | None]:
    values = np.array(image)
    if values.shape[2] == 3:
        return np.ascontiguousarray(values), None
    alpha = np.ascontiguousarray(values[..., 3])
    return np.ascontiguousarray(values[..., :3]), None if alpha.min() == OPAQUE else alpha


def _made_smaller(size: tuple[int, int], pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    return f"The photo of {size[0]} × {size[1]} pixels was made smaller, to {width} × {height}."


def _no_picture(path: Path, reason: str) -> PortraitError:
    return PortraitError(f"{path.name} is not a photo that can be used ({reason}). Give a .png or .jpg.")
