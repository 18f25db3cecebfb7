# SPDX-License-Identifier: Apache-2.0
"""What the fast path is compared with: random generators, the plain formulation, and windows cut one by one."""

import numpy as np
import torch
from torch.nn import functional

from styletalk.networks.config import GeneratorConfig
from styletalk.networks.engine.fast_path.generator import FastGenerator
from styletalk.networks.modules.generator import StyleTalkGenerator
from styletalk.phonemes import SILENCE_INDEX
from styletalk_research.benchmark.published import PublishedGenerator

TINY = GeneratorConfig(
    d_model=16, nhead=2, audio_layers=2, style_layers=2, decoder_layers=2, feedforward=24, kernels=3, phoneme_dim=8
)


def random_generator(config: GeneratorConfig, seed: int = 0):
    """A generator whose every weight matters: the norms and biases too are away from their neutral values."""
    torch.manual_seed(seed)
    module = StyleTalkGenerator(config).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return module


def straightforward(module: StyleTalkGenerator, labels: np.ndarray, code: np.ndarray) -> np.ndarray:
    """Labels (T,), style code (d,) -> (T, 64), as published: the code repeated, kernels mixed anew for each frame."""
    tensors = {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}
    return PublishedGenerator(tensors, module.config).coefficients(labels, code)


def counted(monkeypatch, method: str) -> list[int]:
    """How many windows, or 1, each call of a method of the generator is given from now on."""
    calls, original = [], getattr(FastGenerator, method)

    def counting(self, given):
        calls.append(len(given) if method == "articulation" else 1)
        return original(self, given)

    monkeypatch.setattr(FastGenerator, method, counting)
    return calls


def label_windows(labels: torch.Tensor, window: int) -> torch.Tensor:
    """Labels (T,) -> (T, 2·window + 1) around each frame, silence beyond the ends."""
    return functional.pad(labels, (window, window), value=SILENCE_INDEX).unfold(0, 2 * window + 1, 1)


def audio_windows(audio_features: torch.Tensor, window: int) -> torch.Tensor:
    """Audio features (T, F) -> (T, 2·window + 1, F) around each frame, zeros beyond the ends."""
    return functional.pad(audio_features, (0, 0, window, window)).unfold(0, 2 * window + 1, 1).swapaxes(1, 2)
