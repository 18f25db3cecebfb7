# SPDX-License-Identifier: Apache-2.0
"""`styletalk doctor`: what this machine has, what is missing, and the command that installs it."""

import argparse
import importlib.metadata
import platform
from pathlib import Path

from ..blas import slow_blas_note
from ..errors import StyleTalkError
from ..request import NEUTRAL_STYLE
from .console import Console
from .options import Commands, new_command

_PACKAGES = {
    "numpy": "needed by everything",
    "soundfile": "needed for flac, ogg and mp3",
    "av": "needed for m4a and video",
    "num2words": "for figures in a transcript that is not English",
    "pypinyin": "for transcripts in Mandarin",
    "janome": "for transcripts in Japanese with kanji",
    "torch": "a faster engine and GPUs; NumPy computes without it",
    "bpy": "one way to have Blender",
    "faster-whisper": "words by a larger model of yours",
    "mediapipe": "for measuring faces in videos",
}

_OWN_FACES = ("face models of yours", "none ships", "styletalk import-bfm, styletalk import-ict: docs/face-models.md")


def add(commands: Commands) -> None:
    summary = "what is installed here and what is missing, with the command that installs it"
    new_command(commands, "doctor", summary).set_defaults(run=run)


def run(options: argparse.Namespace, console: Console) -> None:
    console.table(("what", "found", "what to do"), examine())


def examine() -> list[tuple[str, str, str]]:
    """(what, found, what to do) for Python, packages, Blender, the open face, the weights and the presets."""
    rows = [("python", f"{platform.python_version()} on {platform.platform()}", "")]
    rows += [_package(name, purpose) for name, purpose in _PACKAGES.items()]
    rows += [_matrix_library(), _blender(), *_shipped_files(), _OWN_FACES]
    return rows


def _package(name: str, purpose: str) -> tuple[str, str, str]:
    try:
        return (name, importlib.metadata.version(name), "")
    except importlib.metadata.PackageNotFoundError:
        return (name, "not installed", f"pip install {name} ({purpose})")


def _matrix_library() -> tuple[str, str, str]:
    note = slow_blas_note()
    return ("matrix library", "the slow reference BLAS" if note else "no slow one", note)


def _blender() -> tuple[str, str, str]:
    from ..demo.blender import find_blender

    try:
        host = find_blender()
    except StyleTalkError:
        return ("blender", "not found", "install Blender 3.4 or newer, or `pip install bpy`")
    return ("blender", str(host.program or "the bpy package"), "")


def _shipped_files() -> list[tuple[str, str, str]]:
    from ..face.model import OPEN_FACE_FILE
    from ..networks.checkpoints.generator import DEFAULT_WEIGHTS
    from ..speech.hearing.encoder import ENCODER_FILE
    from ..speech.hearing.phoneme_network import NETWORK_FILE
    from ..speech.recognition.whisper import DECODER_FILE
    from ..styles.presets import preset_path

    files = {
        "weights": DEFAULT_WEIGHTS, "hearing": ENCODER_FILE, "phonemes": NETWORK_FILE, "words": DECODER_FILE,
        "open face": OPEN_FACE_FILE, "presets": preset_path(NEUTRAL_STYLE),
    }  # fmt: skip
    return [_file(name, path) for name, path in files.items()]


def _file(name: str, path: Path) -> tuple[str, str, str]:
    if path.is_file():
        return (name, f"{path.stat().st_size / 1e6:.1f} MB", "")
    return (name, "missing", "install StyleTalk again")
