# SPDX-License-Identifier: Apache-2.0
"""Engines: labels and a style code in, expression out, in constant memory, with or without torch."""

from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

from ..animation import EXPRESSION_DIM
from ..errors import MissingPackageError, StyleError, StyleTalkError
from ..progress import Progress, silent
from .checkpoint import DEFAULT_WEIGHTS, read_weights, weights_hash
from .choice import worth_torch
from .config import GeneratorConfig
from .fast_path import FastGenerator, PreparedStyle
from .numpy_operations import NumpyOperations
from .operations import Operations
from .published import import_torch
from .windows import Windows, line_windows

CHUNK_WINDOWS = 128
"""Windows computed at a time, at most: few enough that a layer's tokens stay near the processor's caches."""
_STYLES_KEPT = 8
_STAGE = "Animating the face"


class Engine:
    """The generator, ready to animate. Make one with `load_engine`.

    weights_hash: what style codes made by these weights are filed under.
    note: what the user should know about how it runs (a device that was not there), or "".
    """

    def __init__(self, generator: FastGenerator, weights_hash: str, note: str = "") -> None:
        self.weights_hash, self.note = weights_hash, note
        self._generator = generator
        self._prepared: OrderedDict[bytes, PreparedStyle] = OrderedDict()

    @property
    def name(self) -> str:
        """ "torch" or "numpy"."""
        return self._generator.ops.name

    @property
    def config(self) -> GeneratorConfig:
        """The sizes of the loaded generator."""
        return self._generator.config

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """Clip (N, 64), N ≥ 1, of which the first 256 rows count -> style code (d,) float32. Raises StyleError."""
        clip = np.asarray(clip, np.float32)
        if clip.ndim != 2 or clip.shape[1] != EXPRESSION_DIM or not len(clip):
            raise StyleError(f"A style clip has the shape (frames, {EXPRESSION_DIM}); this one has {clip.shape}.")
        if not np.isfinite(clip).all():
            raise StyleError("The style clip holds numbers that are not finite. Track or export it again.")
        with self._generator.ops.session():
            return self._generator.encode_style(clip)

    def coefficients(
        self, labels: np.ndarray, code: np.ndarray, progress: Progress = silent, prosody: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (T,) and a style code (d,) -> expression (T, 64) float32. See `coefficients_of_styles`."""
        return self.coefficients_of_styles(labels, np.asarray(code)[None], progress, prosody)[0]

    def coefficients_of_styles(
        self, labels: np.ndarray, codes: np.ndarray, progress: Progress = silent, prosody: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (T,) at 30 fps and style codes (S, d) -> expression (S, T, 64) float32.

        Several styles of one line share the audio encoder's work. `progress` is called before the first and after
        every chunk, and may raise Cancelled. prosody: (T, F) of `speech.prosody`, for weights whose config has a
        prosody_dim F; None for zeros. Others ignore it.
        Raises PhonemeFileError for labels, StyleError for codes, RequestError for prosody, not of these weights.
        """
        windows, frame_window = line_windows(labels, prosody, self.config)
        styles = [self._style(code) for code in self._checked_codes(codes)]
        expression = np.empty((len(styles), len(windows), EXPRESSION_DIM), np.float32)
        done = 0
        progress(0.0, _STAGE)
        with closing(self._computed(self._chunks(windows), styles)) as chunks:
            for rows in chunks:
                expression[:, done : done + rows.shape[1]] = rows
                done += rows.shape[1]
                progress(done / len(windows), _STAGE)
        return expression[:, frame_window]

    def _chunks(self, windows: Windows) -> list[Windows]:
        """Windows in pieces of at most CHUNK_WINDOWS, and enough of them for every worker."""
        for_each = -(-len(windows) // self._generator.ops.workers)
        size = max(1, min(CHUNK_WINDOWS, for_each))
        return [windows.part(start, start + size) for start in range(0, len(windows), size)]

    def _computed(self, chunks: list[Windows], styles: list[PreparedStyle]) -> Generator[np.ndarray, None, None]:
        """Expression (S, B, 64) of each chunk, in order. Closing the iterator drops the chunks not yet begun."""
        ops = self._generator.ops

        def compute(windows: Windows) -> np.ndarray:
            with ops.session():
                said = self._generator.articulation(windows)
                return np.stack([self._generator.expression(said, style) for style in styles])

        if ops.workers == 1 or len(chunks) == 1:
            yield from map(compute, chunks)
            return
        pool = ThreadPoolExecutor(ops.workers, initializer=ops.begin_worker)
        try:
            yield from pool.map(compute, chunks)
        finally:
            pool.shutdown(cancel_futures=True)
            ops.end_workers()

    def _checked_codes(self, codes: np.ndarray) -> np.ndarray:
        codes, width = np.asarray(codes, np.float32), self.config.d_model
        if codes.ndim != 2 or not len(codes) or codes.shape[1] != width or not np.isfinite(codes).all():
            raise StyleError(
                f"These weights take style codes of {width} finite numbers; this one has the shape {codes.shape[1:]}. "
                "A code belongs to the weights that made it: encode the clip again."
            )
        return codes

    def _style(self, code: np.ndarray) -> PreparedStyle:
        """The prepared style, from the last few or new."""
        key = code.tobytes()
        if key not in self._prepared:
            with self._generator.ops.session():
                self._prepared[key] = self._generator.prepare(code)
        self._prepared.move_to_end(key)
        while len(self._prepared) > _STYLES_KEPT:
            self._prepared.popitem(last=False)
        return self._prepared[key]


def load_engine(
    checkpoint: Path | None = None, engine: str = "auto", device: str = "auto", rows: int | None = None
) -> Engine:
    """The weights of `checkpoint` (ours or published; None: the bundled ones) on an engine.

    engine: "torch", "numpy", or "auto": torch where it is installed and the work is worth its import. device: "cpu",
    "cuda", or "auto": a GPU where torch sees one, in half precision. rows: how many are going to be computed, where
    that is known. Where "cuda" is asked for and absent, the CPU computes and `Engine.note` says so.
    Raises WeightsError, MissingPackageError, and StyleTalkError for an engine or device that is none of these.
    """
    path = Path(checkpoint) if checkpoint is not None else DEFAULT_WEIGHTS
    weights = read_weights(path)
    if engine == "auto" and device != "cuda" and not worth_torch(weights.config, rows):
        engine = "numpy"
    operations, note = _operations(engine, device)
    return Engine(FastGenerator(weights.tensors, weights.config, operations), weights_hash(path), note)


def _operations(engine: str, device: str) -> tuple[Operations, str]:
    """The operations to compute with, and a note where they are not what was asked for."""
    if engine not in ("auto", "torch", "numpy") or device not in ("auto", "cpu", "cuda"):
        raise StyleTalkError(
            f"No engine {engine} on {device}: engines are auto, torch, numpy; devices are auto, cpu, cuda."
        )
    if engine != "numpy":
        try:
            return _torch_operations(device)
        except MissingPackageError:
            if engine == "torch":
                raise
    note = "The NumPy engine computes on the CPU; a GPU needs PyTorch." if device == "cuda" else ""
    return NumpyOperations(), note


def _torch_operations(device: str) -> tuple[Operations, str]:
    torch = import_torch()
    from .torch_operations import TorchOperations

    if device != "cpu" and torch.cuda.is_available():
        return TorchOperations("cuda"), ""
    note = "PyTorch sees no CUDA device here, so the CPU computes." if device == "cuda" else ""
    return TorchOperations("cpu"), note
