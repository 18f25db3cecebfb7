# SPDX-License-Identifier: Apache-2.0
"""`python -m styletalk_research.presets.manners DATA --tracks DIR`: write what is known of how people hold themselves.

Measured: published clips and speech by their own angles and the eyes' opening in their coefficients; gaze by the films
beside them, and all of it in the films of `video/`. Learnt from that: what a face lets one expect of the head, for
styles in which no head is seen. And the manners of the presets, by the table below.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from styletalk.errors import StyleTalkError
from styletalk.face.landmarks import eye_openness
from styletalk.face.model import open_face
from styletalk.files.npz import write_npz
from styletalk.styles.manner import Manner, mixed
from styletalk.styles.manner_measure import Motion, measured
from styletalk.styles.manners import MANNERS_FILE, clip_features
from styletalk.styles.readers import seen_motion
from styletalk.timeline import FRAME_RATE_HZ
from styletalk.tracking.capture import CaptureOptions, animation_of
from styletalk.tracking.fit import fit_face
from styletalk.tracking.track_file import read_track, write_track

from ..datasets.pairs import clips_folder, read_expression

RIDGE = 40.0
FULL_WEIGHT_S = 10.0
"""A person who is seen for so long counts in full, a shorter one less."""
FORETOLD = slice(3, 12)
"""Of a manner's vector, what a face foretells: size, speed, sway. Blinks and looks are the mean of all people."""


@dataclass(frozen=True)
class Seen:
    """A recording of a person: manner, the expression (T, 64) it goes with, seconds."""

    person: str
    manner: Manner
    expression: np.ndarray

    @property
    def weight(self) -> float:
        """How much it counts."""
        return min(1.0, len(self.expression) / FRAME_RATE_HZ / FULL_WEIGHT_S)


@dataclass(frozen=True)
class PresetManner:
    """How a preset's manner comes about: the mean of what its clips show, one person one voice, or of other presets',
    sizes, speeds and sway times a factor; then what is said outright, by design."""

    clips: tuple[str, ...] = ()
    blend: Mapping[str, float] = field(default_factory=dict)
    size: float = 1.0
    speed: float = 1.0
    said: Mapping[str, object] = field(default_factory=dict)


def _held(pitch: float, roll: float = 0.0, **others: object) -> dict[str, object]:
    return {"level_deg": (pitch, 0.0, roll), **others}


