# SPDX-License-Identifier: Apache-2.0
"""The fast path computes what the straightforward formulation computes, on both engines, in constant memory."""

import dataclasses
import sys

import numpy as np
import pytest
import torch
from networks_reference import counted, label_windows, random_generator, straightforward

from styletalk.errors import Cancelled, MissingPackageError, PhonemeFileError, StyleError, StyleTalkError
from styletalk.networks.checkpoints.generator import save_generator
from styletalk.networks.engine.inference import load_engine
from styletalk.phonemes import SILENCE_INDEX

STRUCTURES = {
    "one layer each": {"audio_layers": 1, "style_layers": 1, "decoder_layers": 1},
    "three layers": {"audio_layers": 3, "style_layers": 3, "decoder_layers": 3},
    "one kernel": {"kernels": 1},
    "many kernels": {"kernels": 16},
    "narrow window": {"window": 1},
    "wide window": {"window": 9},
    "other gate": {"gate_ratio": 2, "temperature": 1.0},
    "other faces": {"lower_face": tuple(range(20)), "upper_face": tuple(range(63, 19, -1))},
}


@pytest.fixture(params=["torch", "numpy"])
def engine(request, tiny_file):
    return load_engine(tiny_file, request.param, "cpu")


def engine_of(module, tmp_path, name):
    save_generator(tmp_path / "g.safetensors", module, module.config, half=False)
    return load_engine(tmp_path / "g.safetensors", name, "cpu")


@pytest.mark.parametrize("name", ["torch", "numpy"])
@pytest.mark.parametrize("changes", STRUCTURES.values(), ids=STRUCTURES.keys())
def test_fast_equals_straightforward(tiny_config, tmp_path, random_labels, random_clip, name, changes):
    module = random_generator(dataclasses.replace(tiny_config, **changes))
    engine = engine_of(module, tmp_path, name)
    code = engine.encode_style(random_clip)
    with torch.no_grad():
        np.testing.assert_allclose(code, module.encode_style(torch.from_numpy(random_clip)).numpy(), atol=1e-5)
    np.testing.assert_allclose(
        engine.coefficients(random_labels, code), straightforward(module, random_labels, code), rtol=0, atol=1e-5
    )


def test_frames_in_one_call_equal_frames_on_their_own(tiny_generator, random_labels, random_clip):
    """A training batch: two clips, each with its own style; their frames share kernels, and it makes no difference."""
    codes = torch.stack([tiny_generator.encode_style(torch.from_numpy(clip)) for clip in (random_clip, -random_clip)])
    labels = torch.from_numpy(random_labels.astype(np.int64))
    windows = torch.stack([label_windows(labels, 5), label_windows(labels.flip(0), 5)])
    together = tiny_generator(windows, codes).detach().numpy()
    for found, own_labels, code in zip(together, (random_labels, random_labels[::-1].copy()), codes, strict=True):
        np.testing.assert_allclose(found, straightforward(tiny_generator, own_labels, code.detach().numpy()), atol=1e-5)


