# SPDX-License-Identifier: Apache-2.0
"""Are the lips shut when P, B and M sound? Lines of a speech synthesiser, which says when each of its phones is."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.errors import MissingPackageError
from styletalk.face.model import open_face
from styletalk.motion.articulation import BILABIALS, closed_s
from styletalk.motion.closures import CLOSED_MM
from styletalk.motion.lips import LipGap
from styletalk.motion.resample import scene_samples
from styletalk.phonemes import PhonemeSegment
from styletalk.progress import Progress, silent
from styletalk.request import AnimationRequest

from ..metrics.tables import Section, number, percent, table

VOICE = "rms"
"""Of flite; neither the phoneme networks nor motion/ learnt from it or were set on it."""
SENTENCES = (
    "My papa baked a big pumpkin pie for Bob and me.",
    "Please bring the map back before the boat comes home.",
    "The brown puppy jumped up beside the empty bottle.",
    "Somebody put the lamp above the table by the window.",
    "Improve your memory by repeating the problem many times.",
    "My brother swam past the bridge and climbed the hill.",
)
RATES = (24.0, 25.0, 30.0, 60.0)
STEP_S = 0.002
FASTEST_PERCENTILE = 99.5


@dataclass(frozen=True)
class Timing:
    """middle: share of closures whose middle is shut, by frame rate. whole: that are shut as long as `closed_s`
    says. lead_ms: median time by which the lips shut before the phone begins. fastest_mm: FASTEST_PERCENTILE and
    maximum of the lips' change in 1/30 s, millimetres.
    """

    style: str
    intensity: float
    middle: dict[str, float]
    whole: dict[str, float]
    lead_ms: float
    fastest_mm: tuple[float, float]


@dataclass(frozen=True)
class TimingReport(Section):
    """All styles and intensities. closures: how many were measured in each."""

    styles: tuple[Timing, ...]
    closures: int

    def as_markdown(self) -> str:
        """One table: middles at every rate, whole closures at the worst, lead and speed."""
        rates = [f"middle, {rate:g} fps" for rate in RATES]
        speeds = [f"speed {FASTEST_PERCENTILE:g} %, mm", "speed, most"]
        head = ["style", "intensity", *rates, "whole, worst rate", "shut before, ms", *speeds]
        rows = [
            [s.style, f"{s.intensity:g}", *map(percent, s.middle.values()), percent(min(s.whole.values())),
             number(s.lead_ms, 0), *(number(speed, 1) for speed in s.fastest_mm)]
            for s in self.styles
        ]  # fmt: skip
        text = (
            f"{self.closures} P, B and M by flite's voice {VOICE}, at the times it says; words given and aligned. "
            f"Shut: the open face's lips are within {CLOSED_MM:g} mm all across, also between the keys; whole: from 20 "
            "to 60 % of a P or B, to 80 % of an M. Speed: change of the lips' distance in 1/30 s."
        )
        return "\n".join(["## Closures in time", "", text, "", *table(head, rows)])


def timing_report(
    presets: Sequence[str], intensities: Sequence[float], checkpoint: Path | None = None, progress: Progress = silent
) -> TimingReport:
    """Measure the sentences in each preset at each intensity. Raises MissingPackageError without flite."""
    cases = [(preset, intensity) for preset in presets for intensity in intensities]
    styles, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        lines = list(_lines(Path(folder)))
        for number_of_case, (preset, intensity) in enumerate(cases):
            progress(number_of_case / len(cases), f"closures in time: {preset}")
            options = {"style": preset, "intensity": intensity, "checkpoint": checkpoint, "language": "en"}
            made = [animate(AnimationRequest(sound, text, **options)) for sound, text, _ in lines]
            closures = [_bilabials(phones) for _, _, phones in lines]
            styles.append(_timing(preset, intensity, made, closures))
            count = sum(map(len, closures))
    return TimingReport(tuple(styles), count)


def _lines(folder: Path) -> Iterator[tuple[Path, str, list[tuple[str, float]]]]:
    """Sound, text and (phone, end in seconds) of each sentence."""
    if shutil.which("flite") is None:
        raise MissingPackageError("Closures are timed on flite's own phones. Install it: `apt install flite`.")
    for index, text in enumerate(SENTENCES):
        sound = folder / f"{index}.wav"
        command = ["flite", "-voice", VOICE, "-psdur", "-t", text, "-o", str(sound)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        yield sound, text, [(name, float(end)) for name, end in re.findall(r"([a-z]+):(\d+\.\d+)", said)]


def _bilabials(phones: Sequence[tuple[str, float]]) -> list[tuple[str, float, float]]:
    """(phoneme, start, end) of each P, B and M."""
    starts = [0.0, *(end for _, end in phones)]
    timed = [(name.upper(), start, end) for (name, end), start in zip(phones, starts, strict=False)]
    return [each for each in timed if each[0] in BILABIALS]


def _timing(
    style: str, intensity: float, made: Sequence[FaceAnimation], closures: Sequence[list[tuple[str, float, float]]]
) -> Timing:  # fmt: skip
    lips = LipGap.of(open_face())
    middle, whole, leads, speeds = {}, {}, [], []
    for rate in RATES:
        middles, wholes = [], []
        for animation, segments in zip(made, closures, strict=True):
            times_s, opening_mm = _curve(animation, rate, lips)
            for name, start, end in segments:
                first, last = closed_s(PhonemeSegment(name, start, end))
                middles.append(np.interp((start + end) / 2, times_s, opening_mm) <= CLOSED_MM)
                wholes.append((opening_mm[(times_s >= first) & (times_s <= last)] <= CLOSED_MM).all())
                leads.append(_lead_s(times_s, opening_mm, start, (start + end) / 2))
        middle[f"{rate:g}"], whole[f"{rate:g}"] = float(np.mean(middles)), float(np.mean(wholes))
    for animation in made:
        speeds.append(np.abs(np.diff(lips.opening_mm(animation.coefficients))))
    speed = np.concatenate(speeds)
    fastest = float(np.percentile(speed, FASTEST_PERCENTILE)), float(speed.max())
    return Timing(style, intensity, middle, whole, 1000 * float(np.nanmedian(leads)), fastest)


def _curve(animation: FaceAnimation, rate: float, lips: LipGap) -> tuple[np.ndarray, np.ndarray]:
    """Times and the lips' distance, millimetres, every STEP_S along straight lines between the keys of a scene."""
    samples = scene_samples(animation, rate)
    times_s = np.arange(0.0, samples.times_s[-1], STEP_S)
    before = np.minimum((times_s * rate).astype(int), len(samples.times_s) - 2)
    share = (times_s * rate - before)[:, None].astype(np.float32)
    return times_s, lips.opening_mm(
        (1 - share) * samples.coefficients[before] + share * samples.coefficients[before + 1]
    )


def _lead_s(times_s: np.ndarray, opening_mm: np.ndarray, start: float, middle: float) -> float:
    """How long before `start` the lips that are shut at `middle` have come together; NaN where they are not."""
    open_before = np.flatnonzero((times_s <= middle) & (opening_mm > CLOSED_MM))
    shut = np.interp(middle, times_s, opening_mm) <= CLOSED_MM
    return start - float(times_s[open_before[-1]]) if shut and len(open_before) else float("nan")
