# SPDX-License-Identifier: Apache-2.0
"""How a style moves the head and blinks, against the people whose clips it was measured from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.animation import track_of_labels
from styletalk.emphasis import Emphasis
from styletalk.errors import StyleTalkError
from styletalk.motion.blinks import blink_peaks, blink_track
from styletalk.motion.head import auto_pose
from styletalk.motion.nods import LEAD_ROWS, stress_peaks
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.audio.sound_file import load_audio
from styletalk.speech.features.emphasis import emphasis_of
from styletalk.styles.library import read_style
from styletalk.styles.manner import Manner
from styletalk.styles.manner_measure import MIN_MEASURED_ROWS, Motion, blinks_in, measured, smooth, speed_of
from styletalk.styles.manners import manner_of, predicted_manner
from styletalk.styles.readers import seen_motion
from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS

from ..datasets.pairs import clips_folder, read_expression
from ..datasets.recordings import Recording
from ..metrics.tables import Section, number, percent, table

SEED, OTHER_SEED = 7, 8
LINE_ROWS = 360
NEAR = 0.25
MEASURES = ("mean pitch", "size", "speed")
BLINK_LINE_ROWS = 1800
MIN_BLINK_S = 10.0
"""Clips that are shorter hold too few blinks to speak of a rate."""
CONTROLS = 500
INTENSITIES = (0.0, 0.5, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Likeness:
    """Made against real heads over clips: rank correlation and the part within 25 %, per measure."""

    what: str
    rank: tuple[float, ...]
    near: tuple[float, ...]
    clips: int


@dataclass(frozen=True)
class HeadReport(Section):
    """likenesses: see `Likeness`. clips, presets: part of the styles that the nearest of all heads made with another
    seed, on another line, belongs to. blinks: (clip, counted a minute, made a minute). nods: of the pairs' lines, mean
    pitch on stressed syllables in deviations, the mean of controls, and the part of them that it is above; moves and
    real_moves: the same of how fast the head turns, made and real. sizes: mean size of presets at INTENSITIES."""

    likenesses: tuple[Likeness, ...]
    clips_told: float
    presets_told: float
    blinks: tuple[tuple[str, float, float], ...]
    nods: tuple[float, float, float]
    moves: tuple[float, float, float]
    real_moves: tuple[float, float, float]
    sizes: tuple[float, ...]

    def as_markdown(self) -> str:
        """Two tables, and what they hold."""
        head = ["heads", "clips", *(f"{m}, rank r" for m in MEASURES), *(f"{m}, within 25 %" for m in MEASURES)]
        rows = [[k.what, str(k.clips), *map(number, k.rank), *map(percent, k.near)] for k in self.likenesses]
        blinks = [[name, number(seen, 0), number(made, 0)] for name, seen, made in self.blinks]
        lines = [
            "## Head and blinks", "",
            f"One seed, one line of {LINE_ROWS / FRAME_RATE_HZ:.0f} s. Size is the deviation of the three angles "
            "together, speed its mean in degrees a second; pitch is against the camera.", "", *table(head, rows), "",
            f"Told apart by the head alone (nearest, another seed and line): {percent(self.clips_told)} of the clips, "
            f"{percent(self.presets_told)} of the presets.", "",
            "On stressed syllables, in deviations, against the same syllables moved in time:", "",
            *table(["", "there", "controls, mean", f"above of {CONTROLS}"], [
                _stressed("pitch, made (down)", self.nods), _stressed("how fast it turns, made", self.moves),
                _stressed("how fast it turns, the people themselves", self.real_moves),
            ]), "",
            "Mean size of the presets at intensity "
            + ", ".join(f"{k:g}: {size:.1f}°" for k, size in zip(INTENSITIES, self.sizes, strict=True)) + ".", "",
            *table(["blinks a minute", "counted", "made"], blinks),
        ]  # fmt: skip
        return "\n".join(lines)


def _stressed(what: str, found: tuple[float, float, float]) -> list[str]:
    return [what, number(found[0]), number(found[1]), percent(found[2])]


def head_report(data: Path, pairs: Sequence[Recording], presets: Sequence[str]) -> HeadReport:
    """Measure the styles of `style_clips/` and the presets on the lines of the pairs. Raises StyleTalkError."""
    clips = _motions(data)
    if len(clips) < 3:
        raise StyleTalkError(f"{data} has fewer than three clips of people whose heads are known.")
    lines = [(pair, _emphasis(pair)) for pair in pairs if pair.audio is not None]
    longest = max(lines, key=lambda each: len(each[0].utterance.labels))
    manners = {name: measured(motion, predicted_manner(rows)) for name, (motion, rows) in clips.items()}
    moods = {name: manner_of(read_style(name)) for name in presets}
    other = min(lines, key=lambda each: len(each[0].utterance.labels))
    return HeadReport(
        _likenesses(clips, manners, longest),
        _told(manners, longest, other), _told(moods, longest, other), tuple(_blinks(pairs, data)),
        _on_stress(lines, lambda pair, emphasis: _neutral(pair, emphasis)[:, 0]),
        _on_stress(lines, lambda pair, emphasis: _turning(_neutral(pair, emphasis))),
        _on_stress(lines, lambda pair, emphasis: _turning(_real_angles(pair, data))),
        tuple(_mean_size([mood.at(k) for mood in moods.values()], longest) for k in INTENSITIES),
    )  # fmt: skip


def _motions(data: Path) -> dict[str, tuple[Motion, np.ndarray]]:
    """Head and (T, 64) expression of each style clip by name."""
    found = {}
    for path in sorted((clips_folder(data) / "style_clips").glob("*.mat")):
        expression = read_expression(path)
        motion = seen_motion(path, expression)
        if motion is not None:
            found[path.stem] = motion, expression
    return found


def _emphasis(pair: Recording) -> Emphasis:
    """How a pair's line is said, at its rows: those of a clip that leads its labels by more than others lie later."""
    assert pair.audio is not None
    shift = max(pair.av_offset - LABEL_LEAD_ROWS, 0)
    labels = np.concatenate([np.full(shift, SILENCE_INDEX, pair.utterance.labels.dtype), pair.utterance.labels])
    said = emphasis_of(load_audio(pair.audio), track_of_labels(labels), len(labels))
    return Emphasis(said.loudness_db[shift:], said.pitch_semitones[shift:], said.stress[shift:])


