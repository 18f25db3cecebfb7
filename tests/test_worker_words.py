# SPDX-License-Identifier: Apache-2.0
"""The worker writes down the words of a sound: whole, in its turn, or one sentence why not."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_worker import LINE, SHUTDOWN, WORDS, converse, encoded

from styletalk.speech.text.transcript import normalise
from styletalk.worker import Worker


def asked(identity: int, audio: Path, output: Path) -> dict:
    return {"id": identity, "type": "recognise", "audio": str(audio), "output": str(output)}


def errors_of(*messages: dict) -> dict[int | None, dict]:
    """By the number of the request."""
    return {each["id"]: each for each in converse(*messages) if each["type"] == "error"}


def test_words_are_written_down_as_a_text(tmp_path):
    """As people write them, and as a transcript that says the same. A request that waits is cancelled."""
    texts = [tmp_path / f"{number}.txt" for number in range(2)]
    _, *answers = converse(*(asked(k, LINE, texts[k]) for k in range(2)), {"type": "cancel", "id": 1})
    *progress, result = [each for each in answers if each["id"] == 0]
    assert result == {"id": 0, "type": "result", "output": str(texts[0]), "rows": 22, "note": ""}
    fractions = [each["fraction"] for each in progress]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) > 5
    assert texts[0].read_bytes().startswith(b"And Mr. John") and normalise(texts[0].read_text()) == normalise(WORDS)
    assert answers[-1]["kind"] == "Cancelled" and list(tmp_path.iterdir()) == texts[:1]


def test_words_are_cancelled_in_the_middle(tmp_path, monkeypatch):
    """At the next progress; nothing is written."""
    messages = (asked(1, LINE, tmp_path / "o.txt"), SHUTDOWN)
    worker, said = Worker(io.BytesIO(b"".join(map(encoded, messages))), io.StringIO()), []

    def cancelling(**message):
        said.append(message)
        if message.get("fraction", 0) > 0.1:
            worker._sort({"type": "cancel", "id": 1})

    monkeypatch.setattr(worker, "_send", cancelling)
    worker.serve()
    assert said[-1]["kind"] == "Cancelled" and 0.1 < said[-2]["fraction"] < 0.2 and list(tmp_path.iterdir()) == []


def test_what_parts_lack_is_said_and_each_stretch_is_a_line(tmp_path):
    """A line, half a minute of noise, and the line again."""
    speech, rate = soundfile.read(LINE)
    noise = np.random.default_rng(1).normal(size=8 * rate) / 30
    silence = np.zeros(rate)
    soundfile.write(tmp_path / "long.wav", np.concatenate([speech, silence, noise, silence, speech]), rate)
    *_, result = converse(asked(1, tmp_path / "long.wav", tmp_path / "o.txt"))
    lines = (tmp_path / "o.txt").read_text().splitlines()
    assert result["rows"] == 44 and len(lines) == 2 and lines[0] == lines[1]
    assert re.fullmatch(r"No words were found in \d+\.\d s of the sound: [a-z, ]+\.", result["note"])


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("silent", "silent.wav is silent from beginning to end. Give a recording of speech."),
        ("noise", "No English words were found in noise.wav: it is heard without them anyway."),
        ("absent", "There is no sound file {}/absent.wav. Check the path."),
    ],
)
def test_a_sound_without_words_is_one_sentence(tmp_path, kind, sentence):
    samples = {"silent": np.zeros(32_000), "noise": np.random.default_rng(1).normal(size=48_000) / 10}
    if kind in samples:
        soundfile.write(tmp_path / f"{kind}.wav", samples[kind], 16_000)
    error = errors_of(asked(1, tmp_path / f"{kind}.wav", tmp_path / "o.txt"))[1]
    assert (error["kind"], error["message"], error["traceback"]) == ("AudioError", sentence.format(tmp_path), None)
    assert not list(tmp_path.glob("*.txt"))


def test_what_is_wrong_with_a_message_is_said_before_any_work(tmp_path):
    """The output's ending, its folder, the sound itself as output; and what is no message at all."""
    sound = tmp_path / "sound.txt"
    sound.write_bytes(LINE.read_bytes())
    outputs = (tmp_path / "o.npz", tmp_path / "nowhere" / "o.txt", sound)
    late = asked(0, LINE, tmp_path / "o.txt")
    _, *answers = converse(late, *(asked(k, sound, output) for k, output in enumerate(outputs, 1)))
    ends = [(each["id"], each.get("kind")) for each in answers if each["type"] != "progress"]
    assert ends == [(1, "OutputError"), (2, "OutputError"), (3, "OutputError"), (0, None)]
    assert sound.read_bytes() == LINE.read_bytes()
    lacking = {name: value for name, value in late.items() if name != "audio"}
    for bad in (lacking, {**late, "audio": "a\0"}, {**late, "audio": 3}):
        assert errors_of(bad)[None]["kind"] == "ProtocolError"
