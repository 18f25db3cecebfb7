# SPDX-License-Identifier: Apache-2.0
"""A file of ours that is missing or damaged is told from one of the user's: install again, no other advice."""

import shutil

import pytest

from styletalk.errors import FaceModelError, StyleError, StyleTalkError, WeightsError
from styletalk.face import model, people
from styletalk.networks.checkpoints import generator
from styletalk.speech.features import whisper_basis
from styletalk.styles import library


def read_weights():
    return generator.read_weights(generator.DEFAULT_WEIGHTS)


READERS = {
    "weights": (generator, "DEFAULT_WEIGHTS", read_weights, WeightsError),
    "face": (model, "OPEN_FACE_FILE", model.open_face.__wrapped__, FaceModelError),
    "people": (people, "SLIDERS_FILE", people._directions.__wrapped__, FaceModelError),
    "basis": (whisper_basis, "BASIS_FILE", whisper_basis.whisper_basis.__wrapped__, WeightsError),
}


@pytest.fixture(params=READERS)
def shipped(request, tmp_path, monkeypatch):
    """(A copy of a shipped file in its place, what reads it, its error)."""
    module, name, read, error = READERS[request.param]
    copy = tmp_path / getattr(module, name).name
    shutil.copy(getattr(module, name), copy)
    monkeypatch.setattr(module, name, copy)
    return copy, read, error


def test_a_whole_file_is_read(shipped):
    assert shipped[1]() is not None


def test_a_missing_file_asks_for_another_installation(shipped):
    path, read, error = shipped
    path.unlink()
    with pytest.raises(error, match=r"of StyleTalk itself, is missing\. Install StyleTalk again\.$"):
        read()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_file_that_is_cut_off_asks_for_another_installation(shipped, share):
    path, read, error = shipped
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(error, match=r"of StyleTalk itself, is damaged\. Install StyleTalk again\.$"):
        read()


def test_a_damaged_preset_is_no_style_of_the_user(tmp_path, monkeypatch):
    (tmp_path / "sad.npz").write_bytes(b"no style")
    monkeypatch.setattr(library, "preset_path", lambda name: tmp_path / f"{name}.npz")
    with pytest.raises(StyleError, match=r"sad\.npz, a file of StyleTalk itself, is damaged\."):
        library.load_preset.__wrapped__("sad")
    with pytest.raises(StyleTalkError, match=r"happy\.npz, a file of StyleTalk itself, is missing\."):
        library.load_preset.__wrapped__("happy")
