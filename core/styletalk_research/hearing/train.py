# SPDX-License-Identifier: Apache-2.0
"""The phoneme network learns: first from voices and recordings, then from the labelled clips as well.

    python -m styletalk_research.hearing.train HEARD RUNS [--leave-out NAME[+NAME...] ...] [--steps N N] [--seed N]

HEARD: the folder that `features` filled. RUNS gets base-SEED.npz, and LEFT_OUT-SEED.npz for each group of clips and
languages that is left out (names that begin so; "nothing" for none).
"""

import argparse
import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from styletalk.files.writing import written_whole
from styletalk.phonemes import PHONEMES
from styletalk.speech.hearing.encoder import shipped_encoder
from styletalk.speech.hearing.packed import packed
from styletalk.speech.hearing.phoneme_network import DILATIONS, FRAMES_PER_ROW, NETWORK_FILE

from .features import Heard, load_heard
from .spoken import UNKNOWN

BLOCKS = (1, 2, 3)
"""Of the encoder; see `PhonemeNetwork`."""
WIDTH = 256
CROP_ROWS = 160
BATCHES = (16, 8)
"""Crops in a step of each stage."""
PEAK_RATE, WEIGHT_DECAY, EMA = 2e-3, 0.05, 0.99
DROPOUT, SMOOTHING = 0.25, 0.1
CLIP_SHARE, LANGUAGE_SHARE = 0.625, 0.125
"""Of the crops of the second stage, how many are clips, and how many of other languages where there are any."""
SHARES = {"joe": 1.5, "footage": 2.0}
"""How much more often than a minute of flite a minute of other sources is taken."""


class Network(nn.Module):
    """`PhonemeNetwork` to be trained; features are standardised by mean and deviation (D,)."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.first = nn.Linear(len(mean), WIDTH)
        self.convolutions = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS])
        self.last = nn.Linear(WIDTH, FRAMES_PER_ROW * len(PHONEMES))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """(B, R, D) -> (B, FRAMES_PER_ROW R, 41) logits."""
        drop = DROPOUT if self.training else 0.0
        x = dropped((rows - self.mean) / self.deviation, drop / 2)
        x = functional.gelu(self.first(x))
        for dilation, convolution in zip(DILATIONS, self.convolutions, strict=True):
            padded = functional.pad(dropped(x, drop), (0, 0, dilation, dilation))
            near = [padded[:, k * dilation : k * dilation + x.shape[1]] for k in range(3)]
            x = x + functional.gelu(convolution(torch.cat(near, dim=2)))
        return self.last(dropped(x, drop)).reshape(len(rows), -1, len(PHONEMES))

    def tensors(self) -> dict[str, np.ndarray]:
        """Its weights as `network_of` takes them, the standardisation folded into the first."""
        weight = self.first.weight.detach() / self.deviation
        found = {"first_weight": weight.T, "first_bias": self.first.bias.detach() - weight @ self.mean}
        for name, tensor in self.convolutions.named_parameters():
            found[f"convolution{name.replace('.', '_')}"] = tensor.detach().t()
        found |= {"last_weight": self.last.weight.detach().T, "last_bias": self.last.bias.detach()}
        return {name: np.ascontiguousarray(tensor.numpy(), np.float32) for name, tensor in found.items()}


def dropped(x: torch.Tensor, share: float) -> torch.Tensor:
    """Dropout (Srivastava et al. 2014) of (B, R, D), the same in all of B: random numbers are most of its cost."""
    if not share:
        return x
    return x * ((torch.rand(1, *x.shape[1:]) >= share) / (1.0 - share)).to(x.dtype)


class Crops:
    """Random crops of windows, sources by their share of rows times SHARES."""

    def __init__(self, windows: Mapping[str, Sequence[Heard]], rng: np.random.Generator) -> None:
        pairs = [(each, SHARES.get(name, 1.0)) for name, some in windows.items() for each in some]
        self._windows = [each for each, _ in pairs if len(each.rows) >= CROP_ROWS]
        weights = np.array([len(each.rows) * share for each, share in pairs if len(each.rows) >= CROP_ROWS])
        self._probabilities, self._rng = weights / weights.sum(), rng

    def take(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """(count, CROP_ROWS, D) float32 rows and (count, CROP_ROWS, FRAMES_PER_ROW) int64 targets."""
        rows, targets = [], []
        for index in self._rng.choice(len(self._windows), count, p=self._probabilities):
            window = self._windows[index]
            start = self._rng.integers(0, len(window.rows) - CROP_ROWS + 1)
            rows.append(used(window.rows[start : start + CROP_ROWS]))
            targets.append(window.targets[start : start + CROP_ROWS])
        return np.stack(rows).astype(np.float32), np.stack(targets).astype(np.int64)


def used(rows: np.ndarray) -> np.ndarray:
    """(R, D) of all the encoder's blocks -> (R, D') of BLOCKS."""
    blocks = np.split(rows, rows.shape[1] // shipped_encoder().width, axis=1)
    return np.concatenate([blocks[number] for number in BLOCKS], axis=1)


def fit(
    network: Network, parts: Sequence[tuple[Crops, float]], steps: int, batch: int, peak_rate: float = PEAK_RATE
) -> Network:  # fmt: skip
    """Train on crops of several sources by share; return the running mean of the weights."""
    optimiser = torch.optim.AdamW(network.parameters(), peak_rate, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps, pct_start=0.1)
    average = copy.deepcopy(network).eval()
    for step in range(steps):
        network.train()
        taken = [crops.take(round(batch * share)) for crops, share in parts]
        rows, targets = (torch.from_numpy(np.concatenate(some)) for some in zip(*taken, strict=True))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(rows)
        loss = functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=UNKNOWN, label_smoothing=SMOOTHING
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        decay = min(EMA, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
        if step % 50 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    return average


def base(windows: Mapping[str, Sequence[Heard]], steps: int, seed: int) -> Network:
    """A network that knows voices and recordings, no clip."""
    torch.manual_seed(seed)
    sample = np.concatenate([used(some[k].rows) for some in windows.values() for k in range(0, len(some), 20)])
    mean, deviation = sample.astype(np.float32).mean(0), sample.astype(np.float32).std(0) + 1e-3
    network = Network(torch.from_numpy(mean), torch.from_numpy(deviation))
    return fit(network, [(Crops(windows, np.random.default_rng(seed)), 1.0)], steps, BATCHES[0])


def restored(path: Path) -> Network:
    """The network of the first stage."""
    state = torch.load(path, weights_only=True)
    network = Network(state["mean"], state["deviation"])
    network.load_state_dict(state)
    return network


def save_network(network: Network, path: Path) -> None:
    """Write its tensors as .npz, float32."""
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, blocks=np.array(BLOCKS, np.int16), **network.tensors())


def heard_of(folder: Path, kind: str) -> dict[str, list[Heard]]:
    """What was heard of the sources whose files' names begin with `kind`, by the rest of their names."""
    return {path.stem.removeprefix(kind): load_heard(path) for path in sorted(folder.glob(f"{kind}*.npz"))}


