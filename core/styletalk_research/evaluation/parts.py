# SPDX-License-Identifier: Apache-2.0
"""The parts of a report, each a function of what the parts share that makes a section and its pictures."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from styletalk.errors import MissingPackageError
from styletalk.progress import Progress
from styletalk.styles.library import read_style
from styletalk.styles.presets import preset_names

from ..datasets.pairs import clips_folder
from . import plots, systems, visemes
from .blends import blend_report, strip
from .clip_set import ClipSet, read_pairs
from .closure_report import closure_report
from .closure_timing import timing_report
from .comparison import compare
from .expression_envelope import envelope_report
from .face_fit import face_report, reference_jacobian
from .head_motion import head_report
from .labels import label_report
from .lip_lead import lead_report
from .motion_cost import cost_report
from .openfacefx_systems import openfacefx_systems
from .options import EvaluationOptions
from .photoreal import photoreal_report
from .preset_reading import preset_report
from .rig_report import rig_report
from .style_space import style_space
from .sync import load_judge, sync_report
from .syncnet import load_syncnet, syncnet_report
from .systems import Predictions
from .tracking import tracking_report
from .videos import film_files, video_report

Made = tuple[Any, Mapping[str, Callable[[], Any]]]
"""A section, and what draws its pictures by file name."""


class Context:
    """What several parts need, made when the first of them asks."""

    def __init__(self, options: EvaluationOptions) -> None:
        self.options = options
        self.models = systems.Models(options.checkpoint, options.folds)
        self._notes: list[str] = []

    @cached_property
    def clips(self) -> ClipSet:
        """The pairs. Raises StyleTalkError without any."""
        return read_pairs(self.options.data, self.options.split)

    @cached_property
    def predictions(self) -> Predictions:
        """Those of all systems that this installation has."""
        pairs = self.clips.pairs
        chosen = systems.networks(self.models)
        if self.options.from_sound:
            chosen.append(systems.from_sound(self.models))
        chosen += [systems.recording(), systems.mean_face(), systems.linear_model(pairs)]
        chosen += [visemes.keyframed(pairs), visemes.posed()]
        try:
            chosen += openfacefx_systems(pairs)
        except MissingPackageError as error:
            self.note(f"openfacefx is not among the baselines. {error}")
        return Predictions(self.clips, [*chosen, *systems.controls(self.models)])

    @property
    def presets(self) -> tuple[str, ...]:
        """The presets that were asked for, or all."""
        return self.options.presets or preset_names()

    def note(self, sentence: str) -> None:
        """Something that the reader must know."""
        self._notes.append(sentence)

    def notes(self) -> list[str]:
        """All notes, those of the clips and predictions included."""
        made = vars(self)
        clips = self.clips.notes if "clips" in made else ()
        return [*clips, *(self.predictions.notes if "predictions" in made else ()), *self._notes]

    def head(self) -> dict[str, str]:
        """What was measured, on what."""
        options, head = self.options, {}
        if "clips" in vars(self):
            found = f"{len(self.clips.pairs)} pairs, {self.clips.seconds:.0f} s, {len(self.clips.speakers)} speakers"
            head["clips"] = f"{found}; {len(self.clips.styles)} silent style clips"
        if self.models.used:
            weights = options.checkpoint.name if options.checkpoint else "as shipped"
            head["weights"] = f"{weights}, {self.models.of().weights_hash[:12]}"
        if options.folds:
            head["weights"] = f"{head.get('weights', '')} (for style codes and presets)".strip()
            head["folds"] = f"each clip predicted by the weights in {options.folds.name}/ that never saw it"
        return head


def check_given(context: Context, parts: Collection[str]) -> None:
    """Read whatever the options name that `parts` need, before minutes of work. Raises StyleTalkError, one sentence.

    A package that is missing is no reason to stop here: the part itself decides.
    """
    options, needs = context.options, set(parts).intersection
    with_pairs = ("motion", "cost", "lips", "style", "presets", "head", "face", "labels", "sync")
    pairs = context.clips.pairs if needs(with_pairs) else ()
    if needs(("motion", "cost", "lips", "style", "presets", "blends", "sync")):
        for pair in (None, *pairs) if options.folds else (None,):
            context.models.of(pair)
    presets = options.presets if needs(("lips", "style", "presets", "head")) else ()
    for name in (*presets, *(end for way in options.blends for end in way if "blends" in parts)):
        read_style(name)
    if "face" in options.only:
        reference_jacobian(context.clips.folder)
    if needs(("videos", "syncnet")):
        film_files(_given(options.videos))
    with suppress(MissingPackageError):
        if "sync" in parts or ("photoreal" in parts and options.sync_weights):
            load_judge(_given(options.sync_weights))
        if "syncnet" in parts:
            load_syncnet(_given(options.syncnet))


def motion(context: Context, progress: Progress) -> Made:
    """Every metric for every system."""
    predictions = context.predictions
    comparison = compare(predictions, context.options.folds is None, progress)
    return comparison, {
        "speech": lambda: plots.speech_plot(comparison), "tracks": lambda: plots.tracks_plot(predictions),
        "shifts": lambda: plots.shifts_plot(comparison), "liveliness": lambda: plots.liveliness_plot(comparison),
    }  # fmt: skip


def lips(context: Context, progress: Progress) -> Made:
    """Closures under every preset."""
    options = context.options
    report = closure_report(
        context.clips, context.models, context.presets, options.intensities, options.thorough, progress
    )
    return report, {"lips": lambda: plots.lips_plot(report)}


def timing(context: Context, progress: Progress) -> Made:
    """When lips are shut, under every preset."""
    options = context.options
    return timing_report(context.presets, options.intensities, options.checkpoint, progress), {}


def envelope(context: Context, progress: Progress) -> Made:
    """Whether an expression lives and stays the style's, under every preset; and which styles are suggested."""
    options = context.options
    speech = clips_folder(options.data) / "speech"
    return envelope_report(speech, options.data / "emotional_speech", context.presets, options.checkpoint, progress), {}


