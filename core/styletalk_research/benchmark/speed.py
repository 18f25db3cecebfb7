# SPDX-License-Identifier: Apache-2.0
"""The published formulation and our engines on the same labels, weights and style, in turn, in one process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from styletalk.face.landmarks import inner_lip_distance_mm
from styletalk.face.model import open_face
from styletalk.networks.checkpoints.generator import Weights
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.engine.inference import Engine
from styletalk.networks.engine.operations.numpy_operations import NumpyOperations
from styletalk.networks.engine.operations.torch_operations import TorchOperations, has_bfloat16
from styletalk.timeline import FRAME_RATE_HZ

from .machine import available_bytes
from .matrix_rate import GIGA, MatrixRate, best_rate, better, matrix_rates
from .operation_count import operation_count
from .published import PublishedGenerator
from .speech import distinct_share, random_audio_features, random_labels, speech_labels

PUBLISHED = "published formulation"
BATCHED = "the same, batched products"
FLOAT32, BFLOAT16, NUMPY, HALF = "torch float32", "torch bfloat16", "numpy float32", "torch float16, GPU"
NUMBERS = {PUBLISHED: "float32", BATCHED: "float32", FLOAT32: "float32", BFLOAT16: "bfloat16", NUMPY: "float32",
           HALF: "float16"}  # fmt: skip
REFERENCES = (PUBLISHED, BATCHED)
COPIES = 3
"""How many times the published formulation holds a layer's (frames × weights), the rest included."""
WARM_FRAMES = 64
MAX_ROUNDS = 5


@dataclass(frozen=True)
class NamedWeights:
    """Weights as the tables call them."""

    name: str
    loaded: Weights

    @property
    def config(self) -> GeneratorConfig:
        return self.loaded.config


@dataclass(frozen=True)
class Line:
    """What all methods compute. labels: (T,). audio_features: (T, F) or None. kind: "speech" or "all distinct"."""

    labels: np.ndarray
    audio_features: np.ndarray | None
    kind: str

    @property
    def duration_s(self) -> float:
        return len(self.labels) / FRAME_RATE_HZ

    def part(self, start: int, end: int) -> "Line":
        """Frames start..end."""
        return Line(
            self.labels[start:end], None if self.audio_features is None else self.audio_features[start:end], self.kind
        )


@dataclass(frozen=True)
class SpeedRow:
    """One method on one line. The ratios divide by times of the same run.

    seconds: the fastest of `rounds`. times_published, times_batched: how many times faster than these references.
    gflop: operations that this method makes; times_limit: its time over what they take at the best matrix rate.
    difference: greatest, in coefficients, from the published formulation; lips_mm: in the distance of the lips.
    """

    weights: str
    sound_s: float
    labels: str
    distinct: float
    method: str
    seconds: float
    rounds: int
    times_published: float
    times_batched: float
    gflop: float
    times_limit: float | None
    difference: float
    lips_mm: float
    note: str = ""


def speech_line(frames: int, config: GeneratorConfig, seed: int = 0) -> Line:
    """A line with as many repeated windows as speech has; with sound where the weights take it."""
    return Line(speech_labels(frames, seed), random_audio_features(frames, config, seed), "speech")


def distinct_line(frames: int, config: GeneratorConfig, seed: int = 0) -> Line:
    """A line in which no window occurs twice."""
    return Line(random_labels(frames, seed), random_audio_features(frames, config, seed), "all distinct")


def rates_of(config: GeneratorConfig) -> list[MatrixRate]:
    """The machine's matrix rates for the numbers that the engines compute with here."""
    kinds = (torch.float32, torch.bfloat16) if has_bfloat16() else (torch.float32,)
    rates = matrix_rates(config, kinds)
    return rates + (matrix_rates(config, (torch.float16,), "cuda") if torch.cuda.is_available() else [])


def compare(weights: NamedWeights, line: Line, budget_s: float) -> tuple[list[SpeedRow], list[MatrixRate]]:
    """Rows for every method that this machine has, timed in turn for about budget_s, and the best matrix rates."""
    chunks = _chunk_count(weights.config, len(line.labels))
    methods = _methods(weights, chunks)
    for run in methods.values():
        run(line.part(0, WARM_FRAMES))
    results: dict[str, np.ndarray] = {}
    rates = rates_of(weights.config)
    seconds = interleaved_seconds({name: _kept(results, name, run, line) for name, run in methods.items()}, budget_s)
    rates = better(rates, rates_of(weights.config))
    distinct = distinct_share(line.labels, weights.config) if line.audio_features is None else 1.0
    note = f"in {chunks} chunks, for lack of memory" if chunks > 1 else ""
    rows = []
    for method, times in seconds.items():
        gflop = _gflop(weights.config, len(line.labels), distinct, method in REFERENCES)
        best_s, found, expected = min(times), results[method], results[PUBLISHED]
        rate = best_rate(rates, NUMBERS[method])
        rows.append(SpeedRow(
            weights=weights.name, sound_s=line.duration_s, labels=line.kind, distinct=distinct, method=method,
            seconds=best_s, rounds=len(times), times_published=min(seconds[PUBLISHED]) / best_s,
            times_batched=min(seconds[BATCHED]) / best_s, gflop=gflop,
            times_limit=best_s * rate / gflop if rate else None,
            difference=float(np.abs(found - expected).max()), lips_mm=_lips_mm(found, expected),
            note=note if method in REFERENCES else "",
        ))  # fmt: skip
    return rows, rates


