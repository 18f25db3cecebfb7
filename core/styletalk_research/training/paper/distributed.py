# SPDX-License-Identifier: Apache-2.0
"""The processes of a run: one, or as many as `torchrun` started. Only the first writes files."""

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import distributed, nn

from ...datasets.errors import TrainingDataError


@dataclass(frozen=True)
class Processes:
    """rank: this process, of `size`. device: where it computes."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    def items(self, batch: int) -> range:
        """Which items of a step are this process's, `batch` for each."""
        return range(self.rank * batch, (self.rank + 1) * batch)

    def together(self, network: nn.Module) -> nn.Module:
        """The network, whose gradients are averaged over the processes where there are several."""
        if self.size == 1:
            return network
        devices = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=devices)

    def from_first(self, answer: Callable[[], Any]) -> Any:
        """What the first process answers, on all of them."""
        found = [answer() if self.first else None]
        if self.size > 1:
            distributed.broadcast_object_list(found, device=self.device)
        return found[0]

    def mean(self, figures: dict[str, float]) -> dict[str, float]:
        """The figures averaged over the processes."""
        if self.size == 1:
            return figures
        values = torch.tensor(list(figures.values()), device=self.device)
        distributed.all_reduce(values)
        return dict(zip(figures, (values / self.size).tolist(), strict=True))

    def leave(self) -> None:
        """End the communication with the other processes, once the networks that take part in it are out of use.

        They lie in circles of references, and keep its threads alive: one that is at work when Python ends aborts the
        process.
        """
        if self.size > 1:
            distributed.destroy_process_group()
            gc.collect()


def join_processes(device: str) -> Processes:
    """The processes that `torchrun` describes in the environment; a process alone where it did not start us.

    Raises TrainingDataError where a GPU is asked for and none is there.
    """
    rank, size, local = (int(os.environ.get(name, default)) for name, default in _ENVIRONMENT)
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise TrainingDataError("PyTorch sees no CUDA device here. Set device to cpu, or install PyTorch for your GPU.")
    place = torch.device("cuda", local) if device == "cuda" else torch.device(device)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    if size > 1:
        distributed.init_process_group("nccl" if place.type == "cuda" else "gloo", rank=rank, world_size=size)
    return Processes(rank, size, place)


_ENVIRONMENT = (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
