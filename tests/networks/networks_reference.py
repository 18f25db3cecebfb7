# SPDX-License-Identifier: Apache-2.0
"""What the fast path is measured against: random generators, and the straightforward formulation."""

import numpy as np
import torch

from styletalk.networks.config import GeneratorConfig
from styletalk.networks.modules.generator import StyleTalkGenerator
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
