# SPDX-License-Identifier: Apache-2.0
"""What a run learns from: pairs and clips, or rules; the panel of teachers; the lines they have spoken for practice."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from styletalk.progress import Progress, silent
from styletalk.speech.features.prosody import PROSODY_DIM

from ...datasets.pairs import (
    Readouts,
    SpeechPair,
    TrainingDataError,
    check_hearing,
    lip_jacobian,
    load_pairs,
    load_readouts,
    load_style_rows,
    relabelled,
    scrambled,
)
from ...datasets.utterances import HeardLine, load_lines
from .config import TrainingConfig
from .distill import BatchMaker
from .distillation_set import Practice, make_practice
from .experts import Panel, School, panel_size, speaker_levels, train_panel
from .rules import RuleTutors, rule_amplifier, rule_clips
from .student import Normalisation
from .style_bank import Amplifier, StyleBank

PRACTICE_FILE = "practice.npz"


def batch_maker(config: TrainingConfig, pairs: Sequence[SpeechPair], progress: Progress = silent) -> BatchMaker:
    """The maker of a run's batches; its practice is kept in work_dir. Raises TrainingDataError."""
    data_dir = Path(config.data_dir)
    voices = _voices(config)
    readouts = load_readouts(data_dir)
    if config.rules:
        return _by_rules(config, readouts, voices)
    styles = [rows for name, rows in load_style_rows(data_dir).items() if name not in config.hold_out_styles]
    clips = [*{pair.name: pair.expression for pair in pairs}.values(), *styles]
    amplifier = Amplifier.fit(np.concatenate([pair.centred for pair in pairs]), readouts)
    size = panel_size(clips)
    path = Path(config.work_dir) / PRACTICE_FILE
    speakers = panel_speakers(config, pairs)
    panel = Panel((), speaker_levels(pairs, speakers), size)
    if not path.is_file():
        seen = published(pairs)
        sizes = replace(config.teacher, sound=config.teacher.sound and _can_listen(config, seen, voices))
        school = School(lip_jacobian(data_dir), config.seed, Path(config.work_dir))
        panel = train_panel(seen, voices, size, sizes, speakers, config.speaker_copies, school, progress)
        make_practice(panel, pairs, voices, amplifier, config).save(path)
    bank = StyleBank(clips, amplifier, readouts, config.breadth)
    return BatchMaker(Practice.load(path), bank, panel, Normalisation.of(np.concatenate(clips)), config)


def _can_listen(config: TrainingConfig, pairs: Sequence[SpeechPair], voices: Sequence[HeardLine]) -> bool:
    """Whether teachers who listen are worth having: for a student who does, or to tell those who do not of voices."""
    return config.generator.audio_dim > 0 or (bool(voices) and all(pair.audio_features is not None for pair in pairs))


def panel_speakers(config: TrainingConfig, pairs: Sequence[SpeechPair]) -> list[str]:
    """Whose teachers sit on the panel: those that the configuration names, of those who speak."""
    known = {pair.speaker for pair in pairs} if config.speaker_copies else set()
    return sorted(known if config.speakers is None else known & set(config.speakers))


def published(pairs: Sequence[SpeechPair]) -> list[SpeechPair]:
    """Each clip once, with the labels that came with it: what teachers learn from."""
    first = {pair.name: pair for pair in reversed(pairs)}
    return [first[name] for name in sorted(first)]


def training_pairs(config: TrainingConfig) -> tuple[SpeechPair, ...]:
    """The pairs that the run learns from; for the control, scrambled. Raises TrainingDataError."""
    check_hearing(_columns(config))
    everything = load_pairs(Path(config.data_dir), max(_columns(config), PROSODY_DIM))
    unknown = set(config.hold_out) - {pair.name for pair in everything}
    if unknown:
        raise TrainingDataError(f"There is no clip named {sorted(unknown)[0]} to hold out. Correct hold_out.")
    pairs = tuple(pair for pair in everything if pair.name not in config.hold_out)
    if len(pairs) < 2:
        raise TrainingDataError("Fewer than two clips are left to learn from. Hold out fewer.")
    published = pairs
    for path in config.own_labels:
        pairs += relabelled(published, Path(path))
    return scrambled(pairs) if config.scrambled else pairs


def _by_rules(config: TrainingConfig, readouts: Readouts, voices: Sequence[HeardLine]) -> BatchMaker:
    """No pair is used, not its labels either: every fold may go on from here."""
    if not voices:
        raise TrainingDataError("Rules need lines to be said. Make some with styletalk_research.datasets.utterances.")
    clips, normalisation = rule_clips(Path(config.data_dir), config.seed)
    amplifier = rule_amplifier(clips, readouts)
    tutors = RuleTutors.of(amplifier)
    practice = make_practice(tutors, (), voices, amplifier, config)
    return BatchMaker(practice, StyleBank(clips, amplifier, readouts, config.breadth), tutors, normalisation, config)


def _columns(config: TrainingConfig) -> int:
    """Of the sound, how many somebody in the run listens to."""
    return max(config.generator.audio_dim, config.teacher.sound_dim if config.teacher.sound else 0)


def _voices(config: TrainingConfig) -> tuple[HeardLine, ...]:
    lines = load_lines(Path(config.voices)) if config.voices else ()
    needed = config.generator.audio_dim if config.rules else _columns(config)
    if lines and lines[0].audio_features.shape[1] < needed:
        raise TrainingDataError(
            f"{config.voices} holds {lines[0].audio_features.shape[1]} columns of sound, and {needed} are learnt from. "
            "Make it again with styletalk_research.datasets.utterances, with Whisper installed."
        )
    return lines
