# SPDX-License-Identifier: Apache-2.0
"""Peak resident memory of a minute and of an hour, networks and motion, each in a process of its own.

`python -m styletalk_research.benchmark.memory MINUTES ENGINE WEIGHTS [motion]` is that process: it prints JSON.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.timeline import FRAME_RATE_HZ

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
MEGA = 1e6


@dataclass(frozen=True)
class MemoryRow:
    """One line. networks_mb, peak_mb: most resident memory of the process until the networks, the motion, are done.

    result_mb: the animation's own arrays, part of the peak.
    """

    weights: str
    engine: str
    sound_min: float
    networks_mb: float
    peak_mb: float
    result_mb: float
    seconds: float


def peak_memory(name: str, weights: Path, engine: str, minutes: float, speaks: bool) -> MemoryRow:
    """Animate so many minutes in a child process and say what it took at most.

    speaks: whether motion/ follows. Weights by chance move the lips so oddly that closing them takes all the time.
    """
    command = [sys.executable, "-m", __name__, str(minutes), engine, str(weights), *(["motion"] if speaks else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE_ROOT)
    return MemoryRow(name, engine, minutes, **json.loads(done.stdout))


def animate_line(minutes: float, engine_name: str, weights: Path, speaks: bool) -> dict[str, float]:
    """The figures of this process after it has animated `minutes` of speech labels, with motion/ or without."""
    from styletalk.face.model import open_face
    from styletalk.motion.finish import finish
    from styletalk.networks.engine.inference import load_engine

    from .speech import speech_labels

    start_s = time.perf_counter()
    labels = speech_labels(round(minutes * 60 * FRAME_RATE_HZ))
    engine = load_engine(weights, engine_name, "cpu")
    code = engine.encode_style(np.random.default_rng(0).normal(0, 0.5, (256, 64)))
    coefficients = engine.coefficients(
        labels, code, audio_features=_random_features(len(labels), engine.config.audio_dim)
    )
    networks_mb = peak_bytes() / MEGA
    arrays = (coefficients,)
    if speaks:
        animation = finish(coefficients, labels, open_face())
        arrays = (animation.coefficients, animation.head_pose, animation.blinks, animation.gaze)
    return {
        "networks_mb": networks_mb,
        "peak_mb": peak_bytes() / MEGA,
        "result_mb": sum(array.nbytes for array in arrays) / MEGA,
        "seconds": time.perf_counter() - start_s,
    }


def _random_features(rows: int, width: int) -> np.ndarray | None:
    """(rows, width) float32, small and by chance: zeros would count as none, and be left out. None for width 0."""
    if not width:
        return None
    audio_features = np.random.default_rng(0).standard_normal((rows, width), np.float32)
    audio_features *= np.float32(0.1)
    return audio_features


def peak_bytes() -> float:
    """The most memory that this process has had, in bytes."""
    import resource  # not on Windows, where nothing else of this module is at fault

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


if __name__ == "__main__":
    print(json.dumps(animate_line(float(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), "motion" in sys.argv[4:])))
