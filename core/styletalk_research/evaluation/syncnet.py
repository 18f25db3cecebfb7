# SPDX-License-Identifier: Apache-2.0
"""SyncNet on films, from weights that the user brings: LSE-D and LSE-C. (needs torch)

The public SyncNet (Chung & Zisserman 2016, "Out of time"; its weights are syncnet_v2.model) embeds five frames of a
face at 25 fps and the 0.2 s of sound that belong to them. LSE-D is the mean distance of the two at the best shift, less
is better; LSE-C, the confidence, is how far it lies below the median over shifts, more is better (Prajwal et al. 2020).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from styletalk.errors import MissingPackageError, StyleTalkError, WeightsError
from styletalk.files.reading import explaining
from styletalk.files.torch_file import read_torch
from styletalk.progress import Progress, silent

from ..metrics.tables import Section, number, table
from .syncnet_inputs import FilmInputs, read_film
from .videos import film_files

if TYPE_CHECKING:
    from torch import nn

MAX_SHIFT = 15
"""Frames at 25 fps by which the sound is moved, either way."""
WINDOW_FRAMES, WINDOW_CEPSTRA = 5, 20
CEPSTRA_A_FRAME = 4
BATCH = 20
EMBEDDING = 1024
_DISTANCE_EPSILON = 1e-6
_AUDIO = (  # channels, kernel, stride, padding, pooling (kernel, stride, padding) after it
    (64, (3, 3), 1, (1, 1), ((1, 1), (1, 1))),
    (192, (3, 3), 1, (1, 1), ((3, 3), (1, 2))),
    (384, (3, 3), 1, (1, 1), None),
    (256, (3, 3), 1, (1, 1), None),
    (256, (3, 3), 1, (1, 1), ((3, 3), (2, 2))),
    (512, (5, 4), 1, (0, 0), None),
)
_LIPS = (
    (96, (5, 7, 7), (1, 2, 2), (0, 0, 0), ((1, 3, 3), (1, 2, 2), (0, 0, 0))),
    (256, (1, 5, 5), (1, 2, 2), (0, 1, 1), ((1, 3, 3), (1, 2, 2), (0, 1, 1))),
    (256, (1, 3, 3), (1, 1, 1), (0, 1, 1), None),
    (256, (1, 3, 3), (1, 1, 1), (0, 1, 1), None),
    (256, (1, 3, 3), (1, 1, 1), (0, 1, 1), ((1, 3, 3), (1, 2, 2), (0, 0, 0))),
    (512, (1, 6, 6), (1, 1, 1), (0, 0, 0), None),
)


@dataclass(frozen=True)
class FilmSync:
    """One film. offset: frames at 25 fps by which the sound had to be moved. control: LSE-C with sound from elsewhere
    in the film. note: how the face was found."""

    name: str
    distance: float
    confidence: float
    offset: int
    control: float
    note: str = ""


@dataclass(frozen=True)
class SyncNetReport(Section):
    """All films. notes: those left out, and why."""

    films: tuple[FilmSync, ...]
    notes: tuple[str, ...] = ()

    def as_markdown(self) -> str:
        """A table, the control beside each film."""
        head = ["film", "LSE-D", "LSE-C", "control: LSE-C, sound from elsewhere", "best at (frames of 1/25 s)"]
        rows = [
            [f.name, number(f.distance), number(f.confidence), number(f.control), f"{f.offset:+d}"] for f in self.films
        ]
        notes = [*self.notes, *sorted({film.note for film in self.films if film.note})]
        return "\n".join(["## SyncNet", "", *table(head, rows), "", *(f"- {note}" for note in notes)])


def syncnet_report(videos: Path, weights: Path, progress: Progress = silent) -> SyncNetReport:
    """Judge every film of a folder. Raises WeightsError, StyleTalkError without films, MissingPackageError."""
    films, network = film_files(videos), load_syncnet(weights)
    found, notes = [], []
    for count, film in enumerate(films):
        progress(count / len(films), f"SyncNet: {film.name}")
        try:
            found.append(film_sync(film.name, network, read_film(film)))
        except (StyleTalkError, ValueError) as error:
            notes.append(f"{film.name} was left out: {error}")
    return SyncNetReport(tuple(found), tuple(notes))


def build_syncnet() -> "nn.Module":
    """The public network with its own names of parameters, random weights. Raises MissingPackageError."""
    try:
        from torch import nn
    except ImportError as error:
        raise MissingPackageError("SyncNet needs PyTorch: pip install torch") from error
    network = nn.Module()
    network.netcnnaud = nn.Sequential(*_layers(_AUDIO, 1, nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.ReLU))
    network.netcnnlip = nn.Sequential(*_layers(_LIPS, 3, nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.ReLU))
    for name in ("netfcaud", "netfclip"):
        head = nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, EMBEDDING))
        setattr(network, name, head)
    return network.eval().requires_grad_(False)


def _layers(plan: Sequence[Any], before: int, convolution: Any, norm: Any, pool: Any, activation: Any) -> Iterator[Any]:
    """The convolutions of a plan, each with its norm, activation and pooling. before: channels of the input."""
    for channels, kernel, stride, padding, pooling in plan:
        yield from (convolution(before, channels, kernel, stride, padding), norm(channels), activation())
        if pooling:
            yield pool(*pooling)
        before = channels


def load_syncnet(weights: Path) -> "nn.Module":
    """The network with the user's weights, a state dict as published. Raises WeightsError, MissingPackageError."""
    network = build_syncnet()
    if not weights.is_file():
        raise WeightsError(f"There is no file {weights}. Give syncnet_v2.model of the public SyncNet.")
    with explaining(lambda _: WeightsError(f"{weights} is no file of PyTorch weights. Give the public SyncNet's.")):
        state = read_torch(weights)
    with explaining(
        lambda _: WeightsError(f"{weights} holds other weights than the public SyncNet's. Give syncnet_v2.model.")
    ):
        network.load_state_dict(state)
    return network


