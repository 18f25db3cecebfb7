# SPDX-License-Identifier: Apache-2.0
"""What a sound says of the mouth, learnt from people whose lag is known; ships as lag_map.npz.

    python -m styletalk_research.datasets.lag_map DATA [--study]

DATA holds styletalk/ (sample clips), video/ (tracks with `av_lag_ms` and their films) and facegood/ (judged only).
--study writes no map: it finds each lag by a map that never saw the speaker, and tries each mouth with other sounds.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from styletalk.files.npz import write_npz
from styletalk.speech.audio.sound_file import load_audio
from styletalk.timeline import FRAME_RATE_HZ, LABEL_LEAD_ROWS, film_row_time_s
from styletalk.tracking.fit import fit_face
from styletalk.tracking.lag import BEYOND, MAP_FILE, Lag, lag_between, mouth_of, sound_windows, without_drift
from styletalk.tracking.track_file import read_track

from .clip import read_motion
from .facegood import LATE_S, LATER_S
from .pairs import load_recordings

RIDGE = 3000.0
ONE_MAN = ("Pose_Source_741400163", "Audio_Source_741400104")
STRETCHES_S = (3.0, 5.0, 8.0, 15.0)
PLACES = 4
"""Stretches of each length that are tried of each recording, and other sounds for each."""


@dataclass(frozen=True, eq=False)
class TimedMouth:
    """A mouth with its sound. mouth: see `lag.mouth_of`. windows: see `lag.sound_windows`, BEYOND rows more.

    seen: (T,) bool. lag_s: how late the mouth is, were row i at `film_row_time_s(i)`. judged: not learnt from.
    """

    name: str
    speaker: str
    mouth: np.ndarray
    windows: np.ndarray
    seen: np.ndarray
    lag_s: float
    judged: bool = False


def timed_mouths(data: Path) -> Iterator[TimedMouth]:
    """All that is there. Raises StyleTalkError."""
    for clip in load_recordings(data / "styletalk", sound_columns=0):
        assert clip.audio is not None
        lead_s = (clip.av_offset - LABEL_LEAD_ROWS) / FRAME_RATE_HZ
        yield _timed(clip.name, clip.speaker, clip.expression, clip.audio, None, -lead_s)
    for path in sorted((data / "video").glob("*.npz")):
        track = read_track(path)
        face = fit_face(replace(track, lag_s=0.0))
        speaker = ONE_MAN[0] if any(part in path.stem for part in ONE_MAN) else path.stem
        yield _timed(path.stem, speaker, face.expression, path.with_suffix(".mp4"), face.usable, track.lag_s)
    for path in sorted((data / "facegood").glob("*.npy")):
        expression, _ = read_motion(path).at_30(FRAME_RATE_HZ)
        timed = _timed(path.stem, "FACEGOOD", expression, path.with_suffix(".wav"), None, film_row_time_s(0))
        yield replace(timed, judged=True)


def _timed(
    name: str, speaker: str, expression: np.ndarray, sound: Path, usable: np.ndarray | None, lag_s: float
) -> TimedMouth:
    seen = np.ones(len(expression), bool) if usable is None else usable
    windows = sound_windows(load_audio(sound), len(expression) + BEYOND)
    return TimedMouth(name, speaker, mouth_of(expression), windows, seen, lag_s)


@dataclass(frozen=True, eq=False)
class Sums:
    """What a ridge regression needs of each speaker: gram (F, F) and product (F, 2)."""

    of_speaker: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def slope(self, without: str = "") -> np.ndarray:
        """(F, 2) float32, learnt from everybody but one."""
        kept = [sums for speaker, sums in self.of_speaker.items() if speaker != without]
        gram, product = (np.sum([each[k] for each in kept], axis=0) for k in (0, 1))
        return np.linalg.solve(gram + RIDGE * np.eye(len(gram)), product).astype(np.float32)


def sums_of(mouths: Sequence[TimedMouth]) -> Sums:
    """Each mouth in deviations, moved to where its sound is."""
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for each in mouths:
        rows = np.arange(len(each.mouth))
        at = rows + each.lag_s * FRAME_RATE_HZ
        known = each.seen & (at >= 0) & (at <= rows[-1])
        wanted = np.stack([np.interp(at[known], rows, column) for column in (each.mouth / each.mouth.std(0)).T], axis=1)
        said = without_drift(each.windows[: len(rows)])[known].astype(np.float32)
        gram, product = sums.get(each.speaker, (0.0, 0.0))
        sums[each.speaker] = gram + said.T @ said, product + said.T @ wanted
    return Sums(sums)


def study(mouths: Sequence[TimedMouth], sums: Sums) -> Iterator[str]:
    """Lines of a report: each recording, what reading it in time gives, stretches with their own and other sounds."""
    slopes = {speaker: sums.slope(speaker) for speaker in {each.speaker for each in mouths}}
    yield "| recording | s | lag known, ms | found, ms | off by, ms | certainty | r gap | r width |"
    yield "|---|---|---|---|---|---|---|---|"
    for each in mouths:
        said = without_drift(each.windows @ slopes[each.speaker])
        found, r = lag_between(each.mouth, said, each.seen), correlations(each, said, each.lag_s)
        milliseconds = (1000 * s for s in (each.lag_s, found.seconds, found.seconds - each.lag_s))
        cells = (f"{len(each.mouth) / FRAME_RATE_HZ:.0f}", *(f"{ms:.0f}" for ms in milliseconds))
        yield f"| {each.name[-40:]} | {' | '.join(cells)} | {found.certainty:.2f} | {r[0]:.2f} | {r[1]:.2f} |"
    yield from ("", "| recording | r gap and width as recorded | corrected |", "|---|---|---|")
    for each in (each for each in mouths if each.judged):
        said, late_s = without_drift(each.windows @ slopes[each.speaker]), LATER_S.get(each.name, LATE_S)
        pairs = ["{:.2f}, {:.2f}".format(*correlations(each, said, each.lag_s - off)) for off in (late_s, 0.0)]
        yield f"| {each.name} | {pairs[0]} | {pairs[1]} |"
    yield from _stretches_report(mouths, slopes)


def _stretches_report(mouths: Sequence[TimedMouth], slopes: Mapping[str, np.ndarray]) -> Iterator[str]:
    yield from ("", "| stretches of, s | off by, ms: median, 95 % | sure of own sound | sure of another's |")
    yield "|---|---|---|---|"
    random = np.random.default_rng(0)
    for seconds in STRETCHES_S:
        own, other = _stretches(mouths, slopes, round(seconds * FRAME_RATE_HZ), random)
        off = 1000 * np.abs([found.seconds - known for found, known in own if found.sure])
        rates = (np.mean([found.sure for found in each]) for each in ([found for found, _ in own], other))
        yield (
            f"| {seconds:g} ({len(own)}, {len(other)}) | {np.median(off):.0f}, {np.percentile(off, 95):.0f} | "
            f"{' | '.join(f'{rate:.1%}' for rate in rates)} |"
        )


def correlations(each: TimedMouth, said: np.ndarray, lag_s: float) -> list[float]:
    """r of mouth gap and width with what the sound says of them, for a mouth that is late by lag_s."""
    at = np.arange(len(each.mouth)) - lag_s * FRAME_RATE_HZ
    known = each.seen & (at >= 0) & (at < len(said))
    places = np.arange(len(said))
    return [float(np.corrcoef(np.interp(at[known], places, said[:, k]), each.mouth[known, k])[0, 1]) for k in (0, 1)]


def _stretches(
    mouths: Sequence[TimedMouth], slopes: Mapping[str, np.ndarray], rows: int, random: np.random.Generator
) -> tuple[list[tuple[Lag, float]], list[Lag]]:
    """Lags found of stretches with their own sound, beside the known ones, and with sounds of other speakers."""
    own, other = [], []
    long = [each for each in mouths if len(each.mouth) > rows]
    for each in long:
        strangers = [sound for sound in long if sound.speaker != each.speaker]
        for start in random.integers(0, len(each.mouth) - rows, PLACES):
            part = slice(start, start + rows)

            def found(sound: TimedMouth, first: int, each: TimedMouth = each, part: slice = part) -> Lag:
                said = without_drift(sound.windows[first : first + rows + BEYOND] @ slopes[each.speaker])
                return lag_between(without_drift(each.mouth[part]), said, each.seen[part])

            own.append((found(each, start), each.lag_s))
            sound = strangers[random.integers(len(strangers))]
            other.append(found(sound, int(random.integers(0, len(sound.mouth) - rows))))
    return own, other


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.datasets.lag_map", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--study", action="store_true")
    options = parser.parse_args(arguments)
    mouths = list(timed_mouths(options.data))
    sums = sums_of([each for each in mouths if not each.judged])
    if options.study:
        print("\n".join(study(mouths, sums)))
    else:
        write_npz(MAP_FILE, {"slope": sums.slope()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
