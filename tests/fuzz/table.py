# SPDX-License-Identifier: Apache-2.0
"""The readers of the whole program, each with what it may raise and the undamaged files that it is fed damaged.

A new reader joins with one row; test_fuzz.py fails where a module that opens files is reached by none.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styletalk import errors as e
from styletalk.animation import FaceAnimation
from styletalk.checkpoint_import import import_checkpoint
from styletalk.errors import StyleTalkError
from styletalk.face.model import FaceModel
from styletalk.motion.pose import pose_from_file
from styletalk.networks.checkpoints.generator import read_weights
from styletalk.networks.engine.inference import load_engine
from styletalk.render.mux import add_sound
from styletalk.render.photoreal.networks.checkpoint import load_renderer
from styletalk.render.photoreal.photo import read_photo
from styletalk.render.photoreal.pose import pose9_from_file
from styletalk.render.photoreal.windows_file import read_windows
from styletalk.speech.audio.sound_file import load_audio, measure_audio
from styletalk.speech.formats.alignment_files import read_alignment
from styletalk.speech.text.pronunciation import pronounce
from styletalk.speech.text.transcript import normalise
from styletalk.speech.text.transcript_file import read_transcript
from styletalk.styles.library import read_style
from styletalk_research.datasets import pairs
from styletalk_research.datasets.clip import read_labels, read_motion
from styletalk_research.datasets.errors import ClipError, ManifestError, TrainingDataError
from styletalk_research.datasets.manifest import load_manifest
from styletalk_research.datasets.rates import video_rate
from styletalk_research.datasets.scan import ScanOptions, scan
from styletalk_research.datasets.utterances import load_utterances
from styletalk_research.discriminators.frozen import load_sync_discriminator, read_state
from styletalk_research.evaluation.syncnet import load_syncnet
from styletalk_research.evaluation.syncnet_inputs import frames_at_25
from styletalk_research.evaluation.videos import pictures
from styletalk_research.training.distillation.config import TrainingConfig
from styletalk_research.training.distillation.distillation_set import DistillationSet
from styletalk_research.training.distillation.rules import rule_clips
from styletalk_research.training.distillation.teacher import Teachers
from styletalk_research.training.paper.config import PaperConfig
from styletalk_research.training.recipes import chosen_recipe
from styletalk_research.training.run_folder import claimed

DURATION_S = 1.5
ROWS = 40


@dataclass(frozen=True)
class Reader:
    """read: what is done with a path. errors: what it may raise. seeds: patterns below the corpus.

    file: the name that the damaged file bears; by default anything with the seed's ending. beside: a folder of the
    corpus that is copied round it, where the reader looks for more than one file. cost: short runs give it so much less.
    """

    name: str
    read: Callable[[Path], Any]
    errors: tuple[type[StyleTalkError], ...]
    seeds: tuple[str, ...]
    file: str = ""
    beside: str = ""
    cost: int = 1


def _written(write: Callable[[Path], Any], ending: str) -> Any:
    """What a function makes that writes a file, which is removed."""
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / f"out{ending}")


def _spoken(path: Path) -> Any:
    return [pronounce(word) for word in normalise(read_transcript(path))[:50]]


def _film(path: Path) -> None:
    _written(lambda out: add_sound(path, CORPUS / "wav/PCM_16.wav", out), ".mp4")


def _voice(path: Path) -> None:
    _written(lambda out: add_sound(CORPUS / "film/film.mp4", path, out), ".mp4")


def _imported(path: Path) -> None:
    _written(lambda out: import_checkpoint(path, out), ".safetensors")


def _engine(path: Path) -> Any:
    import numpy as np

    engine = load_engine(path, engine="numpy")
    return engine.coefficients(np.zeros(5, np.int16), engine.encode_style(np.zeros((20, 64), np.float32)))


def _data(path: Path, depth: int) -> Path:
    return path.parents[depth]


def _claimed(path: Path) -> None:
    config = PaperConfig.from_json((CORPUS / "run/config.json").read_text(encoding="utf-8"))
    with claimed(path.parent, config, {"recordings": "x"}):
        pass


def _scanned(path: Path) -> Any:
    manifest = scan(path.parents[2], path.parents[2] / "manifest.json", ScanOptions("sample"))
    return [clip.rate_hz for clip in manifest.clips]


CORPUS = Path()
"""Set by `table`."""
_SOUNDS = ("wav/*", "sound/*", "film/*")
_DATA, _SPEECH = "data", "styletalk/speech"
_CLIPS = ("mat/*", f"{_DATA}/{_SPEECH}/anna_1.mat")


def table(corpus: Path) -> dict[str, Reader]:
    """Every reader by name."""
    global CORPUS
    CORPUS = corpus
    readers = (*_product(), *_research())
    return {reader.name: reader for reader in readers}


# fmt: off
def _product() -> "tuple[Reader, ...]":
    return (
        Reader("animation", FaceAnimation.load, (e.AnimationFileError,), ("animation/*",)),
        Reader("style-npz", read_style, (e.StyleError,), ("style/*.npz", "animation/*")),
        Reader("style-npy", read_style, (e.StyleError,), ("style/*.npy",)),
        Reader("style-mat", read_style, (e.StyleError,), ("mat/*",)),
        Reader("style-csv", read_style, (e.StyleError,), ("style/*.csv", "style/*.txt")),
        Reader("pose-npz", lambda path: pose_from_file(path, ROWS), (e.PoseError,), ("animation/*",)),
        Reader("pose-mat", lambda path: pose_from_file(path, ROWS), (e.PoseError,), ("mat/*",)),
        Reader("pose-csv", lambda path: pose_from_file(path, ROWS), (e.PoseError,), ("pose/*",)),
        Reader("pose-render", lambda path: pose9_from_file(path, ROWS), (e.PoseError,), ("mat/*", "animation/*", "pose/*")),
        Reader("face", FaceModel.load, (e.FaceModelError,), ("face/*",)),
        Reader("alignment-json", lambda path: read_alignment(path, DURATION_S).labels(), (e.PhonemeFileError,), ("alignment/*.json",)),
        Reader("alignment-textgrid", lambda path: read_alignment(path, DURATION_S).labels(), (e.PhonemeFileError,), ("alignment/*.TextGrid",)),
        Reader("alignment-tsv", lambda path: read_alignment(path, DURATION_S).labels(), (e.PhonemeFileError,), ("alignment/*.tsv",)),
        Reader("transcript", _spoken, (e.TranscriptError,), ("transcript/*",)),
        Reader("wav", load_audio, (e.AudioError,), ("wav/*",)),
        Reader("sound", load_audio, (e.AudioError,), ("sound/*",)),
        Reader("sound-of-film", load_audio, (e.AudioError,), ("film/*",)),
        Reader("sound-measured", lambda path: measure_audio(path).duration_s, (e.AudioError,), _SOUNDS),
        Reader("weights-safetensors", read_weights, (e.WeightsError,), ("weights/*.safetensors",)),
        Reader("weights-published", read_weights, (e.WeightsError,), ("weights/*.pth",)),
        Reader("weights-config", lambda path: read_weights(path.with_name("published.pth")), (e.WeightsError,),
               ("weights_config/*",), "config.json", "weights"),
        Reader("engine", _engine, (e.WeightsError,), ("weights/*",), cost=4),
        Reader("import-checkpoint", _imported, (e.WeightsError,), ("weights/*", "renderer/*"), cost=4),
        Reader("renderer", load_renderer, (e.WeightsError,), ("renderer/*",), cost=4),
        Reader("windows", read_windows, (e.RenderError, e.AnimationFileError, e.CoefficientShapeError), ("windows/*", "animation/*")),
        Reader("photo", read_photo, (e.RenderError,), ("photo/*", "film/*")),
        Reader("mux-film", _film, (e.OutputError,), ("film/*",), cost=4),
        Reader("mux-sound", _voice, (e.AudioError,), _SOUNDS, cost=4),
    )


def _research() -> "tuple[Reader, ...]":
    data = TrainingDataError
    return (
        Reader("motion-mat", read_motion, (ClipError,), ("mat/*",)),
        Reader("motion-npy", read_motion, (ClipError,), ("style/*.npy",)),
        Reader("live-link", lambda path: read_motion(path).at_30(30.0), (ClipError,), ("live_link/*",), cost=2),
        Reader("facegood", read_motion, (ClipError,), ("facegood/*.npy",), "take.npy", "facegood"),
        Reader("facegood-names", lambda path: read_motion(path.with_name("take.npy")), (ClipError,),
               ("facegood/*.json",), "blendshape_names.json", "facegood"),
        Reader("labels", lambda path: read_labels(path, ROWS, 30.0), (ClipError,), ("alignment/*",)),
        Reader("manifest", lambda path: load_manifest(path, sound_columns=11), (ManifestError, ClipError),
               ("data/manifest.json",), "manifest.json", _DATA, 4),
        Reader("manifest-clip", lambda path: load_manifest(_data(path, 2) / "manifest.json"), (ManifestError, ClipError),
               _CLIPS, f"{_SPEECH}/anna_1.mat", _DATA, 4),
        Reader("clips-mat", lambda path: pairs.load_recordings(_data(path, 2)), (data,), _CLIPS, f"{_SPEECH}/anna_1.mat", _DATA, 8),
        Reader("clips-sound", lambda path: pairs.load_recordings(_data(path, 2)), (data, e.AudioError), ("wav/*",), f"{_SPEECH}/anna_1.wav", _DATA, 8),
        Reader("clips-labels", lambda path: pairs.load_recordings(_data(path, 2)), (data,), ("alignment/*.json", f"{_DATA}/{_SPEECH}/*.json"), f"{_SPEECH}/anna_1_seq.json", _DATA, 8),
        Reader("clips-offsets", lambda path: pairs.load_av_offsets(_data(path, 1)), (data,), (f"{_DATA}/styletalk/av_offsets.json",), "styletalk/av_offsets.json", _DATA),
        Reader("clips-speakers", lambda path: pairs.named_speakers(_data(path, 1)), (data,), (f"{_DATA}/styletalk/speakers.json",), "styletalk/speakers.json", _DATA),
        Reader("clips-jacobian", lambda path: pairs.load_readouts(_data(path, 1)), (data,), (f"{_DATA}/calibration/*.npy",), "calibration/J64_mediapipe478.npy", _DATA, 4),
        Reader("clips-styles", lambda path: pairs.load_style_rows(_data(path, 2)), (data,), ("mat/*",), "styletalk/style_clips/glad_clip1.mat", _DATA, 2),
        Reader("clips-units", lambda path: rule_clips(_data(path, 1), 0)[1], (data,), (f"{_DATA}/calibration/*.json",), "calibration/exp64_stats.json", _DATA, 4),
        Reader("scan", _scanned, (ManifestError,), _CLIPS, f"{_SPEECH}/anna_1.mat", _DATA, 20),
        Reader("relabelled", lambda path: pairs.relabelled(pairs.load_recordings(CORPUS / _DATA), path), (data,), ("relabelled/*",), cost=8),
        Reader("config-paper", PaperConfig.load, (data, e.WeightsError), ("config/paper.json",)),
        Reader("config-distillation", TrainingConfig.load, (data, e.WeightsError), ("config/distillation.json",)),
        Reader("config-recipe", lambda path: chosen_recipe(path, None, None), (data,), ("config/*",)),
        Reader("run-config", _claimed, (data,), ("run/config.json",), "config.json", "run"),
        Reader("run-data", _claimed, (data,), ("run/data.json",), "data.json", "run"),
        Reader("run-state", read_state, (data,), ("run/sync.pt",)),
        Reader("run-sync", load_sync_discriminator, (e.WeightsError,), ("run/sync.pt",), "sync.pt", "run", 8),
        Reader("run-sync-config", lambda path: load_sync_discriminator(path.with_name("sync.pt")), (e.WeightsError, data),
               ("run/config.json",), "config.json", "run", 8),
        Reader("teachers", Teachers.load, (data,), ("teachers/*",), cost=2),
        Reader("distillation-set", DistillationSet.load, (data,), ("distilled/*",)),
        Reader("utterances", load_utterances, (data,), ("utterances/*",)),
        Reader("syncnet", load_syncnet, (e.WeightsError,), ("weights/*.pth",), cost=100),
        Reader("film-rate", video_rate, (), ("film/*", "photo/*")),
        Reader("film-faces", lambda path: [frame.mean() for frame in frames_at_25(path)], (StyleTalkError,), ("film/*", "photo/*"), cost=2),
        Reader("film-pictures", lambda path: [frame.mean() for _, frame in pictures(path)], (StyleTalkError,), ("film/*",), cost=2),
    )
# fmt: on


def set_beside(reader: Reader, case: Path) -> None:
    """Copy what the reader expects round its file."""
    if reader.beside:
        shutil.copytree(CORPUS / reader.beside, case, dirs_exist_ok=True)