def film_sync(name: str, network: "nn.Module", inputs: FilmInputs) -> FilmSync:
    """LSE-D, LSE-C and offset of one film. Raises ValueError where it is shorter than a second."""
    faces, sounds = embeddings(network, inputs)
    distance, confidence, offset = lip_sync_error(faces, sounds)
    elsewhere = np.roll(sounds, len(sounds) // 2, axis=0)
    return FilmSync(name, distance, confidence, offset, lip_sync_error(faces, elsewhere)[1], inputs.note)


def embeddings(network: Any, inputs: FilmInputs) -> tuple[np.ndarray, np.ndarray]:
    """(N, 1024) of the face and of the sound at each frame that has five frames and their sound."""
    import torch

    count = min(len(inputs.faces) - WINDOW_FRAMES, (len(inputs.cepstra) - WINDOW_CEPSTRA) // CEPSTRA_A_FRAME) + 1
    if count < MAX_SHIFT + 1:
        raise ValueError("it is too short: SyncNet needs a second of face and sound")
    faces, sounds = [], []
    for start in range(0, count, BATCH):
        at = range(start, min(start + BATCH, count))
        frames = np.stack([inputs.faces[k : k + WINDOW_FRAMES] for k in at]).astype(np.float32)  # (B, 5, H, W, 3)
        bands = np.stack([inputs.cepstra[CEPSTRA_A_FRAME * k :][:WINDOW_CEPSTRA].T for k in at])  # (B, 13, 20)
        face = network.netcnnlip(torch.from_numpy(frames).permute(0, 4, 1, 2, 3)).flatten(1)
        sound = network.netcnnaud(torch.from_numpy(bands.astype(np.float32))[:, None]).flatten(1)
        faces.append(network.netfclip(face).numpy())
        sounds.append(network.netfcaud(sound).numpy())
    return np.concatenate(faces), np.concatenate(sounds)


def lip_sync_error(faces: np.ndarray, sounds: np.ndarray) -> tuple[float, float, int]:
    """(LSE-D, LSE-C, offset) of embeddings (N, d): mean distance at the best shift, median over shifts minus it.

    Sound beyond the ends counts as zeros, as in the public evaluation. offset: positive where the sound is early.
    """
    padded = np.pad(sounds, ((MAX_SHIFT, MAX_SHIFT), (0, 0)))
    count = len(faces)
    distances = [
        np.linalg.norm(faces - padded[shift : shift + count] + _DISTANCE_EPSILON, axis=1).mean()
        for shift in range(2 * MAX_SHIFT + 1)
    ]
    best = int(np.argmin(distances))
    return float(distances[best]), float(np.median(distances) - distances[best]), MAX_SHIFT - best