def _made(manner: Manner, line: tuple[Recording, Emphasis], seed: int) -> np.ndarray:
    """(T, 3) degrees of a head on the first LINE_ROWS of a line."""
    pair, said = line
    cut = Emphasis(said.loudness_db[:LINE_ROWS], said.pitch_semitones[:LINE_ROWS], said.stress[:LINE_ROWS])
    return np.degrees(auto_pose(pair.utterance.labels[:LINE_ROWS], seed, manner, cut)[:, :3].astype(np.float64))


def _figures(degrees: np.ndarray) -> np.ndarray:
    """(3,) mean pitch, size and speed of (T, 3) angles."""
    return np.array([degrees[:, 0].mean(), np.sqrt(degrees.var(axis=0).sum()), np.linalg.norm(speed_of(degrees))])


def _likenesses(
    clips: Mapping[str, tuple[Motion, np.ndarray]], manners: Mapping[str, Manner], line: tuple[Recording, Emphasis]
) -> tuple[Likeness, ...]:  # fmt: skip
    real = np.array([_figures(np.degrees(motion.rotation)) for motion, _ in clips.values()])
    made = np.array([_figures(_made(manner, line, SEED)) for manner in manners.values()])
    halves: list[list[np.ndarray]] = [[], [], []]
    for motion, expression in clips.values():
        middle = len(expression) // 2
        if middle < MIN_MEASURED_ROWS:
            continue
        for known, left in ((slice(0, middle), slice(middle, None)), (slice(middle, None), slice(0, middle))):
            manner = measured(motion.part(known), predicted_manner(expression[known]))
            halves[0].append(_figures(_made(manner, line, SEED)))
            halves[1].append(_figures(np.degrees(motion.rotation[known])))
            halves[2].append(_figures(np.degrees(motion.rotation[left])))
    by_half, known, left = map(np.array, halves)
    return (
        _likeness("made, against the clip it was measured from", made, real),
        _likeness("made from one half, against that half", by_half, known),
        _likeness("made from one half, against the other half", by_half, left),
        _likeness("real: one half against the other", known, left),
    )


def _likeness(what: str, made: np.ndarray, real: np.ndarray) -> Likeness:
    near = (np.abs(made - real) <= NEAR * np.abs(real)).mean(axis=0)
    rank = [float(np.corrcoef(_ranks(a), _ranks(b))[0, 1]) for a, b in zip(made.T, real.T, strict=True)]
    return Likeness(what, tuple(rank), tuple(map(float, near)), len(made))


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values)).astype(np.float64)


