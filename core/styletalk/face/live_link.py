# SPDX-License-Identifier: Apache-2.0
"""ARKit weights out of CSV: Live Link Face recordings (60 fps, timecodes), our own export, and tables named alike."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files.reading import UnusableContent
from ..files.table import table_lines
from .blendshapes import arkit_table
from .resampling import evened
from .retarget import ARKIT_NAMES

TIMECODE_RATES_HZ = (24, 25, 30, 60, 50)
"""What frames are counted in. The app counts 60 at any rate: at 30 rows a second in twos."""
ROW_RATES_HZ = (*TIMECODE_RATES_HZ, 15)
"""Rates of rows; where frames could be counted in several ways, what makes one of the first five of these is meant."""
MAX_GAP_S = 0.2
"""Missing rows up to here become a straight line; more is a hole in the recording. Rows in which the face was lost are
there, and become one however many they are."""
MAX_WEIGHT = 1.5
"""ARKit's weights lie in 0..1; a calibrated recording may go a little beyond, percents go far."""
NEEDED = ("jawOpen",)
HEAD_ANGLES = ("HeadYaw", "HeadPitch", "HeadRoll")
MAX_TURN_RAD = 3.2
"""Half a turn and a little: where an angle goes beyond, all are degrees, which the app never writes."""
_TIMECODE = re.compile(r"^(\d+):(\d+):(\d+)[:;](\d+(?:\.\d+)?)$")
_OURS = {re.sub("[^a-z]", "", name.lower()): name for name in ARKIT_NAMES}


@dataclass(frozen=True)
class BlendshapeTable:
    """weights: (T, 52) in 0..1, columns as ARKIT_NAMES. rate_hz: by its timecodes, or None where they do not say.

    head: (T, 3) radians, yaw, pitch and roll of the head as the app has them; zeros where it did not record them.
    missing: shapes that the recording has no column for. filled: in how many rows the face was lost or the row was
    missing; they became straight lines, at either end the nearest row.
    """

    weights: np.ndarray
    rate_hz: float | None
    missing: tuple[str, ...]
    head: np.ndarray
    filled: int = 0


