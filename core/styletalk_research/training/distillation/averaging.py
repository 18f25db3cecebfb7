# SPDX-License-Identifier: Apache-2.0
"""One network out of several: the mean of their weights (Wortsman et al., "Model soups", 2022).

    python -m styletalk_research.training.distillation.averaging OUT.safetensors WEIGHTS.safetensors ...

They must have begun alike and learnt from nearly the same, as the runs of a cross-validation and that of all clips did.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator

from ...datasets.errors import TrainingDataError


def average(paths: Sequence[Path], output: Path) -> Path:
    """Write the mean of the weights of `paths`, with what the first says of its training.

    Raises WeightsError, TrainingDataError where they are not of one size, OutputError.
    """
    found = [read_weights(path) for path in paths]
    if any(weights.config != found[0].config for weights in found):
        raise TrainingDataError("These weights are of several sizes. Average those of one configuration.")
    generator, sizes = load_generator(paths[0])
    means = {
        name: np.mean([each.tensors[name] for each in found], axis=0, dtype=np.float64) for name in found[0].tensors
    }
    generator.load_state_dict({name: torch.from_numpy(mean.astype(np.float32)) for name, mean in means.items()})
    stored = found[0].metadata
    about = {"training": stored.get("training", ""), "steps": stored.get("steps", ""), "averaged": str(len(found))}
    save_generator(output, generator, sizes, about)
    return output


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.training.distillation.averaging", description=__doc__
    )
    parser.add_argument("output", type=Path)
    parser.add_argument("weights", type=Path, nargs="+")
    options = parser.parse_args(arguments)
    average(options.weights, options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
