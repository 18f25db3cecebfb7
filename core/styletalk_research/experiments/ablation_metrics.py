# SPDX-License-Identifier: Apache-2.0
"""Figures of one variant of the ablation, on recordings that its weights have not seen."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from styletalk.face.landmarks import face_tracks
from styletalk.face.model import open_face
from styletalk.files.json_text import read_json
from styletalk.networks.checkpoints.generator import read_weights
from styletalk.networks.engine.inference import Engine, load_engine

from ..datasets.errors import TrainingDataError
from ..datasets.recordings import Recording
from ..discriminators.frozen import frozen, sync_discriminator
from ..discriminators.lip_sync import LipSyncDiscriminator, windows_of_sequence
from ..discriminators.style import chosen_styles
from ..metrics.mesh_metrics import MeshMetrics
from ..metrics.scores import amplitude_ratio, pearson, separation
from ..training.paper.config import PaperConfig
from ..training.paper.corpus import Data, label_windows, load_corpus, load_data
from ..training.paper.discriminator_stages import REPORT_FILE, frozen_style

FIGURES = {
    "gap r": "correlation of the mouth gap with the recording's",
    "width r": "correlation of the mouth width with the recording's",
    "gap amplitude": "standard deviation of the mouth gap against the recording's",
    "LVE mm": "lip vertex error: farthest lip vertex, mean over frames",
    "M-LMD": "distance of the mouth landmarks, per cent of the outer eye distance",
    "F-LMD": "the same of all 68 landmarks",
    "P_sync": "probability by a lip-sync discriminator of another seed",
    "style accuracy": "how often a style discriminator of another seed finds the style that was asked for, "
    "of all styles, also those of silent clips, which no line was ever learnt in",
    "code distance": "between codes of one style, against those of different styles",
    "steps": "at the best held-out reconstruction",
}
"""Every figure and what it is."""
LOWER_IS_BETTER = ("LVE mm", "M-LMD", "F-LMD", "code distance")


class AblationMetrics:
    """The recordings left out, the styles that they are predicted in, and the judges.

    config: whose hold_out is measured on. judges: run folder of discriminators. Raises TrainingDataError.
    judges_report: how good the judges are, and what they score on the recordings themselves.
    """

    def __init__(self, config: PaperConfig, data: Data, judges: Path) -> None:
        known, _ = load_data(data, config.generator.audio_dim)
        self.tested = [r for r in known if r.name in config.hold_out and r.labels is not None]
        if not self.tested:
            raise TrainingDataError("Nothing is held out to measure on. Name recordings with labels in hold_out.")
        self.clips = _longest_of_each_style([r for r in known if r.name not in config.hold_out])
        if unknown := {r.style for r in self.tested} - self.clips.keys():
            raise TrainingDataError(f"There is no other recording in the style {sorted(unknown)[0]}. Hold out another.")
        self.mesh, self.face = MeshMetrics.of(open_face()), open_face()
        self.sizes, self.frames = config.generator, config.sync.mouth_frames
        everything = load_corpus(data, config.held_out_share)  # the judges know the recordings that are tested
        self.styles = everything.styles
        self.sync = frozen("sync", sync_discriminator(config.sync, config.generator), judges, torch.device("cpu"))
        self.style = frozen_style(config, everything, judges, torch.device("cpu"))
        self.judges_report = read_json(judges / REPORT_FILE)
        real = [self._synchrony(tested.expression, tested) for tested in self.tested]
        self.judges_report["recordings"] = {"P_sync": float(np.mean(real))}

    def figures(self, weights: Path) -> dict[str, float]:
        """FIGURES of a weights file, means over the recordings left out. Raises WeightsError."""
        engine = load_engine(weights, "torch", "cpu")
        codes = {style: engine.encode_style(clip) for style, clip in self.clips.items()}
        each = [self._recording_figures(engine, codes[tested.style], tested) for tested in self.tested]
        figures = {name: float(np.mean([found[name] for found in each])) for name in each[0]}
        figures["style accuracy"] = self._style_accuracy(engine, codes)
        figures["code distance"] = self._code_distance(engine)
        figures["steps"] = float(read_weights(weights).metadata["steps"])
        return figures

    def _recording_figures(self, engine: Engine, code: np.ndarray, tested: Recording) -> dict[str, float]:
        """Of one recording, in the style of other footage of the same style."""
        spoken, real = tested.utterance, tested.expression
        made = engine.coefficients(spoken.labels, code, audio_features=spoken.audio_features)
        (gap, width), (real_gap, real_width) = (face_tracks(self.face, rows)[:, :2].T for rows in (made, real))
        return {
            "gap r": pearson(gap, real_gap),
            "width r": pearson(width, real_width),
            "gap amplitude": amplitude_ratio(gap, real_gap),
            "LVE mm": self.mesh.lip_vertex_error_mm(made, real),
            "M-LMD": self.mesh.mouth_landmark_distance(made, real),
            "F-LMD": self.mesh.face_landmark_distance(made, real),
            "P_sync": self._synchrony(made, tested),
        }

    @torch.no_grad()
    def _synchrony(self, made: np.ndarray, tested: Recording) -> float:
        windows = torch.from_numpy(label_windows(tested, 0, len(made), self.sizes))[None]
        assert isinstance(self.sync, LipSyncDiscriminator)
        return float(self.sync(*windows_of_sequence(torch.from_numpy(made)[None], windows, self.frames)).mean())

    @torch.no_grad()
    def _style_accuracy(self, engine: Engine, codes: dict[str, np.ndarray]) -> float:
        """Every tested line in every style: how often the judge sees that one."""
        right = []
        for tested in self.tested:
            spoken = tested.utterance
            made = engine.coefficients_of_styles(
                spoken.labels, np.stack([*codes.values()]), audio_features=spoken.audio_features
            )
            seen = chosen_styles(self.style(torch.from_numpy(made)))
            right += [self.styles[int(number)] == style for number, style in zip(seen, codes, strict=True)]
        return float(np.mean(right))

    def _code_distance(self, engine: Engine) -> float:
        """Codes of both halves of every style's clip."""
        halves = [(style, half) for style, clip in self.clips.items() for half in np.array_split(clip, 2)]
        codes = np.stack([engine.encode_style(half) for _, half in halves])
        return separation(codes, [style for style, _ in halves], [str(index) for index in range(len(halves))])


def _longest_of_each_style(recordings: Sequence[Recording]) -> dict[str, np.ndarray]:
    """(N, 64) of the longest recording in every style."""
    clips: dict[str, np.ndarray] = {}
    for recording in recordings:
        if len(recording.expression) > len(clips.get(recording.style, ())):
            clips[recording.style] = recording.expression
    return dict(sorted(clips.items()))