def read_live_link(path: Path) -> BlendshapeTable:
    """The weights in a CSV whose first line names its columns. Raises UnusableContent with what is wrong, OSError."""
    header, lines = _cells(path)
    seen = np.array([not _is_lost(header, line) for line in lines])
    if not seen.any():
        raise UnusableContent("it has no row in which the face was seen")
    places = {ours: k for k, name in enumerate(header) if (ours := arkit_name(name) or head_name(name))}
    absent = [name for name in NEEDED if name not in places]
    if absent:
        raise UnusableContent(f"it has no column {', '.join(absent)}; its first line must name the ARKit shapes")
    rows = np.flatnonzero(seen)
    columns = {name: _numbers({row: lines[row][place] for row in rows}, name) for name, place in places.items()}
    weights, missing = arkit_table(columns, len(rows))
    check_range(weights)
    head = np.stack([columns.get(name, np.zeros(len(rows))) for name in HEAD_ANGLES], axis=1)
    turn = float(np.abs(head).max())
    if turn > MAX_TURN_RAD:
        raise UnusableContent(f"its head angles reach {turn:.3g}: they are degrees, and radians are expected")
    table = np.hstack([np.clip(weights, 0, 1), head])
    table = np.stack([np.interp(np.arange(len(lines)), rows, column) for column in table.T], axis=1)
    lost = len(lines) - len(rows)
    rate_hz, times_s = _clock([line[0] for line in lines]) if header[0].strip().lower() == "timecode" else (None, None)
    if rate_hz is None or times_s is None:
        return BlendshapeTable(table[:, :-3], None, missing, table[:, -3:], lost)
    gap = float(np.diff(times_s).max(initial=0.0))
    if gap > MAX_GAP_S:
        row = int(np.argmax(np.diff(times_s)))
        raise UnusableContent(f"its timecodes leave out {gap:.2f} s after row {row}")
    even, steps = evened(table, times_s, rate_hz), np.rint(np.diff(times_s) * rate_hz)
    return BlendshapeTable(even[:, :-3], rate_hz, missing, even[:, -3:], lost + int((steps[steps > 1] - 1).sum()))


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """The first line and the others. Raises UnusableContent where there are none or one is cut off."""
    lines = [line for line in table_lines(path) if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise UnusableContent("it has no rows")
    header, rows = lines[0], lines[1:]
    for number, row in enumerate(rows):
        if len(row) != len(header) and not _is_lost(header, row):
            raise UnusableContent(f"row {number} has {len(row)} columns, the first line names {len(header)}")
    return header, rows


def _is_lost(header: list[str], row: list[str]) -> bool:
    """Whether the face was not seen: such rows have a timecode and the number of shapes, 0."""
    counted = len(header) > 1 and header[1].strip().lower() == "blendshapecount"
    return counted and len(row) > 1 and row[1].strip() == "0" and not any(cell.strip() for cell in row[2:])


def arkit_name(column: str) -> str | None:
    """Our name of a column: EyeBlinkLeft, eyeBlinkLeft, eyeBlink_L and blendShape1.eyeBlink_L are the same."""
    plain = re.sub(r"_l$", "Left", re.sub(r"_r$", "Right", column.strip().split(".")[-1], flags=re.I), flags=re.I)
    return _OURS.get(re.sub("[^a-z]", "", plain.lower()))


def head_name(column: str) -> str | None:
    """HEAD_ANGLES' name of a column, or None."""
    return next((name for name in HEAD_ANGLES if name.lower() == column.strip().lower()), None)


def _numbers(cells: dict[int, str], name: str) -> np.ndarray:
    """The numbers of a column, by their rows. Raises UnusableContent with the first that is none."""
    values = []
    for row, cell in cells.items():
        try:
            values.append(float(cell))
        except ValueError:
            values.append(np.nan)
        if not np.isfinite(values[-1]):
            raise UnusableContent(f"row {row} of its column {name} is {cell.strip()[:20]!r}, no number")
    return np.array(values)


def check_range(weights: np.ndarray) -> None:
    """Raises UnusableContent where (T, 52) weights are percents, or the face does not move."""
    largest = float(np.abs(weights).max())
    if largest > MAX_WEIGHT:
        raise UnusableContent(f"its weights reach {largest:.3g}; they are expected within 0..1, not in percent")
    if float(np.ptp(weights, axis=0).max()) == 0.0:
        raise UnusableContent("all its rows are alike: the face does not move")


def _clock(timecodes: list[str]) -> tuple[float | None, np.ndarray | None]:
    """Rows a second and times (T,) of HH:MM:SS:FF.fff codes, or (None, None) where they do not run like a clock.

    FF counts frames within the second, the decimals are parts of a frame; midnight may pass. How many frames a second
    has, a short take may leave open: then it is what makes the steps most even.
    """
    matches = [_TIMECODE.match(code.strip()) for code in timecodes]
    fields = np.array([[float(group) for group in match.groups()] for match in matches if match])
    if len(fields) < len(timecodes) or len(fields) < 2:
        return None, None
    whole_s, frames = fields[:, :3] @ (3600.0, 60.0, 1.0), fields[:, 3]
    clocks = [_times_s(whole_s, frames / rate) for rate in TIMECODE_RATES_HZ if frames.max() < rate]
    running = [times_s for times_s in clocks if np.diff(times_s).min() > 0]
    if not running:
        return None, None
    times_s = min(running, key=lambda clock: (_unevenness(clock), _row_rate(clock) not in TIMECODE_RATES_HZ))
    common, rate_hz = _row_rate(times_s), 1.0 / float(np.median(np.diff(times_s)))
    return (float(common), times_s) if abs(common / rate_hz - 1) < 0.5 else (None, None)


def _row_rate(times_s: np.ndarray) -> int:
    """The usual rate that is nearest."""
    return min(ROW_RATES_HZ, key=lambda rate: abs(rate * float(np.median(np.diff(times_s))) - 1))


def _unevenness(times_s: np.ndarray) -> float:
    steps = np.diff(times_s)
    return round(float(steps.std() / np.median(steps)), 3)


def _times_s(whole_s: np.ndarray, parts_s: np.ndarray) -> np.ndarray:
    times_s = whole_s + parts_s
    return times_s + 86400.0 * np.concatenate([[0], np.cumsum(np.diff(times_s) < -43200.0)])
