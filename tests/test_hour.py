# SPDX-License-Identifier: Apache-2.0
"""An hour of speech through networks and motion: told about, stopped at once, and the same numbers as in chunks."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from styletalk.errors import Cancelled  # noqa: E402
from styletalk.face.landmarks import inner_lip_distance_mm  # noqa: E402
from styletalk.face.model import open_face  # noqa: E402
from styletalk.motion.closures import close_lips  # noqa: E402
from styletalk.networks.checkpoints.generator import DEFAULT_WEIGHTS, save_generator  # noqa: E402
from styletalk.networks.config import GeneratorConfig  # noqa: E402
from styletalk.networks.engine.inference import Engine, load_engine  # noqa: E402
from styletalk.networks.modules.generator import StyleTalkGenerator  # noqa: E402
from styletalk.timeline import FRAME_RATE_HZ  # noqa: E402
from styletalk_research.benchmark.speech import speech_labels  # noqa: E402

HOUR_FRAMES = round(3600 * FRAME_RATE_HZ)
CHUNK_FRAMES = 20_000
MARGIN_ROWS = 90
"""Three seconds of surroundings: more than any stage looks to either side, pauses of this text included."""
LIPS_MM = 0.1
CONFIG = GeneratorConfig(
    d_model=8, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=1200, kernels=2, phoneme_dim=4
)


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return speech_labels(HOUR_FRAMES)


@pytest.fixture(scope="module", params=["numpy", "torch"])
def engine(request, tmp_path_factory) -> Engine:
    torch.manual_seed(0)
    path: Path = tmp_path_factory.mktemp("hour") / "tiny.safetensors"
    save_generator(path, StyleTalkGenerator(CONFIG), CONFIG)
    return load_engine(path, request.param, "cpu")


def with_surroundings(start: int, end: int, length: int, margin: int) -> tuple[slice, slice]:
    """(what to compute, which rows of it are start..end)."""
    first, last = max(0, start - margin), min(length, end + margin)
    return slice(first, last), slice(start - first, end - first)


def test_an_hour_is_what_its_chunks_are(engine, labels):
    told = []
    code = engine.encode_style(np.random.default_rng(0).normal(0, 0.5, (60, 64)))
    whole = engine.coefficients(labels, code, lambda fraction, _: told.append(fraction))
    assert whole.shape == (HOUR_FRAMES, 64)
    assert told == sorted(told) and (told[0], told[-1]) == (0.0, 1.0) and len(told) > 100
    for start in range(0, HOUR_FRAMES, CHUNK_FRAMES):
        end = min(HOUR_FRAMES, start + CHUNK_FRAMES)
        taken, inside = with_surroundings(start, end, HOUR_FRAMES, engine.config.window)
        chunk = engine.coefficients(labels[taken], code)[inside]
        np.testing.assert_allclose(chunk, whole[start:end], rtol=0, atol=1e-5)


def test_an_hour_stops_where_it_is_told_to(engine, labels):
    told = []

    def stop_soon(fraction: float, _: str) -> None:
        told.append(fraction)
        if fraction > 0.02:
            raise Cancelled("enough")

    code = np.zeros(engine.config.d_model, np.float32)
    with pytest.raises(Cancelled):
        engine.coefficients(labels, code, stop_soon)
    assert told[-1] < 0.05, "it went on after it was told to stop"


def test_lips_move_in_a_line_as_in_its_chunks(labels):
    """On the shipped weights. What a whole line decides is how far its lips rest apart, by its mean opening."""
    labels = labels[:1500]
    shipped = load_engine(DEFAULT_WEIGHTS, "numpy")
    coefficients = shipped.coefficients(labels, shipped.encode_style(np.random.default_rng(0).normal(0, 0.3, (60, 64))))
    face = open_face()
    whole = close_lips(coefficients, labels, face)
    whole_mm = inner_lip_distance_mm(face, whole)
    assert np.abs(whole_mm - inner_lip_distance_mm(face, coefficients)).max() > 0.5, "nothing was closed"
    for start, end in ((0, 500), (700, 1200)):
        taken, inside = with_surroundings(start, end, len(labels), MARGIN_ROWS)
        chunk = close_lips(coefficients[taken], labels[taken], face)[inside]
        assert np.abs(inner_lip_distance_mm(face, chunk) - whole_mm[start:end]).max() < LIPS_MM
