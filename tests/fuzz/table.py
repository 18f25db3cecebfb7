# SPDX-License-Identifier: Apache-2.0
"""The readers of the whole program, each with what it may raise and the undamaged files that it is fed damaged.

A new reader joins with one row; test_fuzz.py fails where a module that opens files is reached by none.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from styletalk import errors as e
from styletalk.animation import FaceAnimation
from styletalk.batch.ledger import LEDGER_NAME, open_ledger
from styletalk.batch.line_list import read_lines
from styletalk.checkpoint_import import import_checkpoint
from styletalk.errors import StyleTalkError
from styletalk.face.imported.bfm import import_bfm
from styletalk.face.imported.ict import import_ict
from styletalk.face.model import FaceModel
from styletalk.face.take import read_take
from styletalk.motion.intensity_curve import read_curve
from styletalk.motion.pose import pose_from_file
from styletalk.motion.style_changes import read_style_changes
from styletalk.networks.checkpoints.generator import read_weights
from styletalk.networks.engine.inference import load_engine
from styletalk.photoreal.neural.networks.checkpoint import load_renderer
from styletalk.photoreal.neural.photo import read_photo
from styletalk.photoreal.neural.pose import pose9_from_file
from styletalk.photoreal.neural.windows_file import read_windows
from styletalk.photoreal.portraits import check_photo
from styletalk.photoreal.sequence import job_of
from styletalk.photoreal.signing import Signing
from styletalk.render.mux import add_sound
from styletalk.rigs.mapping import RigMapping
from styletalk.speech.audio.sound_file import load_audio, measure_audio
from styletalk.speech.formats.alignment_files import read_alignment
from styletalk.speech.text.pronunciation import pronounce
from styletalk.speech.text.transcript import normalise
from styletalk.speech.text.transcript_file import read_transcript
from styletalk.styles.library import read_style
from styletalk.tracking.film import open_film
from styletalk.tracking.film import pictures as film_pictures
from styletalk.tracking.sightings import kept_stretches
from styletalk.tracking.track_file import read_track
from styletalk_research.datasets import pairs
from styletalk_research.datasets.clip import read_labels, read_motion
from styletalk_research.datasets.errors import ClipError, ManifestError, TrainingDataError
from styletalk_research.datasets.glb import read_glb
from styletalk_research.datasets.manifest import load_manifest
from styletalk_research.datasets.prepared import load_prepared
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
LABEL_ENDINGS = ("tsv", "txt", "lab", "mlf", "phn", "ctm", "csv")
CORPUS = Path()
"""Set by `table`."""


@dataclass(frozen=True)
class Reader:
    """read: what is done with a file. errors: what it may raise. seeds: patterns below the corpus.

    file, beside: where a reader looks into a folder, the damaged file's name and the whole folder of the corpus that
    lies round it; then `read` is given the folder. cost: short runs give it so much less.
    """

    name: str
    read: Callable[[Path], Any]
    errors: tuple[type[StyleTalkError], ...]
    seeds: tuple[str, ...]
    file: str = ""
    beside: str = ""
    cost: int = 1

    def read_in(self, case: Path, name: str) -> Any:
        """Read the file of that name in a folder that `surround` has filled."""
        return self.read(case if self.beside else case / name)

    def surround(self, case: Path) -> None:
        """Make the folder, with what the reader expects round its file."""
        case.mkdir()
        if self.beside:
            shutil.copytree(CORPUS / self.beside, case, dirs_exist_ok=True)


def table(corpus: Path) -> dict[str, Reader]:
    """Every reader by name."""
    global CORPUS
    CORPUS = corpus
    return {reader.name: reader for reader in (*_product(), *_research(), *_training())}


def _written(write: Callable[[Path], Any], ending: str) -> None:
    """A function that writes a file, which is removed."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / f"out{ending}")


def _spoken(path: Path) -> Any:
    return [pronounce(word) for word in normalise(read_transcript(path))[:50]]


def _seen(path: Path) -> Any:
    return [picture.pixels.mean() for picture in film_pictures(open_film(path))]


def _tracked(path: Path) -> Any:
    found = read_track(path)
    return np.nan_to_num(found.landmarks), found.times_s, found.quality, found.cuts_s, found.lag_s


