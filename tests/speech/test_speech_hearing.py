# SPDX-License-Identifier: Apache-2.0
"""What the built-in networks hear: the encoder is Whisper's, phonemes are where they are spoken, silence is silence."""

import gc
import itertools
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import AudioError, Cancelled, MissingPackageError, WeightsError
from styletalk.phonemes import PHONEMES, VISEME_OF_PHONEME
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.hearing import listening, windows
from styletalk.speech.hearing.encoder import ENCODER_FILE, ENCODER_RATE_HZ, encoder_of, gelu, shipped_encoder
from styletalk.speech.hearing.mel import BANDS, log_mel
from styletalk.speech.hearing.packed import SCALE, packed, read_packed
from styletalk.speech.hearing.phoneme_network import NETWORK_FILE, networks_of
from styletalk.speech.hearing.viterbi import MIN_FRAMES, best_path, segments_of
from styletalk.speech.track import phoneme_track
from styletalk.timeline import FRAME_RATE_HZ
from styletalk_research.hearing.whisper_model import installed_model

DEMO = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo"
ROWS_IN_LINE = 213


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    return load_audio(DEMO / "line.wav").samples


@pytest.fixture(scope="module")
def line_labels(line) -> np.ndarray:
    return labels(line)


def audio(samples: np.ndarray) -> Audio:
    return Audio(samples.astype(np.float32), DEMO / "line.wav")


def labels(samples: np.ndarray) -> np.ndarray:
    return phoneme_track(audio(samples), recogniser="heard").labels()


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


@pytest.fixture(scope="module")
def installed():
    faster_whisper = pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    try:
        folder = installed_model()
    except MissingPackageError as error:
        pytest.skip(str(error))
    return faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


def test_the_spectrogram_is_whispers(installed, line):
    expected = installed.feature_extractor(line, padding=False).T
    found = log_mel(line)
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-5)
    assert len(expected) - len(found) <= 1