def _told(
    manners: Mapping[str, Manner], line: tuple[Recording, Emphasis], other: tuple[Recording, Emphasis]
) -> float:  # fmt: skip
    """Part of the styles whose head, made with another seed on another line, is nearest to their own."""
    first, second = (
        np.array([_print(_made(each, where, seed)) for each in manners.values()])
        for where, seed in ((line, SEED), (other, OTHER_SEED))
    )
    spread = np.maximum(first.std(axis=0), 1e-6)
    apart = np.linalg.norm((second[:, None] - first[None]) / spread, axis=-1)
    return float((apart.argmin(axis=1) == np.arange(len(first))).mean())


def _print(degrees: np.ndarray) -> np.ndarray:
    """(8,) what a head is known by: level of pitch and roll, logarithms of each angle's size and speed."""
    return np.concatenate([degrees.mean(axis=0)[[0, 2]], np.log(degrees.std(axis=0)), np.log(speed_of(degrees))])


def _blinks(pairs: Sequence[Recording], data: Path) -> list[tuple[str, float, float]]:
    """(clip, blinks a minute counted in it, made on a line of a minute) of every recording that is long enough."""
    found, labels = [], np.resize(np.concatenate([pair.utterance.labels for pair in pairs]), BLINK_LINE_ROWS)
    for path in sorted(clips_folder(data).glob("*/*.mat")):
        expression = read_expression(path)
        motion = seen_motion(path, expression)
        seconds = len(expression) / FRAME_RATE_HZ
        if motion is None or motion.opening is None or seconds < MIN_BLINK_S:
            continue
        manner = measured(motion, predicted_manner(expression))
        made = len(blink_peaks(blink_track(labels, SEED, manner))) * 60.0 / (BLINK_LINE_ROWS / FRAME_RATE_HZ)
        found.append((path.stem, 60.0 * len(blinks_in(motion.opening)) / seconds, made))
    return found


def _mean_size(manners: Sequence[Manner], line: tuple[Recording, Emphasis]) -> float:
    return float(np.mean([_figures(_made(manner, line, SEED))[1] for manner in manners]))


def _neutral(pair: Recording, emphasis: Emphasis) -> np.ndarray:
    """(T, 3) radians of a neutral speaker's head on a pair's line."""
    return auto_pose(pair.utterance.labels, SEED, Manner(), emphasis)[:, :3]


def _real_angles(pair: Recording, data: Path) -> np.ndarray:
    """(T, 3) of the person of a pair, at its labels' rows."""
    path = clips_folder(data) / "speech" / f"{pair.name}.mat"
    motion = seen_motion(path, read_expression(path))
    assert motion is not None
    return motion.rotation[: len(pair.utterance.labels)]


def _turning(angles: np.ndarray) -> np.ndarray:
    """(T,) how fast a head turns."""
    return np.linalg.norm(np.gradient(smooth(angles), axis=0), axis=1)


def _on_stress(
    lines: Sequence[tuple[Recording, Emphasis]], track_of: Callable[[Recording, Emphasis], np.ndarray]
) -> tuple[float, float, float]:
    """Mean of a track where nods on stressed syllables are lowest, in deviations; the controls' mean, and the part of
    them that it is above.

    A control moves all syllables of a line by the same random time. The track counts from its mean over two seconds.
    """
    generator = np.random.default_rng(SEED)
    values, controls, weights = [], [], []
    window = np.hanning(61) / np.hanning(61).sum()
    for pair, emphasis in lines:
        track = track_of(pair, emphasis).astype(np.float64)
        track = track - np.convolve(np.pad(track, 30, mode="edge"), window, mode="valid")
        track /= max(float(track.std()), 1e-9)
        lowest = np.maximum(stress_peaks(emphasis.stress) - LEAD_ROWS, 0)
        if not len(lowest):
            continue
        second = int(FRAME_RATE_HZ)
        moved = generator.integers(second, max(len(track) - second, second + 1), size=CONTROLS)
        values.append(track[lowest].mean())
        controls.append(track[(lowest[None] + moved[:, None]) % len(track)].mean(axis=1))
        weights.append(len(lowest))
    value = float(np.average(values, weights=weights))
    chance = np.average(controls, axis=0, weights=weights)
    return value, float(chance.mean()), float((value > chance).mean())
