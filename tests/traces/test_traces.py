# SPDX-License-Identifier: Apache-2.0
"""What the commands leave behind, and whom they call: no file says whose machine made it, and nobody is called."""

import dataclasses
import functools
import gzip
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from own_portrait import own_portrait
from paper_miniature import miniature, write_data

from styletalk.face.model import OPEN_FACE_FILE
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS
from styletalk.networks.config import GeneratorConfig
from tests.traces.packed import USER, names_in
from tests.tracking import face_films

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "core" / "styletalk" / "demo"
NO_NETWORK = Path(__file__).with_name("no_network")
TIMEOUT_S = 600
COMMANDS = {
    "style": "styles add clip.npy -o style.npz",
    "film": "styles add face.mkv -o filmed.npz",
    "capture": "track face.mkv -o captured.npz --landmarks landmarks.npz",
    "blend": "styles blend style.npz happy -o blend.npz",
    "phonemes": "phonemes line.wav --recogniser words -o line.TextGrid",
    "labels": "phonemes line.wav --text line.txt -o line_seq.json",
    "animation": "animate line.wav -o auto.npz",
    "words": "animate line.wav --recogniser words -o words.csv",
    "export": "convert auto.npz --fps 60 -o export.csv",
    "take": "convert export.csv -o take.npz",
    "heard": "animate line.wav --recogniser heard --style style.npz --pose pose.csv -o heard.npz",
    "alignment": "animate line.wav --phonemes line.TextGrid --pose auto.npz --checkpoint own.safetensors -o all.json",
    "torch": "animate line.wav --text line.txt --engine torch -o torch.npz",
    "talk": "talk line.wav --text line.txt --photo portrait.npz -o talk.mp4",
    "pass": "render auto.npz --photo portrait.npz --range 1-3 -o pass",
    "checkpoint": "import-checkpoint published.pth -o imported.safetensors",
    "manifest": "manifest data/styletalk -o manifest.json",
    "training": "train manifest.json --recipe paper --config config.json -o run",
    "distillation": "train data --recipe distillation --config small.json -o student",
    "report": "evaluate data/styletalk --only lips --preset happy --sync-weights run/sync.pt -o report",
    "doctor": "doctor",
    "worker": "worker",
    "demo": "demo -o demo",
}
"""By what they make. Paths are given in full, as a file dialog gives them."""
NEEDS = {
    "phonemes": "faster_whisper", "alignment": "faster_whisper", "torch": "torch", "checkpoint": "torch",
    "film": "mediapipe", "capture": "mediapipe", "training": "torch", "distillation": "torch", "report": "torch",
    "demo": "bpy", "talk": "styletalk.photoreal.warp", "pass": "styletalk.photoreal.warp",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A folder in a home, with a line of speech, a clip, a head pose, weights, recordings and configurations."""
    folder = tmp_path_factory.mktemp("home") / USER / "project"
    (folder.parent / "tmp").mkdir(parents=True)
    folder.mkdir()
    shutil.copyfile(DEMO / "line.wav", folder / "line.wav")
    shutil.copyfile(DEMO / "line.txt", folder / "line.txt")
    shutil.copyfile(DEFAULT_WEIGHTS, folder / "own.safetensors")
    np.save(folder / "clip.npy", np.random.default_rng(1).normal(0, 0.3, (60, 64)).astype(np.float32))
    np.savetxt(folder / "pose.csv", np.zeros((60, 6)), delimiter=",")
    own_portrait().save(folder / "portrait.npz")
    write_data(folder / "data", with_sound=True)
    face_films.write(folder / "face.mkv", face_films.talking(30), sound_from_s=0.0)
    shutil.copyfile(OPEN_FACE_FILE, folder / "face.npz")
    sync = dataclasses.replace(miniature().sync, face=str(folder / "face.npz"))
    (folder / "config.json").write_text(miniature(sync=sync).to_json())
    (folder / "small.json").write_text(json.dumps({"steps": 1}))
    return folder


@pytest.fixture(scope="module")
def ran(project):
    """Runs a command, and what it builds on, once. Returns the files it wrote, and who was called."""

    @functools.cache
    def run(name: str) -> tuple[list[Path], str]:
        if importlib.util.find_spec(NEEDS.get(name, "numpy")) is None:
            pytest.skip(f"needs {NEEDS[name]}")
        inputs = {word.split("/")[0] for word in COMMANDS[name].split()[:-1]}
        for needed in ("style", "phonemes", "animation", "export", "manifest", "training"):
            if COMMANDS[needed].split()[-1] in inputs:
                run(needed)
        if name == "checkpoint":
            write_checkpoint(project / "published.pth")
        before, log = set(project.rglob("*")), project.parent / f"{name}.log"
        done = execute(name, project, log)
        assert done.returncode == 0, done.stdout + done.stderr
        written = [path for path in set(project.rglob("*")) - before if path.is_file()]
        return written, log.read_text() if log.exists() else ""

    return run


def execute(name: str, project: Path, log: Path) -> subprocess.CompletedProcess:
    """In another folder, in somebody's home, without a network."""
    home = project.parent
    module, message = "styletalk.cli", ""
    words = COMMANDS[name].split()
    arguments = [
        str(project / word) if "." in word or (project / word).is_dir() or before == "-o" else word
        for before, word in zip(("", *words), words, strict=False)
    ]
    if name == "worker":
        module, arguments = "styletalk.worker", []
        request = {"audio": str(project / "line.wav"), "pose": str(project / "pose.csv"), "recogniser": "words"}
        ask = {"type": "animate", "id": 1, "request": request, "output": str(project / "worker.npz")}
        message = f"{json.dumps(ask)}\n{json.dumps({'type': 'shutdown'})}\n"
    paths = [str(NO_NETWORK), str(CHECKOUT / "core"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "HOME": str(home), "USERPROFILE": str(home), "USER": USER, "LOGNAME": USER, "TMPDIR": str(home / "tmp"),
        "PYTHONPATH": os.pathsep.join(paths), "NETWORK_LOG": str(log), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    return subprocess.run(
        [*cut_off(), sys.executable, "-m", module, *arguments], input=message, capture_output=True, text=True,
        timeout=TIMEOUT_S, env=environment, cwd=home.parent,
    )  # fmt: skip


@functools.cache
def cut_off() -> tuple[str, ...]:
    """A command that runs another one where there is no network at all: also what is not Python cannot reach any."""
    command = ("unshare", "--map-root-user", "--net")
    works = shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if works else ()


def write_checkpoint(path: Path) -> None:
    import torch

    from styletalk.networks.modules.generator import StyleTalkGenerator

    config = GeneratorConfig(d_model=16, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=8,
                             kernels=2, phoneme_dim=4, style_frames=20)  # fmt: skip
    torch.save({"model_state_dict": StyleTalkGenerator(config).state_dict(), "path": str(path)}, path)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_file_says_whose_machine_made_it(ran, name):
    """Neither a path nor a name, in the open or packed."""
    written, _ = ran(name)
    assert written or name == "doctor"
    assert {path.name: found for path in written if (found := names_in(path))} == {}


@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_is_called(ran, name):
    """Not for a model, nor an update, nor to say that the program is used."""
    _, called = ran(name)
    assert called == ""


def test_a_name_is_found_wherever_it_is_packed(tmp_path):
    """Or the first test could not fail."""
    np.savez_compressed(tmp_path / "a.npz", text=f"/home/{USER}/line.wav")
    (tmp_path / "b").write_bytes(gzip.compress(f"/home/{USER}".encode()))
    assert names_in(tmp_path / "a.npz") == ["utf-32-le"] and names_in(tmp_path / "b") == ["utf-8"]


def test_a_call_is_refused_and_written_down(tmp_path):
    """Or the second test could not fail."""
    script = (
        "import urllib.request\ntry: urllib.request.urlopen('http://localhost:9')\nexcept OSError: print('refused')"
    )
    environment = os.environ | {"PYTHONPATH": str(NO_NETWORK), "NETWORK_LOG": str(tmp_path / "log")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.stdout == "refused\n" and "localhost" in (tmp_path / "log").read_text()