def test_the_features_are_those_of_faster_whisper(installed, line):
    """Which the networks were trained on; on the same window, not padded to half a minute."""
    mels = installed.feature_extractor(line, padding=False)
    expected = np.array(installed.encode(np.ascontiguousarray(mels[:, : mels.shape[1] // 2 * 2])))[0]
    found = shipped_encoder()(line)[-1]
    assert found.shape == expected.shape and found.dtype == np.float32
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999


def test_gelu_is_the_exact_one():
    x = np.linspace(-100, 100, 20001, dtype=np.float32)
    exact = np.array([each * 0.5 * (1 + math.erf(each / math.sqrt(2))) for each in x.tolist()])
    np.testing.assert_allclose(gelu(x.copy()), exact, atol=7e-5)


def test_eight_bits_are_within_half_a_step_and_damage_is_one_sentence(tmp_path):
    rng = np.random.default_rng(0)
    tensors = {"a_weight": rng.normal(size=(30, 5)).astype(np.float32), "a_bias": np.zeros(5, np.float32)}
    stored = packed(tensors)
    assert stored["a_weight"].dtype == np.int8
    np.savez(tmp_path / "w.npz", **stored)
    found = read_packed(tmp_path / "w.npz")
    assert set(found) == set(tensors)
    assert (np.abs(found["a_weight"] - tensors["a_weight"]) <= 0.51 * stored["a_weight" + SCALE]).all()
    (tmp_path / "w.npz").write_bytes((tmp_path / "w.npz").read_bytes()[:200])
    with pytest.raises(WeightsError, match="Install StyleTalk again"):
        read_packed(tmp_path / "w.npz")


@pytest.mark.parametrize("damage", ["scale", "bias", "kind", "length"])
def test_numbers_that_are_none_are_refused(tmp_path, damage):
    stored = packed({"a_weight": np.ones((30, 5), np.float32), "a_bias": np.zeros(5, np.float32)})
    wrong = {
        "scale": {"a_weight" + SCALE: np.full(5, np.inf, np.float32)},
        "bias": {"a_bias": np.array([0, 0, np.nan, 0, 0], np.float16)},
        "kind": {"a_weight": stored["a_weight"].astype(np.float32)},
        "length": {"a_weight" + SCALE: np.ones(1, np.float32)},
    }
    np.savez(tmp_path / "w.npz", **{**stored, **wrong[damage]})
    with pytest.raises(WeightsError, match="Install StyleTalk again"):
        read_packed(tmp_path / "w.npz")


@pytest.mark.parametrize("file, made", [(ENCODER_FILE, encoder_of), (NETWORK_FILE, networks_of)])
def test_weights_of_which_any_has_another_shape_are_one_sentence(file, made):
    tensors = read_packed(file)
    made(tensors)
    for name, tensor in tensors.items():
        for wrong in (tensor[:1], tensor[..., :-1], tensor[..., None], np.concatenate([tensor, tensor]) + 1):
            with pytest.raises(WeightsError, match="Install StyleTalk again"):
                made({**tensors, name: wrong})
        with pytest.raises(WeightsError, match="Install StyleTalk again"):
            made({other: kept for other, kept in tensors.items() if other != name})


def test_attention_is_softmax_of_queries_and_keys():
    """A block with one head, against the formula written out row by row."""
    rng = np.random.default_rng(1)
    width = 64
    shapes = {"queries_keys_values": (width, 3 * width), "attention_out": (width, width), "widen": (width, 4 * width),
              "narrow": (4 * width, width)}  # fmt: skip
    tensors = {f"block0_{name}_weight": rng.normal(size=shape, scale=0.3) for name, shape in shapes.items()}
    tensors |= {f"block0_{name}_bias": rng.normal(size=shape[1]) for name, shape in shapes.items()}
    for norm in ("block0_attention_norm", "block0_feed_forward_norm", "norm"):
        tensors |= {f"{norm}_gain": rng.normal(size=width), f"{norm}_bias": rng.normal(size=width)}
    tensors |= {f"conv{n}_bias": np.zeros(width) for n in (1, 2)}
    tensors |= {"conv1_weight": np.zeros((3 * BANDS, width)), "conv2_weight": np.zeros((3 * width, width))}
    (block,) = encoder_of(tensors).blocks
    x = rng.normal(size=(7, width))

    def normed(row, name):
        return (row - row.mean()) / np.sqrt(row.var() + 1e-5) * tensors[f"{name}_gain"] + tensors[f"{name}_bias"]

    def linear(row, name):
        return row @ tensors[f"block0_{name}_weight"] + tensors[f"block0_{name}_bias"]

    q, k, v = np.split(
        np.array([linear(normed(row, "block0_attention_norm"), "queries_keys_values") for row in x]), 3, 1
    )
    for row in range(7):
        weights = np.exp([q[row] @ key / 8 for key in k])
        expected = x[row] + linear(weights @ v / weights.sum(), "attention_out")
        wide = linear(normed(expected, "block0_feed_forward_norm"), "widen")
        expected = expected + linear(np.array([w * 0.5 * (1 + math.erf(w / 2**0.5)) for w in wide]), "narrow")
        np.testing.assert_allclose(block(x)[row], expected, atol=2e-3)


@pytest.mark.parametrize("seed", range(8))
def test_the_best_path_is_the_best_of_all_paths(seed):
    frames, change = 9, -1.0
    scores = np.log(np.random.default_rng(seed).dirichlet(np.full(3, 0.4), frames)).astype(np.float32)

    def score(path):
        return sum(scores[frame, p] for frame, p in enumerate(path)) + change * (len(list(itertools.groupby(path))) - 1)

    def lasts(path):  # the first may have begun before the sound
        lengths = [len(list(run)) for _, run in itertools.groupby(path)]
        return all(length >= MIN_FRAMES for length in lengths[1:])

    best = max(filter(lasts, itertools.product(range(3), repeat=frames)), key=score)
    assert score(best_path(scores, change)) == pytest.approx(score(best), abs=1e-4)


def test_a_boundary_lies_where_probabilities_cross():
    scores = np.full((20, len(PHONEMES)), -15.0, np.float32)
    scores[:10, 0], scores[10:, 6] = -0.1, -0.1
    scores[9, 6], scores[10, 0] = -0.4, -1.0  # the lead of the new one: -0.3, then 0.9
    first, second = segments_of(best_path(scores), scores)
    assert (first.phoneme, second.phoneme) == ("AA", "B")
    assert first.end_s == second.start_s == pytest.approx(0.09 + 0.01 * 0.25)
    assert (first.start_s, second.end_s) == (0.0, 0.2)


def test_the_line_is_heard_as_it_is_spoken(line_labels):
    text = (DEMO / "line.txt").read_text(encoding="utf-8")
    aligned = phoneme_track(load_audio(DEMO / "line.wav"), text).labels()
    assert (line_labels == aligned).mean() > 0.75
    assert (VISEME_OF_PHONEME[line_labels] == VISEME_OF_PHONEME[aligned]).mean() > 0.82


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite, which prints its own phone times")
def test_onsets_of_a_voice_that_nothing_was_learnt_from():
    from styletalk_research.datasets.utterances import sentences
    from styletalk_research.hearing.study import known_segments, onset_errors_s
    from styletalk_research.hearing.voices import HELD_OUT_VOICE, flite_speech

    errors_s = []
    for line in flite_speech(sentences(6, seed=5), HELD_OUT_VOICE, np.random.default_rng(0)):
        errors_s.append(onset_errors_s(phoneme_track(audio(line.samples)).segments, known_segments(line)))
    errors_s = np.abs(np.concatenate(errors_s))
    assert len(errors_s) > 120 and np.median(errors_s) <= 0.010 and np.percentile(errors_s, 95) <= 0.040


@pytest.mark.skipif(find_library("espeak-ng") is None, reason="needs espeak-ng, whose library tells phone times")
def test_espeak_says_when_it_says_what():
    """Vowels are loud, the closures before them are not, and all 25 sentences of a language are said."""
    from styletalk_research.hearing.espeak import LANGUAGES, espeak_speech, everyday

    (said,) = espeak_speech(["Papa, Papa."], LANGUAGES["es"], np.random.default_rng(0))
    spoken = [PHONEMES[label] for label in said.labels]
    assert [each for each in spoken if each != "SIL"] == ["P", "AA"] * 4
    places = np.rint(said.times_s * SAMPLE_RATE_HZ).astype(int)
    loud = [float(np.abs(said.samples[start:end]).mean()) for start, end in places.tolist()]
    vowels, others = ([level for level, name in zip(loud, spoken, strict=True) if (name == "AA") == is_vowel]
                      for is_vowel in (True, False))  # fmt: skip
    assert min(vowels) > max(others) and places[-1, 1] <= len(said.samples)
    assert {len(everyday(language)) for language in LANGUAGES if language not in ("zh", "ja")} == {25}


def test_digital_silence_is_silence(line, line_labels):
    before = labels(np.concatenate([silence(15), line]))
    after = phoneme_track(audio(np.concatenate([line, silence(20)])))
    between = labels(np.concatenate([line, silence(8), line]))
    assert (before[: 15 * 30] == PHONEMES.index("SIL")).all() and (before[15 * 30 :] == line_labels).mean() > 0.93
    assert after.segments[-1].end_s < 7.2 and max(each.end_s - each.start_s for each in after.segments) < 0.6
    assert (between[ROWS_IN_LINE + 15 : ROWS_IN_LINE + 8 * 30] == PHONEMES.index("SIL")).all()


def test_a_quiet_recording_is_heard_alike(line, line_labels):
    assert (labels(line * 0.001) == line_labels).mean() > 0.98


def test_a_long_sound_in_windows_is_heard_as_its_parts(line, line_labels):
    """Eight times the line, 57 s: windows begin anywhere in it."""
    many = labels(np.tile(line, 8))
    row = np.rint(np.arange(8) * len(line) / SAMPLE_RATE_HZ * FRAME_RATE_HZ).astype(int)
    same = np.mean([(many[at : at + ROWS_IN_LINE - 1] == line_labels[:-1]).mean() for at in row])
    assert same > 0.9


def test_long_windows_cover_the_sound_and_the_last_is_as_long_as_the_others():
    sound = np.arange(30 * SAMPLE_RATE_HZ, dtype=np.float32)
    blocks = iter(np.array_split(sound, 7))
    (first_s, first, _), (second_s, second, last) = windows._pieces(blocks, long=True)
    assert last and len(first) == windows.LONG_WINDOW_S * SAMPLE_RATE_HZ
    assert 0 <= len(first) - len(second) < windows.ROW_SAMPLES
    for start_s, piece in ((first_s, first), (second_s, second)):
        start = round(start_s * SAMPLE_RATE_HZ)
        assert start % windows.ROW_SAMPLES == 0 and (piece == sound[start : start + len(piece)]).all()
    assert second[-1] == sound[-1]


def noise(rng):
    return 0.1 * rng.standard_normal(4 * SAMPLE_RATE_HZ)


def chord(rng):
    time_s = np.arange(4 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    return sum(0.1 * np.sin(2 * np.pi * hertz * time_s) for hertz in (220, 277, 330, 440))


def clicks(rng):
    found = np.zeros(4 * SAMPLE_RATE_HZ)
    found[:: SAMPLE_RATE_HZ // 2] = 0.8
    return found


@pytest.mark.parametrize("made", [noise, chord, clicks])
def test_where_nobody_speaks_no_speech_is_found(made):
    with pytest.raises(AudioError, match="No speech was found"):
        labels(made(np.random.default_rng(2)))


@pytest.mark.parametrize("seconds", [0.05, 0.3, 15.0, 15.02, 27.0])
def test_a_sound_of_any_length_has_as_many_frames_as_it_lasts(line, seconds):
    sound = audio(np.tile(line, 4)[: round(seconds * SAMPLE_RATE_HZ)])
    heard = listening.listen(sound)
    assert len(heard.log_probabilities) == int(seconds * 2 * ENCODER_RATE_HZ) + 1
    assert np.isfinite(heard.features).all()
    np.testing.assert_allclose(np.exp(heard.log_probabilities.astype(np.float64)).sum(1), 1.0, atol=0.02)


def test_two_threads_listen_once_and_what_was_heard_goes_with_the_sound(line, monkeypatch):
    calls = []
    original = listening.heard
    monkeypatch.setattr(listening, "heard", lambda *parts: calls.append(1) or original(*parts))
    sound = audio(line[: 3 * SAMPLE_RATE_HZ])
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(listening.listen, [sound, sound])
    assert first is second and len(calls) == 1
    assert id(sound) in listening._KEPT
    key = id(sound)
    del sound
    gc.collect()
    assert key not in listening._KEPT


def test_listening_can_be_cancelled_and_then_begun_again(line):
    sound = audio(line)

    def stop(fraction: float, stage: str) -> None:
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        phoneme_track(sound, progress=stop)
    assert phoneme_track(sound).segments
