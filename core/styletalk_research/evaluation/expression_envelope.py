# SPDX-License-Identifier: Apache-2.0
"""Does an expression live, and stay the style's? Lines with and without what makes it come, swell and go; and which
styles are suggested for recordings whose mood is known."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.face.landmarks import landmark_movement
from styletalk.face.model import open_face
from styletalk.motion.envelope import speech_span
from styletalk.motion.lips import LipGap
from styletalk.progress import Progress, silent
from styletalk.request import AnimationRequest
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.emphasis import emphasis_of
from styletalk.speech.track import phoneme_track
from styletalk.styles.suggest import Measures, measures_of, suggestion_of

from ..metrics.tables import Section, number, percent, table

OFF = {"lead_in_s": 0.0, "lead_out_s": 0.0, "swell": False, "accents": False, "micro_movement": False}
STRESSED = 0.6
SHUFFLES = 200
"""Random shifts of the stress along the line: what swells on it by chance."""


@dataclass(frozen=True)
class Life:
    """mean_r, mean_size: of the 64 means over the speech with and without, correlation and ratio of lengths. swell: by
    how much of itself the intensity is greater on stressed syllables than in the mean; chance: the 95th percentile of
    that with the stress shifted along the line. rest_mm: lips at the first and last row, the greater. seam_mm: how far
    landmarks jump where the next line begins as this one ends. intensity_step: its greatest change in 1/30 s."""

    style: str
    mean_r: float
    mean_size: float
    swell: float
    chance: float
    rest_mm: float
    seam_mm: float
    intensity_step: float


@dataclass(frozen=True)
class EnvelopeReport(Section):
    """All styles, and (recording, suggestions) of those whose mood is known."""

    styles: tuple[Life, ...]
    lines: int
    suggestions: tuple[tuple[str, str], ...]

    def as_markdown(self) -> str:
        """A table of styles, one of suggestions."""
        head = ["style", "mean r", "mean size", "swell", "by chance", "rest, mm", "seam, mm", "greatest step"]
        rows = [
            [s.style, number(s.mean_r, 4), number(s.mean_size, 3), percent(s.swell), percent(s.chance),
             number(s.rest_mm, 2), number(s.seam_mm, 2), number(s.intensity_step, 3)]
            for s in self.styles
        ]  # fmt: skip
        text = (
            f"{self.lines} lines with and without lead-in, lead-out, swell, accents and micro-movement; the worst line "
            "of each style, of swells the mean."
        )
        parts = ["## An expression that lives", "", text, "", *table(head, rows)]
        if self.suggestions:
            parts += ["", "Suggested, each recording measured against the others:", ""]
            parts += table(["recording", "styles"], [list(each) for each in self.suggestions])
        return "\n".join(parts)


def envelope_report(
    speech: Path, moods: Path, presets: Sequence[str], checkpoint: Path | None = None, progress: Progress = silent
) -> EnvelopeReport:
    """Measure the wave files of `speech`, with the alignments beside them, in each preset; suggest styles for these and
    those of `moods`, whose names end in their mood. Raises StyleTalkError."""
    lines = sorted(path for path in speech.glob("*.wav") if path.with_name(f"{path.stem}_seq.json").is_file())
    found = []
    for place, preset in enumerate(presets):
        progress(place / (len(presets) + 1), f"expression: {preset}")
        lives = [_life(preset, line, checkpoint) for line in lines]
        worst = {"mean_r": min, "mean_size": _furthest_from_one, "swell": np.mean, "chance": np.mean}
        columns = dict(zip(_NUMBERS, zip(*lives, strict=True), strict=True))
        numbers = {name: float(worst.get(name, max)(values)) for name, values in columns.items()}
        found.append(Life(preset, **numbers))
    progress(len(presets) / (len(presets) + 1), "suggesting styles")
    return EnvelopeReport(tuple(found), len(lines), _suggested([*lines, *sorted(moods.glob("*.wav"))]))


_NUMBERS = ("mean_r", "mean_size", "swell", "chance", "rest_mm", "seam_mm", "intensity_step")


def _furthest_from_one(values: Sequence[float]) -> float:
    return max(values, key=lambda value: abs(np.log(value)))


def _life(style: str, line: Path, checkpoint: Path | None) -> tuple[float, ...]:
    """Of one line in one style, in the order of _NUMBERS."""
    options = {"phonemes": line.with_name(f"{line.stem}_seq.json"), "style": style, "checkpoint": checkpoint}
    live, plain = (animate(AnimationRequest(line, **options, **more)) for more in ({}, OFF))
    heard = live.from_sound_on()
    first, last = speech_span(plain.track) or (0.0, float(len(plain)))
    spoken = slice(max(0, int(first)), min(len(plain), int(last) + 1))
    means = [each.coefficients[spoken].mean(axis=0) for each in (heard, plain)]
    lips = LipGap.of(open_face()).opening_mm(live.coefficients[[0, -1]])
    return (
        float(np.corrcoef(*means)[0, 1]), float(np.linalg.norm(means[0]) / np.linalg.norm(means[1])),
        *_swell(line, heard, spoken), float(lips.max()), _seam_mm(live),
        float(np.abs(np.diff(live.intensity)).max()) if live.intensity is not None else 0.0,
    )  # fmt: skip


def _swell(line: Path, animation: FaceAnimation, spoken: slice) -> tuple[float, float]:
    """How much stronger the style is on stressed syllables, and where they might as well be."""
    assert animation.intensity is not None
    strength = animation.intensity[spoken] / animation.intensity[spoken].mean()
    stressed = emphasis_of(load_audio(line), animation.track, spoken.stop).stress[spoken] > STRESSED
    if not stressed.any():
        return 0.0, 0.0
    shifts = np.random.default_rng(0).integers(0, len(strength), SHUFFLES)
    chance = [strength[np.roll(stressed, shift)].mean() - 1.0 for shift in shifts]
    return float(strength[stressed].mean() - 1.0), float(np.percentile(chance, 95))


def _seam_mm(animation: FaceAnimation) -> float:
    """How far the landmarks are apart in the last and the first row: what is seen where a line follows itself."""
    face = open_face()
    ends = landmark_movement(face, face.landmarks_mediapipe, animation.coefficients[[-1, 0]])
    return 1000.0 * float(np.linalg.norm(ends[1] - ends[0], axis=-1).max())


def _suggested(recordings: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """(recording, styles): what is suggested for each with the mean of the others as the usual voice."""
    heard = []
    for path in recordings:
        audio = load_audio(path)
        track = phoneme_track(audio)
        heard.append((path.stem, measures_of(audio, track), [each.word for each in track.words]))
    numbers = np.array([astuple(measures) for _, measures, _ in heard])
    rows = []
    for place, (name, measures, words) in enumerate(heard):
        usual = Measures(*np.delete(numbers, place, axis=0).mean(axis=0)) if len(heard) > 1 else measures
        styles = suggestion_of(measures, words, usual).styles
        rows.append((name, ", ".join(f"{style} {sure:.0%}" for style, sure in styles)))
    return tuple(rows)
