# SPDX-License-Identifier: Apache-2.0
"""StyleClip: some seconds of expression coefficients that show a person's way of speaking, and its file."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..animation import EXPRESSION_DIM, UPPER_SHAPES, FaceAnimation, at_our_rate
from ..errors import AnimationFileError, StyleError
from ..files.json_text import parse_json
from ..files.npy import text_of
from ..files.npz import read_npz, write_npz
from ..files.reading import UnusableContent
from ..request import MAX_INTENSITY
from ..timeline import FRAME_RATE_HZ, MAX_ROWS
from .manner import MANNER_VERSION, Manner

MIN_ROWS = 15
"""Half a second. The statistics of a shorter clip do not tell how a person speaks."""
ENCODER_ROWS = 256
"""The style encoder reads this many rows and no more (published model)."""
MAX_ABS_COEFFICIENT = 20.0
"""The published clips stay below 3.7; a value beyond this is another unit or another space."""
MAX_ABS_CODE = 1000.0
"""Codes of our weights stay below ten."""
MAX_CODE_WIDTH = 1 << 14
MAX_THUMBNAIL_PX = 1024
ORIGINS = ("measured", "blended", "designed")
"""From clips of people who speak so; from parts of clips or styles, and face shapes; from face shapes alone."""
_FILE_KIND = "styletalk-style"


@dataclass(frozen=True)
class StyleClip:
    """A speaking style.

    clip: (N, 64) float32, rows at 30 a second in the published expression space, N >= 15, finite.
    name: what the animator picks. mood: one word, may be empty. default_intensity: where the slider starts, 1 = as is.
    origin: one of ORIGINS, or empty where unknown. made_of: what of, in words.
    thumbnail: (H, W, 3) uint8 picture or None. codes: style codes (d,) float32 by the hash of their weights.
    shapes: ARKit weights in 0..1 of UPPER_SHAPES by name, what it shows beside its coefficients at intensity 1.
    manner: how its person moves head, lids and eyes, where that was seen; else `manners.manner_of` predicts it.
    """

    clip: np.ndarray
    name: str
    mood: str = ""
    default_intensity: float = 1.0
    licence: str = ""
    origin: str = ""
    made_of: str = ""
    thumbnail: np.ndarray | None = None
    codes: Mapping[str, np.ndarray] = field(default_factory=dict)
    shapes: Mapping[str, float] = field(default_factory=dict)
    manner: Manner | None = None

    def __post_init__(self) -> None:
        """Check the clip and freeze the codes. Raises StyleError."""
        object.__setattr__(self, "clip", checked_rows(self.clip, self.name))
        codes = {key: np.asarray(code, np.float32).reshape(-1) for key, code in self.codes.items()}
        object.__setattr__(self, "codes", MappingProxyType(codes))
        object.__setattr__(self, "shapes", MappingProxyType(_checked_shapes(self.shapes, self.name)))
        if self.origin and self.origin not in ORIGINS:
            raise StyleError(f"Style {self.name} has the unknown origin {self.origin}. Make its file again.")
        if not 0.0 <= self.default_intensity <= MAX_INTENSITY:
            raise StyleError(
                f"The intensity {self.default_intensity:g} of style {self.name} is out of range. "
                f"Choose 0 to {MAX_INTENSITY:g}."
            )
        if not all(_is_code(code) for code in codes.values()):
            raise StyleError(f"Style {self.name} holds codes that are not numbers. Make its file again from its clip.")
        if self.thumbnail is not None and not _is_picture(self.thumbnail):
            raise StyleError(f"The thumbnail of style {self.name} is not an RGB picture. Save the style without it.")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.clip) / FRAME_RATE_HZ

    @property
    def encoder_rows(self) -> np.ndarray:
        """(min(N, 256), 64) float32: the rows that the style encoder reads."""
        return self.clip[:ENCODER_ROWS]

    def upper(self, intensity: float | np.ndarray = 1.0) -> np.ndarray:
        """(15,) float32 in 0..1: its shapes at an intensity, in the order of UPPER_SHAPES; (T, 15) for one of (T,)."""
        weights = [self.shapes.get(name, 0.0) for name in UPPER_SHAPES]
        return np.clip(np.multiply.outer(np.asarray(intensity, np.float32), np.array(weights, np.float32)), 0.0, 1.0)

    def save(self, path: Path) -> None:
        """Write the style file `.npz`, whole or not at all. Raises OutputError."""
        about: dict[str, object] = {
            "kind": _FILE_KIND, "name": self.name, "mood": self.mood,
            "default_intensity": self.default_intensity, "licence": self.licence,
            "origin": self.origin, "made_of": self.made_of, "shapes": dict(self.shapes),
        }  # fmt: skip
        arrays = {"clip": _as_half(self.clip), **{f"code_{key}": code for key, code in self.codes.items()}}
        if self.thumbnail is not None:
            arrays["thumbnail"] = self.thumbnail
        if self.manner is not None:
            about["manner_version"], arrays["manner"] = MANNER_VERSION, self.manner.vector()
        write_npz(path, {"about": np.array(json.dumps(about, ensure_ascii=False)), **arrays})

    @classmethod
    def load(cls, path: Path) -> "StyleClip":
        """Read a style file of ours, or an animation file as a style. Raises StyleError."""
        path = Path(path)
        with read_npz(path, partial(_no_style, path)) as data:
            return _from_npz(path, data)


def checked_rows(rows: np.ndarray, source: str) -> np.ndarray:
    """(N, 64) float32 of `rows`. Raises StyleError, naming `source`, where they cannot be a style clip."""
    rows = np.asarray(rows)
    if rows.dtype.kind not in "fiu":
        raise StyleError(f"{source} does not hold numbers. A style clip is rows of {EXPRESSION_DIM} numbers.")
    if rows.ndim != 2 or rows.shape[1] != EXPRESSION_DIM:
        shape = " × ".join(str(n) for n in rows.shape) or "a single number"
        raise StyleError(
            f"{source} holds {shape}, not rows of {EXPRESSION_DIM} expression coefficients. "
            f"Export the {EXPRESSION_DIM} expression columns alone (columns 80 to 143 of a published clip)."
        )
    if not MIN_ROWS <= len(rows) <= MAX_ROWS:
        raise StyleError(
            f"{source} has {len(rows)} rows; a style needs at least {MIN_ROWS} (half a second), better {ENCODER_ROWS}."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        rows = rows.astype(np.float32)
    bad = int((~np.isfinite(rows)).any(axis=1).sum())
    if bad:
        raise StyleError(f"{source} has {bad} rows with missing or infinite values. Cut them out or interpolate them.")
    if np.abs(rows).max() > MAX_ABS_COEFFICIENT:
        raise StyleError(
            f"{source} reaches {np.abs(rows).max():.3g}; expression coefficients stay below 4. "
            "It is another kind of data: export the expression coefficients."
        )
    _check_motion(rows, source)
    return np.ascontiguousarray(rows)


def _check_motion(rows: np.ndarray, source: str) -> None:
    """Whether a face moves in (N, 64) rows, to their end and in all columns: what was lost on a disk reads as zeros."""
    if not np.ptp(rows, axis=0).any():
        raise StyleError(f"All rows of {source} are alike: the face does not move. Give a clip of somebody speaking.")
    if not rows[-1].any() or not rows[:, -1].any():
        part = "rows" if not rows[-1].any() else "columns"
        raise StyleError(f"The last {part} of {source} hold nothing but zeros: it is damaged. Export it again.")


def _checked_shapes(shapes: Mapping[str, float], name: str) -> dict[str, float]:
    if not all(shape in UPPER_SHAPES and 0.0 <= weight <= 1.0 for shape, weight in shapes.items()):
        raise StyleError(
            f"Style {name} has shapes that are no weights from 0 to 1 of the upper face. Make its file again."
        )
    return dict(shapes)


def _as_shapes(shapes: object) -> dict[str, float]:
    """The shapes of a file. Raises UnusableContent for anything but names with numbers."""
    if not isinstance(shapes, dict) or not all(type(weight) in (int, float) for weight in shapes.values()):
        raise UnusableContent("its shapes are no names with numbers")
    return shapes


def _is_code(code: np.ndarray) -> bool:
    return 0 < code.size <= MAX_CODE_WIDTH and bool(np.abs(code).max() <= MAX_ABS_CODE)  # not so where one is missing


def _is_picture(thumbnail: np.ndarray) -> bool:
    fits = thumbnail.ndim == 3 and thumbnail.shape[2] == 3 and thumbnail.dtype == np.uint8
    return fits and min(thumbnail.shape) > 0 and max(thumbnail.shape) <= MAX_THUMBNAIL_PX


def _from_npz(path: Path, data: dict[str, np.ndarray]) -> StyleClip:
    if "clip" not in data:
        return _from_animation(path, data)
    about = parse_json(text_of(data["about"]))
    if not isinstance(about, dict) or about.get("kind") != _FILE_KIND:
        raise UnusableContent("it is another kind of file")
    codes = {name[len("code_") :]: code for name, code in data.items() if name.startswith("code_")}
    return StyleClip(
        clip=checked_rows(data["clip"], path.name), name=str(about["name"]), mood=str(about["mood"]),
        default_intensity=float(about["default_intensity"]), licence=str(about["licence"]),
        origin=str(about.get("origin", "")), made_of=str(about.get("made_of", "")),
        thumbnail=data.get("thumbnail"), codes=codes, shapes=_as_shapes(about.get("shapes", {})),
        manner=Manner.of_vector(data["manner"]) if about.get("manner_version") == MANNER_VERSION else None,
    )  # fmt: skip


def _from_animation(path: Path, data: dict[str, np.ndarray]) -> StyleClip:
    """The style that an animation of ours shows, or the coefficients alone that a file has."""
    if "coefficients" not in data:
        raise KeyError("clip")
    rows = checked_rows(data["coefficients"], path.name)
    with suppress(AnimationFileError):
        from .from_animation import style_of_animation  # which needs this module

        return style_of_animation(FaceAnimation.load(path), path.stem)
    rows = at_our_rate({"coefficients": rows}, float(data.get("fps", FRAME_RATE_HZ)))["coefficients"]
    return StyleClip(clip=checked_rows(rows, path.name), name=path.stem)


def _no_style(path: Path, reason: str) -> StyleError:
    return StyleError(
        f"{path.name} is not a style file that can be read ({reason}). Make one with `styletalk styles add`."
    )


def _as_half(clip: np.ndarray) -> np.ndarray:
    """The clip as float16 where that loses nothing, which halves the file; presets are rounded so."""
    half = clip.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), clip) else clip