def test_gradients_reach_every_weight(tiny_config, random_labels, random_clip):
    module = random_generator(tiny_config).train()
    windows = label_windows(torch.from_numpy(random_labels.astype(np.int64)), 5)[None]
    module(windows, module.encode_style(torch.from_numpy(random_clip)[None])).square().sum().backward()
    without = [name for name, weight in module.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_chunk_size_changes_nothing(engine, in_chunks, random_labels, random_clip, chunk):
    code = engine.encode_style(random_clip)
    usual = engine.coefficients(random_labels, code)
    in_chunks(chunk)
    np.testing.assert_allclose(engine.coefficients(random_labels, code), usual, rtol=0, atol=1e-5)


def test_a_piece_with_its_surroundings_equals_the_whole(engine, random_labels, random_clip):
    code = engine.encode_style(random_clip)
    whole = engine.coefficients(random_labels, code)
    piece = engine.coefficients(random_labels[20 - 5 : 50 + 5], code)[5:-5]
    np.testing.assert_allclose(piece, whole[20:50], rtol=0, atol=1e-5)


def test_beyond_the_ends_lies_silence(engine, random_labels, random_clip):
    code = engine.encode_style(random_clip)
    silence = np.full(5, SILENCE_INDEX, np.int16)
    padded = engine.coefficients(np.concatenate([silence, random_labels, silence]), code)[5:-5]
    np.testing.assert_allclose(engine.coefficients(random_labels, code), padded, rtol=0, atol=1e-5)
    other = np.zeros(5, np.int16)
    assert np.abs(engine.coefficients(np.concatenate([other, random_labels]), code)[5:8] - padded[:3]).max() > 1e-3


def test_equal_windows_are_computed_once(engine, monkeypatch, random_clip):
    seen = counted(monkeypatch, "articulation")
    found = engine.coefficients(np.full(5000, SILENCE_INDEX), engine.encode_style(random_clip))
    assert sum(seen) == 1
    assert np.ptp(found, axis=0).max() == 0


def test_several_styles_share_the_audio_encoder(engine, monkeypatch, random_labels, random_clip):
    codes = np.stack([engine.encode_style(random_clip), engine.encode_style(-random_clip)])
    alone = [engine.coefficients(random_labels, code) for code in codes]
    calls = counted(monkeypatch, "articulation")
    together = engine.coefficients_of_styles(random_labels, codes)
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    assert sum(calls) == len(random_labels)
    assert np.abs(together[0] - together[1]).max() > 1e-2


def test_a_style_is_prepared_once(engine, monkeypatch, random_labels, random_clip):
    calls = counted(monkeypatch, "prepare")
    code = engine.encode_style(random_clip)
    for _ in range(3):
        engine.coefficients(random_labels, code)
    assert len(calls) == 1
    for other in range(20):
        engine.coefficients(random_labels[:1], code + other)
    assert len(engine._runner._prepared) <= 8


def test_zero_padding_does_not_change_a_style(tiny_generator, engine, random_clip):
    clips = torch.zeros(1, 100, 64)
    clips[0, : len(random_clip)] = torch.from_numpy(random_clip)
    padding = torch.arange(100)[None] >= len(random_clip)
    with torch.no_grad():
        padded = tiny_generator.encode_style(clips, padding)[0].numpy()
        seen_as_frames = tiny_generator.encode_style(clips)[0].numpy()
    np.testing.assert_allclose(padded, engine.encode_style(random_clip), rtol=0, atol=1e-5)
    assert np.abs(seen_as_frames - padded).max() > 1e-3


def test_a_style_is_its_first_256_rows(engine, random_clip):
    long = np.tile(random_clip, (10, 1))
    np.testing.assert_array_equal(engine.encode_style(long), engine.encode_style(long[:256]))
    assert np.abs(engine.encode_style(long[:256]) - engine.encode_style(long[:255])).max() > 0


def test_progress_rises_to_one_between_chunks(engine, in_chunks, random_labels, random_clip):
    in_chunks(10)
    fractions = []
    engine.coefficients(random_labels, engine.encode_style(random_clip), lambda fraction, _: fractions.append(fraction))
    assert len(fractions) >= 8
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


def test_cancelling_stops_the_work(engine, monkeypatch, in_chunks, random_clip):
    in_chunks(1)
    computed = counted(monkeypatch, "articulation")

    def cancel(fraction, _):
        if fraction > 0:
            raise Cancelled("enough")

    labels = np.random.default_rng(0).integers(0, 41, 2000)
    with pytest.raises(Cancelled):
        engine.coefficients(labels, engine.encode_style(random_clip), cancel)
    assert len(computed) < 1000


def test_no_labels_make_no_rows(engine, random_clip):
    assert engine.coefficients(np.zeros(0, np.int16), engine.encode_style(random_clip)).shape == (0, 64)


def test_labels_and_codes_of_another_model_are_refused(engine, random_labels, random_clip):
    code = engine.encode_style(random_clip)
    with pytest.raises(PhonemeFileError, match="Row 2 has the phoneme label 41"):
        engine.coefficients(np.array([0, 31, 41]), code)
    with pytest.raises(PhonemeFileError, match="whole numbers"):
        engine.coefficients(random_labels.astype(np.float32), code)
    with pytest.raises(StyleError, match="style codes of 16"):
        engine.coefficients(random_labels, np.zeros(17, np.float32))
    for clip in (np.zeros((0, 64)), np.zeros((5, 63)), np.full((5, 64), np.nan)):
        with pytest.raises(StyleError):
            engine.encode_style(clip)


def test_unknown_engines_and_absent_devices_are_said(tiny_file, monkeypatch):
    with pytest.raises(StyleTalkError, match="Engines are auto"):
        load_engine(tiny_file, "tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "CUDA" in load_engine(tiny_file, "torch", "cuda").note
    assert load_engine(tiny_file, "auto", "auto").note == ""


def test_without_torch_numpy_animates(tiny_file, monkeypatch, random_labels, random_clip):
    with_torch = load_engine(tiny_file, "torch", "cpu")
    monkeypatch.setitem(sys.modules, "torch", None)  # what an import of an absent package meets
    engine = load_engine(tiny_file)
    assert engine.name == "numpy"
    code = engine.encode_style(random_clip)
    np.testing.assert_allclose(
        engine.coefficients(random_labels, code), with_torch.coefficients(random_labels, code), rtol=0, atol=1e-4
    )
    with pytest.raises(MissingPackageError, match="pip install torch"):
        load_engine(tiny_file, "torch")
