# SPDX-License-Identifier: Apache-2.0
"""Photoreal passes against the films that they imitate: pictures, landmarks and sync, beside what does not speak."""

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.files.png import write_png
from styletalk.progress import Progress, part, silent

from ..metrics.landmark_distances import face_distance, mouth_distance
from ..metrics.picture_quality import cpbd, luminance, psnr, squared_error, ssim
from ..metrics.tables import Section, number, table
from .clip_set import read_pairs
from .options import EvaluationOptions
from .photoreal_clips import OWN, POSE_ONLY, SHUFFLED, SPOKEN, STILL, PassClip, motions, pass_clips
from .photoreal_landmarks import landmarks_of, tracked_coefficients
from .sync import curve_figures, load_judge, shift_curve

if TYPE_CHECKING:
    from styletalk.photoreal.portrait import Portrait
    from styletalk.photoreal.renderers import Renderer

    from ..discriminators.lip_sync import LipSyncDiscriminator

SYNC_ROWS = 150
"""Rows of each clip that are rendered one by one and tracked for the sync judge: five seconds."""
FILM = "the film itself"
MEASURES = ("ssim", "psnr", "cpbd", "face", "mouth")


@dataclass(frozen=True)
class PassFigures:
    """One clip by one system, means over pictures. face, mouth: landmark distances, in eye distances. cpu_ms: of the
    processor's time, of all cores together, that a rendered picture took."""

    clip: str
    system: str
    ssim: float
    psnr: float
    cpbd: float
    face: float
    mouth: float
    pictures: int
    cpu_ms: float = float("nan")


@dataclass(frozen=True)
class PassSync:
    """P_sync at the right time, how far it stands out, frames off at its highest: of a film that was tracked again."""

    clip: str
    system: str
    probability: float
    confidence: float
    offset: float


@dataclass(frozen=True)
class PassReport(Section):
    """All clips by all systems; what renders them; one picture of `every` was judged."""

    renderer: str
    every: int
    figures: tuple[PassFigures, ...]
    sync: tuple[PassSync, ...]

    def mean(self, system: str) -> dict[str, float]:
        """Of each of MEASURES, over the clips that have it."""
        rows = [f for f in self.figures if f.system == system]
        return {name: _mean([getattr(f, name) for f in rows]) for name in MEASURES}

    def as_markdown(self) -> str:
        """The table of all clips together, verdicts, and a table of each clip."""
        systems = list(dict.fromkeys(f.system for f in self.figures))
        means = [[system, *_cells(self.mean(system)), *self._sync_cells(system)] for system in systems]
        rows = [[f.clip, f.system, *_cells(vars(f)), str(f.pictures)] for f in self.figures]
        text = _ABOUT.format(renderer=self.renderer, every=self.every, rows=SYNC_ROWS)
        lines = ["## Photoreal passes", "", text, "", *table((*_HEAD, "sync", "frames off"), means), ""]
        lines += [f"- {verdict}" for verdict in (*self.verdicts(), self.speed())]
        return "\n".join([*lines, "", *table(("clip", *_HEAD, "pictures"), rows)])

    def verdicts(self) -> list[str]:
        """On how many clips the film from its own coefficients is nearer than the baselines, and as sharp."""
        by = {(f.clip, f.system): f for f in self.figures}
        clips = [clip for clip, system in by if system == OWN]
        lines = []
        for name, word in (("mouth", "mouth"), ("face", "face")):
            for other in (STILL, POSE_ONLY):
                ratios = [getattr(by[clip, other], name) / getattr(by[clip, OWN], name) for clip in clips]
                lines.append(_nearer(word, other, [ratio for ratio in ratios if np.isfinite(ratio)]))
        losses = [1 - by[clip, OWN].cpbd / by[clip, FILM].cpbd for clip in clips]
        return [*lines, f"Sharpness lost against the film: {100 * _mean(losses):.1f} % of CPBD, at most "
                f"{100 * max(losses):.1f} %."]  # fmt: skip

    def speed(self) -> str:
        """What a picture takes, without what is prepared once for each photo."""
        taken = [f.cpu_ms for f in self.figures if np.isfinite(f.cpu_ms)]
        slowest = max(taken, default=float("nan"))
        return f"A picture took {number(_mean(taken), 0)} ms of the processor, {number(slowest, 0)} at most."

    def _sync_cells(self, system: str) -> list[str]:
        found = [s for s in self.sync if s.system == system]
        return [number(_mean([s.confidence for s in found]), 3), number(_mean([s.offset for s in found]), 1)]


_ABOUT = (
    "The first picture of each film, fitted as a user's photo, moved by the renderer {renderer}; one picture of "
    "{every} against the film. SSIM: 1 is the same picture. CPBD: 1 is sharp. F-LMD: landmarks of the face; M-LMD: of "
    "the lips, the head's rigid pose taken out; in distances between the outer corners of the eyes. Sync: {rows} "
    "pictures tracked again, the judge's confidence and frames off at its highest."
)
_HEAD = ("", "SSIM", "PSNR dB", "CPBD", "F-LMD", "M-LMD")


