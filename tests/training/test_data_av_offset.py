# SPDX-License-Identifier: Apache-2.0
"""How far a face offsets its labels is measured from the sound."""

from pathlib import Path

import numpy as np
import pytest

from styletalk.cli import main
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk_research.datasets.av_offset import OFFSETS, clear_offset, offset_curve, with_measured_offsets
from styletalk_research.datasets.clip import Clip
from styletalk_research.datasets.manifest import Manifest
from styletalk_research.datasets.pairs import read_audio_features, shifted_labels


def _talking(rows: int, late_rows: int) -> tuple[np.ndarray, Audio]:
    """A jaw that opens with the loudness of a noise, `late_rows` rows before (negative) or after its sound."""
    generator = np.random.default_rng(5)
    loudness = np.repeat(generator.uniform(0.02, 0.5, rows // 5 + 20), 5)
    sample = np.arange((10 + late_rows) * SAMPLE_RATE_HZ // 30, (10 + late_rows + rows) * SAMPLE_RATE_HZ // 30)
    noise = 0.3 * generator.normal(size=len(sample)) * loudness[sample * 30 // SAMPLE_RATE_HZ]
    expression = np.zeros((rows, 64), np.float32)
    expression[:, 0] = -3 * loudness[10 : 10 + rows]
    return expression, Audio(noise.astype(np.float32), Path("noise.wav"))


def test_moving_the_sound_moves_the_offset_by_as_much() -> None:
    offsets = [clear_offset(offset_curve(*_talking(400, late))) for late in (0, -3, 2)]
    assert offsets[0] is not None
    assert [offset - offsets[0] for offset in offsets if offset is not None] == [0, 3, -2]


def test_a_sound_of_somebody_else_has_no_clear_offset() -> None:
    expression, _ = _talking(400, 0)
    other = np.random.default_rng(8).normal(size=400 * SAMPLE_RATE_HZ // 30).astype(np.float32) * 0.1
    assert clear_offset(offset_curve(expression, Audio(other, Path("other.wav")))) is None


def test_short_clips_go_by_their_speaker_and_unclear_ones_keep_what_they_had() -> None:
    def clip(name: str, speaker: str, rows: int) -> Clip:
        return Clip(name, speaker, speaker, "train", name, 30.0, rows, 1)

    peaked = np.exp(-((OFFSETS - 4.5) ** 2))
    flat = np.zeros(len(OFFSETS))
    clips = [clip("long", "a", 600), clip("short", "a", 90), clip("flat", "b", 600)]
    measured, kept = with_measured_offsets(clips, {"long": peaked, "short": flat, "flat": flat})
    assert [c.av_offset for c in measured[:2]] == [4, 4]
    assert with_measured_offsets(clips[2:], {"flat": flat}) == ((clips[2],), 1)
    assert kept == 0


@pytest.mark.shared
def test_the_sample_clips_come_out_at_their_known_offsets(shared_dir: Path, tmp_path: Path) -> None:
    """Known from their labels; measured from their sound alone. At most one of seven is a row off."""
    folder, output = shared_dir / "data/styletalk", tmp_path / "m.json"
    assert main(["manifest", str(folder), "-o", str(output)]) == 0
    known = [clip.av_offset for clip in Manifest.load(output).clips]
    assert main(["manifest", str(folder), "-o", str(output), "--av-offset", "measure"]) == 0
    off = [abs(clip.av_offset - offset) for clip, offset in zip(Manifest.load(output).clips, known, strict=True)]
    assert max(off) <= 1 and sum(off) <= 1


@pytest.mark.parametrize("rows", [1, 2, 90])
@pytest.mark.parametrize("offset", [0, 2, 3, 5])
def test_a_sound_moves_as_its_labels_do_however_short_the_face_is(rows, offset):
    line = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo" / "line.wav"
    moved = read_audio_features(line, rows, offset)
    assert moved is not None and moved.shape == (rows, PROSODY_DIM)
    assert not moved[: max(3 - offset, 0)].any() and len(shifted_labels(np.arange(rows), offset)) == rows
