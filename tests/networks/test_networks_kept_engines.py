# SPDX-License-Identifier: Apache-2.0
"""Weights stay loaded from line to line, with what was made of styles, until their file changes."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from networks_reference import TINY, counted, random_generator

from styletalk.errors import WeightsError
from styletalk.networks.checkpoints.generator import save_generator
from styletalk.networks.engine import inference
from styletalk.networks.engine.cache import KeptEngines
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.engine.lru import LruCache


@pytest.fixture
def loads(monkeypatch) -> list[str]:
    """The engines that were loaded, by name."""
    loaded, original = [], inference.load_engine

    def counting(*arguments):
        engine = original(*arguments)
        loaded.append(engine.name)
        return engine

    monkeypatch.setattr(inference, "load_engine", counting)
    return loaded


@pytest.fixture
def file(tmp_path, tiny_file):
    return shutil.copy(tiny_file, tmp_path / "weights.safetensors")


def test_the_second_line_finds_weights_codes_and_kernels(
    monkeypatch, loads, file, tiny_file, random_labels, random_clip
):
    encoded, prepared = counted(monkeypatch, "encode_style"), counted(monkeypatch, "prepare")
    kept, found = KeptEngines(), []
    for _ in range(3):
        engine = kept.engine(file, rows=70)
        found.append(engine.coefficients(random_labels, engine.encode_style(random_clip)))
    assert (len(loads), len(encoded), len(prepared)) == (1, 1, 1)
    fresh = inference.load_engine(tiny_file, "numpy")
    expected = fresh.coefficients(random_labels, fresh.encode_style(random_clip))
    for each in found:
        np.testing.assert_array_equal(each, expected)


def test_a_file_that_changed_is_loaded_again_and_the_old_one_forgotten(loads, file, random_clip):
    kept = KeptEngines()
    before = kept.engine(file, "numpy")
    other = random_generator(TINY)
    with torch.no_grad():
        other.style_encoder.increase_embed_dim.weight.mul_(-1)
    save_generator(file, other, TINY)
    os.utime(file, ns=(5, 5))
    after = kept.engine(file, "numpy")
    assert len(loads) == 2 and before.weights_hash != after.weights_hash
    assert np.abs(before.encode_style(random_clip) - after.encode_style(random_clip)).max() > 1e-3
    assert [each.engine.weights_hash for each in kept._kept] == [after.weights_hash]
    file.unlink()
    with pytest.raises(WeightsError, match="no weights file"):
        kept.engine(file, "numpy")


def test_a_config_beside_the_file_counts(loads, file):
    kept = KeptEngines()
    for _ in range(2):
        kept.engine(file, "numpy")
    (file.parent / "config.json").write_text('{"d_model": 32, "nhead": 4}')
    kept.engine(file, "numpy")
    assert len(loads) == 2


def test_what_is_asked_for_decides_and_so_does_the_length(loads, file):
    kept = KeptEngines()
    long = 10_000_000
    for rows in (70, long, 70, long):
        kept.engine(file, rows=rows)
    assert loads == ["numpy", "torch"]
    assert kept.engine(file, "torch", "cpu", 70, "bfloat16").name == "torch"
    assert len(loads) == 3


def test_a_note_of_one_line_is_not_the_next_ones(monkeypatch, file, random_labels, random_clip):
    kept, original = KeptEngines(), FastGenerator.articulation
    first = kept.engine(file, "numpy")

    def full(self, windows):
        if len(windows) > 40:
            raise MemoryError
        return original(self, windows)

    monkeypatch.setattr(FastGenerator, "articulation", full)
    first.coefficients(random_labels, first.encode_style(random_clip))
    assert "Memory ran out" in first.note
    assert kept.engine(file, "numpy").note == ""


def test_a_line_that_fell_back_to_the_cpu_does_not_bind_the_next(tiny_file):
    engine = inference.load_engine(tiny_file, "numpy")
    again = engine.anew()
    again._runner._on_cpu = lambda: FastGenerator  # the fallback of a GPU's engine
    again._runner._retreat(1)
    assert "the CPU computed the rest" in again.note
    assert engine.anew().note == "" and engine.anew()._runner.generator is engine._runner.generator


def test_what_has_to_be_said_of_the_device_is_said_of_every_line(monkeypatch, file):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    kept = KeptEngines()
    assert all("no CUDA" in kept.engine(file, "torch", "cuda").note for _ in range(2))


def test_a_code_that_a_caller_changes_is_not_the_one_that_is_kept(tiny_file, random_clip):
    engine = inference.load_engine(tiny_file, "numpy")
    code = engine.encode_style(random_clip)
    expected = code.copy()
    code[:] = 0
    np.testing.assert_array_equal(engine.encode_style(random_clip), expected)


def test_threads_load_once_and_agree(loads, file, random_labels, random_clip):
    kept = KeptEngines()

    def line(_: int) -> np.ndarray:
        engine = kept.engine(file, "numpy")
        return engine.coefficients(random_labels, engine.encode_style(random_clip))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(line, range(12)))
    assert len(loads) == 1
    for each in found:
        np.testing.assert_array_equal(each, found[0])


def test_the_least_recently_used_goes_first_and_failures_are_not_cached():
    cache, made = LruCache[int](2), []

    def make(value: int) -> int:
        made.append(value)
        return value

    for value in (1, 2, 1, 3, 1, 2):
        assert cache.get(bytes([value]), lambda value=value: make(value)) == value
    assert made == [1, 2, 3, 2], "2 was the least recently used when 3 came"

    def fail() -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        cache.get(b"x", fail)
    assert cache.get(b"x", lambda: 7) == 7
