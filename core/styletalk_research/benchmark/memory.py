# SPDX-License-Identifier: Apache-2.0
"""Peak resident memory of a line of some minutes, networks and motion, each in a process of its own.

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
_STATUS = Path("/proc/self/status")
PEAK_SOURCE = (
    "VmHWM of /proc/self/status"
    if _STATUS.is_file()
    else "PeakWorkingSetSize"
    if sys.platform == "win32"
    else "ru_maxrss, at least the parent's on some systems"
)
"""Which counter of the operating system `peak_bytes` reads, for the report."""


@dataclass(frozen=True)
class MemoryRow:
    """One line. networks_mb, peak_mb: peak resident memory of the process after the networks, and after motion/.

    result_mb: the animation's own arrays, part of the peak.
    """

    weights: str
    engine: str
    sound_min: float
    networks_mb: float
    peak_mb: float
    result_mb: float
    seconds: float


def peak_memory(name: str, weights: Path, engine: str, minutes: float, with_motion: bool) -> MemoryRow:
    """The peak of a child process that animates so many minutes.

    with_motion: whether motion/ follows. Random weights move the lips so oddly that closing them takes all the time.
    """
    command = [sys.executable, "-m", __name__, str(minutes), engine, str(weights), *["motion"] * with_motion]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE_ROOT)
    return MemoryRow(name, engine, minutes, **json.loads(done.stdout))


def animate_line(minutes: float, engine_name: str, weights: Path, with_motion: bool) -> dict[str, float]:
    """The figures of this process after it has animated `minutes` of speech labels, with motion/ or without."""
    from styletalk.face.model import open_face
    from styletalk.motion.finish import finish
    from styletalk.networks.engine.inference import load_engine

    from .speech import random_audio_features, speech_labels

    start_s = time.perf_counter()
    labels = speech_labels(round(minutes * 60 * FRAME_RATE_HZ))
    engine = load_engine(weights, engine_name, "cpu")
    code = engine.encode_style(np.random.default_rng(0).normal(0, 0.5, (256, 64)))
    audio_features = random_audio_features(len(labels), engine.config)
    coefficients = engine.coefficients(labels, code, audio_features=audio_features)
    networks_mb = peak_bytes() / MEGA
    result: list[object] = [coefficients]
    if with_motion:
        result = [*vars(finish(coefficients, labels, open_face())).values()]
    return {
        "networks_mb": networks_mb,
        "peak_mb": peak_bytes() / MEGA,
        "result_mb": sum(array.nbytes for array in result if isinstance(array, np.ndarray)) / MEGA,
        "seconds": time.perf_counter() - start_s,
    }


def peak_bytes() -> float:
    """The peak resident memory of this process, in bytes.

    Where the system has one, by a counter that begins anew with the program: ru_maxrss of Linux begins at the peak of
    the process that started this one.
    """
    if _STATUS.is_file():
        fields = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines())
        return float(fields["VmHWM"].split()[0]) * 1024
    if sys.platform == "win32":
        return _peak_working_set()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def _peak_working_set() -> float:
    """PeakWorkingSetSize of Windows' PROCESS_MEMORY_COUNTERS, in bytes: the first of eight sizes."""
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = (("size", ctypes.c_uint32), ("faults", ctypes.c_uint32), ("sizes", ctypes.c_size_t * 8))

    counters = Counters(size=ctypes.sizeof(Counters))
    this_process = ctypes.c_void_p(-1)
    kernel = ctypes.windll.kernel32  # pyright: ignore[reportAttributeAccessIssue] - on Windows alone
    kernel.K32GetProcessMemoryInfo(this_process, ctypes.byref(counters), counters.size)
    return float(counters.sizes[0])


if __name__ == "__main__":
    print(json.dumps(animate_line(float(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), "motion" in sys.argv[4:])))
