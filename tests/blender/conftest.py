# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests inside Blender share: the built zip, a synthetic animation, an interpreter that is a fake worker."""

import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(CHECKOUT)]  # hosts, environments; build_addon, which is a script beside the packages

ROWS = 45
"""A second and a half: enough for closures, blinks and a turn of the head at every frame rate."""


@pytest.fixture(scope="session")
def addon_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built add-on."""
    import build_addon

    return build_addon.build(tmp_path_factory.mktemp("dist") / "styletalk_blender.zip")


@pytest.fixture(scope="session")
def addon_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The add-on as a folder, away from the checkout."""
    import build_addon

    return build_addon.assemble(tmp_path_factory.mktemp("addon") / "styletalk_blender")


@pytest.fixture(scope="session")
def spoken_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people say: the bundled line in happy, as the networks make it."""
    from styletalk.api import animate
    from styletalk.demo import LINE, TRANSCRIPT
    from styletalk.request import AnimationRequest

    path = tmp_path_factory.mktemp("spoken") / "spoken.npz"
    animate(AnimationRequest(LINE, TRANSCRIPT.read_text(encoding="utf-8"), style="happy")).save(path)
    return path


@pytest.fixture(scope="session")
def animation_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FaceAnimation that uses every channel: signed coefficients, blinks, gaze, pose, closures."""
    from styletalk.animation import FaceAnimation
    from styletalk.phonemes import PHONEME_INDEX

    generator = np.random.default_rng(7)
    times = np.arange(ROWS)[:, None] / 30.0

    def waves(width: int, amplitude: float) -> np.ndarray:
        rates, phases = generator.uniform(3, 25, width), generator.uniform(0, 6, width)
        return (amplitude * np.sin(times * rates + phases)).astype(np.float32)

    phonemes = np.full(ROWS, PHONEME_INDEX["AA"], np.int16)
    phonemes[10:14] = PHONEME_INDEX["B"]
    coefficients = waves(64, 0.4) * generator.uniform(0.2, 3.0, 64).astype(np.float32)
    animation = dataclasses.replace(
        FaceAnimation.still(coefficients, phonemes, {"note": ""}),
        head_pose=waves(6, 1.0) * np.array([0.2, 0.3, 0.1, 0.02, 0.02, 0.02], np.float32),
        blinks=np.clip(waves(2, 1.2), 0, 1),
        gaze=np.clip(waves(4, 0.8), 0, 1),
        tongue=np.clip(waves(4, 0.8), 0, 1),
        upper=np.clip(waves(15, 0.8), 0, 1),
    )
    path = tmp_path_factory.mktemp("animation") / "animation.npz"
    animation.save(path)
    return path


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled line, outside the checkout."""
    path = tmp_path_factory.mktemp("sound") / "line.wav"
    shutil.copyfile(CHECKOUT / "core" / "styletalk" / "demo" / "line.wav", path)
    return path


@pytest.fixture(scope="session")
def flac(tmp_path_factory: pytest.TempPathFactory, line: Path) -> Path:
    """The bundled line as a file that NumPy alone cannot read."""
    import soundfile

    path = tmp_path_factory.mktemp("flac") / "line.flac"
    samples, rate = soundfile.read(line, dtype="int16")
    soundfile.write(path, samples, rate)
    return path


@pytest.fixture(scope="session")
def alignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Phonemes for the bundled line; not those that are spoken in it."""
    from styletalk.speech.formats.textgrid import Interval, textgrid_text

    path = tmp_path_factory.mktemp("alignment") / "line.TextGrid"
    names = ("AA", "M", "IY", "B", "OW", "F", "AE", "P", "UW", "S") * 2
    phones = [Interval(0.3 * at, 0.3 * at + 0.3, name) for at, name in enumerate(names)]
    path.write_text(textgrid_text({"phones": phones}, 7.1))
    return path


@pytest.fixture(scope="session")
def fake_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that takes Python's place and runs tests/blender/fake_worker.py whatever it is asked to run."""
    if sys.platform == "win32":
        pytest.skip("the fake worker is a shell script")
    path = tmp_path_factory.mktemp("fake") / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{HERE / "fake_worker.py"}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, animation_file: Path) -> Callable[..., Any]:
    """A WorkerPlace whose worker behaves as told."""
    from job_queues import fake_place

    def make(behaviour: str = "", name: str = "fake") -> Any:
        monkeypatch.setenv("FAKE_BEHAVIOUR", behaviour)
        monkeypatch.setenv("FAKE_ANIMATION", str(animation_file))
        return fake_place(name)

    return make


@pytest.fixture
def clock() -> Any:
    """A clock that jumps where it is told to."""
    from job_queues import Clock

    return Clock()


@pytest.fixture
def queue(clock: Any) -> Iterator[Any]:
    """A JobQueue that is closed, whatever happens."""
    from blender_addon.jobs.queue import JobQueue

    queue = JobQueue(clock)
    yield queue
    queue.close()