def _film(path: Path) -> None:
    _written(lambda out: add_sound(path, CORPUS / "wav/PCM_16.wav", out), ".mp4")


def _voice(path: Path) -> None:
    _written(lambda out: add_sound(CORPUS / "film/film.mp4", path, out), ".mp4")


def _signer(path: Path) -> None:
    Signing(path, CORPUS / "signer/key.pem").check()


def _key(path: Path) -> None:
    Signing(CORPUS / "signer/certificate.pem", path).check()


def _imported(path: Path) -> None:
    _written(lambda out: import_checkpoint(path, out), ".safetensors")


def _engine(path: Path) -> Any:
    engine = load_engine(path, engine="numpy")
    return engine.coefficients(np.zeros(5, np.int16), engine.encode_style(np.zeros((20, 64), np.float32)))


def _aligned(path: Path) -> Any:
    return read_alignment(path, DURATION_S).labels()


def _claimed(folder: Path) -> None:
    config = PaperConfig.from_json((CORPUS / "run/config.json").read_text(encoding="utf-8"))
    with claimed(folder, config, json.loads((CORPUS / "run/data.json").read_text(encoding="utf-8"))):
        pass


def _ledger(folder: Path) -> Any:
    with open_ledger(folder) as ledger:
        return ledger


def _bfm(folder: Path) -> Any:
    return import_bfm([folder])


def _scanned(folder: Path) -> Any:
    return [clip.rate_hz for clip in scan(folder, folder / "manifest.json", ScanOptions("sample")).clips]


