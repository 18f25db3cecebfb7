# SPDX-License-Identifier: Apache-2.0
"""By how much do recorded lips lead their sound? At P, B and M they are closed while the sound is.

By the containers' own times: rows of the published clips as their films show them, pictures of films as they are shown.
Lags that anybody measured or corrected are left out, for they were measured against a convention.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.face.landmarks import EYE_DISTANCE, MOUTH_GAP
from styletalk.face.model import open_face
from styletalk.motion.articulation import BILABIALS
from styletalk.motion.lips import LipGap
from styletalk.phonemes import PhonemeSegment
from styletalk.progress import Progress, silent
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, load_audio
from styletalk.speech.track import phoneme_track
from styletalk.timeline import film_row_time_s
from styletalk.tracking.track_file import read_track

from ..datasets.pairs import clips_folder, load_recordings
from ..metrics.tables import Section, number, table

BAND_HZ = (500.0, 4000.0)
"""Where a closed mouth is quiet: below, voice goes on through B and M."""
WINDOW_S, STEP_S = 0.016, 0.002
BESIDE_S = 0.15
"""The sounds beside a closure are this near; so is the lips' own closure."""
MIN_DIP_DB = 8.0
"""A shallower dip says not when it begins."""
LONGEST_S = 0.3
NARROW, CLOSED_SHARE = 35.0, 0.15
"""Lips that are not nearer than in 35 % of the film do not close; they are closed up to 15 % of their range above."""
MIN_CLOSURES = 3
"""A source with fewer has no median of its own."""
SHORT_FILM_S = 4.0
"""Films this short are read sentences of one collection, taken together."""
LEAST_S = 0.2
"""Closures nearer to a film's ends are left out."""


@dataclass(frozen=True, eq=False)
class SeenMouth:
    """A mouth in a film. times_s: (N,) in the container. opening: (N,) in any unit. group: the source it belongs to."""

    group: str
    sound: Path
    times_s: np.ndarray
    opening: np.ndarray


@dataclass(frozen=True)
class Leads:
    """One source: by how many milliseconds the middle of each closure of the lips comes before that of the segment
    (M; P and B), and before that of the quiet in the sound itself, which ends with the burst (M; P and B)."""

    source: str
    segment_m: tuple[float, ...]
    segment_pb: tuple[float, ...]
    sound_m: tuple[float, ...]
    sound_pb: tuple[float, ...]

    @property
    def sound(self) -> tuple[float, ...]:
        """All closures against the sound itself."""
        return self.sound_m + self.sound_pb


@dataclass(frozen=True)
class LeadReport(Section):
    """All sources."""

    sources: tuple[Leads, ...]

    def as_markdown(self) -> str:
        """A row for each source, and for all."""
        every = Leads("all", *(tuple(sum((getattr(each, k) for each in self.sources), ())) for k in _KINDS))
        rows = [
            [each.source, *(_figures(getattr(each, kind)) for kind in ("sound", *_KINDS))]
            for each in (*self.sources, every)
        ]
        medians = [float(np.median(each.sound)) for each in self.sources if len(each.sound) >= MIN_CLOSURES]
        head = ["source", "all, of the quiet", "M, of the segment", "P B, of the segment", "M, of the quiet",
                "P B, of the quiet"]  # fmt: skip
        text = (
            "Milliseconds by which the middle of the lips' closure comes before that of the sound, by the container's "
            "times: median (quartiles; number). The quiet: from half the fall in level between "
            f"{BAND_HZ[0]:g} and {BAND_HZ[1]:g} Hz to half the rise, so without a burst."
        )
        of_medians = (
            f"Of {len(medians)} sources with {MIN_CLOSURES} or more, the median leads by {_figures(medians)}; more "
            f"than 10 ms in {sum(each > 10 for each in medians)}, more than half a row in "
            f"{sum(each > 500 / 30 for each in medians)}."
        )
        return "\n".join(["## Lips and sound", "", text, "", *table(head, rows), "", of_medians])


_KINDS = ("segment_m", "segment_pb", "sound_m", "sound_pb")


def lead_report(data: Path, progress: Progress = silent) -> LeadReport:
    """Measure the sample clips and the films in DATA/video. Raises StyleTalkError where there are none."""
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    mouths = list(seen_mouths(data))
    for count, mouth in enumerate(mouths):
        progress(count / len(mouths), f"lips and sound: {mouth.group}")
        kinds = found.setdefault(mouth.group, dict.fromkeys(_KINDS, ()))
        for kind, leads_ms in leads_of(mouth).items():
            kinds[kind] += leads_ms
    return LeadReport(tuple(Leads(group, **kinds) for group, kinds in found.items()))


