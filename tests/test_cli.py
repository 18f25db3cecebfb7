# SPDX-License-Identifier: Apache-2.0
"""The command line as a user meets it: exit codes, one sentence, whole files or none. Each test is a real process."""

import json
import resource
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.animation import FaceAnimation
from styletalk.cli import main
from styletalk.speech.text.transcript import normalise

LINE = Path(__file__).resolve().parents[1] / "core" / "styletalk" / "demo" / "line.wav"
TEXT = LINE.with_suffix(".txt")
SECONDS = 120


def styletalk(*arguments: object, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "styletalk.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=LINE.parents[3], **options)


def refused(*arguments: object, **options) -> str:
    """The one sentence of a command that must fail."""
    done = styletalk(*arguments, **options)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("styletalk: "), done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def animated(tmp_path_factory) -> Path:
    """The bundled line with its transcript, animated once for this file."""
    path = tmp_path_factory.mktemp("cli") / "line.npz"
    done = styletalk("animate", LINE, "--text", TEXT, "-o", path, "--style", "happy", "--seed", "3")
    assert done.returncode == 0, done.stderr
    return path


def test_a_line_of_speech_becomes_an_animation(animated):
    animation = FaceAnimation.load(animated)
    assert -0.6 < animation.times_s[0] < 0 and 7.1 < animation.times_s[-1] < 8, "7.1 s, and an expression that goes"
    assert np.isfinite(animation.coefficients).all()
    assert animation.metadata["style"] == "happy" and animation.metadata["seed"] == 3
    assert animation.blinks.max() > 0.5, "seven seconds without a blink"
    assert animation.coefficients.std(axis=0).max() > 0.1, "the mouth does not move"


def test_the_same_request_gives_the_same_numbers_and_another_style_others(animated, tmp_path):
    def run(name: str, style: str) -> np.ndarray:
        styletalk("animate", LINE, "--text", TEXT, "-o", tmp_path / name, "--style", style, "--seed", "3")
        return FaceAnimation.load(tmp_path / name).coefficients

    first = FaceAnimation.load(animated).coefficients
    assert np.array_equal(run("again.npz", "happy"), first)
    assert np.abs(run("sad.npz", "sad") - first).mean() > 0.02


def test_intensity_scales_around_neutral(tmp_path):
    def run(style: str, intensity: float) -> np.ndarray:
        out = tmp_path / f"{style}{intensity}.npz"
        done = styletalk(
            "animate", LINE, "--text", TEXT, "-o", out, "--style", style, "--intensity", intensity, "--raw"
        )
        assert done.returncode == 0, done.stderr
        return FaceAnimation.load(out).coefficients

    neutral, styled, half = run("neutral", 1.0), run("sad", 1.0), run("sad", 0.5)
    assert half == pytest.approx(neutral + 0.5 * (styled - neutral), abs=1e-4)
    assert run("sad", 0.0) == pytest.approx(neutral, abs=1e-5)


def test_an_animation_becomes_a_take_of_60_rows_a_second_and_comes_back(animated, tmp_path):
    done = styletalk("convert", animated, "-o", tmp_path / "take.csv", "--fps", 60)
    assert done.returncode == 0, done.stderr
    assert styletalk("convert", tmp_path / "take.csv", "-o", tmp_path / "back.npz").returncode == 0
    animation, back = (FaceAnimation.load(path).from_sound_on() for path in (animated, tmp_path / "back.npz"))
    rows = min(len(animation), len(back))
    assert abs(len(animation) - len(back)) <= 1
    assert np.allclose(animation.head_pose[:rows, :3], back.head_pose[:rows, :3], atol=0.01)
    assert np.corrcoef(animation.tongue[:rows, 0], back.tongue[:rows, 0])[0, 1] > 0.9
    assert "only a .csv" in refused("convert", animated, "-o", tmp_path / "a.json", "--fps", 60).lower()
    assert "30 or 60" in refused("convert", animated, "-o", tmp_path / "a.csv", "--fps", 24)
    assert "no take" in refused("convert", TEXT, "-o", tmp_path / "a.csv")


def test_csv_and_json_hold_the_same_face(animated, tmp_path):
    for ending in ("csv", "json"):
        done = styletalk(
            "animate", LINE, "--text", TEXT, "-o", tmp_path / f"line.{ending}", "--style", "happy", "--seed", 3
        )
        assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "line.json").read_text())
    animation = FaceAnimation.load(animated)
    assert np.array(document["coefficients"]) == pytest.approx(animation.coefficients, abs=1e-5)
    assert [word for word, _, _ in document["words"]] == [word.word for word in animation.track.words] != []
    assert [phoneme for phoneme, _, _ in document["segments"]] == [s.phoneme for s in animation.track.segments] != []
    assert document["times_s"] == pytest.approx(animation.times_s, abs=1e-5)
    head, *rows = (tmp_path / "line.csv").read_text().splitlines()
    names = head.split(",")
    assert names[:2] == ["Timecode", "BlendShapeCount"] and len(names) == 2 + 61
    weights = np.array([row.split(",")[2:54] for row in rows], float)
    assert ((weights >= 0) & (weights <= 1)).all()
    jaw = weights[:, names.index("JawOpen") - 2]
    assert jaw.max() - jaw.min() > 0.05