def without(left_out: str, windows: Mapping[str, list[Heard]]) -> dict[str, list[Heard]]:
    """All but the sources whose names begin with one of NAME+NAME..."""
    return {name: some for name, some in windows.items() if not name.startswith(tuple(left_out.split("+")))}


def merged(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """The tensors of networks of several seeds as `networks_of` takes them."""
    found = {}
    for number, path in enumerate(sorted(paths)):
        with np.load(path, allow_pickle=False) as stored:
            found |= {f"{number}_{name}": stored[name] for name in stored.files}
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.train", description=__doc__)
    parser.add_argument("heard", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--leave-out", nargs="*", default=["nothing"], metavar="NAME")
    parser.add_argument("--steps", type=int, nargs=2, default=(900, 250), help="of the first and the second stage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ship", action="store_true", help="the networks of all seeds that know every clip")
    options = parser.parse_args(arguments)
    options.runs.mkdir(parents=True, exist_ok=True)
    windows, clips, languages = (heard_of(options.heard, kind) for kind in ("train_", "clip_", "language_"))
    first_stage = options.runs / f"base-{options.seed}.pt"
    if not first_stage.is_file():
        with written_whole(first_stage) as temporary:
            torch.save(base(windows, options.steps[0], options.seed).state_dict(), temporary)
    for left_out in options.leave_out:
        torch.manual_seed(options.seed)
        rng = np.random.default_rng(options.seed)
        parts = [(Crops(without(left_out, clips), rng), CLIP_SHARE)]
        if languages:
            parts.append((Crops(without(left_out, languages), rng), LANGUAGE_SHARE))
        parts.append((Crops(windows, rng), 1 - sum(share for _, share in parts)))
        network = fit(restored(first_stage), parts, options.steps[1], BATCHES[1], PEAK_RATE / 2)
        save_network(network, options.runs / f"{left_out}-{options.seed}.npz")
    if "nothing" in options.leave_out and options.ship:
        with written_whole(NETWORK_FILE) as temporary, open(temporary, "wb") as file:
            np.savez(file, **packed(merged([*options.runs.glob("nothing-*.npz")])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
