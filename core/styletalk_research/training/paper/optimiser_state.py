# SPDX-License-Identifier: Apache-2.0
"""A network with what it takes to train it: optimiser, precision, and the other processes."""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .distributed import Processes

_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@contextlib.contextmanager
def mixed(precision: str, device: torch.device) -> Iterator[None]:
    """Matrix products in half precision, where the configuration says so; losses take float32 all the same."""
    if precision == "float32":
        yield
        return
    with torch.autocast(device.type, _HALF[precision]):
        yield


class OptimiserState:
    """A network, its Adam, and the scaling of gradients that float16 needs.

    clip: largest norm of a gradient, 0 for any. betas: of Adam. network: the bare one, for saving. parallel: what to
    call while training; it averages gradients over processes.
    """

    def __init__(
        self,
        network: nn.Module,
        learning_rate: float,
        clip: float,
        precision: str,
        processes: Processes,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        self.network = network.to(processes.device)
        self.parallel = processes.together(self.network)
        self.clip = clip
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=learning_rate, weight_decay=weight_decay, betas=betas
        )
        self.scaler = torch.amp.GradScaler(processes.device.type, enabled=precision == "float16")

    def descend(self, loss: Tensor) -> None:
        """One step down the gradient of `loss`."""
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        if self.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
        }  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