# fmt: off
def _product() -> tuple[Reader, ...]:
    pose, alignment, weights = (e.PoseError,), (e.PhonemeFileError,), (e.WeightsError,)
    faces = (e.FaceModelError,)
    sounds = ("wav/*", "sound/*", "film/*")
    return (
        Reader("animation", FaceAnimation.load, (e.AnimationFileError,), ("animation/*",)),
        Reader("style-npz", read_style, (e.StyleError,), ("style/*.npz", "animation/*")),
        Reader("style-npy", read_style, (e.StyleError,), ("style/*.npy",)),
        Reader("style-mat", read_style, (e.StyleError,), ("mat/*",)),
        Reader("style-csv", read_style, (e.StyleError,), ("style/*.csv",)),
        Reader("style-txt", read_style, (e.StyleError,), ("style/*.txt", "rows/*.txt")),
        Reader("style-json", read_style, (e.StyleError,), ("arkit/*.json",)),
        Reader("style-live-link", read_style, (e.StyleError,), ("live_link/*",), cost=2),
        Reader("take", read_take, (e.AnimationFileError,), ("live_link/*", "arkit/*.json"), cost=2),
        Reader("track", _tracked, (e.FilmError,), ("track/*",)),
        Reader("track-unfinished", lambda folder: list(kept_stretches(folder, np.zeros(5))), (), ("kept/*",),
               "00000.npz", "kept"),
        Reader("film-seen", _seen, (e.FilmError,), ("film/*", "photo/*"), cost=2),
        Reader("pose-npz", lambda path: pose_from_file(path, ROWS), pose, ("animation/*",)),
        Reader("pose-mat", lambda path: pose_from_file(path, ROWS), pose, ("mat/*",)),
        Reader("pose-csv", lambda path: pose_from_file(path, ROWS), pose, ("pose/*",)),
        Reader("pose-render", lambda path: pose9_from_file(path, ROWS), pose, ("mat/*", "animation/*", "pose/*")),
        Reader("mapping", RigMapping.load, (e.RigError,), ("mapping/*",)),
        Reader("glb", read_glb, (e.RigError,), ("glb/*",)),
        Reader("lines", lambda path: read_lines(path, ".npz"), (e.BatchError,), ("lines/*",)),
        Reader("ledger", _ledger, (e.BatchError,), ("ledger/*",), LEDGER_NAME, "ledger"),
        Reader("curve", read_curve, (e.IntensityCurveError, e.AnimationFileError), ("curve/*", "animation/*")),
        Reader("changes", read_style_changes, (e.StyleError,), ("changes/*",)),
        Reader("face", FaceModel.load, (e.FaceModelError,), ("face/*",)),
        Reader("bfm-front", _bfm, faces, ("bfm_front/*",), "BFM_model_front.mat", "bfm_front", cost=4),
        Reader("bfm-shape", _bfm, faces, ("bfm/01_MorphableModel.mat",), "01_MorphableModel.mat", "bfm", cost=4),
        Reader("bfm-expression", _bfm, faces, ("bfm/Exp_Pca.bin",), "Exp_Pca.bin", "bfm", cost=4),
        Reader("bfm-deviations", _bfm, faces, ("bfm/std_exp.txt",), "std_exp.txt", "bfm", cost=4),
        Reader("bfm-lists", _bfm, faces, ("bfm/BFM_exp_idx.mat",), "BFM_exp_idx.mat", "bfm", cost=4),
        Reader("ict-mesh", import_ict, faces, ("ict/generic_neutral_mesh.obj",), "generic_neutral_mesh.obj", "ict", 4),
        Reader("ict-shape", import_ict, faces, ("ict/jawOpen.obj",), "jawOpen.obj", "ict", cost=4),
        Reader("ict-marks", import_ict, faces, ("ict/vertex_indices.json",), "vertex_indices.json", "ict", cost=4),
        Reader("alignment-json", _aligned, alignment, ("alignment/*.json",)),
        Reader("alignment-textgrid", _aligned, alignment, ("alignment/*.TextGrid",)),
        Reader("alignment-xml", _aligned, alignment, ("alignment/*.eaf", "alignment/*.xml")),
        Reader("alignment-lines", _aligned, alignment, tuple(f"alignment/*.{ending}" for ending in LABEL_ENDINGS)),
        Reader("alignment-mouths", _aligned, alignment, ("alignment/*.dat", "alignment/*.pgo")),
        Reader("alignment-subtitles", _aligned, alignment, ("alignment/*.srt", "alignment/*.vtt", "transcript/*.vtt")),
        Reader("transcript", _spoken, (e.TranscriptError,), ("transcript/*",)),
        Reader("wav", load_audio, (e.AudioError,), ("wav/*",)),
        Reader("sound", load_audio, (e.AudioError,), ("sound/*",)),
        Reader("sound-of-film", load_audio, (e.AudioError,), ("film/*",)),
        Reader("sound-measured", lambda path: measure_audio(path).duration_s, (e.AudioError,), sounds),
        Reader("weights-safetensors", read_weights, weights, ("weights/*.safetensors",)),
        Reader("weights-published", read_weights, weights, ("weights/*.pth",)),
        Reader("weights-config", lambda folder: read_weights(folder / "published.pth"), weights, ("weights_config/*",),
               "config.json", "weights"),
        Reader("engine", _engine, weights, ("weights/*",), cost=4),
        Reader("import-checkpoint", _imported, weights, ("weights/*", "renderer/*"), cost=4),
        Reader("renderer", load_renderer, weights, ("renderer/*",), cost=4),
        Reader("windows", read_windows, (e.RenderError, e.AnimationFileError, e.CoefficientShapeError),
               ("windows/*", "animation/*")),
        Reader("photo", read_photo, (e.RenderError,), ("photo/*", "film/*")),
        Reader("pass-photo", check_photo, (e.PortraitError,), ("pass_portrait/*",)),
        Reader("pass-frame", job_of, (e.OutputError,), ("frame/*",)),
        Reader("pass-certificate", _signer, (e.SigningError,), ("signer/certificate.pem",)),
        Reader("pass-key", _key, (e.SigningError,), ("signer/key.pem",)),
        Reader("mux-film", _film, (e.OutputError,), ("film/*",), cost=4),
        Reader("mux-sound", _voice, (e.AudioError,), sounds, cost=4),
    )


