# SPDX-License-Identifier: Apache-2.0
"""What a file that is none of ours seems to be, in words for the sentence that refuses it."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .formats import KINDS, kind_of_names

_STARTS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89HDF", "an HDF5 file, such as Keras weights or a MATLAB 7.3 file"),
    (b"MATLAB 5.0", "a MATLAB file (style clips come in with `styletalk styles add`)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF language model"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"%PDF", "a PDF document"),
)
_LAYOUTS = (
    ({"state", "param_groups"}, "an optimiser's state, without a network"),
    ({"g_ema"}, "a StyleGAN"),
    ({"pytorch-lightning_version"}, "a Lightning training state"),
)
"""Keys that stand side by side in files of other programs."""
_FRAGMENTS = (
    ("face_encoder_blocks.", "Wav2Lip"),
    ("face_encoder.0.conv_block.", "the SyncNet of Wav2Lip"),
    ("kp_detector", "a First Order Motion Model"),
    ("synthesis.b4.", "a StyleGAN"),
    ("to_rgb1.", "a StyleGAN"),
    ("model.diffusion_model.", "Stable Diffusion"),
    ("net_recon", "a face reconstruction network"),
    ("net_D", "a discriminator"),
    ("discriminator", "a discriminator"),
)
"""Beginnings of keys or tensor names, lower or upper case, and whose they are."""
_NAMES_SHOWN = 3


def file_seems(path: Path) -> str | None:
    """What the first bytes say a file is; None where they do not tell, and for torch's own formats."""
    with path.open("rb") as stream:
        start = stream.read(512)
    for magic, what in _STARTS:
        if start.startswith(magic):
            return what
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page: the download asked for a login or a click. Download it in a browser"
    if start[257:262] == b"ustar":
        return "a tar archive: unpack it first"
    if start[4:8] == b"ftyp":
        return "a video"
    return _archive_seems(path) if start.startswith(b"PK") and zipfile.is_zipfile(path) else None


def _archive_seems(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") for name in names):
        return "a TorchScript program, which holds code beside tensors"
    if any(name.endswith("data.pkl") for name in names):
        return None
    if names and all(name.endswith(".npy") for name in names):
        return f"a NumPy archive that holds {first_names(name.removesuffix('.npy') for name in names)}"
    return f"a zip archive that holds {first_names(names) or 'nothing'}: unpack it first"


def is_whole_archive(path: Path) -> bool:
    """Whether this is a zip archive, such as torch writes, that is not cut off."""
    return zipfile.is_zipfile(path)


def content_seems(content: Mapping[Any, Any]) -> str:
    """What a checkpoint without our keys seems to be, as a sentence; empty where nothing tells."""
    names = [str(key) for key in content]
    names += [str(name) for inner in content.values() if isinstance(inner, Mapping) for name in inner]
    what = next((what for keys, what in _LAYOUTS if keys <= {str(key) for key in content}), None)
    kind = kind_of_names(names)
    if kind is not None:
        what = f"the tensors of a {kind.title}, but not as published, under {kind.key}"
    what = what or next((what for fragment, what in _FRAGMENTS if _any_starts(names, fragment)), None)
    return f" It seems to be {what}." if what else ""


def _any_starts(names: Iterable[str], fragment: str) -> bool:
    return any(name.lower().startswith(fragment.lower()) for name in names)


def keys_shown(content: Mapping[Any, Any]) -> str:
    """The first keys of a checkpoint, each with the first names under it."""
    shown = []
    for key in list(content)[:_NAMES_SHOWN]:
        inner = content[key]
        within = f" ({first_names(map(str, inner))})" if isinstance(inner, Mapping) and inner else ""
        shown.append(f"{key}{within}")
    return ", ".join(shown) or "nothing"


def keys_wanted() -> str:
    """The keys that published checkpoints have, for the end of a sentence."""
    return " or ".join(f"{kind.key} ({kind.name})" for kind in KINDS)


def first_names(names: Iterable[str], shown: int = _NAMES_SHOWN) -> str:
    """The first few of many names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