def _gflop(config: GeneratorConfig, frames: int, distinct: float, published: bool) -> float:
    """Additions and multiplications that a line of an already prepared style takes."""
    count = operation_count(config)
    return 2 * frames * (count.published if published else count.window * distinct) / GIGA


Run = Callable[[Line], np.ndarray]


def _kept(results: dict[str, np.ndarray], method: str, run: Run, line: Line) -> Callable[[], None]:
    def work() -> None:
        results[method] = run(line)

    return work


def _methods(weights: NamedWeights, chunks: int) -> Mapping[str, Run]:
    """Every method that this machine has, as a function of the line."""
    tensors, config = weights.loaded.tensors, weights.config
    clip = np.random.default_rng(0).normal(0, 0.5, (256, 64)).astype(np.float32)  # any style is as much work
    code = PublishedGenerator(tensors, config).encode_style(clip)
    methods = {
        method: _in_chunks(PublishedGenerator(tensors, config, batched), code, chunks)
        for method, batched in zip(REFERENCES, (False, True), strict=True)
    }
    operations = {FLOAT32: TorchOperations("cpu"), NUMPY: NumpyOperations()}
    if has_bfloat16():
        operations[BFLOAT16] = TorchOperations("cpu", torch.bfloat16)
    if torch.cuda.is_available():
        operations[HALF] = TorchOperations("cuda")
    for method, ops in operations.items():
        engine = Engine(FastGenerator(tensors, config, ops), "bench")
        methods[method] = lambda line, engine=engine: engine.coefficients(
            line.labels, code, audio_features=line.audio_features
        )
    return methods


def _in_chunks(published: PublishedGenerator, code: np.ndarray, chunks: int) -> Run:
    """The whole line in one call, or in chunks that overlap by what a frame depends on."""
    margin = published.config.window + published.config.lookahead

    def run(line: Line) -> np.ndarray:
        made = []
        for rows in np.array_split(np.arange(len(line.labels)), chunks):
            start, end = max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin
            chunk = line.part(start, end)
            found = published.coefficients(chunk.labels, code, chunk.audio_features)
            made.append(found[rows[0] - start : rows[-1] + 1 - start])
        return np.concatenate(made)

    return run


def _chunk_count(config: GeneratorConfig, frames: int) -> int:
    """In how many chunks the published formulation fits into this machine's memory: one, wherever it can."""
    needed = COPIES * 4 * config.d_model * config.feedforward * frames
    return max(1, int(np.ceil(needed / available_bytes())))


def _lips_mm(found: np.ndarray, expected: np.ndarray) -> float:
    face = open_face()
    return float(np.abs(inner_lip_distance_mm(face, found) - inner_lip_distance_mm(face, expected)).max())


def random_weights(name: str, config: GeneratorConfig) -> NamedWeights:
    """Weights of a new module: as much work as trained ones."""
    from styletalk.networks.modules.generator import StyleTalkGenerator

    torch.manual_seed(0)
    state = StyleTalkGenerator(config).state_dict()
    return NamedWeights(name, Weights({key: tensor.numpy() for key, tensor in state.items()}, config, {}))


def small(config: GeneratorConfig) -> GeneratorConfig:
    """The same kind of generator, an eighth as wide: for a quick look and for tests."""
    return replace(config, d_model=config.d_model // 8, nhead=4, feedforward=config.feedforward // 8)


def interleaved_seconds(methods: Mapping[str, Callable[[], object]], budget_s: float) -> dict[str, list[float]]:
    """Wall-clock seconds of each run of each method, round after round; every method runs at least once.

    A method takes part in a further round, up to MAX_ROUNDS, while its last time fits into what is left of the budget:
    slow ones run fewer times.
    """
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    start_s = time.perf_counter()
    for _ in range(MAX_ROUNDS):
        for name, run in methods.items():
            began_s = time.perf_counter()
            if seconds[name] and began_s + seconds[name][-1] > start_s + budget_s:
                continue
            run()
            seconds[name].append(time.perf_counter() - began_s)
    return seconds
