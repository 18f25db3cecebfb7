# SPDX-License-Identifier: Apache-2.0
"""Engines: labels and a style code in, expression out, in constant memory, with or without torch."""

import hashlib
from collections.abc import Callable
from copy import copy
from pathlib import Path

import numpy as np

from ...animation import EXPRESSION_DIM
from ...errors import StyleError
from ...progress import Progress, silent
from ..checkpoints.generator import DEFAULT_WEIGHTS, read_weights, weights_hash
from ..config import GeneratorConfig
from .choice import chosen_operations, narrowed_engine
from .fast_path.generator import FastGenerator
from .lru import LruCache
from .operations.protocol import Operations
from .runner import Runner
from .windows import line_windows

_STAGE = "Animating the face"
_CODES_KEPT = 64
"""A kilobyte each."""


class Engine:
    """The generator, ready to animate. Make one with `load_engine`.

    weights_hash: the key of cached style codes of these weights. note: what the user should know of its loading.
    on_cpu: makes the same generator on the CPU, for when a GPU's memory runs out; None where it is there already.
    """

    def __init__(
        self,
        generator: FastGenerator,
        weights_hash: str,
        note: str = "",
        on_cpu: Callable[[], FastGenerator] | None = None,
    ) -> None:
        self.weights_hash, self._note = weights_hash, note
        self._runner = Runner(generator, on_cpu)
        self._codes: LruCache[np.ndarray] = LruCache(_CODES_KEPT)

    def anew(self) -> "Engine":
        """Another engine with the same weights, for another line: its notes and memory limits are its own.

        Cached styles are shared. Each thread takes an engine of its own.
        """
        again = copy(self)
        again._runner = self._runner.anew()
        return again

    @property
    def name(self) -> str:
        """ "torch" or "numpy"."""
        return self._operations.name

    @property
    def precision(self) -> str:
        """ "float32", "bfloat16" or "float16": what matrix products are computed in."""
        return self._operations.precision

    @property
    def note(self) -> str:
        """What the user should know about how it runs, or "": a device that was not there, memory that ran out."""
        return " ".join(filter(None, [self._note, *self._runner.notes]))

    @property
    def config(self) -> GeneratorConfig:
        """The sizes of the loaded generator."""
        return self._runner.generator.config

    @property
    def _operations(self) -> Operations:
        return self._runner.generator.ops

    def encode_style(self, clip: np.ndarray) -> np.ndarray:
        """Clip (N, 64), N ≥ 1, of which the first 256 rows count -> style code (d,) float32. Raises StyleError."""
        clip = np.asarray(clip, np.float32)
        if clip.ndim != 2 or clip.shape[1] != EXPRESSION_DIM or not len(clip):
            raise StyleError(
                f"A style clip must have the shape (frames, {EXPRESSION_DIM}), not {clip.shape}. Export it again."
            )
        if not np.isfinite(clip).all():
            raise StyleError("The style clip holds numbers that are not finite. Track or export it again.")
        rows = clip[: self.config.style_frames]
        key = hashlib.sha256(rows.tobytes()).digest()
        return self._codes.get(key, lambda: self._runner.encode_style(rows)).copy()

    def coefficients(
        self,
        labels: np.ndarray,
        code: np.ndarray,
        progress: Progress = silent,
        audio_features: np.ndarray | None = None,
    ) -> np.ndarray:
        """Labels (T,) and a style code (d,) -> expression (T, 64) float32. See `coefficients_of_styles`."""
        return self.coefficients_of_styles(labels, np.asarray(code)[None], progress, audio_features)[0]

    def coefficients_of_styles(
        self,
        labels: np.ndarray,
        codes: np.ndarray,
        progress: Progress = silent,
        audio_features: np.ndarray | None = None,
    ) -> np.ndarray:
        """Labels (T,) at 30 fps and style codes (S, d) -> expression (S, T, 64) float32.

        Several styles of one line share the output of the audio encoder. `progress` is called before the first and
        after every chunk, and may raise Cancelled. audio_features: (T, F), for weights whose config has an
        audio_dim F; None for zeros. Others ignore it.
        Raises PhonemeFileError for labels, StyleError for codes, RequestError for features, not of these weights.
        """
        windows, frame_window = line_windows(labels, audio_features, self.config)
        codes = self._checked_codes(codes)
        frames = np.argsort(frame_window, kind="stable")  # those of each window side by side
        expression = np.empty((len(codes), len(frames), EXPRESSION_DIM), np.float32)
        done = 0
        progress(0.0, _STAGE)
        with self._runner.computing(windows, codes) as chunks:
            for rows in chunks:
                first, last = np.searchsorted(frame_window, (done, done + rows.shape[1]), sorter=frames)
                computed = frames[first:last]
                expression[:, computed] = rows[:, frame_window[computed] - done]
                done += rows.shape[1]
                progress(done / len(windows), _STAGE)
        return expression

    def _checked_codes(self, codes: np.ndarray) -> np.ndarray:
        codes, width = np.asarray(codes, np.float32), self.config.d_model
        if codes.ndim != 2 or not len(codes) or codes.shape[1] != width or not np.isfinite(codes).all():
            raise StyleError(
                f"These weights take style codes of {width} finite numbers, not of the shape {codes.shape[1:]}. "
                "Encode the style clip again with these weights."
            )
        return codes


def load_engine(
    checkpoint: Path | None = None,
    engine: str = "auto",
    device: str = "auto",
    rows: int | None = None,
    precision: str = "auto",
) -> Engine:
    """The weights of `checkpoint` (ours or published; None: the bundled ones) on an engine.

    engine: "torch", "numpy", or "auto": torch where it is installed and the work is worth its import, or only torch can
    do what is asked for. device: "cpu", "cuda", or "auto": a GPU where torch sees one. rows: how many are going to be
    computed, where that is known.
    precision: "float32", "bfloat16", "float16", or "auto": float16 on a GPU, float32 elsewhere.
    Where a device or precision is asked for and absent, `Engine.note` says what computes instead.
    Raises WeightsError, MissingPackageError, and StyleTalkError for an engine, device or precision that is none.
    """
    path = Path(checkpoint) if checkpoint is not None else DEFAULT_WEIGHTS
    weights = read_weights(path)
    engine = narrowed_engine(engine, device, precision, weights.config, rows)
    operations, note = chosen_operations(engine, device, precision)

    def on_cpu() -> FastGenerator:
        again = read_weights(path)  # a GPU's engine keeps no second copy for this
        return FastGenerator(again.tensors, again.config, chosen_operations("torch", "cpu", "auto")[0])

    generator = FastGenerator(weights.tensors, weights.config, operations)
    return Engine(generator, weights_hash(path), note, on_cpu if operations.on_gpu else None)
