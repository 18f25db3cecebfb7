# SPDX-License-Identifier: GPL-3.0-or-later
"""Many lines in one Blender: the headless command's --job, and what `styletalk batch` makes with it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from hosts import Host, hosts

from styletalk.animation import FaceAnimation
from styletalk.demo import LINE

pytestmark = pytest.mark.blender
AVAILABLE = [host for host in hosts() if not host.reason]
OLD_AND_NEW = [AVAILABLE[0], AVAILABLE[-1]] if len(AVAILABLE) > 1 else AVAILABLE


@pytest.fixture(params=OLD_AND_NEW, ids=lambda host: host.version)
def host(request) -> Host:
    return request.param


def ended(output: str) -> list[tuple[str, str]]:
    """(job, state) of each, in the order in which they were done."""
    found = [json.loads(line) for line in output.splitlines() if line.startswith('{"job"')]
    return [(each["job"], each["state"]) for each in found]


def test_jobs_are_done_one_after_the_other_each_in_a_scene_of_its_own(host, addon_folder, animation_file, tmp_path):
    jobs = [
        {"id": "one", "animation": str(animation_file), "output": str(tmp_path / "one.blend"), "fps": 60},
        {"id": "bad", "animation": str(animation_file), "output": str(tmp_path / "bad.blend"), "fps": -5},
        {"id": "gone", "animation": "nowhere.npz", "output": str(tmp_path / "gone.blend")},
        {"id": "two", "animation": str(animation_file), "output": str(tmp_path / "two.blend")},
    ]
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    done = host.run(
        addon_folder / "headless.py",
        ["--job", tmp_path / "jobs.json", "--start-frame", 11, "--keys", "coefficients"],
        tmp_path,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert ended(done.stdout) == [("one", "done"), ("bad", "failed"), ("gone", "failed"), ("two", "done")]
    assert done.stderr.strip().endswith("styletalk: 2 of 4 jobs failed: bad, gone.")
    assert sorted(path.name for path in tmp_path.glob("*.blend")) == ["one.blend", "two.blend"]
    keys = []
    for name in ("one", "two"):
        ((_, face),) = read(host, tmp_path / f"{name}.blend", tmp_path).items()  # its own face, and no other's
        keys.append([frame for frame, _ in face["curves"]['key_blocks["exp_00"].value']])
    assert all(frames[0] == 11 for frames in keys), "what stands beside --job is of all jobs"
    assert keys[0][-1] - 11 > 2 * (keys[1][-1] - 11), "the rate of one job is not that of the next"


def test_a_list_of_jobs_that_cannot_be_read_is_one_sentence(addon_folder, tmp_path):
    (tmp_path / "jobs.json").write_text('[{"audio": ["a.wav"]}]')
    done = AVAILABLE[-1].run(addon_folder / "headless.py", ["--job", tmp_path / "jobs.json"], tmp_path)
    assert done.returncode == 1
    assert "holds a list or an object" in done.stderr and "Traceback" not in done.stderr


def test_a_dry_run_checks_and_writes_nothing(addon_folder, animation_file, tmp_path):
    arguments = ["--animation", animation_file, "--output", tmp_path / "out.blend", "--dry-run"]
    done = AVAILABLE[-1].run(addon_folder / "headless.py", arguments, tmp_path)
    assert done.returncode == 0 and "It would write" in done.stdout
    assert not (tmp_path / "out.blend").exists()


def test_a_batch_ends_in_scenes(tmp_path):
    sound, rate_hz = soundfile.read(LINE)
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", sound[: 2 * rate_hz], rate_hz)
        (tmp_path / f"{name}.lab").write_text("0 0.4 AA\n0.4 0.6 M\n0.6 1.5 IY\n")
    (tmp_path / "lines.csv").write_text("audio,phonemes\na.wav,a.lab\nb.wav,b.lab")
    command = [sys.executable, "-m", "styletalk.cli", "batch", "lines.csv", "-o", "out", "--format", "blend"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").glob("*.blend")) == ["a.blend", "b.blend"]
    assert len(FaceAnimation.load(tmp_path / "out" / "animations" / "a.npz")) > 60
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert "Made 0 lines, 2 were finished." in again.stdout


def read(host: Host, blend: Path, home: Path) -> dict:
    script = Path(__file__).parent / "inside" / "read_blend.py"
    output = home / "contents.json"
    done = host.run(script, [blend, output], home)
    assert done.returncode == 0, done.stderr
    return json.loads(output.read_text())
