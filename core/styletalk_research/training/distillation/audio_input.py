# SPDX-License-Identifier: Apache-2.0
"""Networks that listen, as networks in the published form: they do what the others do without sound.

python -m styletalk_research.training.distillation.audio_input LISTENING.safetensors OUT.safetensors
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator
from styletalk.networks.modules.generator import StyleTalkGenerator

from ...datasets.pairs import TrainingDataError
from .config import TrainingConfig


def with_ears_for(sound_dim: int, state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """The state of a network as one that takes sound_dim columns of sound: to new ones it does not listen yet."""
    if not sound_dim:
        return without_ears(state, prefix)
    first = f"{prefix}content_encoder.prosody_embed.0.weight"
    if first not in state or state[first].shape[1] >= sound_dim:
        return dict(state)
    return dict(state) | {first: torch.nn.functional.pad(state[first], (0, sound_dim - state[first].shape[1]))}


def without_ears(state: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """The state of a network that listens as one of audio_dim 0. prefix: before the generator's names.

    What the sound input adds to every token when it hears nothing goes into the tokens' own bias.
    """
    ears, ground = f"{prefix}content_encoder.prosody_embed.", f"{prefix}content_encoder.increase_embed_dim.bias"
    if f"{ears}0.weight" not in state:
        return dict(state)
    silence = state[f"{ears}2.weight"] @ torch.relu(state[f"{ears}0.bias"]) + state[f"{ears}2.bias"]
    kept = {name: tensor for name, tensor in state.items() if not name.startswith(ears)}
    return kept | {ground: state[ground] + silence}


@torch.no_grad()
def deafen(listening: Path, output: Path) -> Path:
    """Write the weights of `listening` without its ears. Raises WeightsError, TrainingDataError, OutputError."""
    generator, sizes = load_generator(listening)
    stored = read_weights(listening).metadata
    if not sizes.audio_dim or "training" not in stored:
        raise TrainingDataError(f"{listening} holds no trained weights that listen. Give such a file.")
    sizes = replace(sizes, audio_dim=0)
    deaf = StyleTalkGenerator(sizes)
    deaf.load_state_dict(without_ears(generator.state_dict()))
    training = replace(TrainingConfig.from_json(stored["training"]), generator=sizes)
    save_generator(output, deaf, sizes, {"training": training.to_json(), "steps": stored.get("steps", "")})
    return output


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.training.distillation.audio_input", description=__doc__
    )
    parser.add_argument("listening", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    deafen(options.listening, options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
