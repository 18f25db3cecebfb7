# SPDX-License-Identifier: Apache-2.0
"""Words by the decoder that ships: those that are said, none where nobody speaks, one sentence where it is damaged."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import Cancelled, MissingPackageError, RequestError, StyleTalkError, WeightsError
from styletalk.request import AnimationRequest
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.recognition import whisper
from styletalk.speech.recognition.decoder import Decoder, Writing, decoder_of
from styletalk.speech.recognition.whisper import Written, shipped_whisper, vocabulary_of
from styletalk.speech.recognition.words import make_recogniser, recognised_words
from styletalk.speech.text.transcript import normalise
from styletalk.speech.track import phoneme_track

DEMO = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo"
WIDTH, PIECES, LONGEST, HEAD = 128, 40, 12, 64
SURE = Written("Good morning.", -0.2, 0.1, True)


@pytest.fixture(scope="module")
def line() -> Audio:
    return load_audio(DEMO / "line.wav")


@pytest.fixture(scope="module")
def line_words() -> tuple[str, ...]:
    return normalise((DEMO / "line.txt").read_text(encoding="utf-8"))


def nothing_said(kind: str) -> np.ndarray:
    """Five seconds in which nobody speaks."""
    rng, time_s = np.random.default_rng(1), np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tones = [np.sin(2 * np.pi * hertz * time_s) for hertz in (110.0, 220.0, 277.2, 329.6)]
    sounds = {
        "silence": np.zeros(len(time_s)),
        "noise": 0.1 * rng.normal(size=len(time_s)),
        "a hum": 0.3 * tones[0],
        "a chord that comes and goes": 0.1 * sum(tones) * (np.sin(2 * np.pi * time_s) > 0),
    }
    return sounds[kind].astype(np.float32)


def random_tensors(seed: int = 0) -> dict[str, np.ndarray]:
    """A decoder of two blocks, as `decoder_of` takes it."""
    rng, tensors = np.random.default_rng(seed), {}
    shapes = {"embedding": (WIDTH, PIECES), "positions": (LONGEST, WIDTH), "nothing": (30, WIDTH)}
    for n in range(2):
        for name, (inputs, outputs) in {
            "queries_keys_values": (1, 3), "self_out": (1, 1), "sound_queries": (1, 1), "sound_keys_values": (1, 2),
            "sound_out": (1, 1), "widen": (1, 4), "narrow": (4, 1),
        }.items():  # fmt: skip
            shapes[f"block{n}_{name}"] = (inputs * WIDTH, outputs * WIDTH)
            tensors[f"block{n}_{name}_bias"] = rng.normal(size=outputs * WIDTH)
    for name, shape in shapes.items():
        tensors[f"{name}_weight"] = rng.normal(size=shape) / math.sqrt(shape[0])
    norms = ["norm", *(f"block{n}_{part}_norm" for n in range(2) for part in ("self", "sound", "feed_forward"))]
    for name in norms:
        tensors |= {f"{name}_gain": rng.normal(size=WIDTH), f"{name}_bias": rng.normal(size=WIDTH)}
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, causal: bool) -> np.ndarray:
    """The textbook's, head by head: (n, width) of queries (n, width), keys and values (m, width)."""
    heads = []
    for at in range(0, WIDTH, HEAD):
        q, k, v = (each[:, at : at + HEAD] for each in (queries, keys, values))
        weights = q @ k.T / math.sqrt(HEAD)
        if causal:
            weights[np.triu_indices(len(q), 1)] = -np.inf
        weights = np.exp(weights - weights.max(axis=1, keepdims=True))
        heads.append(weights @ v / weights.sum(axis=1, keepdims=True))
    return np.concatenate(heads, axis=1)


def logits_at_once(decoder: Decoder, sound: np.ndarray, pieces: list[int]) -> np.ndarray:
    """(n, V): the logits after each of n pieces, of all pieces at once and nothing kept."""
    sound = np.concatenate([sound, decoder.nothing[len(sound) :]])
    x = decoder.embedding[:, pieces].T + decoder.positions[: len(pieces)]
    for block in decoder.blocks:
        q, k, v = np.split(block.queries_keys_values(block.self_norm(x)), 3, axis=1)
        x = x + block.self_out(attention(q, k, v, causal=True))
        k, v = np.split(block.sound_keys_values(sound), 2, axis=1)
        x = x + block.sound_out(attention(block.sound_queries(block.sound_norm(x)), k, v, causal=False))
        wide = block.widen(block.feed_forward_norm(x))
        x = x + block.narrow(wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2))))
    return decoder.last_norm(x) @ decoder.embedding


def test_step_by_step_is_the_same_as_all_at_once():
    decoder, rng = decoder_of(random_tensors()), np.random.default_rng(1)
    sound, pieces = rng.normal(size=(20, WIDTH)).astype(np.float32), rng.integers(0, PIECES, LONGEST).tolist()
    writing = Writing(decoder, sound)
    steps = np.array([writing.step(piece) for piece in pieces])
    assert np.abs(steps - logits_at_once(decoder, sound, pieces)).max() < 2e-3


def test_the_words_of_the_bundled_line(line, line_words):
    (stretch,) = recognised_words(line)
    assert stretch.words == line_words
    assert stretch.text.startswith("And Mr. John Dashwood") and stretch.note == ""


