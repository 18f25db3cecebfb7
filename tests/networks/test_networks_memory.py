# SPDX-License-Identifier: Apache-2.0
"""What memory an animation takes, and what happens where there is not enough: fewer frames at a time, then the CPU."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from networks_reference import TINY, random_generator

from styletalk.errors import StyleTalkError
from styletalk.networks.checkpoints.generator import read_weights, save_generator
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.engine.inference import Engine, load_engine
from styletalk.networks.engine.memory import is_out_of_memory
from styletalk.networks.engine.operations.numpy_operations import NumpyOperations
from styletalk.networks.engine.operations.torch_operations import TorchOperations

REPOSITORY = Path(__file__).resolve().parents[2]
MINUTE = 60 * 30


class FakeGpu(TorchOperations):
    """A GPU with room for so many windows, on the CPU, with the allocator's own error."""

    def __init__(self, room, claims):
        super().__init__("cpu", torch.float16, fused=False)
        self.on_gpu, self.workers, self.room, self.claims, self.freed, self.tried = True, 1, room, claims, 0, []

    def chunk_windows(self, window_bytes):
        return self.claims

    def free_memory(self):
        self.freed += 1

    def indices(self, values):
        self.tried.append(len(values))
        if len(values) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return super().indices(values)


@pytest.fixture
def weights(tiny_file):
    return read_weights(tiny_file)


def engine_with(weights, operations, on_cpu=True):
    def again():
        return FastGenerator(weights.tensors, weights.config, TorchOperations("cpu"))

    generator = FastGenerator(weights.tensors, weights.config, operations)
    return Engine(generator, "hash", on_cpu=again if on_cpu else None)


def test_a_full_gpu_takes_fewer_frames_at_a_time(weights, tiny_file, random_labels, random_clip):
    operations = FakeGpu(room=9, claims=1000)
    engine, cpu = engine_with(weights, operations), load_engine(tiny_file, "torch", "cpu")
    code, fractions = cpu.encode_style(random_clip), []
    found = engine.coefficients(random_labels, code, lambda fraction, _: fractions.append(fraction))
    np.testing.assert_allclose(found, cpu.coefficients(random_labels, code), rtol=0, atol=0.02)
    assert operations.tried[:4] == [70, 35, 14, 7]
    assert max(operations.tried[3:]) == 7
    assert operations.freed == 3
    assert "ran out with 70 frames at a time; 35 went on" in engine.note
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert engine.precision == "float16"


def test_a_gpu_without_room_for_one_frame_leaves_it_to_the_cpu(weights, tiny_file, random_labels, random_clip):
    engine, cpu = engine_with(weights, FakeGpu(room=0, claims=4)), load_engine(tiny_file, "torch", "cpu")
    code = cpu.encode_style(random_clip)
    found = engine.coefficients(random_labels, code)
    np.testing.assert_allclose(found, cpu.coefficients(random_labels, code), rtol=0, atol=1e-5)
    assert engine.note.endswith("the CPU computed the rest.")
    assert engine.precision == "float32"
    engine.coefficients(random_labels, code)
    assert engine.note.count("CPU") == 1, "it stays there"


def test_a_gpu_that_fills_up_in_the_middle_keeps_what_is_done(weights, tiny_file, random_labels, random_clip):
    operations = FakeGpu(room=20, claims=20)
    engine, cpu = engine_with(weights, operations), load_engine(tiny_file, "torch", "cpu")

    def another_program(fraction, _):
        operations.room = 20 if fraction < 0.5 else 3

    code = cpu.encode_style(random_clip)
    found = engine.coefficients(random_labels, code, another_program)
    np.testing.assert_allclose(found, cpu.coefficients(random_labels, code), rtol=0, atol=0.02)
    assert operations.tried[:3] == [18, 18, 18], "computed once"


def test_a_computer_without_room_for_one_frame_says_so(weights, random_labels, random_clip):
    engine = engine_with(weights, FakeGpu(room=0, claims=4), on_cpu=False)
    with pytest.raises(StyleTalkError, match="not enough memory to animate a single frame"):
        engine.coefficients(random_labels, engine.encode_style(random_clip))


def test_other_failures_are_not_taken_for_full_memory(weights, monkeypatch, random_labels, random_clip):
    engine = engine_with(weights, FakeGpu(room=100, claims=100))

    def broken(self, windows):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    code = engine.encode_style(random_clip)
    monkeypatch.setattr(FastGenerator, "articulation", broken)
    with pytest.raises(RuntimeError, match="mat1"):
        engine.coefficients(random_labels, code)


def test_every_librarys_word_for_full_memory_is_known():
    words = "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you tried to allocate"
    for error in (torch.OutOfMemoryError("x"), MemoryError(), RuntimeError(words)):
        assert is_out_of_memory(error)
    with pytest.raises(MemoryError) as numpys:
        np.ones(1 << 50)
    assert is_out_of_memory(numpys.value)
    assert not is_out_of_memory(RuntimeError("shapes differ"))


def test_a_gpu_takes_its_batch_from_its_free_memory(monkeypatch):
    operations = TorchOperations("cpu", torch.float16)
    operations.on_gpu = True
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (8 << 30, 16 << 30))
    assert 20_000 < operations.chunk_windows(110_000) < 100_000
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, 16 << 30))
    assert operations.chunk_windows(110_000) == 1


def test_a_cpu_computes_few_windows_at_a_time():
    published = 4 * 11 * (1024 + 6 * 256)
    assert 32 <= TorchOperations("cpu").chunk_windows(published) <= 128
    assert 64 <= NumpyOperations().chunk_windows(published) <= 512


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_an_hour_takes_the_memory_of_few_minutes(tmp_path, name):
    """At most its own labels, windows and coefficients more, and 16 MB for what the allocator keeps.

    Five minutes, because one of so small a network does not fill the workers' chunks.
    """
    config = dataclasses.replace(TINY, audio_layers=1, feedforward=32)
    save_generator(tmp_path / "g.safetensors", random_generator(config), config)
    few, hour = (_peak_bytes(tmp_path / "g.safetensors", name, count * MINUTE) for count in (5, 60))
    of_a_frame = 64 * 4 + 4 * config.tokens * 2 + 4 * 8  # coefficients once, windows while sorted, indices
    assert hour - few < 55 * MINUTE * of_a_frame + (16 << 20)


def _peak_bytes(weights, name, frames):
    script = (
        "import resource, numpy as np; from pathlib import Path; "
        "from styletalk.networks.engine.inference import load_engine; "
        f"e = load_engine(Path({str(weights)!r}), {name!r}, 'cpu'); "
        f"e.coefficients(np.random.default_rng(0).integers(0, 41, {frames}), e.encode_style(np.ones((9, 64)))); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout) * kilobyte
