# SPDX-License-Identifier: Apache-2.0
"""How the head moves of itself while it talks: as a style's manner says, in time with what is said.

Each angle is a level and a motion round it. The motion is seeded noise, and for pitch a nod on each syllable that
stands out, for yaw and roll a turn with each phrase; quiet where nothing is said. Its deviation and speed over the line
are those of the manner: the first is a factor, the second sets how fast the noise is.
"""

import numpy as np

from ..animation import HEAD_POSE_DIM
from ..emphasis import Emphasis
from ..styles.manner import Manner
from ..timeline import FRAME_RATE_HZ
from .blinks import silences
from .envelope import PHRASE_PAUSE_S
from .nods import nod_track, turn_track
from .noise import Noise, ends_at_rest
from .smooth import eased

SLOWEST_HZ, FASTEST_HZ = 0.12, 2.2
"""Corner of the noise: slower is a drift, faster a jitter."""
STEPS = 12
"""Of the bisection that finds it."""
SWAY_HZ = 0.35
EASE_S = 0.5
"""How long the head takes from rest to speech and back, and at both ends of the line."""
EASE_DEGREES_PER_S = 30.0
MAX_EASE_S, MAX_EASE_SHARE = 0.9, 0.2
"""A level that is far from rest is reached no faster, within so much of a short line at most, or else in part."""
MAX_LEVEL_GAIN = 1.25
"""A level is raised by this at most for the time that it takes to be reached."""
SEEN_SHARE = 0.05
"""Of the greatest intensity, from which on the face shows its style."""
MIN_MOTION = 0.6
"""What is left of the motion where the way to the level alone has the manner's deviation."""
MAX_TOO_FAST = 1.25
"""And of its speed, at most."""
MIN_SPEECH_ROWS = 15
LOUDER_PER_DB, LOUDNESS_LIMITS, LOUDNESS_S = 0.03, (0.75, 1.3), 0.7
"""How much more the head moves where the voice is louder, within limits, and over how long loudness counts."""
MORE_ON_STRESS, STRESS_S = 0.5, 0.15
"""And on a stressed syllable: people's heads are a sixth faster there."""
FREE_DEGREES, MAX_DEGREES = 25.0, 38.0
"""Angles beyond the first are drawn in, and none goes beyond the second."""


def auto_pose(
    labels: np.ndarray,
    seed: int,
    manner: Manner | None = None,
    emphasis: Emphasis | None = None,
    intensity: np.ndarray | None = None,
) -> np.ndarray:
    """(T, 6) float32 head pose, radians and metres, for (T,) int16 labels. Begins and ends at rest. Set by the seed.

    manner: of the style, None for a neutral speaker's. emphasis: what nods go with; None knows phrases alone.
    intensity: (T,) how strong the style is: the head goes to its level when the face does; None is all along.
    """
    manner, rows = manner or Manner(), len(labels)
    if rows < 2:
        return np.zeros((rows, HEAD_POSE_DIM), np.float32)
    speaking = speaking_rows(labels)
    activity = eased(manner.pause + (1 - manner.pause) * speaking, EASE_S) * ends_at_rest(rows, EASE_S)
    if emphasis is not None:
        activity *= _livelier(emphasis, speaking)
    generator = np.random.default_rng([seed, 3])
    noise = Noise(rows, HEAD_POSE_DIM, generator)
    nods = nod_track(speaking, emphasis, generator)
    shown = _shown(intensity, rows)
    said = [(nods, manner.nod), *((turn_track(speaking, generator), manner.turn) for _ in range(2))]
    pose = np.zeros((rows, HEAD_POSE_DIM))
    for axis, (track, share) in enumerate(said):
        angle = _Angle(manner, axis, activity, speaking > 0, shown)
        pose[:, axis] = np.radians(_drawn_in(angle.moved(noise, track, share)))
    sway = noise.track(slice(3, 6), SWAY_HZ) * activity[:, None]
    pose[:, 3:] = 0.001 * sway * manner.sway_mm
    return pose.astype(np.float32)


