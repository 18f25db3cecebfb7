# SPDX-License-Identifier: GPL-3.0-or-later
"""`styletalk demo`, whole: the bundled line becomes an animation, a scene and a film, in bpy and in Blender."""

import itertools
import shutil
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from descendants import descendants, survivors

from styletalk.animation import FaceAnimation
from styletalk.demo.blender import BlenderHost, find_blender
from styletalk.errors import MissingPackageError
from styletalk.files.writing import check_writable

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = shutil.which("blender")
LINE_S = 7.1
LEADS_S = 1.0
"""The face begins before the sound and ends after it."""

pytestmark = pytest.mark.blender


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "styletalk.cli", "demo", "-o", str(folder), "--json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=ROOT)


@pytest.mark.parametrize("host", ["bpy", "program"])
def test_the_demo_makes_an_animation_a_scene_and_a_film_with_sound(tmp_path, host):
    if host == "program" and PROGRAM is None:
        pytest.skip("needs a Blender program on PATH: apt-get install blender python3-numpy")
    done = run_demo(tmp_path, *(["--blender", str(PROGRAM)] if host == "program" else []))
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.blend", "demo.mp4", "demo.npz"]
    animation = FaceAnimation.load(tmp_path / "demo.npz")
    assert abs(animation.track.duration_s - LINE_S) < 0.1 and 0 < len(animation) / 30 - LINE_S < LEADS_S
    assert done.stdout.count('"event": "progress"') > 50, "the bar does not move while the film is rendered"
    with av.open(str(tmp_path / "demo.mp4")) as film:
        assert film.streams.audio, "the film is silent"
        assert 0 < float(film.duration) / av.time_base - LINE_S < LEADS_S + 0.3
        pictures = [frame.to_ndarray(format="gray").astype(float) for frame in film.decode(video=0)]
    moved = np.mean([np.abs(after - before).max() for before, after in itertools.pairwise(pictures)])
    assert moved > 20, "the face stands still"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("moment", ["Blender starts", "the scene is saved", "the film is rendered"])
def test_nothing_that_the_demo_started_outlives_it(tmp_path, moment):
    """It is killed, not stopped. What was half-written is removed by the next run there."""
    reached = {
        "Blender starts": lambda: descendants(demo.pid),
        "the scene is saved": lambda: (tmp_path / "demo.blend").exists(),
        "the film is rendered": lambda: list(tmp_path.glob(".styletalk-*/movie.mp4")),
    }[moment]
    command = [sys.executable, "-m", "styletalk.cli", "demo", "-o", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as demo:
        while not reached():
            assert demo.poll() is None
            time.sleep(0.05)
        started = descendants(demo.pid)
        demo.kill()
    assert started and survivors(started) == set()
    check_writable(tmp_path / "demo.npz")
    assert not list(tmp_path.glob(".styletalk-*"))


def test_a_machine_without_blender_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("styletalk.demo.blender._installed", lambda: [])
    with pytest.raises(MissingPackageError, match=r"Install Blender 3\.4 or newer"):
        find_blender()


def test_a_program_that_is_no_blender_is_refused():
    with pytest.raises(MissingPackageError, match="is not a Blender"):
        find_blender(Path(sys.executable))


def test_a_blender_program_fails_when_its_script_fails():
    command = BlenderHost(Path("blender")).command(Path("headless.py"), ["--audio", "a.wav"])
    assert command.index("--python-exit-code") < command.index("--python"), "Blender obeys it only in this order"
