# SPDX-License-Identifier: Apache-2.0
"""A long line is finished in chunks: the same face as whole, told about, stopped at once, in bounded memory."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import Cancelled
from styletalk.face.model import open_face
from styletalk.motion import chunks
from styletalk.motion.finish import MotionOptions, finish
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
from styletalk.networks.engine.inference import load_engine
from styletalk.phonemes import PHONEME_INDEX
from styletalk_research.benchmark.speech import speech_labels

ROWS = 420
ROUNDING = 3e-5
"""Products of other sizes round otherwise, and every round of closing goes by the last one's digits."""
TRACKS = ("coefficients", "head_pose", "blinks", "gaze", "tongue")


@pytest.fixture(scope="module")
def line() -> tuple[np.ndarray, np.ndarray]:
    """Fourteen seconds as the shipped weights speak it, (coefficients, labels)."""
    labels = speech_labels(ROWS)
    engine = load_engine(DEFAULT_WEIGHTS, "numpy")
    return engine.coefficients(labels, engine.encode_style(np.random.default_rng(0).normal(0, 0.3, (60, 64)))), labels


def test_chunks_cover_a_line_once(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 100)
    assert chunks.chunks(0) == []
    for count in (1, 99, 100, 101, 1000, 1001):
        rows = np.arange(count)
        np.testing.assert_array_equal(np.concatenate([rows[chunk] for chunk in chunks.chunks(count)]), rows)


def test_a_line_in_chunks_is_the_line_as_a_whole(line, monkeypatch):
    """Cuts every 150 rows: in closures, in vowels and in pauses. What a whole line decides, its rest, is the line's."""
    coefficients, labels = line
    whole = finish(coefficients, labels, open_face())
    assert len(chunks.chunks(ROWS)) == 1 and np.abs(whole.coefficients - coefficients).max() > 0.1
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 150)
    told = []
    parts = finish(coefficients, labels, open_face(), progress=lambda fraction, _: told.append(fraction))
    for name in TRACKS:
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=0, atol=ROUNDING, err_msg=name)
    assert len(told) == 6 and told == sorted(told) and told[0] >= 0 and told[-1] < 1


@pytest.mark.parametrize("closures", [True, False])
def test_a_line_stops_in_the_middle_of_its_motion(line, monkeypatch, closures):
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 100)
    before, told = line[0][:300].copy(), []

    def stop_at_the_second(fraction: float, stage: str) -> None:
        told.append(stage)
        if len(told) == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        finish(before, line[1][:300], open_face(), MotionOptions(closures=closures), progress=stop_at_the_second)
    assert told == 2 * ["closing lips" if closures else "blinking"]
    np.testing.assert_array_equal(before, line[0][:300])


CHILD = """
import re, sys
from pathlib import Path
import numpy as np
from styletalk.face.model import open_face
from styletalk.motion.finish import MotionOptions, finish
labels = np.full(int(sys.argv[1]), int(sys.argv[2]), np.int16)
labels[300::600] = int(sys.argv[3])
coefficients = np.zeros((len(labels), 64), np.float32)
coefficients[:, 0] = -0.2
animation = finish(coefficients, labels, open_face())
arrays = (coefficients, animation.coefficients, animation.head_pose, animation.blinks, animation.gaze, animation.tongue)
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
assert np.abs(animation.coefficients - coefficients).max() > 0.01  # takes memory of its own
print(int(peak[1]) / 1024, sum(array.nbytes for array in arrays) / 2**20)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, on Linux alone")
def test_motion_of_ten_minutes_takes_its_result_more_than_that_of_one():
    (short_mb, short_held_mb), (long_mb, long_held_mb) = (_peak_mb(minutes * 1800) for minutes in (1, 10))
    assert long_held_mb - short_held_mb > 8, "what is given and what is made"
    assert long_mb - short_mb < long_held_mb - short_held_mb + 5


def _peak_mb(rows: int) -> tuple[float, float]:
    """(most memory, arrays given and made) of a child that finishes so many rows, in MB."""
    numbers = [str(number) for number in (rows, PHONEME_INDEX["AA"], PHONEME_INDEX["M"])]
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", CHILD, *numbers]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=600)
    peak_mb, held_mb = (float(word) for word in re.findall(r"[\d.]+", run.stdout))
    return peak_mb, held_mb
