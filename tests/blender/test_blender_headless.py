# SPDX-License-Identifier: GPL-3.0-or-later
"""headless.py of the assembled add-on, as a user runs it: the same numbers as core, one sentence where it fails."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hosts import Host, environment, hosts

from styletalk.animation import FaceAnimation
from styletalk.motion.resample import scene_samples
from tests.traces.packed import USER, names_in

HERE = Path(__file__).resolve().parent
NO_NETWORK = HERE.parent / "traces" / "no_network"
pytestmark = pytest.mark.blender
AVAILABLE = [host for host in hosts() if not host.reason]
FASTEST = [host for host in AVAILABLE if host.version in ("5.0", AVAILABLE[-1].version)][:1]
"""What fails before any of Blender's own functions is called fails alike in all versions."""


@pytest.fixture(params=hosts(), ids=lambda host: host.version)
def host(request) -> Host:
    if request.param.reason:
        pytest.skip(f"Blender {request.param.version}: {request.param.reason}")
    return request.param


@pytest.fixture
def headless(addon_folder, animation_file, tmp_path, fake_python):
    """Runs headless.py with the fake worker in a folder of its own; as a rule keys are core's own numbers."""

    def run(
        host: Host, *arguments: object, behaviour: str = "", blend: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess:
        if "--bake-scene" not in arguments and "--key-error" not in arguments:
            arguments = (
                *arguments,
                "--key-error",
                "0",
                *([] if "--object" in arguments else ["--keys", "coefficients"]),
            )
        script = addon_folder / "headless.py"
        called = tmp_path / "called.log"
        variables = {"FAKE_ANIMATION": str(animation_file), "FAKE_BEHAVIOUR": behaviour, **variables}
        variables |= {"PYTHONPATH": str(NO_NETWORK), "NETWORK_LOG": str(called)}
        done = host.run(script, ["--worker-python", fake_python, *arguments], tmp_path, blend, **variables)
        assert not called.exists(), called.read_text()
        return done

    return run


def written(folder: Path) -> list[str]:
    """What a run left in its folder, hidden folders too, Blender's settings aside."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() or path.name.startswith("."))


def read(host: Host, blend: Path, home: Path) -> dict:
    output = home / "contents.json"
    done = host.run(HERE / "inside" / "read_blend.py", [blend, output], home)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    output.unlink()
    return found


def values(curves: dict) -> np.ndarray:
    """(N, 64) of the expression keys."""
    return np.array([[point[1] for point in curves[f'key_blocks["exp_{k:02d}"].value']] for k in range(64)]).T


def sentence_of(done: subprocess.CompletedProcess) -> str:
    """What was said of a failure, which must be all of it."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.startswith("styletalk: ")]
    assert len(sentences) == 1, done.stderr
    return sentences[0]


def test_a_new_scene_holds_the_line(host, headless, line, animation_file, tmp_path):
    """Without a .blend the result is a scene with the face, its sound packed, a camera, and core's numbers."""
    done = headless(host, "--audio", line, "--style", "happy", "--output", "out.blend")
    assert done.returncode == 0, done.stdout + done.stderr
    assert written(tmp_path) == ["out.blend"], "something half-written or a backup lies beside the result"
    (contents,) = read(host, tmp_path / "out.blend", tmp_path).values()
    samples = scene_samples(FaceAnimation.load(animation_file), 24)
    assert np.array_equal(values(contents["curves"]), samples.coefficients)
    assert len(contents["curves"]) >= 81 and len(contents["pose"]) == 6
    assert np.array_equal(contents["pose"]["rotation_euler[0]"], samples.head_pose[:, 0])
    assert contents["frames"] == [1, len(samples.times_s)] and contents["camera"]
    assert contents["sounds"] == ([] if "without its sound library" in done.stdout else [[1.0, True]])


def test_a_sound_whose_times_begin_late_is_heard_from_the_first_frame_of_its_line(
    host, headless, animation_file, tmp_path
):
    """As the face was made for it: from the first sample of the track."""
    with av.open(str(tmp_path / "late.ts"), "w") as container:
        track = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, 7 * 16000
        for packet in (*track.encode(frame), *track.encode(None)):
            container.mux(packet)
    start = ["--animation", animation_file, "--audio", "late.ts", "--output", "out.blend", "--start-frame", 7]
    done = headless(host, *start)
    assert done.returncode == 0, done.stdout + done.stderr
    (contents,) = read(host, tmp_path / "out.blend", tmp_path).values()
    assert contents["sounds"] == ([] if "without its sound library" in done.stdout else [[7.0, True]])


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
@pytest.mark.parametrize("inputs", [["--audio", "out.blend"], ["--animation", "out.blend", "--audio", "LINE"],
                                    ["--audio", "LINE", "--blend", "out.blend"]])  # fmt: skip
def test_nothing_is_written_over_what_is_read(host, headless, line, tmp_path, inputs):
    (tmp_path / "out.blend").write_bytes(b"input")
    (tmp_path / "link.blend").symlink_to("out.blend")
    arguments = [str(line) if each == "LINE" else each for each in inputs]
    for output in ("out.blend", "link.blend"):
        assert "one of the files to read" in sentence_of(headless(host, *arguments, "--output", output))
    assert (tmp_path / "out.blend").read_bytes() == b"input"


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_a_link_is_followed_and_a_pipe_refused(host, headless, line, animation_file, tmp_path):
    (tmp_path / "far").mkdir()
    for name in ("out.blend", "out.mp4"):
        (tmp_path / name).symlink_to(Path("far") / name)
    start = ["--animation", animation_file, "--audio", line, "--size", "16x16"]
    done = headless(host, *start, "--output", "out.blend", "--render", "out.mp4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert written(tmp_path / "far") == ["out.blend", "out.mp4"] and (tmp_path / "out.mp4").is_symlink()
    os.mkfifo(tmp_path / "pipe.blend")
    assert "is a pipe or device" in sentence_of(headless(host, *start, "--output", "pipe.blend"))


def test_the_result_does_not_say_whose_machine_made_it(host, headless, line, tmp_path):
    """Sound, style and result lie in somebody's home; the scene finds them from its own folder."""
    home = tmp_path / USER
    home.mkdir()
    shutil.copyfile(line, home / "line.wav")
    np.save(home / "style.npy", np.random.default_rng(1).normal(0, 0.3, (40, 64)).astype(np.float32))
    asked = ["--audio", home / "line.wav", "--style", home / "style.npy"]
    for name, opened in (("one.blend", []), ("two.blend", ["--blend", home / "one.blend"])):
        done = headless(host, *opened, *asked, "--output", home / name, HOME=str(home))
        assert done.returncode == 0, done.stdout + done.stderr
        assert names_in(home / name) == []
    assert list(home.glob(".styletalk-*")) == []


def test_a_scene_is_kept(host, headless, addon_folder, line, animation_file, tmp_path):
    """A .blend keeps its rate, start and objects, and its one face is found although a cube is selected."""
    scene = tmp_path / "scene.blend"
    made = host.run(HERE / "inside" / "make_scene.py", [addon_folder, 1, scene], tmp_path)
    assert made.returncode == 0, made.stderr
    opened = [] if host.program else ["--blend", scene]
    done = headless(host, *opened, "--audio", line, "--output", "out.blend", blend=scene)
    assert done.returncode == 0, done.stdout + done.stderr
    (contents,) = read(host, tmp_path / "out.blend", tmp_path).values()
    samples = scene_samples(FaceAnimation.load(animation_file), 25)
    assert np.array_equal(values(contents["curves"]), samples.coefficients)
    assert contents["objects"] == ["Cube", "Face 0", "Face 0 Neck", "Face 0 Root"] and contents["camera"] is None
    assert contents["frames"] == [11, 10 + len(samples.times_s)]


def test_lines_at_their_frames(host, headless, line, animation_file, tmp_path):
    """--start-frame says where the line begins; a run elsewhere adds a line, at the same frame a new take."""
    start = ["--animation", animation_file, "--audio", line, "--output"]
    assert headless(host, *start, "one.blend", "--start-frame", 7).returncode == 0
    (contents,) = read(host, tmp_path / "one.blend", tmp_path).values()
    count = len(scene_samples(FaceAnimation.load(animation_file), 24).times_s)
    assert contents["curves"]['key_blocks["exp_00"].value'][0][0] == 7 and contents["frames"] == [1, 6 + count]
    for name, frame in (("two.blend", 200), ("again.blend", 200)):
        opened = ["--blend", "one.blend" if name == "two.blend" else "two.blend"]
        done = headless(host, *opened, *start, name, "--start-frame", frame)
        assert done.returncode == 0, done.stdout + done.stderr
        (contents,) = read(host, tmp_path / name, tmp_path).values()
        assert contents["strips"] == [[7, 6 + count], [200, 199 + count]], name
        assert [frame for frame, _ in contents["sounds"]] in ([7, 200], []), name


def _early(folder: Path) -> Path:
    """An animation of a third of a second that is seen five frames before its sound, at 24 a second."""
    still = FaceAnimation.still(np.zeros((10, 64), np.float32), np.full(10, 31, np.int16), {"note": ""})
    dataclasses.replace(still, first_row=-9).save(folder / "early.npz")
    return folder / "early.npz"


@pytest.mark.parametrize("source", ["--audio", "--animation"])
def test_a_new_scene_shows_all_of_a_face_that_moves_before_its_sound(host, headless, line, tmp_path, source):
    """Blender renders no frame before 0. The next take of the line replaces it, in its place."""
    start = ["--audio", line, *(["--animation", _early(tmp_path)] if source == "--animation" else []), "--output"]
    for number, name in enumerate(("one.blend", "two.blend")):
        opened = ["--blend", "one.blend"] if number else []
        done = headless(host, *opened, *start, name, FAKE_ANIMATION=str(_early(tmp_path)))
        assert done.returncode == 0, done.stdout + done.stderr
        (contents,) = read(host, tmp_path / name, tmp_path).values()
        frames = [point[0] for point in contents["curves"]['key_blocks["exp_00"].value']]
        assert (frames[0], frames[-1], contents["strips"]) == (1, *contents["frames"][1:], []), name
        assert contents["sounds"] == ([] if "without its sound library" in done.stdout else [[6.0, True]]), name


@pytest.mark.parametrize("host", [*AVAILABLE[:1], *FASTEST], ids=lambda host: host.version)
def test_a_film_of_a_face_off_the_origin(host, headless, addon_folder, tmp_path):
    """A face that is added where the 3D cursor of the scene stands is filmed there, although nothing is saved first."""
    import av

    scene = tmp_path / "scene.blend"
    assert host.run(HERE / "inside" / "make_scene.py", [addon_folder, 0, scene], tmp_path).returncode == 0
    start = ["--blend", scene, "--animation", _short(tmp_path), "--render", "out.mp4", "--size", "64x64"]
    done = headless(host, *start)
    assert done.returncode == 0, done.stdout + done.stderr
    with av.open(str(tmp_path / "out.mp4")) as movie:
        pictures = [frame.to_ndarray(format="gray") for frame in movie.decode(video=0)]
    assert pictures[0].std() > 5, "the picture is empty"


def test_a_video_with_sound(host, headless, line, tmp_path):
    """--render writes H.264 with AAC, as long as the line; where Blender has no sound the worker's Python helps."""
    import av

    worker = ["--worker-python", sys.executable]
    done = headless(
        host, "--animation", _short(tmp_path), "--audio", line, "--render", "out.mp4", "--size", "64x64", *worker
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with av.open(str(tmp_path / "out.mp4")) as movie:
        video, audio = movie.streams.video[0], movie.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        pictures = [frame.to_ndarray(format="gray") for frame in movie.decode(video)]
        assert len(pictures) == 11 and pictures[0].shape == (64, 64)  # the last row is seen at 12/30 s, on frame 10.6
        assert pictures[0].std() > 5, "the picture is empty"
        movie.seek(0)
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in movie.decode(audio)])
        assert np.abs(sound).max() > 0.01, "the sound is silent"


@pytest.mark.parametrize(("start_frame", "begins_s"), [(60, 5 / 24), (3, 3 / 24), (-2, 0.0)])
def test_the_sound_of_a_film_begins_on_the_frame_of_its_line(host, headless, tmp_path, start_frame, begins_s):
    """Also where the face moves before it, of which Blender shows nothing before frame 0; in a Blender without sound,
    too."""
    soundfile.write(tmp_path / "tone.wav", 0.4 * np.sin(np.arange(16000)), 16000)
    done = headless(
        host, "--animation", _early(tmp_path), "--audio", "tone.wav", "--render", "out.mp4", "--size", "16x16",
        "--start-frame", start_frame, "--fps", 24, "--worker-python", sys.executable,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with av.open(str(tmp_path / "out.mp4")) as movie:
        stream = movie.streams.audio[0]
        sound = np.concatenate([frame.to_ndarray()[0] for frame in movie.decode(stream)])
    assert np.argmax(np.abs(sound) > 0.1) / stream.rate == pytest.approx(begins_s, abs=0.03)


@pytest.mark.parametrize("host", [*AVAILABLE[:1], *FASTEST], ids=lambda host: host.version)
def test_endings_in_capitals(host, headless, line, tmp_path):
    """A video is a video under whatever spelling of its ending, and lies where it was asked for; so does a scene."""
    import av

    short = _short(tmp_path)
    worker = ["--worker-python", sys.executable]
    outputs = ["--output", "OUT.BLEND", "--render", "Out.MP4", "--size", "64x64"]
    done = headless(host, "--animation", short, "--audio", line, *outputs, *worker)
    assert done.returncode == 0, done.stdout + done.stderr
    assert written(tmp_path) == ["OUT.BLEND", "Out.MP4", short.name]
    with av.open(str(tmp_path / "Out.MP4")) as movie:
        assert movie.streams.video[0].codec_context.name == "h264" and movie.streams.audio
    assert read(host, tmp_path / "OUT.BLEND", tmp_path)


def _short(folder: Path) -> Path:
    """An animation of a third of a second."""
    path = folder / "short.npz"
    FaceAnimation.still(np.zeros((10, 64), np.float32), np.full(10, 31, np.int16), {"note": ""}).save(path)
    return path


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
@pytest.mark.parametrize(
    ("behaviour", "phrase"),
    [
        ("error", "The sound is silent. Choose another."),
        ("crash", "ended before it was done (Segmentation fault, or so)"),
    ],
)
def test_a_worker_that_fails(host, headless, line, tmp_path, behaviour, phrase):
    assert phrase in sentence_of(headless(host, "--audio", line, "--output", "out.blend", behaviour=behaviour))
    assert written(tmp_path) == []


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["--audio", "nowhere.wav", "--output", "out.blend"], "does not exist"),
        (["--audio", "LINE", "--output", "nowhere/out.blend"], "Cannot write nowhere/out.blend"),
        (["--audio", "LINE", "--output", "scripts"], "it is a folder"),
        (["--audio", "LINE", "--output", "out"], "must end in .blend"),
        (["--audio", "LINE", "--render", "out.mov"], "must end in .mp4"),
        (["--audio", "LINE", "--render", "out"], "must end in .mp4"),
        (["--audio", "LINE", "--output", "out.mp4", "--render", "out.mp4"], "must end in .blend"),
        (["--audio", "LINE", "--output", "out.blend", "--style", "cheerful"], "neither a preset nor a style file"),
        (["--audio", "LINE", "--output", "out.blend", "--object", "Nobody"], "There is no object “Nobody”"),
        (["--audio", "LINE", "--output", "out.blend", "--blend", "nowhere.blend"], "does not exist"),
        (["--audio", "LINE", "--output", "out.blend", "--blend", "LINE"], "cannot be opened by Blender"),
        (["--animation", "LINE", "--output", "out.blend"], "is not a StyleTalk animation"),
        (["--animation", "nowhere.npz", "--output", "out.blend"], "There is no animation"),
        (["--audio", "LINE", "--output", "out.blend", "--intensity", "7"], "intensity 7 is out of range"),
        (["--audio", "LINE", "--output", "out.blend", "--pose", "nowhere.mat"], "pose file"),
        (["--audio", "LINE", "--output", "out.blend", "--style", "BROKEN.npz"], "BROKEN.npz"),
        (["--audio", "LINE", "--output", "out.blend", "--pose", "BROKEN.npz"], "BROKEN.npz"),
        (["--audio", "LINE", "--output", "out.blend", "--phonemes", "BROKEN.TextGrid"], "BROKEN.TextGrid"),
        (["--audio", "LINE", "--output", "out.blend", "--text", "nowhere.txt"], "transcript"),
        (["--audio", "LINE", "--output", "out.blend", "--phonemes", "nowhere.json"], "alignment file"),
        (["--audio", "LINE", "--output", "out.blend", "--checkpoint", "nowhere.pth"], "checkpoint"),
        (["--audio", "LINE", "--output", "out.blend", "--intensity-curve", "nowhere.csv"], "The intensity curve /"),
        (["--audio", "LINE", "--output", "out.blend", "--render", "nowhere/out.mp4"], "Cannot write nowhere/out.mp4"),
        (["--audio", "LINE", "--photo", "nowhere.jpg", "--pass", "passes"], "The photo /"),
    ],
)
def test_bad_input(host, headless, line, tmp_path, arguments, phrase):
    """Whatever can be known beforehand is said before the worker is asked."""
    given = [line if each == "LINE" else each for each in arguments]
    broken = [each for each in arguments if each.startswith("BROKEN")]
    for name in broken:
        (tmp_path / name).write_text("this is none")
    done = headless(host, *given)
    assert phrase in sentence_of(done) and "%" not in done.stdout
    assert written(tmp_path) == broken


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("host", [*AVAILABLE[:1], *FASTEST], ids=lambda host: host.version)
def test_ctrl_c_stops_the_worker(host, addon_folder, line, tmp_path, fake_python):
    """Ctrl-C ends the run at once, with its worker, and leaves no file. Blender itself would keep the first one."""
    arguments = ["--worker-python", fake_python, "--audio", line, "--output", "out.blend"]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    variables = {"FAKE_BEHAVIOUR": "slow", "PYTHONUNBUFFERED": "1", "TMPDIR": str(scratch)}
    child = subprocess.Popen(
        host.command(addon_folder / "headless.py", arguments), cwd=tmp_path, env=environment(tmp_path, variables),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for said in child.stdout:
            if "pretending" in said:
                break
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == 130 and "styletalk: Stopped" in rest and "Traceback" not in rest
    assert written(tmp_path) == [] and list(scratch.glob(".styletalk-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("host", [*AVAILABLE[:1], *FASTEST], ids=lambda host: host.version)
def test_ctrl_c_stops_the_video(host, addon_folder, animation_file, tmp_path):
    """Ctrl-C between two frames ends the run and takes the half-written video away."""
    arguments = ["--animation", animation_file, "--render", "out.mp4", "--size", "64x64"]
    child = subprocess.Popen(
        host.command(addon_folder / "headless.py", arguments), cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for said in child.stdout:
            if "% rendering" in said:
                break
        assert len(written(tmp_path)) == 1, "the video is not where the test looks for it"
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130 and "styletalk: Stopped" in rest and "Traceback" not in rest
    assert written(tmp_path) == []


@pytest.mark.parametrize("host", [host for host in AVAILABLE if host.program], ids=lambda host: host.version)
def test_another_python_first_on_path(host, addon_folder, animation_file, tmp_path):
    """Debian's Blender loses its NumPy where pyenv or CI puts another Python first on PATH; we find it again."""
    path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), os.environ["PATH"]])
    script = addon_folder / "headless.py"
    done = host.run(script, ["--animation", animation_file, "--output", "out.blend"], tmp_path, PATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert written(tmp_path) == ["out.blend"]


def test_a_failure_is_an_exit_code(host, headless, tmp_path):
    """Every Blender reports exit 1 and one sentence to the shell."""
    assert "does not exist" in sentence_of(headless(host, "--audio", "nowhere.wav", "--output", "out.blend"))
    assert written(tmp_path) == []


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_traceback_on_request(host, headless, tmp_path):
    done = headless(host, "--audio", "nowhere.wav", "--output", "out.blend", "--traceback")
    assert done.returncode == 1 and "Traceback" in done.stderr


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_a_photoreal_pass(host, headless, line, tmp_path):
    """Its pictures lie in a folder of the line, and the saved scene has them as a strip beside the sound."""
    (tmp_path / "person.npz").write_bytes(b"a portrait")
    done = headless(host, "--audio", line, "--output", "out.blend", "--photo", "person.npz", "--pass", "passes")
    assert done.returncode == 0 and "Rendered 5 frames" in done.stdout, done.stdout + done.stderr
    (folder,) = (tmp_path / "passes").iterdir()
    assert len(list(folder.glob("frame_*.png"))) == 5 and written(tmp_path) == ["out.blend", "person.npz"]
    done = headless(host, "--audio", line, "--pass", "passes")
    assert done.returncode == 2 and "--photo FILE --pass DIR" in done.stderr


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_wrong_usage_is_exit_2(host, headless, line):
    assert headless(host, "--audio", line).returncode == 2
    assert headless(host, "--audio", line, "--output", "out.blend", "--start-frame", "9999999").returncode == 2
    for size in ("0x0", "1x1", "512x15", "512x8193", "99999999999999x99999999999999", "large"):
        done = headless(host, "--audio", line, "--render", "out.mp4", "--size", size)
        assert done.returncode == 2 and "--size" in done.stderr
    for rate in ("0", "1e-300", "0.9", "1001", "1e9", "1e300", "nan"):
        done = headless(host, "--audio", line, "--output", "out.blend", "--fps", rate)
        assert done.returncode == 2 and "--fps: must be from 1 to 1000" in done.stderr, rate


WITH_SOUND = [host for host in AVAILABLE if host.version in ("3.4", "5.2")] or FASTEST


@pytest.mark.parametrize("host", WITH_SOUND, ids=lambda host: host.version)
def test_a_whole_scene(host, headless, addon_folder, line, animation_file, tmp_path):
    """--bake-scene bakes each strip onto the character that it names, where it is heard, and adds no sound."""
    scene = tmp_path / "scene.blend"
    made = host.run(HERE / "inside" / "make_strips.py", [addon_folder, line, scene], tmp_path)
    assert made.returncode == 0, made.stderr
    done = headless(host, "--bake-scene", "--blend", scene, "--output", "out.blend")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Baked 2 lines of 2 characters." in done.stdout
    found = read(host, tmp_path / "out.blend", tmp_path)
    assert {name: curves_begin(each) for name, each in found.items()} == {"Anna": 30, "Ben": 154}
    assert [frame for frame, _ in found["Anna"]["sounds"]] == [30, 130, 230]
    packed = [packed for _, packed in found["Anna"]["sounds"]]
    assert packed[:2] == [True, True], "what is spoken travels along"  # 5.2 has one sound for equal files


def curves_begin(contents: dict) -> float:
    return contents["curves"]['key_blocks["exp_00"].value'][0][0]


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_a_whole_scene_takes_no_line(host, headless, line):
    """--bake-scene says what it lacks, and which options of a single line it cannot have."""
    done = headless(host, "--bake-scene", "--output", "out.blend")
    assert done.returncode == 2 and "needs --blend" in done.stderr
    done = headless(
        host, "--bake-scene", "--blend", "a.blend", "--output", "b.blend", "--audio", line, "--style", "sad"
    )
    assert done.returncode == 2 and "leave out audio, style" in done.stderr


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_a_ready_animation_takes_no_options(host, headless, line, animation_file):
    """Options that would have no effect on a ready animation are named, and nothing is done."""
    start = ["--animation", animation_file, "--audio", line, "--output", "out.blend"]
    done = headless(host, *start, "--style", "happy", "--no-blinks", "--text", "words.txt")
    assert done.returncode == 2 and "(transcript, style, blinks)" in done.stderr


@pytest.mark.parametrize("host", FASTEST, ids=lambda host: host.version)
def test_two_faces_need_a_name(host, headless, addon_folder, line, tmp_path):
    """Several faces and none selected: the sentence names them; --object chooses by name, and refuses a cube."""
    scene = tmp_path / "scene.blend"
    assert host.run(HERE / "inside" / "make_scene.py", [addon_folder, 2, scene], tmp_path).returncode == 0
    start = ["--blend", scene, "--audio", line, "--output", "out.blend"]
    assert "“Face 0”, “Face 1”" in sentence_of(headless(host, *start, blend=scene))
    assert "“Cube” is not a talking face" in sentence_of(headless(host, *start, "--object", "Cube", blend=scene))
    assert headless(host, *start, "--object", "Face 1", blend=scene).returncode == 0
    assert list(read(host, tmp_path / "out.blend", tmp_path)) == ["Face 1"]


def test_a_character_of_the_users_own_talks(host, headless, animation_file, tmp_path):
    """A mesh whose shape keys nobody has told apart yet is told apart; what has no meaning is left alone."""
    scene = tmp_path / "hero.blend"
    assert host.run(HERE / "inside" / "make_character.py", [scene], tmp_path).returncode == 0
    options = ["--animation", animation_file, "--object", "Hero", "--blend", scene, "--output", "out.blend"]
    done = headless(host, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    (contents,) = read(host, tmp_path / "out.blend", tmp_path).values()
    assert list(contents["curves"]) == ['key_blocks["Jaw_Open"].value']
    jaw = [point[1] for point in contents["curves"]['key_blocks["Jaw_Open"].value']]
    assert min(jaw) >= 0 and max(jaw) <= 1 and max(jaw) - min(jaw) > 0.05


@pytest.mark.parametrize("host", [AVAILABLE[0], AVAILABLE[-1]], ids=lambda host: host.version)
def test_the_face_for_other_programs(host, headless, animation_file, tmp_path):
    """--export writes by its ending, without a scene beside it; what a build cannot write is refused at once."""
    done = headless(host, "--animation", animation_file, "--export", tmp_path / "face.glb")
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "face.glb").read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert len(document["animations"]) == 1 and document["meshes"][0]["extras"]["targetNames"][0] == "eyeBlinkLeft"
    cached = headless(host, "--animation", animation_file, "--export", tmp_path / "face.abc")
    if host.version == "3.4":
        assert "made without Alembic" in sentence_of(cached)
        assert written(tmp_path) == ["face.glb"]
    else:
        assert cached.returncode == 0 and (tmp_path / "face.abc").stat().st_size > 1e6
    assert "Unknown file type '.obj'" in sentence_of(
        headless(host, "--animation", animation_file, "--export", tmp_path / "face.obj")
    )


@pytest.mark.parametrize("host", [AVAILABLE[0], AVAILABLE[-1]], ids=lambda host: host.version)
def test_a_new_scene_has_few_keys_with_names_unless_others_are_asked_for(host, headless, animation_file, tmp_path):
    """ARKit keys within a quarter of a millimetre; --keys and --key-error say otherwise, and a .blend keeps its own."""
    start = ["--animation", animation_file, "--key-error", "0.25", "--fps", 60, "--output"]
    done = headless(host, *start, "few.blend")
    assert done.returncode == 0 and "in place of" in done.stdout, done.stdout + done.stderr
    (few,) = read(host, tmp_path / "few.blend", tmp_path).values()
    jaw = few["curves"]['key_blocks["jawOpen"].value']
    assert sum(map(len, few["curves"].values())) < 0.7 * len(few["curves"]) * (jaw[-1][0] - jaw[0][0])
    assert 'key_blocks["exp_00"].value' not in few["curves"]
    done = headless(host, *start, "positive.blend", "--blend", "few.blend", "--keys", "positive")
    assert done.returncode == 0 and "Positive keys: lips within" in done.stdout, done.stdout + done.stderr
    (positive,) = read(host, tmp_path / "positive.blend", tmp_path).values()
    names = [path.split('"')[1] for path in positive["curves"] if path.startswith("key_blocks")]
    values = [value for name in names for _, value in positive["curves"][f'key_blocks["{name}"].value']]
    assert min(values) >= 0.0 and max(values) <= 1.0
    if host is AVAILABLE[-1]:
        assert "must be one of coefficients, arkit, positive" in headless(host, *start, "a.blend", "--keys", "x").stderr