def test_a_whisper_of_the_line_has_the_same_words(line, line_words):
    quiet = Audio(line.samples * np.float32(0.003), line.path)
    assert [word for stretch in recognised_words(quiet) for word in stretch.words] == list(line_words)


@pytest.mark.parametrize("kind", ["silence", "noise", "a hum", "a chord that comes and goes"])
def test_where_nobody_speaks_there_are_no_words(kind):
    (stretch,) = recognised_words(Audio(nothing_said(kind), Path("nothing.wav")))
    assert (stretch.text, stretch.words, stretch.note) == ("", (), "nobody speaks")


@pytest.mark.parametrize(
    ("written", "doubt"),
    [
        (SURE, ""),
        (replace(SURE, nothing_said=0.9), "nobody speaks"),
        (replace(SURE, text=" . . . ."), "nobody speaks"),
        (replace(SURE, text="Thank you. " * 12), "circles"),
        (replace(SURE, whole=False), "circles"),
        (replace(SURE, log_probability=-1.4), "unclear"),
    ],
)
def test_what_whisper_is_not_sure_of_is_not_used(written, doubt):
    assert doubt in written.doubt and bool(doubt) == bool(written.doubt)


def test_a_second_text_that_goes_round_in_circles_does_not_replace_an_unsure_first_one(monkeypatch):
    unsure, circles = replace(SURE, log_probability=-0.6), Written("I. " * 100, -0.1, 0.1, False)
    tries = iter((unsure, circles))
    monkeypatch.setattr(whisper.Whisper, "_write", lambda *_: next(tries))
    assert shipped_whisper().write(np.zeros(16000, np.float32)) == unsure


def test_words_become_a_track_with_their_times(line, line_words):
    track = phoneme_track(line, recogniser="words")
    assert track.method == "words, then alignment" and track.note == ""
    assert tuple(word.word for word in track.words) == line_words


def test_recognition_can_be_stopped_within_a_stretch(line):
    told: list[float] = []

    def stop(fraction: float, stage: str) -> None:
        told.append(fraction)
        if len(told) == 5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        recognised_words(line, stop)
    assert len(told) == 5 and told == sorted(told)


@pytest.mark.parametrize("damage", ["missing", "cut off", "of another model"])
def test_damaged_weights_are_one_sentence(monkeypatch, tmp_path, damage):
    path = tmp_path / "decoder.npz"
    if damage == "cut off":
        path.write_bytes(whisper.DECODER_FILE.read_bytes()[:100_000])
    elif damage == "of another model":
        np.savez(path, norm_gain=np.ones(WIDTH, np.float16))
    monkeypatch.setattr(whisper, "DECODER_FILE", path)
    shipped_whisper.cache_clear()
    with pytest.raises(WeightsError, match="Install StyleTalk again"):
        make_recogniser("words")
    shipped_whisper.cache_clear()


@pytest.mark.parametrize("name", sorted(random_tensors()))
def test_weights_of_another_shape_are_refused(name):
    tensors = random_tensors()
    for wrong in ({name: tensors[name][:-1].copy()}, {name: tensors[name][None]}):
        if name in ("positions_weight", "nothing_weight") and wrong[name].ndim == 2:
            continue  # of any length
        with pytest.raises(WeightsError, match="do not fit together"):
            decoder_of(tensors | wrong)
    del tensors[name]
    with pytest.raises(WeightsError, match="do not fit together"):
        decoder_of(tensors)


@pytest.mark.parametrize("name", ["special", "never", "never_first"])
def test_a_vocabulary_of_other_weights_is_refused(name):
    fitting = {
        "embedding_weight": np.zeros((WIDTH, PIECES)), "texts": np.frombuffer(b"abc", np.uint8),
        "text_ends": np.array([1, 3], np.int32), "never": np.array([1], np.int32),
        "never_first": np.array([0], np.int32), "special": np.array([3, 4, 2, 5], np.int32),
    }  # fmt: skip
    assert vocabulary_of(fitting).text([1, 0, 2]) == "bca"
    for wrong in (np.array([3, 4, 2, PIECES], np.int32), np.array([-1], np.int32), np.array([0.5])):
        with pytest.raises(WeightsError, match="does not fit"):
            vocabulary_of(fitting | {name: wrong})
    for ends in (np.array([1], np.int32), np.array([3, 1], np.int32), np.array([], np.int32)):
        with pytest.raises(WeightsError, match="does not fit"):
            vocabulary_of(fitting | {"text_ends": ends})


def test_weights_without_a_block_are_refused():
    with pytest.raises(WeightsError, match="do not fit together"):
        decoder_of({name: tensor for name, tensor in random_tensors().items() if not name.startswith("block")})


def test_a_model_folder_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(MissingPackageError, match="There is no folder /no/such/model"):
        make_recogniser("faster-whisper:/no/such/model")


@pytest.mark.parametrize("name", ["pocketsphinx", "faster-whisper", "faster-whisper:", "parrot"])
def test_recognisers_that_are_no_more_are_one_sentence(name):
    with pytest.raises(RequestError, match=r"Choose one of auto, heard, words, faster-whisper:FOLDER\.$"):
        AnimationRequest(Path("line.wav"), recogniser=name)
    with pytest.raises(StyleTalkError, match=r"Choose heard, words or faster-whisper:FOLDER"):
        make_recogniser(name)


def test_a_folder_of_a_larger_model_is_taken():
    assert AnimationRequest(Path("line.wav"), recogniser="faster-whisper:/models/small").recogniser