class _Angle:
    """One angle of a line: its way to the level and back, and the motion round it."""

    def __init__(self, manner: Manner, axis: int, activity: np.ndarray, spoken: np.ndarray, shown: slice) -> None:
        """axis: 0 pitch, 1 yaw, 2 roll. activity: (T,) how much it moves. spoken: (T,) bool. shown: of the level."""
        self.axis, self.activity = axis, activity
        self.size, self.speed = manner.size_deg[axis], manner.speed[axis]
        self.seen = spoken if spoken.sum() >= MIN_SPEECH_ROWS else np.ones(len(spoken), bool)
        level, rows = manner.level_deg[axis], shown.stop - shown.start
        ease_s = float(np.clip(abs(level) / EASE_DEGREES_PER_S, EASE_S, MAX_EASE_S))
        ease_s = min(ease_s, MAX_EASE_SHARE * rows / FRAME_RATE_HZ)
        level = float(np.clip(level, -EASE_DEGREES_PER_S * ease_s, EASE_DEGREES_PER_S * ease_s))
        there = ends_at_rest(rows, ease_s)
        self.way = np.zeros(len(activity))
        self.way[shown] = level * min(1.0 / max(float(there.mean()), 1e-6), MAX_LEVEL_GAIN) * there

    def moved(self, noise: Noise, said: np.ndarray, share: float) -> np.ndarray:
        """(T,) degrees: the way with that motion whose size and speed are the manner's, as far as both can be."""
        low, high = np.log(SLOWEST_HZ), np.log(FASTEST_HZ)
        found = self.way
        for _ in range(STEPS):
            corner = (low + high) / 2
            found = self._with(noise.track(self.axis, float(np.exp(corner))), said, share)
            low, high = (corner, high) if _speed(found) < self.speed else (low, corner)
        too_fast = _speed(found) / max(MAX_TOO_FAST * self.speed, 1e-6)  # a short line has no time for slow motion
        return found if too_fast <= 1 else self.way + (found - self.way) / too_fast

    def _with(self, noise: np.ndarray, said: np.ndarray, share: float) -> np.ndarray:
        """The way and motion of the manner's size, whose mean is zero: std(w + g m) = size, solved for g."""
        motion = (np.sqrt(1 - share**2) * noise + share * said) * self.activity
        hump = self.activity / max(float(self.activity.sum()), 1e-6)  # takes out the mean, and is at rest at both ends
        motion = motion - hump * motion.sum()
        way, spread = self.way[self.seen], max(float(motion[self.seen].std()), 1e-6)
        both = float(np.mean((way - way.mean()) * (motion[self.seen] - motion[self.seen].mean()))) / spread
        gain = -both + np.sqrt(max(both**2 + self.size**2 - float(way.var()), 0.0))
        return self.way + max(gain, MIN_MOTION * self.size) / spread * motion


def _shown(intensity: np.ndarray | None, rows: int) -> slice:
    """From the first to the last row in which the style is seen; all rows where it never is, or always."""
    seen = np.arange(rows) if intensity is None else np.flatnonzero(intensity > SEEN_SHARE * intensity.max())
    return slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) > 1 else slice(0, rows)


def _speed(track: np.ndarray) -> float:
    """Mean |speed|, units a second."""
    return float(np.abs(np.diff(track)).mean()) * FRAME_RATE_HZ


def _drawn_in(degrees: np.ndarray) -> np.ndarray:
    """The same within MAX_DEGREES, unchanged and without a corner up to FREE_DEGREES."""
    room = MAX_DEGREES - FREE_DEGREES
    beyond = np.maximum(np.abs(degrees) - FREE_DEGREES, 0.0)
    return np.sign(degrees) * (np.minimum(np.abs(degrees), FREE_DEGREES) + room * np.tanh(beyond / room))


def speaking_rows(labels: np.ndarray) -> np.ndarray:
    """(T,) 1.0 in phrases, 0.0 in the silences between them; breaks within a phrase count as speech."""
    speaking = np.ones(len(labels))
    for start, end in silences(labels):
        if end - start >= PHRASE_PAUSE_S * FRAME_RATE_HZ or end == len(labels):
            speaking[start:end] = 0.0
    return speaking


def _livelier(emphasis: Emphasis, speaking: np.ndarray) -> np.ndarray:
    """(T,) round 1: more where the voice is louder than the line's median, and on stressed syllables."""
    gain = 1 + LOUDER_PER_DB * eased(np.where(speaking > 0, emphasis.loudness_db, 0.0), LOUDNESS_S)
    return np.clip(gain, *LOUDNESS_LIMITS) * (1 + MORE_ON_STRESS * eased(emphasis.stress, STRESS_S))
