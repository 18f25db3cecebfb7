# SPDX-License-Identifier: Apache-2.0
"""Students of several runs as one stack of weights, which takes each step as one computation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from styletalk.networks.modules.generator import StyleTalkGenerator

from .config import TrainingConfig
from .distill import Batch, Mouth, student_loss
from .student import STYLE_NUMBERS, Normalisation, Student


@dataclass(frozen=True)
class Layout:
    """How a batch lies in a row of floats; of its windows, only the rows that they show."""

    config: TrainingConfig

    def shapes(self, rows: int) -> list[tuple[int, ...]]:
        """Of labels, audio features, wanted, numbers, and clips of `rows` rows."""
        config, sizes = self.config, self.config.generator
        shown = config.frames + sizes.tokens - 1
        return [
            (config.lines, shown), (config.lines, shown, sizes.audio_dim), (config.styles, config.frames, 64),
            (config.styles, STYLE_NUMBERS), (config.styles + config.positives, rows, 64),
        ]  # fmt: skip

    def length(self, rows: int) -> int:
        """Floats of a batch whose clips have `rows` rows."""
        return sum(int(np.prod(shape)) for shape in self.shapes(rows))

    def packed(self, batch: Batch) -> Tensor:
        """(length,) a batch."""
        shown = [torch.cat([seen[:, 0], seen[:, 1:, -1]], 1) for seen in (batch.windows, batch.audio_features)]
        return torch.cat([part.float().flatten() for part in (*shown, batch.wanted, batch.numbers, batch.clips)])

    def unpacked(self, floats: Tensor, rows: int) -> Batch:
        """The inverse, of batches (M, length)."""
        shapes, tokens = self.shapes(rows), self.config.generator.tokens
        pieces = floats.split([int(np.prod(shape)) for shape in shapes], 1)
        labels, sound, wanted, numbers, clips = (
            piece.reshape(len(floats), *shape) for piece, shape in zip(pieces, shapes, strict=True)
        )
        seen = sound.unfold(2, tokens, 1).transpose(-1, -2)
        return Batch(labels.unfold(2, tokens, 1).long(), seen, wanted, clips, numbers)


class OneHotEmbedding(nn.Module):
    """As nn.Embedding, but its gradient is a product of matrices, which can be recorded."""

    ids: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.detach().clone())
        self.register_buffer("ids", torch.arange(len(weight)), persistent=False)

    def forward(self, labels: Tensor) -> Tensor:
        """Labels (...) -> (..., d)."""
        return (labels[..., None] == self.ids).to(self.weight.dtype) @ self.weight


class Objective(nn.Module):
    """A student with its loss."""

    lips: Tensor
    driven: Tensor

    def __init__(self, student: Student, mouth: Mouth, config: TrainingConfig) -> None:
        super().__init__()
        self.student, self.config = student, config
        encoder = student.generator.content_encoder
        encoder.ph_embedding = OneHotEmbedding(encoder.ph_embedding.weight)  # pyright: ignore
        self.register_buffer("lips", mouth.lips)
        self.register_buffer("driven", mouth.driven)

    def forward(self, *parts: Tensor) -> Tensor:
        """The fields of a batch -> the sum of the terms of the loss."""
        terms = student_loss(self.student, Batch(*parts), Mouth(self.lips, self.driven), self.config)
        return torch.stack(list(terms.values())).sum()


class Stack:
    """The weights of M students, their average over the steps, and how a step is taken."""

    def __init__(self, begun: Sequence[tuple[Student, Mouth]], config: TrainingConfig) -> None:
        self.config, self.device, self.layout = config, torch.device(config.device), Layout(config)
        objectives = [Objective(student, mouth, config).to(self.device).train() for student, mouth in begun]
        self.skeleton = objectives[0]
        self.weights, self.buffers = stack_module_state(objectives)  # pyright: ignore[reportArgumentType]
        self.average = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.gpu = self.device.type == "cuda"
        self.rate = torch.tensor(config.learning_rate, device=self.device)
        self.optimiser = torch.optim.AdamW(
            list(self.weights.values()), lr=self.rate, weight_decay=0.01, capturable=self.gpu
        )
        self.averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema)
        self.recorded: dict[int, tuple[torch.cuda.CUDAGraph, Tensor, Tensor]] = {}
        self.staged: list[tuple[Tensor, torch.cuda.Event]] = []
        torch.backends.cuda.matmul.allow_tf32 = self.gpu

    def step(self, floats: Tensor, rows: int, share: float) -> Tensor:
        """One step on batches (M, length) with clips of `rows` rows, at `share` of the learning rate; (M,) losses."""
        self.rate.fill_(self.config.learning_rate * share)
        if not self.gpu:
            return self._advance(floats, rows)
        floats = self._sent(floats)
        if rows not in self.recorded:
            return self._record(floats, rows)
        graph, shown, losses = self.recorded[rows]
        shown.copy_(floats)
        graph.replay()
        return losses

    def student(self, run: int) -> Student:
        """The averaged student of a run, on the CPU."""
        state = {name.removeprefix("student."): weight[run].cpu() for name, weight in self.average.items()}
        units = [self.buffers[f"student.{name}"][run].cpu().numpy() for name in ("mean", "deviation")]
        student = Student(StyleTalkGenerator(self.config.generator), Normalisation(*units))
        student.load_state_dict(student.state_dict() | state)
        return student

    def _losses(self, floats: Tensor, rows: int) -> Tensor:
        """(M,) of batches (M, length)."""
        batch = self.layout.unpacked(floats, rows)

        def one(weights: dict[str, Tensor], buffers: dict[str, Tensor], *parts: Tensor) -> Tensor:
            return functional_call(self.skeleton, (weights, buffers), parts)

        parts = (batch.windows, batch.audio_features, batch.wanted, batch.clips, batch.numbers)
        with sdpa_kernel(SDPBackend.MATH):
            return vmap(one, randomness="different")(self.weights, self.buffers, *parts)

    def _advance(self, floats: Tensor, rows: int) -> Tensor:
        """Losses (M,); the gradient of each run is cut to length 1, then all take a step."""
        losses = self._losses(floats, rows)
        weights = list(self.weights.values())
        gradients = torch.autograd.grad(losses.sum(), weights)
        size = torch.stack([(gradient.flatten(1) ** 2).sum(1) for gradient in gradients]).sum(0).sqrt()  # (M,)
        share = (1.0 / (size + 1e-6)).clamp(max=1.0)
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient * share.reshape(-1, *[1] * (gradient.dim() - 1))
        self.optimiser.step()
        self.averaging(list(self.average.values()), weights, None)
        return losses.detach()

    def _record(self, floats: Tensor, rows: int) -> Tensor:
        """Take a step, and record it as a graph for all later batches whose clips have as many rows."""
        shown, aside = floats.clone(), torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            losses = self._advance(shown, rows).clone()
        torch.cuda.current_stream().wait_stream(aside)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            later = self._advance(shown, rows)
        self.recorded[rows] = graph, shown, later
        return losses

    def _sent(self, floats: Tensor) -> Tensor:
        """Batches on the GPU, by way of pinned memory, so that no step waits for them."""
        if len(self.staged) < 2:
            whole = (len(floats), self.layout.length(self.config.style_rows[1]))
            self.staged.append((torch.empty(whole, pin_memory=True), torch.cuda.Event()))
        pinned, sent = self.staged[0]
        self.staged.reverse()
        sent.synchronize()
        part = pinned.flatten()[: floats.numel()].view(floats.shape)
        part.copy_(floats)
        there = part.to(self.device, non_blocking=True)
        sent.record()
        return there
