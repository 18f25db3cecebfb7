# SPDX-License-Identifier: Apache-2.0
"""What can be checked is checked first: no sound is decoded and no network loaded for a request that cannot be met."""

import os
from pathlib import Path

import numpy as np
import pytest

from styletalk import api, checkpoint_import
from styletalk.cli import main
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.demo import run as demo
from styletalk.errors import StyleTalkError
from styletalk.networks.engine import inference
from styletalk.networks.engine.cache import KEPT_ENGINES
from styletalk.photoreal.neural import windows_file
from styletalk.request import AnimationRequest
from styletalk.speech.audio import sound_file

BAD_FILES = {
    "pose": ("pose.npz", b"PK\x03\x04 torn"),
    "style": ("style.mat", b"no table"),
    "checkpoint": ("weights.safetensors", b"no weights"),
    "phonemes": ("line.TextGrid", b"no grid"),
    "transcript": ("said.txt", b"00:12.000 --> 00:13.000"),
}
LOAD_AUDIO = sound_file.load_audio
WORK = {
    "load_audio": sound_file,
    "measure_audio": sound_file,
    "load_engine": inference,
    "load_renderer": windows_file,
    "load_generator": checkpoint_import,
    "recognised": checkpoint_import,
    "animate": demo,
}


@pytest.fixture(autouse=True)
def no_work(monkeypatch):
    """Whatever begins the work fails the test."""
    for name, module in WORK.items():
        monkeypatch.setattr(module, name, lambda *_, name=name, **__: pytest.fail(f"{name} was called"))
    monkeypatch.setattr(KEPT_ENGINES, "engine", lambda *_: pytest.fail("an engine was loaded"))


def bad(folder: Path, field: str, kind: str) -> Path:
    """A path for `field` at which lies nothing, a folder, or a file that is none of its format."""
    name, content = BAD_FILES[field]
    if kind == "broken":
        (folder / name).write_bytes(content)
    if kind == "folder":
        (folder / name).mkdir()
    return folder / name


