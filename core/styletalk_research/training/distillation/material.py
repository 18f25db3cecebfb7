# SPDX-License-Identifier: Apache-2.0
"""What a run learns from: recordings and clips, or rules; the experts; the distillation set that they make."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from styletalk.progress import Progress, silent
from styletalk.speech.features.prosody import PROSODY_DIM

from ...datasets.errors import TrainingDataError
from ...datasets.pairs import (
    Readouts,
    lip_jacobian,
    load_readouts,
    load_recordings,
    load_style_rows,
    relabelled,
    scrambled,
)
from ...datasets.prepared import with_prepared
from ...datasets.recordings import Recording, Utterance
from ...datasets.utterances import load_utterances
from ..run_folder import data_digest
from .config import TrainingConfig
from .distill import BatchMaker
from .distillation_set import DistillationSet, make_distillation_set
from .experts import StyleWeights, TeacherCache, level_unit, train_experts
from .likeness import Likeness
from .rules import RuleTeacher, rule_clips
from .student import Normalisation
from .style_bank import Amplifier, StyleBank

SET_FILE = "distillation_set.npz"
"""In the run folder."""


def batch_maker(config: TrainingConfig, recordings: Sequence[Recording], progress: Progress = silent) -> BatchMaker:
    """The maker of a run's batches; its distillation set is kept in work_dir. Raises TrainingDataError."""
    data_dir = Path(config.data_dir)
    voices = _voices(config)
    readouts = load_readouts(data_dir)
    if config.rules:
        return _by_rules(config, readouts, voices)
    styles = [rows for name, rows in load_style_rows(data_dir).items() if name not in config.hold_out_styles]
    clips = [*{clip.name: clip.expression for clip in recordings}.values(), *styles]
    whole = [clip for clip in recordings if clip.mouth is None]  # landmarks do not show every motion
    amplifier = Amplifier.fit(np.concatenate([clip.centred for clip in whole or recordings]), readouts)
    seen = published(recordings)
    likeness = Likeness.of(seen, amplifier.readout, level_unit(clips))
    folder = Path(config.work_dir)
    path = folder / SET_FILE
    if not path.is_file():
        sizes = replace(config.teacher, sound=config.teacher.sound and _sound_is_of_use(config, seen, voices))
        cache = TeacherCache(lip_jacobian(data_dir), config.seed, folder)
        experts = train_experts(seen, voices, likeness, sizes, cache, progress)
        make_distillation_set(experts, recordings, voices, amplifier, config).save(path)
    bank = StyleBank(clips, amplifier, readouts, config.breadth)
    known = StyleWeights(likeness)
    return BatchMaker(DistillationSet.load(path), bank, known, Normalisation.of(np.concatenate(clips)), config)


def _sound_is_of_use(config: TrainingConfig, recordings: Sequence[Recording], voices: Sequence[Utterance]) -> bool:
    """Whether teachers with sound are: for a student that takes it, or to pseudo-label voices for the others."""
    known = all(clip.audio_features is not None for clip in recordings)
    return config.generator.audio_dim > 0 or (bool(voices) and known)


def published(recordings: Sequence[Recording]) -> list[Recording]:
    """Each clip once, with the labels that came with it: what teachers learn from."""
    first = {clip.name: clip for clip in reversed(recordings)}
    return [first[name] for name in sorted(first)]


def training_recordings(config: TrainingConfig) -> tuple[Recording, ...]:
    """The recordings that the run learns from; for the control, scrambled. Raises TrainingDataError."""
    columns = max(_columns(config), PROSODY_DIM)
    everything = with_prepared(load_recordings(Path(config.data_dir), columns), config.pairs)
    unknown = set(config.hold_out) - {clip.name for clip in everything}
    if unknown:
        raise TrainingDataError(f"There is no clip named {sorted(unknown)[0]} to hold out. Correct hold_out.")
    kept = tuple(clip for clip in everything if clip.name not in config.hold_out)
    if len(kept) < 2:
        raise TrainingDataError("Fewer than two clips are left to learn from. Hold out fewer.")
    recordings = kept
    for path in config.own_labels:
        recordings += relabelled(kept, Path(path))
    return scrambled(recordings) if config.scrambled else recordings


def data_facts(config: TrainingConfig, recordings: Sequence[Recording]) -> dict[str, Any]:
    """What a run keeps of its data, to know it again. Raises TrainingDataError where a part of it is missing."""
    jacobian, voices = lip_jacobian(Path(config.data_dir)), _voices(config)
    parts: list[str | np.ndarray] = [jacobian, *(voice.labels for voice in voices)]
    if not config.rules:
        for clip in recordings:
            parts += [clip.name, clip.expression, clip.utterance.labels]
        for name, rows in load_style_rows(Path(config.data_dir)).items():
            parts += [name, rows] if name not in config.hold_out_styles else []
    return {"digest": data_digest(parts), "recordings": len(recordings)}


def _by_rules(config: TrainingConfig, readouts: Readouts, voices: Sequence[Utterance]) -> BatchMaker:
    """No recording is used, not its labels either: every fold may go on from here."""
    if not voices:
        raise TrainingDataError(
            "Rules need utterances in `voices`. Make some with styletalk_research.datasets.utterances."
        )
    clips, normalisation = rule_clips(Path(config.data_dir), config.seed)
    amplifier = Amplifier.fit(np.concatenate([clip - clip.mean(0) for clip in clips]), readouts)
    teacher = RuleTeacher.of(amplifier)
    spoken = make_distillation_set(teacher, (), voices, amplifier, config)
    return BatchMaker(spoken, StyleBank(clips, amplifier, readouts, config.breadth), teacher, normalisation, config)


def _columns(config: TrainingConfig) -> int:
    """Of the audio features, how many somebody in the run takes."""
    return max(config.generator.audio_dim, config.teacher.sound_dim if config.teacher.sound else 0)


def _voices(config: TrainingConfig) -> tuple[Utterance, ...]:
    voices = load_utterances(Path(config.voices)) if config.voices else ()
    needed = config.generator.audio_dim if config.rules else _columns(config)
    found = {voice.audio_features.shape[1] for voice in voices if voice.audio_features is not None}
    if found and min(found) < needed:
        raise TrainingDataError(
            f"{config.voices} holds {min(found)} columns of sound, and {needed} are learnt from. "
            "Make it again with styletalk_research.datasets.utterances, with Whisper installed."
        )
    return voices