def style(context: Context, progress: Progress) -> Made:
    """The style space."""
    space = style_space(context.predictions, context.models.of(), context.presets, progress)
    return space, {
        "style_pca": lambda: plots.style_pca_plot(space), "style_tsne": lambda: plots.style_tsne_plot(space.points),
    }  # fmt: skip


def presets(context: Context, progress: Progress) -> Made:
    """Whether moods are read."""
    return preset_report(context.clips, context.presets, context.options.checkpoint, progress), {}


def blends(context: Context, progress: Progress) -> Made:
    """From preset to preset."""
    engine, pairs = context.models.of(), context.options.blends
    pictures = {f"blend_{Path(a).stem}_{Path(b).stem}": (lambda a=a, b=b: strip(engine, a, b)) for a, b in pairs}
    return blend_report(engine, pairs), pictures


def videos(context: Context, progress: Progress) -> Made:
    """Films against the real ones."""
    options = context.options
    return video_report(
        _given(options.videos), options.real_videos or clips_folder(options.data) / "speech", progress
    ), {}


def _given(path: Path | None) -> Path:
    """A path that the options have made sure of."""
    assert path is not None
    return path


PARTS: Mapping[str, Callable[[Context, Progress], Made]] = {
    "motion": motion, "lips": lips, "timing": timing, "envelope": envelope, "style": style,
    "presets": presets, "blends": blends,
    "head": lambda context, progress: (
        head_report(context.options.data, context.clips.pairs, context.presets), {}),
    "face": lambda context, progress: (face_report(context.clips, progress), {}),
    "labels": lambda context, progress: (label_report(context.clips, progress), {}),
    "sync": lambda context, progress: (
        sync_report(context.predictions, _given(context.options.sync_weights), progress), {}),
    "syncnet": lambda context, progress: (
        syncnet_report(_given(context.options.videos), _given(context.options.syncnet), progress), {}),
    "videos": videos,
    "cost": lambda context, progress: (cost_report(context.clips, context.models, progress), {}),
    "lead": lambda context, progress: (lead_report(context.options.data, progress), {}),
    "photoreal": lambda context, progress: (photoreal_report(context.options, progress), {}),
    "tracking": lambda context, progress: (tracking_report(
        context.options.data, context.models.of(), progress), {}),
    "rigs": lambda context, progress: (rig_report(context.options.heads, progress), {}),
}  # fmt: skip