def seen_mouths(data: Path) -> Iterator[SeenMouth]:
    """The sample clips as their films show them, then the films. Raises StyleTalkError."""
    lips = LipGap.of(open_face())
    if (clips_folder(data) / "speech").is_dir():
        for clip in load_recordings(data, sound_columns=0):
            times_s = film_row_time_s(np.arange(len(clip.expression)))
            if clip.audio is not None:
                yield SeenMouth(clip.name, clip.audio, times_s, lips.opening_mm(clip.expression))
    for path in sorted((data / "video").glob("*.npz")):
        track = read_track(path)
        seen = np.isfinite(track.landmarks).all((1, 2)) & (track.quality > 0)
        points = track.landmarks[seen].astype(np.float64)
        gap, eyes = (np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in (MOUTH_GAP, EYE_DISTANCE))
        group = path.stem if np.ptp(track.times_s) > SHORT_FILM_S else path.stem.split("__")[0]
        yield SeenMouth(group, path.with_suffix(".mp4"), track.times_s[seen], gap / eyes)


def leads_of(mouth: SeenMouth) -> dict[str, tuple[float, ...]]:
    """The leads of one mouth, milliseconds, by kind. Raises AudioError."""
    sound = load_audio(mouth.sound)
    level = band_level(sound.samples)
    found: dict[str, tuple[float, ...]] = dict.fromkeys(_KINDS, ())
    for each in phoneme_track(sound).segments:
        first_s, last_s = mouth.times_s[0] + LEAST_S, mouth.times_s[-1] - LEAST_S
        if each.phoneme not in BILABIALS or not first_s < each.start_s < each.end_s < last_s:
            continue
        lips_s = closed_lips(mouth, (each.start_s + each.end_s) / 2)
        kind = "m" if each.phoneme == "M" else "pb"
        for name, middle_s in (("segment", (each.start_s + each.end_s) / 2), ("sound", quiet_middle(level, each))):
            if lips_s is not None and middle_s is not None:
                found[f"{name}_{kind}"] += (1000 * (middle_s - lips_s),)
    return found


def band_level(samples: np.ndarray) -> np.ndarray:
    """(N,) decibels of the sound within BAND_HZ, every STEP_S, in windows centred there."""
    size, step = round(WINDOW_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size // 2), size)[::step]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    return 10 * np.log10(power[:, (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])].sum(axis=1) + 1e-9)


def quiet_middle(level: np.ndarray, segment: PhonemeSegment) -> float | None:
    """The middle of the quiet in a segment, seconds, from half the fall to half the rise; None without any."""
    first, last = (round(s / STEP_S) for s in (segment.start_s, segment.end_s))
    inside = level[first : last + 1]
    if not len(inside):
        return None
    bottom, beside = first + int(inside.argmin()), round(BESIDE_S / STEP_S)
    ends = []
    for side in (level[max(0, bottom - beside) : bottom + 1][::-1], level[bottom : bottom + beside + 1]):
        rise = side - side[0]
        if rise.max() < MIN_DIP_DB:
            return None
        ends.append(int(np.argmax(rise >= rise.max() / 2)))
    return None if sum(ends) * STEP_S > LONGEST_S else (bottom + (ends[1] - ends[0]) / 2) * STEP_S


def closed_lips(mouth: SeenMouth, middle_s: float) -> float | None:
    """The middle of the lips' closure that is nearest to `middle_s`, seconds; None where they do not close there."""
    low, narrow, high = np.percentile(mouth.opening, (5, NARROW, 90))
    at_s = np.arange(middle_s - BESIDE_S, middle_s + BESIDE_S, STEP_S)
    opening = np.interp(at_s, mouth.times_s, mouth.opening)
    bottom = int(opening.argmin())
    if opening[bottom] > narrow:
        return None
    apart = opening > opening[bottom] + CLOSED_SHARE * (high - low)
    before, after = np.flatnonzero(apart[:bottom]), np.flatnonzero(apart[bottom:])
    if not len(before) or not len(after):
        return None
    return float(at_s[before[-1] + 1] + at_s[bottom + after[0] - 1]) / 2


def _figures(leads_ms: Sequence[float]) -> str:
    if not len(leads_ms):
        return number(float("nan"))
    low, middle, high = np.percentile(leads_ms, (25, 50, 75))
    return f"{middle:.0f} ({low:.0f} … {high:.0f}; {len(leads_ms)})"