def test_json_events_tell_progress_and_the_result(tmp_path):
    done = styletalk("animate", LINE, "--text", TEXT, "-o", tmp_path / "line.npz", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    fractions = [event["fraction"] for event in events if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1
    assert events[-1]["event"] == "result" and events[-1]["output"] == str(tmp_path / "line.npz")


@pytest.mark.parametrize("kind", ["missing", "corrupt", "silent"])
def test_a_sound_that_cannot_be_used_is_one_sentence(tmp_path, kind):
    path = tmp_path / "line.wav"
    if kind == "corrupt":
        path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt garbage" * 20)
    if kind == "silent":
        soundfile.write(path, np.zeros(32000), 16000)
    before = sorted(tmp_path.iterdir())
    refused("animate", path, "-o", tmp_path / "out.npz")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("option", [("--seed", -1), ("--intensity", 3), ("--sync-offset", "1e12")])
def test_a_number_out_of_range_is_one_sentence(tmp_path, option):
    refused("animate", LINE, "-o", tmp_path / "out.npz", *option)


@pytest.mark.parametrize(
    "command",
    [
        ("animate", LINE, "-o", "OUT.txt"),
        ("animate", LINE, "-o", "nowhere/OUT.npz"),
        ("phonemes", LINE, "-o", "OUT.txt"),
        ("words", LINE, "-o", "OUT.npz"),
        ("words", LINE, "-o", "nowhere/OUT.txt"),
        ("evaluate", LINE.parent, "-o", "OUT.txt"),
        ("styles", "add", LINE, "-o", "OUT.txt"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(tmp_path, command):
    said = refused(*(str(part).replace("OUT", str(tmp_path / "OUT")) for part in command))
    assert "Cannot write" in said or "Unknown file type" in said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    refused("animate", LINE, "--text", TEXT, "-o", tmp_path / "file" / "out.npz")


def test_a_disk_that_fills_leaves_nothing_half_written(tmp_path):
    """The kernel's file size limit stands in for a full disk: writes fail part-way, as they do there."""

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    refused("animate", LINE, "--text", TEXT, "-o", tmp_path / "out.npz", preexec_fn=small_files_only)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_with_one_sentence_and_no_file(tmp_path):
    (tmp_path / "long").mkdir()
    with wave.open(str(LINE)) as line, wave.open(str(tmp_path / "long/line.wav"), "wb") as long:
        long.setparams(line.getparams())
        long.writeframes(line.readframes(line.getnframes()) * 60)  # the line alone takes a third of a second
    sound, output = tmp_path / "long/line.wav", tmp_path / "out.npz"
    command = [sys.executable, "-m", "styletalk.cli", "animate", str(sound), "-o", str(output), "--json"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=LINE.parents[3],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()  # the first progress event: the work has begun
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert len(said.strip().splitlines()) == 1 and "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["long"]


def test_wrong_usage_is_exit_code_2():
    assert styletalk("animate").returncode == 2
    assert styletalk("no-such-command").returncode == 2
    assert styletalk("animate", LINE, "-o", "x.npz", "--engine", "abacus").returncode == 2


@pytest.mark.parametrize("wrong", ["--" + "x" * 9000, "--a\nb\x1b[31m", "\udcff" * 900])
def test_what_is_wrong_with_a_usage_is_one_line(wrong):
    done = styletalk("animate", LINE, "-o", "x.npz", wrong)
    said = done.stderr.splitlines()[-1]
    assert done.returncode == 2 and said.startswith("styletalk: error: unrecognized") and "\x1b" not in done.stderr
    assert len(said) < 340 and len(done.stderr.splitlines()) == 2


def test_styles_are_listed_shown_and_made(tmp_path):
    listed = styletalk("styles", "list").stdout
    assert all(name in listed for name in ("neutral", "happy", "sad", "angry", "surprised"))
    clip = np.random.default_rng(0).normal(size=(90, 64)).astype(np.float32) * 0.1
    np.save(tmp_path / "mine.npy", clip)
    assert (
        styletalk("styles", "add", tmp_path / "mine.npy", "-o", tmp_path / "mine.npz", "--mood", "odd").returncode == 0
    )
    assert "odd" in styletalk("styles", "show", tmp_path / "mine.npz").stdout


def test_words_are_a_transcript_for_the_next_command(tmp_path):
    done = styletalk("words", LINE, "-o", tmp_path / "line.txt", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["message"] == f"Wrote {tmp_path / 'line.txt'}: 22 words."
    assert normalise((tmp_path / "line.txt").read_text()) == normalise(TEXT.read_text())
    done = styletalk("phonemes", LINE, "--text", tmp_path / "line.txt", "-o", tmp_path / "line.TextGrid")
    assert done.returncode == 0, done.stderr


def test_doctor_names_what_is_here():
    told = styletalk("doctor").stdout
    assert "weights" in told and "numpy" in told


def test_a_lost_module_of_ours_is_not_looked_for_in_an_index(tmp_path, capsys, monkeypatch):
    (tmp_path / "said.txt").write_text("Guten Morgen, das ist ein Satz.", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "styletalk.speech.languages.tables.de", None)
    assert main(["phonemes", str(LINE), "--text", str(tmp_path / "said.txt")]) == 1
    assert "Install StyleTalk again" in capsys.readouterr().err