def said_by_command(capsys, *arguments: object) -> str:
    """The one sentence of a command that must fail; the folder of its output stays as it was."""
    assert main([str(each) for each in arguments]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("styletalk: "), lines
    assert "Unexpected" not in lines[0]
    return lines[0]


KINDS = pytest.mark.parametrize("kind", ["missing", "broken", "folder"])


@KINDS
@pytest.mark.parametrize("field", BAD_FILES)
def test_the_command_finds_a_bad_input_before_it_decodes(tmp_path, capsys, field, kind):
    flag = "--text" if field == "transcript" else f"--{field}"
    path = bad(tmp_path, field, kind)
    said = said_by_command(capsys, "animate", LINE, flag, path, "-o", tmp_path / "out.npz")
    assert path.name in said or (field, kind) == ("transcript", "broken")


@KINDS
@pytest.mark.parametrize("field", ["phonemes", "transcript"])
def test_so_does_the_command_for_phonemes(tmp_path, capsys, field, kind):
    flag = "--text" if field == "transcript" else f"--{field}"
    said_by_command(capsys, "phonemes", LINE, flag, bad(tmp_path, field, kind), "-o", tmp_path / "out.TextGrid")


@KINDS
@pytest.mark.parametrize("field", BAD_FILES)
def test_so_does_whatever_calls_animate_such_as_the_worker(tmp_path, field, kind):
    value = "[no words]" if field == "transcript" else str(bad(tmp_path, field, kind))
    with pytest.raises(StyleTalkError):
        api.animate(AnimationRequest.from_values({"audio": str(LINE), field: value}))


@pytest.mark.parametrize(
    "command",
    [
        ("animate", LINE, "-o", "OUT/line.npz"),
        ("phonemes", LINE, "-o", "OUT/line.TextGrid"),
        ("styles", "add", "STYLE", "-o", "OUT/style.npz"),
        ("styles", "blend", "happy", "sad", "-o", "OUT/style.npz"),
        ("import-checkpoint", "STYLE", "-o", "OUT/weights.safetensors"),
        ("render-windows", "STYLE", "--photo", "STYLE", "--renderer", "STYLE", "-o", "OUT/windows.npz"),
        ("demo", "-o", "STYLE/demo"),
    ],
    ids=lambda command: " ".join(command[:2] if command[0] == "styles" else command[:1]),
)
def test_an_output_that_cannot_be_written_is_said_before_the_work(tmp_path, capsys, command):
    np.save(tmp_path / "style.npy", np.zeros((60, 64)))
    style, nowhere = str(tmp_path / "style.npy"), str(tmp_path / "nowhere")
    words = [str(word).replace("OUT", nowhere).replace("STYLE", style) for word in command]
    assert "Cannot write" in said_by_command(capsys, *words)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"--photo": "absent.png"}, "no photo"),
        ({"--renderer": "absent.pt"}, "no weights file"),
        ({"--pose": "absent.mat"}, "no head pose"),
        ({"--batch": "0"}, "batch of 0"),
        ({"SOURCE": "absent.npz"}, "absent.npz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_the_photoreal_pass_checks_its_files_before_it_loads_the_renderer(tmp_path, capsys, changed, sentence):
    from styletalk.animation import FaceAnimation
    from styletalk.files.png import write_png

    FaceAnimation.still(np.zeros((3, 64)), np.zeros(3)).save(tmp_path / "line.npz")
    write_png(tmp_path / "photo.png", np.zeros((32, 32, 3), np.uint8))
    (tmp_path / "r.pt").write_bytes(b"weights")
    given = {"SOURCE": "line.npz", "--photo": "photo.png", "--renderer": "r.pt", "-o": "out.npz", **changed}
    source = given.pop("SOURCE")
    words = [word for flag, name in given.items() for word in (flag, name if flag == "--batch" else tmp_path / name)]
    assert sentence in said_by_command(capsys, "render-windows", tmp_path / source, *words)


def test_a_blend_beyond_its_ends_is_said_before_the_networks_load(tmp_path, capsys):
    blend = ("styles", "blend", "happy", "sad", "--amount", "2", "-o", tmp_path / "style.npz")
    assert "0 (the first style) to 1" in said_by_command(capsys, *blend)


def test_the_demo_asks_for_the_blender_that_it_is_given_first(tmp_path, capsys):
    assert "is not a Blender" in said_by_command(capsys, "demo", "-o", tmp_path, "--blender", tmp_path / "no-blender")


def test_weights_that_have_not_changed_are_checked_once(tmp_path, monkeypatch):
    from styletalk.networks.checkpoints import generator

    path, read = tmp_path / "weights.safetensors", []
    path.write_bytes(generator.DEFAULT_WEIGHTS.read_bytes())
    monkeypatch.setattr(generator, "read_weights", lambda path: read.append(path))
    request = AnimationRequest(LINE, transcript=TRANSCRIPT.read_text(), checkpoint=path)
    assert api.prepare(request).styles[0].name == api.prepare(request).styles[0].name == "neutral"
    path.write_bytes(path.read_bytes() + b"\0")
    api.prepare(request)
    assert read == [path, path]


def test_an_unknown_ending_is_one_sentence_wherever_a_file_is_written(tmp_path, capsys):
    commands = {
        "Use .npz, .csv or .json.": ("animate", LINE),
        "Use .TextGrid or .json.": ("phonemes", LINE),
        "Use .npz.": ("styles", "blend", "happy", "sad"),
        "Use .safetensors.": ("import-checkpoint", LINE),
    }
    for sentence, command in commands.items():
        said = said_by_command(capsys, *command, "-o", tmp_path / "out.foo")
        assert said == f"styletalk: Unknown file type '.foo'. {sentence}"


@pytest.mark.parametrize("flag", ["SOUND", "--text", "--phonemes", "--pose", "--style", "--checkpoint"])
def test_a_missing_input_a_folder_and_a_pipe_are_one_sentence_each(tmp_path, capsys, flag):
    """A name longer than the disk allows is missing, too; reading a pipe would wait for whoever writes it."""
    ending = {"--phonemes": ".json", "--pose": ".npz", "--style": ".npz"}.get(flag, ".txt")
    missing, folder, pipe = tmp_path / f"{'x' * 300}{ending}", tmp_path / f"folder{ending}", tmp_path / f"pipe{ending}"
    folder.mkdir()
    os.mkfifo(pipe)
    for path, sentence in ((missing, "There is no "), (folder, " is a folder. "), (pipe, " is a pipe or device. ")):
        words = (path,) if flag == "SOUND" else (LINE, flag, path)
        if flag == "SOUND":  # the sound itself may be looked at, but not waited for
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sound_file, "load_audio", LOAD_AUDIO)
                said = said_by_command(capsys, "animate", *words, "-o", tmp_path / "out.npz")
        else:
            said = said_by_command(capsys, "animate", *words, "-o", tmp_path / "out.npz")
        assert sentence in said and path.name[:20] in said


