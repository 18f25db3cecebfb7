# SPDX-License-Identifier: Apache-2.0
"""Weights that know a studio's own people: the shipped ones go on learning from their recordings, and forget little.

Each step shows the student a stretch of a recording in the style of another stretch, and asks for the face as it moved;
and the same sound in the styles that ship, in which it must stay as it was. Who is not in the recordings keeps the
shipped articulation; docs/training-study.md has what a person gains and what others lose.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError

try:
    import torch
except ImportError as missing:
    raise MissingPackageError(
        'Training needs PyTorch, which is not installed here. Run `pip install "styletalk-blender[train]"`.'
    ) from missing

from torch import Tensor

from styletalk.animation import EXPRESSION_DIM, LOWER_FACE
from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.files.reading import explaining
from styletalk.files.torch_file import read_torch
from styletalk.networks.checkpoints.generator import load_generator, save_generator, weights_hash
from styletalk.phonemes import SILENCE_INDEX
from styletalk.progress import Progress, silent
from styletalk.styles.library import load_preset
from styletalk.styles.presets import preset_names

from ...datasets.errors import TrainingDataError
from ...datasets.manifest import load_manifest
from ...datasets.recordings import Recording
from ...discriminators.frozen import CONFIG_FILE, not_a_state
from ..clock import Clock
from ..run_folder import check_free, claimed, data_digest
from ..state_file import write_state
from ..surroundings import surroundings
from .config import TrainingConfig
from .distill import lip_motion
from .student import Normalisation, Student

STEPS, LINES, FRAMES, STYLE_ROWS = 400, 6, 40, 120
LEARNING_RATE, EMA = 4e-4, 0.98
LABELS_ONLY_SHARE = 0.25
"""Of the stretches: without sound, so that labels suffice as before."""
KEEP_WEIGHT = 1.0
SMALLEST = 0.05
"""Deviation of a coefficient below which its errors do not count more."""
SAVE_EVERY = 50
STATE_FILE, WEIGHTS_FILE = "state.pt", "weights.safetensors"


@dataclass(frozen=True)
class Goal:
    """What the loss reads. driven: (64, 2), gap and width. deviation: (64,), what an error is measured in."""

    driven: Tensor
    deviation: Tensor

    def error(self, made: Tensor, wanted: Tensor) -> Tensor:
        """Of sequences (B, T, 64): gap and width against their own size, and all coefficients."""
        lips = torch.stack([lip_motion(made, wanted, readout[:, None]) for readout in self.driven.T]).sum()
        return lips + (((made - wanted) / self.deviation) ** 2).mean()


class Tuner:
    """The student that learns, the network that it was, and the recordings."""

    def __init__(self, recordings: Sequence[Recording], weights: Path, seed: int = 1) -> None:
        generator, self.sizes = load_generator(weights)
        none = Normalisation(np.zeros(EXPRESSION_DIM, np.float32), np.ones(EXPRESSION_DIM, np.float32))
        self.student = Student(generator, none)
        self.before = copy.deepcopy(self.student).eval().requires_grad_(False)
        self.recordings = [clip for clip in recordings if len(clip.expression) > FRAMES + STYLE_ROWS // 2]
        if not self.recordings:
            raise TrainingDataError("No recording is four seconds long with labels. Give longer ones.")
        self.presets = [load_preset(name).clip for name in preset_names()]
        self.seed, self.step = seed, 0
        self.rng = np.random.default_rng((seed, 0))
        rest = np.zeros((1, EXPRESSION_DIM), np.float32)
        tracks = face_tracks(open_face(), np.concatenate([rest, np.eye(EXPRESSION_DIM, dtype=np.float32)]))
        spread = np.concatenate([clip.centred for clip in self.recordings]).std(0)
        self.goal = Goal(
            torch.from_numpy((tracks[1:] - tracks[:1])[:, :2].astype(np.float32)),
            torch.from_numpy(np.maximum(spread, SMALLEST).astype(np.float32)),
        )
        self.average = torch.optim.swa_utils.AveragedModel(
            self.student, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(EMA)
        )
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=LEARNING_RATE, weight_decay=0.01)

    def advance(self, share: float) -> dict[str, float]:
        """One step, `share` of the way through; the terms of the loss. What it draws, its number alone decides."""
        self.rng = np.random.default_rng((self.seed, self.step))
        for group in self.optimiser.param_groups:
            group["lr"] = LEARNING_RATE * (0.02 + 0.98 * 0.5 * (1.0 + float(np.cos(np.pi * share))))
        lengths = np.array([len(clip.expression) for clip in self.recordings], float)
        clips = [self.recordings[k] for k in self.rng.choice(len(lengths), LINES, p=lengths / lengths.sum())]
        starts = [int(self.rng.integers(0, len(clip.expression) - FRAMES + 1)) for clip in clips]
        windows, sound = self._seen(clips, starts)
        own = torch.from_numpy(np.stack([self._style(clip) for clip in clips]))
        others = torch.from_numpy(np.stack([self._preset() for _ in clips]))
        with torch.no_grad():
            as_before = self.before(windows, self.before.encode(own), sound)
            kept = self.before(windows, self.before.encode(others), sound)
        wanted = self._moved(as_before, clips, starts)
        terms = {
            "own": self.goal.error(self.student(windows, self.student.encode(own), sound), wanted),
            "others": KEEP_WEIGHT * self.goal.error(self.student(windows, self.student.encode(others), sound), kept),
        }
        self.optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.student)
        self.step += 1
        return {name: float(term.detach()) for name, term in terms.items()}

    def save(self, path: Path, about: dict[str, str]) -> None:
        """Write the averaged weights. Raises OutputError."""
        student = self.average.module
        assert isinstance(student, Student)
        save_generator(path, student.generator, self.sizes, about)

    def keep(self, path: Path) -> None:
        """Write what `go_on` needs. Raises OutputError."""
        parts = {name: getattr(self, name).state_dict() for name in ("student", "average", "optimiser")}
        write_state(path, {**parts, "random": torch.get_rng_state(), "step": self.step})

    def go_on(self, path: Path) -> None:
        """Be as the tuner was that wrote the file, where there is one. Raises TrainingDataError."""
        if not path.is_file():
            return
        with explaining(lambda _: TrainingDataError(not_a_state(path))):
            state = read_torch(path)
            for name in ("student", "average", "optimiser"):
                getattr(self, name).load_state_dict(state[name])
            torch.set_rng_state(state["random"])
            self.step = int(state["step"])

    def _seen(self, clips: Sequence[Recording], starts: Sequence[int]) -> tuple[Tensor, Tensor | None]:
        """Windows (L, T, W) of labels and (L, T, W, F) of audio features, zeros for labels alone."""
        labels, sounds = [], []
        for clip, start in zip(clips, starts, strict=True):
            spoken, stop = clip.utterance, start + FRAMES
            labels.append(surroundings(spoken.labels.astype(np.int64), start, stop, self.sizes, SILENCE_INDEX))
            sound = np.zeros((*labels[-1].shape, self.sizes.audio_dim), np.float32)
            if spoken.audio_features is not None and self.rng.random() >= LABELS_ONLY_SHARE:
                sound = surroundings(spoken.audio_features[:, : self.sizes.audio_dim], start, stop, self.sizes, 0)
            sounds.append(sound)
        windows = torch.from_numpy(np.stack(labels))
        return windows, torch.from_numpy(np.stack(sounds)) if self.sizes.audio_dim else None

    def _style(self, clip: Recording) -> np.ndarray:
        """(STYLE_ROWS, 64): a stretch of the recording."""
        start = int(self.rng.integers(0, max(len(clip.expression) - STYLE_ROWS, 0) + 1))
        return np.resize(clip.expression[start : start + STYLE_ROWS], (STYLE_ROWS, EXPRESSION_DIM))

    def _preset(self) -> np.ndarray:
        return np.resize(self.presets[int(self.rng.integers(len(self.presets)))], (STYLE_ROWS, EXPRESSION_DIM)).astype(
            np.float32
        )

    def _moved(self, before: Tensor, clips: Sequence[Recording], starts: Sequence[int]) -> Tensor:
        """What is asked for: as before (L, T, 64), but moving as was recorded; of tracked faces, only what is seen."""
        wanted = before.clone()
        for line, (clip, start) in enumerate(zip(clips, starts, strict=True)):
            real = torch.from_numpy(clip.expression[start : start + FRAMES])
            level = before[line].mean(0) + real.mean(0) - torch.from_numpy(clip.expression.mean(0))
            known = list(range(EXPRESSION_DIM)) if clip.mouth is None else list(LOWER_FACE)
            wanted[line][:, known] = (level + real - real.mean(0))[:, known]
        return wanted


def tune(data: Sequence[Path], run: Path, weights: Path, progress: Progress = silent, steps: int = STEPS) -> Path:
    """Tune weights on the recordings of manifests, or go on where that was stopped; returns RUN/weights.safetensors.

    Raises TrainingDataError, also where the folder is another run's, ManifestError, ClipError, WeightsError,
    OutputError.
    """
    check_free(run)
    _check_own(run)
    columns = load_generator(weights)[1].audio_dim
    recordings = [clip for path in data for clip in load_manifest(path, sound_columns=columns)]
    spoken = [clip for clip in recordings if clip.labels is not None]
    start = f"{weights.name}-{weights_hash(weights)}"  # what it starts from, not what that is called
    config = replace(TrainingConfig(), work_dir=str(run), steps=steps, start_from=start)
    with claimed(run, config, {"digest": data_digest(part for clip in spoken for part in _parts(clip))}):
        tuner = Tuner(spoken, weights)
        tuner.go_on(run / STATE_FILE)
        clock = Clock(tuner.step, steps)
        while tuner.step < steps:
            terms = tuner.advance(tuner.step / steps)
            if tuner.step % SAVE_EVERY == 0 or tuner.step == steps:
                tuner.keep(run / STATE_FILE)
            progress(tuner.step / steps, clock.stage("training", tuner.step, terms))
        tuner.save(run / WEIGHTS_FILE, {"tuned_from": weights.name, "steps": str(steps)})
    return run / WEIGHTS_FILE


def _check_own(run: Path) -> None:
    """Raises TrainingDataError where the folder holds weights that no run of it has made."""
    if (run / WEIGHTS_FILE).exists() and not (run / CONFIG_FILE).exists():
        raise TrainingDataError(f"{run / WEIGHTS_FILE} is of something else. Choose another folder for the run.")


def _parts(clip: Recording) -> Iterator[str | np.ndarray]:
    """All of a recording that is learnt from."""
    yield clip.name
    yield from (part for part in (clip.expression, clip.labels, clip.audio_features, clip.mouth) if part is not None)