def photoreal_report(options: EvaluationOptions, progress: Progress = silent) -> PassReport:
    """Render every clip by every system, and measure. Raises StyleTalkError, MissingPackageError."""
    clips = pass_clips(options.data)
    judge = None if options.sync_weights is None else load_judge(options.sync_weights)
    labels = _film_labels(options.data) if judge is not None else {}
    figures: list[PassFigures] = []
    sync: list[PassSync] = []
    for index, clip in enumerate(clips):
        share = part(progress, index / len(clips), (index + 1) / len(clips))
        portrait = portrait_of_clip(clip)
        moved = motions(clips, index, portrait, options.checkpoint)
        renderer = made_renderer(portrait, clip, options.renderer)
        share(0.2, f"rendering {clip.name}")
        figures += clip_figures(clip, renderer, moved, options.every, part(share, 0.2, 0.8))
        if judge is not None:
            share(0.8, f"tracking the pass of {clip.name}")
            sync += clip_sync(clip, renderer, moved, judge, labels.get(clip.name))
    return PassReport("neural" if options.renderer else "warp", options.every, tuple(figures), tuple(sync))


def portrait_of_clip(clip: PassClip) -> "Portrait":
    """The first picture of a clip as a user's photo, of which nothing is known but its pixels."""
    from styletalk.photoreal.photo import portrait_of

    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / f"{clip.name}.png"
        write_png(photo, clip.photo)
        return portrait_of(photo, silent)


def made_renderer(portrait: "Portrait", clip: PassClip, weights: Path | None) -> "Renderer":
    """What moves a portrait; the head of the clip's first row is taken to stand as in the photo.

    weights: of the neural renderer, None for the warp.
    """
    reference = clip.own.head_pose[0]
    if weights is not None:
        from styletalk.photoreal.neural.renderer import NeuralRenderer

        return NeuralRenderer(portrait, weights, pose_reference=reference)
    from styletalk.photoreal.warp import WarpRenderer

    return WarpRenderer(portrait, pose_reference=reference)


def clip_figures(
    clip: PassClip, renderer: "Renderer", moved: Mapping[str, FaceAnimation], every: int,
    progress: Progress = silent,
) -> list[PassFigures]:  # fmt: skip
    """The figures of a clip: of the film itself, of each motion, and of the photo that stands still."""
    rows = range(0, len(clip.own), every)
    real = list(clip.real(rows))
    rows = rows[: len(real)]
    known = landmarks_of(real)
    compared = partial(compare, clip.name, real=real, known=known)
    figures = [compared(FILM, real)]
    for count, (system, motion) in enumerate(moved.items()):
        progress(count / len(moved), f"rendering {clip.name}: {system}")
        began_s = time.process_time()
        made = list(renderer.frames(motion, rows))
        taken_ms = 1000 * (time.process_time() - began_s) / max(len(made), 1)
        figures.append(replace(compared(system, made), cpu_ms=taken_ms))
    return [*figures, compared(STILL, [clip.photo] * len(real))]


def compare(name: str, system: str, made: list[np.ndarray], real: list[np.ndarray], known: np.ndarray) -> PassFigures:
    """The means over pictures; landmarks where both show a face. known: (N, 478, 3), of the real pictures."""
    points = known if system == FILM else landmarks_of(made)
    both = np.isfinite(points).all((1, 2)) & np.isfinite(known).all((1, 2))
    pairs = [(points[k], known[k]) for k in np.flatnonzero(both)]
    grey = [(luminance(a[..., :3]), luminance(b)) for a, b in zip(made, real, strict=True)]
    error = _mean(squared_error(a[..., :3], b) for a, b in zip(made, real, strict=True))
    return PassFigures(
        name, system, _mean(ssim(a, b) for a, b in grey), psnr(error), _mean(cpbd(a) for a, _ in grey),
        _mean(face_distance(*pair) for pair in pairs), _mean(mouth_distance(*pair) for pair in pairs), len(real),
    )  # fmt: skip


def clip_sync(
    clip: PassClip, renderer: "Renderer", moved: Mapping[str, FaceAnimation],
    judge: "LipSyncDiscriminator", labels: np.ndarray | None,
) -> list[PassSync]:  # fmt: skip
    """What the judge says of the film, of the pass from the sound, and of that pass with another sound's phonemes."""
    scores = []
    if labels is not None:
        real = tracked_coefficients(clip.real(range(min(SYNC_ROWS, len(clip.own)))))
        scores.append((FILM, real, labels))
    if SPOKEN in moved:
        spoken = moved[SPOKEN]
        rows = tracked_coefficients(renderer.frames(spoken, range(min(SYNC_ROWS, len(spoken)))))
        scores.append((SPOKEN, rows, spoken.phonemes))
        if SHUFFLED in moved:
            scores.append((SHUFFLED, rows, moved[SHUFFLED].phonemes))
    return [
        PassSync(clip.name, system, *curve_figures(shift_curve(judge, rows, heard[: len(rows)].astype(np.int64))))
        for system, rows, heard in scores
    ]


def _film_labels(data: Path) -> dict[str, np.ndarray]:
    """The labels of each pair that has some, moved to the convention."""
    return {pair.name: pair.utterance.labels for pair in read_pairs(data, "all").pairs}


def _nearer(word: str, other: str, ratios: list[float]) -> str:
    """ratios: of the clips in whose passes a face is seen, how much further off the other system's distance is."""
    if not ratios:
        return f"The {word} cannot be compared with '{other}': no pass shows a face."
    nearer = sum(ratio > 1 for ratio in ratios)
    return (
        f"The {word} is nearer than under '{other}' on {nearer} of {len(ratios)} clips, {number(min(ratios))} to "
        f"{number(max(ratios))} times."
    )


def _cells(values: Mapping[str, float]) -> list[str]:
    digits = {"ssim": 3, "psnr": 1, "cpbd": 3, "face": 4, "mouth": 4}
    return [number(values[name], digits[name]) for name in MEASURES]


def _mean(values: Iterable[float]) -> float:
    """The mean of those that are numbers; NaN without any."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
