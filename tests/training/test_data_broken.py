# SPDX-License-Identifier: Apache-2.0
"""Every broken clip is named, with what is wrong, and left out; the others are not."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.io import savemat

from styletalk_research.datasets.errors import ManifestError
from styletalk_research.datasets.scan import ScanOptions, scan

ROWS = 90


def _face(rows: int = ROWS) -> np.ndarray:
    return (0.4 * np.sin(np.arange(rows)[:, None] / 7 + np.arange(64))).astype(np.float32)


def _mat(folder: Path, name: str, expression: np.ndarray, variable: str = "coeff") -> Path:
    savemat(folder / f"{name}.mat", {variable: expression})
    return folder / f"{name}.mat"


def _sound(folder: Path, name: str, seconds: float = 3.0, level: float = 0.2) -> Path:
    time_s = np.arange(round(seconds * 16000)) / 16000
    soundfile.write(folder / f"{name}.wav", level * np.sin(900 * time_s), 16000)
    return folder / f"{name}.wav"


def _good(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """A clip as it should be: face, sound, labels."""
    labels = folder / f"{name}_seq.json"
    labels.write_text(json.dumps([5] * ROWS))
    return _mat(folder, name, _face()), _sound(folder, name), labels


Breaker = Callable[[Path, Path, Path], object]


def _cut(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])


def _twice_as_long(mat: Path, labels: Path) -> None:
    """Six seconds of face and labels for three seconds of sound."""
    _mat(mat.parent, mat.stem, _face(2 * ROWS))
    labels.write_text(json.dumps([5] * (2 * ROWS)))


def _with_nan(mat: Path) -> None:
    expression = _face()
    expression[40, 7] = np.nan
    _mat(mat.parent, mat.stem, expression)


def _mp4_that_is_text(sound: Path) -> None:
    sound.unlink()
    sound.with_suffix(".mp4").write_text("no video")


BROKEN: dict[str, tuple[Breaker, str]] = {
    "truncated mat": (lambda mat, sound, labels: _cut(mat), "ends too early"),
    "empty file": (lambda mat, sound, labels: mat.write_bytes(b""), "cannot be read"),
    "another file": (lambda mat, sound, labels: mat.write_text("hello" * 99), "cannot be read"),
    "not a number": (lambda mat, sound, labels: _with_nan(mat), "1 of 90 rows.*NaN.*row 40"),
    "wrong width": (lambda mat, sound, labels: _mat(mat.parent, mat.stem, np.zeros((90, 50))), "50 wide"),
    "no rows": (lambda mat, sound, labels: _mat(mat.parent, mat.stem, np.zeros((0, 64))), "no rows"),
    "too short": (
        lambda mat, sound, labels: (_mat(mat.parent, mat.stem, _face(60)), _sound(mat.parent, mat.stem, 2.0)),
        "60 rows",
    ),
    "other variables": (lambda mat, sound, labels: _mat(mat.parent, mat.stem, _face(), "jaw"), "none of the variables"),
    "frozen": (lambda mat, sound, labels: _mat(mat.parent, mat.stem, np.ones((90, 64))), "does not move"),
    "another model": (lambda mat, sound, labels: _mat(mat.parent, mat.stem, _face() * 99), "stay below"),
    "sound missing": (lambda mat, sound, labels: sound.unlink(), "no sound of its name"),
    "sound empty": (lambda mat, sound, labels: sound.write_bytes(b""), "sound cannot be used.*empty"),
    "sound corrupt": (lambda mat, sound, labels: sound.write_bytes(b"RIFF" + b"\7" * 900), "sound cannot be used"),
    "sound cut off": (lambda mat, sound, labels: _cut(sound, 0.7), "90 frames last 3.00 s at 30 fps, its sound 2.10 s"),
    "sound cut in half": (lambda mat, sound, labels: _twice_as_long(mat, labels), "at 60 fps only"),
    "sound of another clip": (lambda mat, sound, labels: _sound(sound.parent, sound.stem, 7.3), "its sound 7.30 s"),
    "silent": (lambda mat, sound, labels: _sound(sound.parent, sound.stem, 3, 0.0), "silent from beginning"),
    "no video": (lambda mat, sound, labels: _mp4_that_is_text(sound), "sound cannot be used"),
    "label out of range": (lambda mat, sound, labels: labels.write_text(json.dumps([5] * 89 + [41])), "5 to 41"),
    "negative label": (lambda mat, sound, labels: labels.write_text(json.dumps([-1] + [5] * 89)), "-1 to 5"),
    "labels of another kind": (lambda mat, sound, labels: labels.write_text('["AA", "B"]'), "whole numbers"),
    "labels cut off": (lambda mat, sound, labels: _cut(labels), "cannot be read"),
    "too few labels": (lambda mat, sound, labels: labels.write_text(json.dumps([5] * 50)), "50 labels for 90 rows"),
    "too many labels": (lambda mat, sound, labels: labels.write_text(json.dumps([5] * 300)), "300 labels"),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "hdtf").mkdir()
    return tmp_path / "hdtf"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_clip_is_named_and_left_out(data: Path, tmp_path: Path, name: str) -> None:
    _good(data, "WDA_Good_000")
    break_it, sentence = BROKEN[name]
    break_it(*_good(data, "WDA_Broken_000"))
    manifest = scan(data, tmp_path / "m.json", ScanOptions(kind="hdtf"))
    assert [clip.name for clip in manifest.clips] == ["WDA_Good_000"]
    assert [left.source for left in manifest.left_out] == ["WDA_Broken_000.mat"]
    assert re.search(sentence, manifest.left_out[0].reason), manifest.left_out[0].reason
    assert manifest.left_out[0].reason.endswith((".", ".)")), "a sentence"


def test_clips_without_sound_are_kept_when_asked_for(data: Path, tmp_path: Path) -> None:
    _good(data, "WDA_A_000")[1].unlink()
    manifest = scan(data, tmp_path / "m.json", ScanOptions(without_sound=True))
    assert [(clip.name, clip.sound, clip.rows) for clip in manifest.clips] == [("WDA_A_000", None, ROWS)]


def test_a_second_file_of_the_same_clip_is_named(data: Path, tmp_path: Path) -> None:
    _good(data, "WDA_A_000")
    np.save(data / "WDA_A_000.npy", _face())
    manifest = scan(data, tmp_path / "m.json", ScanOptions())
    assert len(manifest.clips) == 1
    assert "is the same clip and is used instead" in manifest.left_out[0].reason


def test_two_sounds_that_fit_alike_are_not_guessed_between(data: Path, tmp_path: Path) -> None:
    for name in "ab":
        (data / name).mkdir()
    _mat(data, "WDA_A_000", _face())
    _sound(data / "a", "WDA_A_000")
    _sound(data / "b", "WDA_A_000")
    manifest = scan(data, tmp_path / "m.json", ScanOptions())
    assert not manifest.clips and "fit it alike" in manifest.left_out[0].reason


def test_offsets_that_cannot_be_read_stop_the_scan(data: Path, tmp_path: Path) -> None:
    _good(data, "WDA_A_000")
    (data / "av_offsets.json").write_text("{}")
    with pytest.raises(ManifestError, match="offsets"):
        scan(data, tmp_path / "m.json", ScanOptions(kind="hdtf"))
    (data / "av_offsets.json").write_text('{"lead": {"WDA_A_000": 5}}')
    assert scan(data, tmp_path / "m.json", ScanOptions(kind="hdtf")).clips[0].av_offset == 5
