# SPDX-License-Identifier: Apache-2.0
"""The training configuration: one frozen dataclass, a JSON file, stored in the weights."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from styletalk.networks.config import GeneratorConfig

from ...config_file import RunConfig
from ...datasets.errors import TrainingDataError
from .teacher_config import TeacherConfig


def small_generator() -> GeneratorConfig:
    """The shipped size: what two minutes of speech fill. The published size is `GeneratorConfig()`."""
    return GeneratorConfig(
        d_model=96, nhead=8, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=192, kernels=4,
        phoneme_dim=64, dropout=0.0,
    )  # fmt: skip


@dataclass(frozen=True)
class TrainingConfig(RunConfig):
    """Everything that decides the result of a run.

    data_dir: holds speech/ and style_clips/, with calibration/ beside it; or holds styletalk/ with these.
    output: the weights file to write. work_dir: state of the run, from which it resumes.
    hold_out, hold_out_styles: names of recordings and of style clips that nothing is learnt from.
    steps: of the distillation; each takes `lines` utterances of `frames` rows, each in its part of `styles` styles;
        `positives` of the styles are shown by a second clip besides, for the triplet.
    style_rows: shortest and longest style clip.
    breadth: how far sampled styles lie from the clips.
    covariance: share of the way that the correlation of mouth gap and width goes to the style clip's.
    speaker_copies, speakers: of teachers of single speakers, before likeness.py; so that stored runs can be read.
    real_share, voice_share: of the distillation set, recordings and `voices` (one of voice_step); the rest are
        `phrases` random ones.
    gain: amplitude of the output against the style clip's, for mouth gap and width. labels_only_gain: share of
        it where nothing is heard. rest_gain: of all other motion, against the mean of these two.
    rest: how far a pause closes the mouth towards rest_gap (in deviations of the gap about its mean); the people in the
        clips leave it open, see distillation_set.pause.
    own_labels: JSON files of further labels of the same clips, by name, that recognisers made (datasets.own_labels).
    voices: .npz of utterances without faces (datasets.utterances), "" for none.
    pairs: .npz of further recordings, and of the sound of those in data_dir where it is not beside them
        (datasets.prepared).
    rules: learn articulation by rule instead of from the clips, for other runs to start from (rules).
    pretrained: work_dir of a finished run that all folds may start from, because it saw no clip.
    start_from: work_dir of a finished run whose student this one goes on with, to other targets.
    scrambled: train on the labels of another clip, the control that must fail.
    """

    data_dir: str = ""
    output: str = ""
    work_dir: str = ""
    hold_out: tuple[str, ...] = ()
    hold_out_styles: tuple[str, ...] = ()
    generator: GeneratorConfig = field(default_factory=small_generator)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    steps: int = 1500
    styles: int = 24
    positives: int = 4
    lines: int = 4
    frames: int = 24
    style_rows: tuple[int, int] = (24, 256)
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    ema: float = 0.99
    breadth: float = 1.0
    covariance: float = 0.5
    speaker_copies: int = 0
    speakers: tuple[str, ...] | None = None
    phrases: int = 120
    voice_step: int = 2
    real_share: float = 0.4
    voice_share: float = 0.3
    l1_share: float = 0.5
    lip_weight: float = 0.5
    driven_weight: float = 0.5
    level_weight: float = 1.0
    probe_weight: float = 1.0
    triplet_weight: float = 0.02
    triplet_margin: float = 5.0
    gain: float = 1.0
    labels_only_gain: float = 1.0
    rest_gain: float = 0.8
    rest: float = 0.15
    rest_gap: float = -1.3
    own_labels: tuple[str, ...] = ()
    voices: str = ""
    pairs: tuple[str, ...] = ()
    rules: bool = False
    pretrained: str = ""
    start_from: str = ""
    save_every: int = 250
    seed: int = 1
    device: str = "cpu"
    scrambled: bool = False

    def __post_init__(self) -> None:
        """Raises TrainingDataError where the numbers contradict each other."""
        if self.styles % self.lines:
            raise TrainingDataError(f"styles = {self.styles} must be a multiple of lines = {self.lines}. Correct them.")
        if min(self.steps, self.lines, self.frames, self.save_every, self.phrases) < 1:
            raise TrainingDataError("steps, lines, frames, phrases and save_every must be at least 1. Correct them.")
        if not 2 <= self.positives <= self.styles:
            raise TrainingDataError(f"positives = {self.positives} must lie in 2..styles. Correct the file.")

    @property
    def portable(self) -> "TrainingConfig":
        """See RunConfig."""
        elsewhere = {"data_dir": "", "output": "", "work_dir": ""}
        names = {name: Path(getattr(self, name)).name for name in ("voices", "pretrained", "start_from")}
        lists = {name: tuple(Path(path).name for path in getattr(self, name)) for name in ("own_labels", "pairs")}
        return replace(self, **elsewhere, **names, **lists)
