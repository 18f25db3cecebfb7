# SPDX-License-Identifier: Apache-2.0
"""Which styles a line is spoken in, and how much of each there is at every moment."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import StyleError
from ..files.reading import file_bytes
from ..request import AnimationRequest
from ..styles.clip import StyleClip
from ..styles.library import read_style
from ..styles.manner import Manner, mixed
from ..styles.manners import manner_of
from .intensity_curve import read_blend_keys, read_curve
from .smooth import eased, smoothstep
from .style_changes import StyleChange, read_style_changes

FADE_S = 0.2
"""How long one style takes to give way to another, half of it before the change."""
HEAD_EASE_S = 0.6
"""A head is slower than a face: it takes this much before and after."""
MAX_STYLES = 16
Keys = tuple[np.ndarray, np.ndarray]
"""(N,) seconds of the sound, rising, and (N,) values."""


@dataclass(frozen=True)
class StylePlan:
    """styles: the line's own, its second one where there is one, then those it changes to. intensity, blend: a number,
    or keys with straight lines between. has_second: whether styles[1] is blended with. changes: by their times.
    places: of each change the number of its style, None for the line's own.
    """

    styles: tuple[StyleClip, ...]
    intensity: float | Keys = 1.0
    blend: float | Keys = 0.0
    has_second: bool = False
    changes: tuple[StyleChange, ...] = ()
    places: tuple[int | None, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether one style of one intensity goes through all of the line."""
        return len(self.styles) == 1 and not self.changes and not isinstance(self.intensity, tuple)

    def shares(self, times_s: np.ndarray) -> np.ndarray:
        """(S, T) float32: how much of each style there is at times of the sound (T,); 1 together."""
        own = np.zeros((len(self.styles), len(times_s)))
        own[0] = 1.0
        if self.has_second:
            own[1] = _at(self.blend, times_s)
            own[0] -= own[1]
        found = own
        for change, place in self._in_order():
            there = own if place is None else np.eye(len(self.styles))[:, [place]]
            weight = self._weight(change, times_s)
            found = found + weight * (there - found)
        return found.astype(np.float32)

    def intensities(self, times_s: np.ndarray) -> np.ndarray:
        """(T,) float64: the intensity at times of the sound, before anything of the line swells it."""
        own = _at(self.intensity, times_s)
        found = own
        for change, _ in self._in_order():
            there = own if change.intensity is None else change.intensity
            found = found + self._weight(change, times_s) * (there - found)
        return found

    def manner(self, shares: np.ndarray, intensity: float) -> Manner:
        """How the line's head, lids and eyes move: the styles' manners by their shares (S,), at an intensity."""
        manners = [manner_of(style) for style in self.styles]
        return (manners[0] if len(manners) == 1 else mixed(manners, shares)).at(intensity)

    def _in_order(self) -> list[tuple[StyleChange, int | None]]:
        """Changes that last lie below those of single words."""
        pairs = list(zip(self.changes, self.places, strict=True))
        return [pair for pair in pairs if pair[0].until is None] + [pair for pair in pairs if pair[0].until is not None]

    def _weight(self, change: StyleChange, times_s: np.ndarray) -> np.ndarray:
        """(T,) 0..1: how far the line has changed."""
        weight = _risen(times_s - change.seconds)
        if change.until is None:
            return weight
        follows = any(abs(each.seconds - change.until) < FADE_S for each in self.changes if each is not change)
        # where the next word has a style of its own, this one stays below it until it is there
        return weight * _risen(change.until + (FADE_S if follows else 0.0) - times_s)


def style_plan(request: AnimationRequest) -> StylePlan:
    """The plan of a request. Raises StyleError, IntensityCurveError."""
    styles = [read_style(request.style)]
    if request.second_style is not None:
        styles.append(read_style(request.second_style))
    changes = () if request.style_changes is None else read_style_changes(request.style_changes)
    places: dict[str, int] = {}
    for name in (change.style for change in changes):
        if name and name not in places:
            places[name] = len(styles)
            styles.append(read_style(name))
    if len(styles) > MAX_STYLES:
        raise StyleError(f"A line takes {MAX_STYLES} styles at most, and this one has {len(styles)}. Cut it in two.")
    return StylePlan(
        tuple(styles),
        request.intensity if request.intensity_keys is None else read_curve(request.intensity_keys),
        request.style_blend if request.style_blend_keys is None else read_blend_keys(request.style_blend_keys),
        request.second_style is not None,
        changes, tuple(places.get(change.style) for change in changes),
    )  # fmt: skip


def over_time_sha256(request: AnimationRequest) -> str:
    """Of the files that say how style and intensity change along the line; "" where there are none."""
    paths = request.intensity_curve, request.intensity_keys, request.style_blend_keys, request.style_changes
    given = [file_bytes(Path(path)) for path in paths if path is not None]
    return hashlib.sha256(b"\0".join(given)).hexdigest() if given else ""


def head_shares(shares: np.ndarray) -> np.ndarray:
    """(S, T) shares of styles as slow as a head is."""
    return np.stack([eased(share, HEAD_EASE_S) for share in shares]) if shares.shape[1] else shares


def _at(value: float | Keys, times_s: np.ndarray) -> np.ndarray:
    return np.interp(times_s, *value) if isinstance(value, tuple) else np.full(len(times_s), value, np.float64)


def _risen(since_s: np.ndarray) -> np.ndarray:
    """0 before a change, 1 after it."""
    return smoothstep(0.5 + since_s / FADE_S)
