# SPDX-License-Identifier: Apache-2.0
"""One request, its fields declared once: flags, messages and checks are made from them."""

import argparse
import dataclasses
from pathlib import Path

import pytest

from styletalk.cli.request_options import add_request_options, request_from_options
from styletalk.errors import RequestError
from styletalk.request import AnimationRequest, option_of

LINE = Path("line.wav")
FIELDS = [field for field in dataclasses.fields(AnimationRequest) if option_of(field)]


def asked(*arguments: str) -> AnimationRequest:
    parser = argparse.ArgumentParser()
    add_request_options(parser)
    return request_from_options(parser.parse_args(arguments), LINE)


def test_every_field_but_the_sound_says_how_it_is_asked_for():
    assert [field.name for field in dataclasses.fields(AnimationRequest) if not option_of(field)] == ["audio"]


def test_no_flags_is_the_default():
    assert asked() == AnimationRequest(LINE)


def test_flags_reach_their_fields(tmp_path):
    (tmp_path / "said.txt").write_text("Hello there.")
    flags = ["--text", str(tmp_path / "said.txt"), "--style", "sad", "--intensity", "1.5", "--no-blinks", "--no-gaze"]
    found = asked(*flags, "--sync-offset", "-40", "--seed", "3", "--raw", "--checkpoint", "w.pth", "--engine", "numpy")
    assert found == AnimationRequest(
        LINE, "Hello there.", style="sad", intensity=1.5, blinks=False, gaze=False, sync_offset_ms=-40.0, seed=3,
        raw=True, checkpoint=Path("w.pth"), engine="numpy",
    )  # fmt: skip


def test_a_request_travels_as_what_it_changes():
    request = AnimationRequest(LINE, style="sad", seed=4, phonemes=Path("line.TextGrid"))
    assert request.as_values() == {"audio": "line.wav", "phonemes": "line.TextGrid", "style": "sad", "seed": 4}
    assert AnimationRequest.from_values(request.as_values()) == request


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"style": "sad"}, "names no sound"),
        ({"colour": "red"}, "no option 'colour'"),
        ({"raw": "false"}, "The option raw must be true or false, not 'false'"),
        ({"intensity": "1"}, "The option intensity must be a number"),
        ({"intensity": True}, "The option intensity must be a number"),
        ({"intensity": 2.5}, "The intensity 2.5 is out of range. Choose 0 to 2."),
        ({"intensity": float("nan")}, "out of range"),
        ({"sync_offset_ms": 1e9}, "The sync offset 1e+09 is out of range"),
        ({"seed": -1}, "The seed -1 is out of range"),
        ({"seed": 2**32}, "The seed 4294967296 is out of range. Choose 0 to 4294967295."),
        ({"seed": 10**400}, "Choose 0 to 4294967295."),
        ({"intensity": 10**400}, "Choose 0 to 2."),
        ({"intensity": 10**5000}, "Choose 0 to 2."),
        ({"pose": 10**5000}, "The option pose must be text"),
        ({"pose": ""}, "The pose is empty."),
        ({"seed": 1.5}, "a whole number"),
        ({"audio": None}, "The option audio must be a path"),
        ({"engine": "abacus"}, "The engine 'abacus' is unknown. Choose one of auto, torch, numpy."),
    ],
)
def test_wrong_values_are_named(values, sentence):
    audio = {} if values.keys() == {"style"} else {"audio": "a.wav"}
    with pytest.raises(RequestError) as caught:
        AnimationRequest.from_values({**audio, **values})
    assert sentence in str(caught.value) and "\n" not in str(caught.value)