def test_an_empty_pose_is_said_to_be_empty(tmp_path, capsys):
    said = said_by_command(capsys, "animate", LINE, "--pose", "", "-o", tmp_path / "out.npz")
    assert said == "styletalk: The pose is empty. Give FILE or auto or none."


@pytest.mark.parametrize(
    "command",
    [
        ("animate", "IN.npz"),
        ("animate", LINE, "--text", "IN.npz"),
        ("animate", LINE, "--phonemes", "IN.npz"),
        ("animate", LINE, "--pose", "IN.npz"),
        ("animate", LINE, "--style", "IN.npz"),
        ("animate", LINE, "--checkpoint", "IN.npz"),
        ("phonemes", "IN.json"),
        ("phonemes", LINE, "--phonemes", "IN.json"),
        ("styles", "add", "IN.npz"),
        ("styles", "blend", "happy", "IN.npz"),
        ("import-checkpoint", "IN.safetensors"),
        ("render-windows", "IN.npz", "--photo", "p.png", "--renderer", "r.pt"),
        ("render-windows", "a.npz", "--photo", "IN.npz", "--renderer", "r.pt"),
        ("manifest", "IN.json"),
        ("evaluate", "IN.json"),
    ],
    ids=lambda command: " ".join(str(each) for each in command if each != LINE),
)
@pytest.mark.parametrize("linked", [False, True], ids=["", "through a link"])
def test_no_command_writes_over_what_it_reads(tmp_path, capsys, command, linked):
    words = [str(word).replace("IN", str(tmp_path / "input")) for word in command]
    path = Path(next(word for word in words if word.startswith(str(tmp_path))))
    path.write_bytes(b"input")
    output = path
    if linked:
        output = path.with_name(f"link{path.suffix}")
        output.symlink_to(path)
    assert "one of the files to read" in said_by_command(capsys, *words, "-o", output)
    assert path.read_bytes() == b"input"


@pytest.mark.parametrize("name", ["x" * 300 + ".npz", "half\ud800.npz", os.fsdecode(b"\xff" * 300 + b".npz")])
def test_an_output_whose_name_cannot_be_is_one_sentence(tmp_path, capsys, name):
    assert "Cannot write" in said_by_command(capsys, "animate", LINE, "-o", tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 300 + ".wav", "half\ud800.wav", os.fsdecode(b"\xff.wav")])
def test_an_input_whose_name_cannot_be_is_missing(tmp_path, capsys, name, monkeypatch):
    monkeypatch.setattr(sound_file, "load_audio", LOAD_AUDIO)
    assert "There is no sound file" in said_by_command(capsys, "animate", tmp_path / name, "-o", tmp_path / "o.npz")


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, capsys, monkeypatch):
    def without(*_, **__):
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    monkeypatch.setattr(api, "prepare", without)
    assert "`pip install scipy`" in said_by_command(capsys, "phonemes", LINE)