def _research() -> tuple[Reader, ...]:
    training, clip, manifest = (TrainingDataError,), (ClipError,), (ManifestError, ClipError)
    data, one, mats = "data", "styletalk/speech/anna_1", ("mat/*", "data/styletalk/speech/anna_1.mat")
    return (
        Reader("motion-mat", read_motion, clip, ("mat/*",)),
        Reader("motion-npy", read_motion, clip, ("style/*.npy",)),
        Reader("live-link", lambda path: read_motion(path).at_30(30.0), clip, ("live_link/*",), cost=2),
        Reader("facegood", lambda folder: read_motion(folder / "take.npy"), clip, ("facegood/*.npy",),
               "take.npy", "facegood"),
        Reader("facegood-names", lambda folder: read_motion(folder / "take.npy"), clip, ("facegood/*.json",),
               "blendshape_names.json", "facegood"),
        Reader("labels", lambda path: read_labels(path, ROWS, 30.0), clip, ("alignment/*",)),
        Reader("manifest", lambda folder: load_manifest(folder / "manifest.json", sound_columns=11), manifest,
               ("data/manifest.json",), "manifest.json", data, 4),
        Reader("manifest-clip", lambda folder: load_manifest(folder / "manifest.json"), manifest, mats,
               f"{one}.mat", data, 4),
        Reader("clips-mat", pairs.load_recordings, training, mats, f"{one}.mat", data, 8),
        Reader("clips-sound", pairs.load_recordings, (*training, e.AudioError), ("wav/*",), f"{one}.wav", data, 8),
        Reader("clips-labels", pairs.load_recordings, training, ("alignment/*.json", f"{data}/{one}_seq.json"),
               f"{one}_seq.json", data, 8),
        Reader("clips-offsets", pairs.load_av_offsets, training, ("data/styletalk/av_offsets.json",),
               "styletalk/av_offsets.json", data),
        Reader("clips-speakers", pairs.named_speakers, training, ("data/styletalk/speakers.json",),
               "styletalk/speakers.json", data),
        Reader("clips-jacobian", pairs.load_readouts, training, ("data/calibration/*.npy",),
               "calibration/J64_mediapipe478.npy", data, 4),
        Reader("clips-styles", pairs.load_style_rows, training, ("mat/*",), "styletalk/style_clips/glad_clip1.mat",
               data, 2),
        Reader("clips-units", lambda folder: rule_clips(folder, 0)[1], training, ("data/calibration/*.json",),
               "calibration/exp64_stats.json", data, 4),
        Reader("scan", _scanned, (ManifestError,), mats, f"{one}.mat", data, 20),
        Reader("relabelled", lambda path: pairs.relabelled(pairs.load_recordings(CORPUS / data), path), training,
               ("relabelled/*",), cost=8),
    )


def _training() -> tuple[Reader, ...]:
    training = (TrainingDataError,)
    return (
        Reader("config-paper", PaperConfig.load, (*training, e.WeightsError), ("config/paper.json",)),
        Reader("config-distillation", TrainingConfig.load, (*training, e.WeightsError), ("config/distillation.json",)),
        Reader("config-recipe", lambda path: chosen_recipe(path, None, None), training, ("config/*",)),
        Reader("run-config", _claimed, training, ("run/config.json",), "config.json", "run"),
        Reader("run-data", _claimed, training, ("run/data.json",), "data.json", "run"),
        Reader("run-state", read_state, training, ("run/sync.pt",)),
        Reader("run-sync", lambda folder: load_sync_discriminator(folder / "sync.pt"), (e.WeightsError,),
               ("run/sync.pt",), "sync.pt", "run", 8),
        Reader("run-sync-config", lambda folder: load_sync_discriminator(folder / "sync.pt"),
               (e.WeightsError, e.FaceModelError, *training), ("run/config.json",), "config.json", "run", 8),
        Reader("teachers", Teachers.load, training, ("teachers/*",), cost=2),
        Reader("distillation-set", DistillationSet.load, training, ("distilled/*",)),
        Reader("utterances", load_utterances, training, ("utterances/*",)),
        Reader("prepared", load_prepared, training, ("prepared/*",)),
        Reader("syncnet", load_syncnet, (e.WeightsError,), ("weights/*.pth",), cost=100),
        Reader("film-rate", video_rate, (), ("film/*", "photo/*")),
        Reader("film-faces", lambda path: [frame.mean() for frame in frames_at_25(path)], (StyleTalkError,),
               ("film/*", "photo/*"), cost=2),
        Reader("film-pictures", lambda path: [frame.mean() for _, frame in pictures(path)], (StyleTalkError,),
               ("film/*",), cost=2),
    )