PRESETS: Mapping[str, PresetManner] = {
    # A camera stands high or low, and people in one mood hold the head so or so: levels are designed throughout.
    "neutral": PresetManner(("andrew", "feifeili", "KristiNoem", "Obama"), said=_held(0.0), size=0.7, speed=0.75),
    "happy": PresetManner(("happyenglish", "vscodehappy", "nice"), said=_held(-2.0, 3.0, nod=0.45, pause=0.5), size=0.8,
                          speed=0.85),
    "warm": PresetManner(blend={"neutral": 0.5, "happy": 0.5}, said=_held(2.0, 5.0), speed=0.85),
    "surprised": PresetManner(("surprisegirl", "spata"), said=_held(-7.0, nod=0.3, blinks=12.0, looks=0.7, hold=0.7)),
    "excited": PresetManner(blend={"happy": 0.5, "surprised": 0.5}, size=1.4, speed=1.4,
                            said=_held(-3.0, nod=0.5, pause=0.6)),
    "sad": PresetManner(("sad_emotion", "sadgirl"), size=0.6, speed=0.4,
                        said=_held(10.0, -2.0, nod=0.25, pause=0.35, blinks=14.0, blink_s=0.32, look_down=0.10,
                                   hold=0.2)),
    "tired": PresetManner(blend={"sad": 1.0}, size=0.8, speed=0.6,
                          said=_held(7.0, 4.0, nod=0.15, pause=0.2, blinks=14.0, blink_s=0.45, look_down=0.13,
                                     looks=0.4, hold=0.1)),
    # The clips of these two roll the head to 16 degrees, which looks like a wobble: roll is designed.
    "angry": PresetManner(("angryice",), size=0.9,
                          said=_held(5.0, size_deg=(2.3, 3.1, 2.0), speed=(13.8, 6.0, 6.0), nod=0.5, pause=0.3,
                                     looks=0.5, blinks=14.0, spread=(0.03, 0.02), hold=0.85)),
    "furious": PresetManner(("furious",),
                            said=_held(8.0, size_deg=(4.7, 5.2, 2.5), speed=(17.4, 18.2, 8.5), nod=0.55, looks=0.4,
                                       blinks=10.0, spread=(0.02, 0.02), hold=0.9)),
    "worried": PresetManner(blend={"neutral": 0.5, "sad": 0.5}, speed=1.5,
                            said=_held(3.0, -5.0, blinks=34.0, looks=1.8, spread=(0.11, 0.06))),
    "disgusted": PresetManner(blend={"neutral": 1.0}, said=_held(-3.0, 6.0, turn=0.7, look_down=0.06)),
    "contempt": PresetManner(blend={"neutral": 1.0}, size=0.7, speed=0.6,
                             said=_held(-7.0, 6.0, nod=0.2, blinks=12.0, blink_s=0.35, looks=0.5, look_down=0.06,
                                        hold=0.8)),
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.presets.manners")
    parser.add_argument("data", type=Path, help="holds styletalk/ and video/")
    parser.add_argument("--tracks", type=Path, required=True, help="where the tracks of the clips' films are kept")
    options = parser.parse_args(arguments)
    clips, films = published(options.data, options.tracks), filmed(options.data)
    people = [*clips.values(), *films.values()]
    learnt = learn(people)
    presets = preset_manners(clips)
    names, vectors = np.array(list(presets)), np.stack([each.vector() for each in presets.values()])
    write_npz(MANNERS_FILE, {**learnt, "presets": names, "preset_manners": vectors})
    for name, each in presets.items():
        print(f"{name:10s} {each.sentence()}")
    print("left one person out, r:", {name: round(r, 2) for name, r in expected(people).items()})
    return 0


def published(data: Path, tracks: Path) -> dict[str, Seen]:
    """The published clips and speech by name. Raises StyleTalkError."""
    found = {}
    for path in sorted(clips_folder(data).glob("*/*.mat")):
        expression = read_expression(path)
        motion = seen_motion(path, expression)
        if motion is not None:
            film = path.with_suffix(".mp4")
            gaze = _gaze(film, tracks / f"{path.stem}.npz") if film.is_file() else None
            manner = measured(replace(motion, gaze=None), Manner())
            if gaze is not None:
                looks = measured(Motion(motion.rotation, gaze=gaze), Manner())
                manner = replace(manner, looks=looks.looks, spread=looks.spread)
            found[path.stem] = Seen(path.stem.split("_")[0], manner, expression)
    return found


def filmed(data: Path) -> dict[str, Seen]:
    """The tracked films of `video/` by name."""
    found = {}
    for path in sorted((data / "video").glob("*.npz")):
        motion, expression = _motion_of(path)
        found[path.stem] = Seen(path.stem.split("__")[0], measured(motion, Manner()), expression)
    return found


def _gaze(film: Path, kept: Path) -> np.ndarray | None:
    """(T, 4) gaze in a film, tracked once; None where no face is found."""
    from styletalk.tracking.tracker import track_face

    try:
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_track(kept, track_face(film))
        return _motion_of(kept)[0].gaze
    except StyleTalkError:
        return None


def _motion_of(path: Path) -> tuple[Motion, np.ndarray]:
    track = read_track(path)
    fitted = fit_face(track)
    film = path.with_suffix(".mp4")
    captured = animation_of(film, track, fitted, CaptureOptions())
    opening = (eye_openness(open_face(), fitted.expression) - captured.blinks).mean(axis=1)
    return Motion(fitted.rotation, fitted.translation, opening, captured.gaze, fitted.usable), fitted.expression


def learn(people: list[Seen]) -> dict[str, np.ndarray]:
    """The ridge of `manners.predicted_manner`, its target the manner's vector. Levels are a neutral speaker's: 0."""
    features = np.stack([clip_features(each.expression) for each in people])
    weight = np.array([each.weight for each in people])
    mean = np.average(features, axis=0, weights=weight)
    std = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weight))
    targets = np.stack([replace(each.manner, level_deg=(0.0, 0.0, 0.0)).vector() for each in people]).astype(np.float64)
    centre = np.average(targets, axis=0, weights=weight)
    f, t = (features - mean) / std, targets - centre
    weights = np.zeros((targets.shape[1], f.shape[1]))
    system = (f.T * weight) @ f + RIDGE * np.eye(f.shape[1])
    weights[FORETOLD] = np.linalg.solve(system, (f.T * weight) @ t[:, FORETOLD]).T
    return {"mean": centre, "weights": weights, "feature_mean": mean, "feature_std": std}


def expected(people: list[Seen]) -> dict[str, float]:
    """How well the ridge foretells people that it has not seen: r of the head's size and speed."""
    columns = {"size": slice(3, 6), "speed": slice(6, 9)}
    told, true = [], []
    for person in sorted({each.person for each in people}):
        known = learn([each for each in people if each.person != person])
        for each in (one for one in people if one.person == person):
            f = (clip_features(each.expression) - known["feature_mean"]) / known["feature_std"]
            told.append(known["mean"] + known["weights"] @ np.clip(f, -2, 2))
            true.append(each.manner.vector())
    a, b = np.array(told), np.array(true)
    return {
        name: float(np.corrcoef(np.linalg.norm(a[:, at], axis=1), np.linalg.norm(b[:, at], axis=1))[0, 1])
        for name, at in columns.items()
    }


def preset_manners(clips: Mapping[str, Seen]) -> dict[str, Manner]:
    """The manner of every preset by name."""
    made: dict[str, Manner] = {}
    for name, each in PRESETS.items():
        if each.clips:
            manner = _mean_manner([seen for clip, seen in clips.items() if clip.startswith(each.clips)])
        else:
            manner = mixed([made[other] for other in each.blend], list(each.blend.values()))
        scaled = {
            field_name: tuple(factor * np.array(getattr(manner, field_name)))
            for field_name, factor in (("size_deg", each.size), ("speed", each.speed), ("sway_mm", each.size))
        }
        made[name] = replace(manner, **{**scaled, **each.said}).bounded()  # type: ignore[arg-type]
    return made


def _mean_manner(seen: list[Seen]) -> Manner:
    """The mean manner of people, each of whom counts once, however many clips there are."""
    people = sorted({each.person for each in seen})
    means = []
    for person in people:
        own = [each for each in seen if each.person == person]
        weights = np.array([len(each.expression) for each in own], np.float64)
        means.append(mixed([each.manner for each in own], weights / weights.sum()))
    return mixed(means, [1 / len(means)] * len(means))


if __name__ == "__main__":
    raise SystemExit(main())
