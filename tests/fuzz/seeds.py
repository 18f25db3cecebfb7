# SPDX-License-Identifier: Apache-2.0
"""Undamaged small files of every kind that a user can give, made by our own writers and other programs' encoders.

The same files each time. The sample data beside the checkout adds those of other makers, where it is there.
"""

import dataclasses
import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "data"
sys.path[:0] = [str(HERE.parent / name) for name in ("training", "networks", "photoreal", "speech", "face")]
ROWS = 40


def make(folder: Path) -> None:
    """Write `folder`/KIND/NAME for every kind of file."""
    for step in (
        _animations,
        _styles_and_poses,
        _tracks,
        _faces,
        _faces_of_others,
        _mappings,
        _texts,
        _sounds,
        _films,
        _passes,
        _weights,
        _research,
        _run,
        _from_shared,
    ):
        step(folder)


def _placed(folder: Path, name: str, content: "bytes | str" = b"") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def motion(rows: int = ROWS, width: int = 64) -> np.ndarray:
    """(rows, width) float32, as coefficients are."""
    return np.random.default_rng(5).normal(0, 0.4, (rows, width)).astype(np.float32)


def _passes(folder: Path) -> None:
    """A portrait, frames of a pass, and what signs them."""
    from styletalk.files.exr import write_exr
    from styletalk.files.png import write_png
    from styletalk.photoreal.portrait import Portrait
    from styletalk.photoreal.provenance import Provenance

    pixels, places = np.full((128, 128, 3), 90, np.uint8), np.full((478, 3), 60, np.float32)
    zeros = np.zeros(80, np.float32)
    Portrait(pixels, None, places, zeros, zeros[:64], zeros[:3], 500.0, zeros[:2], 0.0, {"notes": []}).save(
        _placed(folder, "pass_portrait/person.npz")
    )
    made = Provenance("person.jpg", "ab" * 32, "line.wav", "cd" * 32, "happy", "warp")
    write_png(_placed(folder, "frame/frame_1.png"), pixels[:8, :8], made.png_texts("ef" * 32))
    write_exr(_placed(folder, "frame/frame_1.exr"), pixels[:8, :8], made.exr_texts("ef" * 32))
    _signer(folder)


def _signer(folder: Path) -> None:
    """A certificate that nobody vouches for, the same each time, and its key."""
    from datetime import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, datetime(2020, 1, 1), datetime(2099, 1, 1))
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    usage = (True, *[False] * 8)
    for extension, is_critical in (
        (x509.BasicConstraints(False, None), True), (x509.KeyUsage(*usage), True), (issuer, False),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    ):  # fmt: skip
        builder = builder.add_extension(extension, is_critical)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _placed(folder, "signer/certificate.pem", builder.sign(key, None).public_bytes(pem))
    _placed(folder, "signer/key.pem", private)


def _animations(folder: Path) -> None:
    from styletalk.animation import FaceAnimation

    labels = np.repeat(np.array([31, 6, 0, 23, 31], np.int16), ROWS // 5)
    still = FaceAnimation.still(motion(), labels, {"note": "", "sync_offset_ms": 20.0, "style": "happy"})
    still.save(_placed(folder, "animation/still.npz"))
    path = _placed(folder, "animation/whole.npz")
    pose = 0.1 * motion(ROWS, 6)
    dataclasses.replace(still, head_pose=pose, blinks=np.abs(0.2 * motion(ROWS, 2))).save(path)
    with np.load(path) as stored:
        kept = {name: stored[name] for name in stored.files if not name.startswith("track")}
    np.savez_compressed(_placed(folder, "animation/first_release.npz"), pose9=np.ones((ROWS, 9), np.float32), **kept)
    np.savez(_placed(folder, "animation/at_25.npz"), **{**kept, "fps": np.float64(25.0)})
    np.savez(_placed(folder, "windows/windows.npz"), windows=np.zeros((3, 73, 27), np.float32))


_CORNERS = {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}


def _mappings(folder: Path) -> None:
    from styletalk.rigs.mapping import RigMapping, Row

    names = ("Mouth_Smile_L", "Mouth_Smile_R", "Eye_Blink_L", "Häkchen")
    both = Row("Jaw_Open", {"jawOpen": 0.5}, {"jawForward": 1.0}, -1.0, gain=1.5, offset=0.1, opening=0.3)
    RigMapping((both, *RigMapping.of_names(names).rows)).save(_placed(folder, "mapping/hero.json"))
    corners = np.eye(3, dtype="<f4").tobytes()
    text = json.dumps(
        {"bufferViews": [{"byteLength": 36}], "accessors": [_CORNERS],
         "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "targets": [{"POSITION": 0}]}]}]}
    ).encode()  # fmt: skip
    chunks = [len(each).to_bytes(4, "little") + kind + each for kind, each in ((b"JSON", text), (b"BIN\0", corners))]
    _placed(folder, "glb/head.glb").write_bytes(b"glTF" + bytes(8) + b"".join(chunks))


def _styles_and_poses(folder: Path) -> None:
    from scipy.io import savemat

    from styletalk.styles.clip import StyleClip

    thumbnail = np.zeros((8, 8, 3), np.uint8)
    codes = {"0123456789abcdef": motion(1, 16)[0]}
    StyleClip(motion(), "Anna", "happy", 1.0, "CC0-1.0", "measured", "x", thumbnail, codes).save(
        _placed(folder, "style/clip.npz")
    )
    np.save(_placed(folder, "style/rows.npy"), motion())
    np.savetxt(_placed(folder, "style/rows.csv"), motion(), fmt="%.5f", delimiter=",")
    table, crop = np.zeros((ROWS, 257), np.float32), np.tile(np.array([256, 256, 100.0, 128, 128]), (ROWS, 1))
    table[:, 80:144], table[:, 224:227], table[:, 254:257] = motion(), 0.1 * motion(ROWS, 3), 0.1 * motion(ROWS, 3)
    for name, packed in (("packed", True), ("plain", False)):
        savemat(_placed(folder, f"mat/{name}.mat"), {"coeff": table, "transform_params": crop}, do_compression=packed)
    savemat(
        _placed(folder, "mat/sadtalker.mat"), {"coeff_3dmm": motion(ROWS, 73), "full_3dmm": table}, do_compression=True
    )
    np.savetxt(
        _placed(folder, "pose/pose.csv"),
        0.1 * motion(ROWS, 6),
        fmt="%.5f",
        delimiter=",",
        header="rx,ry,rz,x,y,z",
        comments="",
    )
    _placed(folder, "lines/lines.csv", "id;audio;text\none;one.wav;Hello, you.\n")
    _placed(folder, "lines/lines.json", '[{"audio": "one.wav", "style": "sad", "intensity": 0.5}]')
    entry = '{"id": "one", "digest": "0", "state": "done", "findings": [["text", "Look."]], "measures": {"s": 1}}'
    _placed(folder, "ledger/ledger.jsonl", f"{entry}\n{entry}\n")
    _placed(folder, "changes/changes.csv", "seconds,style,intensity,until\n0,happy,1.2,\n1.5,sad,,2\n")
    _placed(folder, "changes/changes.json", '[{"seconds": 0.5, "style": "happy"}]')
    _placed(folder, "curve/curve.csv", "seconds,intensity\n0,0.5\n1.5,2\n")


def _tracks(folder: Path) -> None:
    from styletalk.face.retarget import ARKIT_NAMES
    from styletalk.tracking.sightings import STRETCH_PICTURES
    from styletalk.tracking.track_file import write_track
    from styletalk.tracking.tracks import FaceTrack

    points = 100 + 30 * motion(3 * 478, 3).reshape(3, 478, 3)
    write_track(_placed(folder, "track/one.npz"), FaceTrack(points, np.arange(3) / 25, np.ones(3), 320, 240, (0.05,)))
    np.savez(
        _placed(folder, "kept/00000.npz"), key=np.zeros(5), times=np.arange(STRETCH_PICTURES) / 25.0,
        counts=(np.arange(STRETCH_PICTURES) == 0).astype(np.int32), landmarks=points[:1],
        colours=np.zeros((1, 468, 3), np.uint8), signatures=np.zeros((STRETCH_PICTURES, 256), np.uint8),
        damaged=np.zeros(STRETCH_PICTURES, np.int32),
    )  # fmt: skip
    weights = np.abs(0.3 * motion(ROWS, 52)).clip(0, 1).round(3).tolist()
    frames = [dict(zip(ARKIT_NAMES, row, strict=True)) for row in weights]
    for name, content in (
        ("frames", [{"blendShapes": frame} for frame in frames]),
        ("columns", {name: [frame[name] for frame in frames] for name in ARKIT_NAMES}),
        ("matrix", {"exportFps": 60.0, "facsNames": list(ARKIT_NAMES), "weightMat": weights}),
    ):
        _placed(folder, f"arkit/{name}.json", json.dumps(content))
    np.savetxt(_placed(folder, "rows/rows.txt"), motion(), fmt="%.4f")


def _faces(folder: Path) -> None:
    from styletalk.face.model import FaceModel, Landmarks

    count, rng = 4, np.random.default_rng(1)

    def deltas(number: int) -> np.ndarray:
        return rng.normal(0, 0.01, (number, count, 3)).astype(np.float32)

    def points(number: int) -> Landmarks:
        return Landmarks(np.arange(number, dtype=np.int32) % 4, np.full((number, 3), 1 / 3, np.float32))

    corners = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]], np.int32)
    face = FaceModel(
        mean=rng.normal(0, 0.1, (count, 3)).astype(np.float32), identity=deltas(80), expression=deltas(64),
        arkit=deltas(52), arkit_matrix=motion(52), blink=deltas(2), gaze=deltas(4), tongue=deltas(4),
        triangles=corners, triangle_faces=np.arange(4, dtype=np.int32), face_loops=corners.reshape(-1),
        face_sizes=np.full(4, 3, np.int32),
        uv=np.zeros((12, 2), np.float32), face_regions=np.zeros(4, np.uint8), region_names=("skin", "lips"),
        region_colours=np.ones((2, 3), np.float32), colours=np.ones((count, 3), np.float32), landmarks_68=points(68),
        landmarks_mediapipe=points(478), lip_upper=points(6), lip_lower=points(6), lip_columns=3,
        neck_pivot=np.zeros(3, np.float32), coefficient_std=np.ones(64, np.float32), name="x",
    )  # fmt: skip
    face.save(_placed(folder, "face/made.npz"))
    dataclasses.replace(face, arkit_matrix=np.zeros((0, 64), np.float32)).save(_placed(folder, "face/columns.npz"))


def _faces_of_others(folder: Path) -> None:
    import faces_made_up

    for name in ("bfm", "bfm_front"):
        (folder / name).mkdir(parents=True)
    faces_made_up.write_front(folder / "bfm_front", 100)
    faces_made_up.write_originals(folder / "bfm", 0.002)
    faces_made_up.write_ict(folder / "ict", side=10, identities=1)


def _texts(folder: Path) -> None:
    import alignment_samples

    from styletalk.phonemes import PhonemeSegment, PhonemeTrack, WordSegment
    from styletalk.speech.formats.alignment_files import write_seq, write_textgrid

    segments = tuple(PhonemeSegment(name, k / 4, (k + 1) / 4) for k, name in enumerate(("HH", "AH", "L", "OW")))
    track = PhonemeTrack(segments, 1.2, words=(WordSegment('hel"lo', 0.0, 0.5), WordSegment("you", 0.5, 1.0)))
    write_seq(_placed(folder, "alignment/line_seq.json"), track)
    write_textgrid(_placed(folder, "alignment/line.TextGrid"), track)
    intervals = '"IntervalTier" "phones" 0 1 3 0 0.2 "b" 0.2 0.5 "æ" 0.5 1 "" "TextTier" "marks" 0 1 1 0.4 "x"'
    short = '"ooTextFile short" "TextGrid" 0 1 <exists> 2 ' + intervals
    short = short.replace(" ", "\n").replace("\nshort", " short") + "\n"
    _placed(folder, "alignment/short.TextGrid", short)
    for name, content in alignment_samples.ALL.items():
        _placed(folder, f"alignment/{name}", content)
    said = "In 1984 Dr. Smith paid $3.50 (twice!) for 2½ apples at 10:30 p.m.; www.example.org, O'Neill's 3rd… “ok”.\n"
    _placed(folder, "transcript/said.txt", said * 3)
    for name, content in alignment_samples.SUBTITLES.items():
        _placed(folder, f"transcript/{name}", content)
    _placed(
        folder,
        "transcript/script.txt",
        "Anna: Hi (coughs), *sighs* A113.\n[door] Dr. Smith: bob@example.org, 3/5/2024.\n",
    )
    _placed(folder, "transcript/bom.txt", "Zoë said naïve, blorptish things.\r\nANNA: Hello!\r\n".encode("utf-16"))


def _sounds(folder: Path) -> None:
    import soundfile

    from styletalk.demo import LINE

    samples, rate = soundfile.read(LINE, frames=6000, dtype="float32", start=8000)
    stereo = np.stack([samples, -samples], axis=1)
    for subtype in (
        "PCM_U8",
        "PCM_16",
        "PCM_24",
        "PCM_32",
        "FLOAT",
        "DOUBLE",
        "ALAW",
        "ULAW",
        "MS_ADPCM",
        "IMA_ADPCM",
        "GSM610",
    ):
        soundfile.write(_placed(folder, f"wav/{subtype}.wav"), samples, 8000 if subtype == "GSM610" else rate, subtype)
    soundfile.write(_placed(folder, "wav/stereo_44100.wav"), stereo, 44100, "PCM_16", format="WAVEX")
    for kind in ("RF64", "RIFX", "W64"):
        endian, container = ("BIG", "WAV") if kind == "RIFX" else ("FILE", kind)
        soundfile.write(_placed(folder, f"wav/{kind}.wav"), stereo, 22050, "PCM_16", endian, container)
    for ending in ("flac", "ogg", "mp3", "aiff", "au", "caf"):
        soundfile.write(_placed(folder, f"sound/line.{ending}"), stereo if ending == "flac" else samples, rate)
    for name, codec, encoded_rate in (
        ("m4a", "aac", 16000),
        ("webm", "libopus", 48000),
        ("mkv", "libmp3lame", 16000),
        ("mov", "alac", 16000),
        ("wma", "wmav2", 16000),
        ("opus.ogg", "libopus", 48000),
    ):
        _encode(_placed(folder, f"sound/line.{name}"), codec, encoded_rate, samples, None)
    _encode(_placed(folder, "sound/two_tracks.mka"), "ac3", 48000, samples, None, tracks=2)


def _films(folder: Path) -> None:
    import av

    pictures, photo = ([np.full((*size, 3), 40 * k, np.uint8) for k in range(5)] for size in ((32, 48), (128, 144)))
    samples = motion(3000, 1)[:, 0] * 0.2
    for name, codec in (("mp4", "libx264"), ("webm", "libvpx"), ("mkv", "mpeg4"), ("mov", "mjpeg")):
        sound = {"mp4": "aac", "webm": "libopus", "mkv": "ac3", "mov": "aac"}[name]
        _encode(_placed(folder, f"film/film.{name}"), sound, 48000, samples, (codec, pictures))
    for name, codec, pixels in (
        ("png", "png", "rgb24"),
        ("jpg", "mjpeg", "yuvj420p"),
        ("webp", "libwebp", "yuv420p"),
        ("gif", "gif", "rgb8"),
        ("bmp", "bmp", "bgr24"),
        ("tiff", "tiff", "rgb24"),
    ):
        encoder: Any = av.codec.CodecContext.create(codec, "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 144, 128, pixels, Fraction(1, 25)
        frame = av.VideoFrame.from_ndarray(photo[2], "rgb24").reformat(format=pixels)
        packets = [bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None))]
        if name == "gif":  # needs its container's header
            _encode(_placed(folder, "photo/face.gif"), None, 0, samples, ("gif", photo[:2]))
        else:
            _placed(folder, f"photo/face.{name}", b"".join(packets))


def _encode(path: Path, sound: "str | None", rate: int, samples: np.ndarray, video: Any, tracks: int = 1) -> None:
    """A file by FFmpeg's libraries: sound tracks, and pictures before them."""
    import av

    with av.open(str(path), "w") as container:
        streams: list[Any] = [container.add_stream(sound, rate=rate) for _ in range(tracks)] if sound else []
        if video:
            film: Any = container.add_stream(video[0], rate=25)
            film.width, film.height = 48, 32
            film.pix_fmt = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(video[0], "yuv420p")
            for picture in video[1]:
                container.mux(film.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(film.encode(None))
        for stream in streams:
            stream.bit_rate = 64_000
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "flt", "mono")
            frame.rate = 16000
            resampler = av.AudioResampler(
                stream.codec_context.format.name, "mono", rate, stream.codec_context.frame_size or 1024
            )
            for ready in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(stream.encode(ready))
            container.mux(stream.encode(None))


def _weights(folder: Path) -> None:
    import torch
    from networks_reference import TINY, random_generator
    from photoreal_reference import TINY as SMALL
    from photoreal_reference import random_renderer

    from styletalk.networks.checkpoints.generator import save_generator
    from styletalk.photoreal.neural.networks.checkpoint import save_renderer

    generator, renderer = random_generator(TINY), random_renderer(SMALL)
    for half in (False, True):
        save_generator(_placed(folder, f"weights/half_{half}.safetensors"), generator, TINY, {"licence": "x"}, half)
    torch.save({"model_state_dict": generator.state_dict(), "epoch": 3}, _placed(folder, "weights/published.pth"))
    torch.save(
        {"model_state_dict": generator.state_dict()},
        _placed(folder, "weights/old.pth"),
        _use_new_zipfile_serialization=False,
    )
    _placed(folder, "weights_config/config.json", json.dumps({"styletalk": {"d_model": 16, "nhead": 2}}))
    save_renderer(_placed(folder, "renderer/renderer.safetensors"), renderer, SMALL)
    torch.save({"net_G_ema": renderer.state_dict()}, _placed(folder, "renderer/renderer.pt"))


def _research(folder: Path) -> None:
    from paper_miniature import miniature, write_data

    from styletalk.animation import FaceAnimation
    from styletalk.exports import write_animation
    from styletalk_research.datasets.prepared import save_prepared
    from styletalk_research.datasets.recordings import Recording
    from styletalk_research.datasets.scan import ScanOptions, scan
    from styletalk_research.datasets.utterances import Utterance, save_utterances
    from styletalk_research.training.distillation.config import TrainingConfig

    write_animation(FaceAnimation.load(folder / "animation/whole.npz"), _placed(folder, "live_link/take.csv"))
    names = ["mouth_stretch_c", "eye_blink1_l", "eye_blink1_r", "mouth_oh_c", "mouth_funnel_dl", "other"]
    _placed(folder, "facegood/blendshape_names.json", json.dumps(names))
    np.save(folder / "facegood/take.npy", np.abs(0.3 * motion(ROWS, len(names))))
    data = write_data(folder / "data", with_sound=True, phonemes=26)
    _placed(data, "styletalk/speakers.json", json.dumps({"anna_1": "anna", "bert_1": "bert"}))
    _placed(data, "calibration/exp64_stats.json", json.dumps({"mean": [0.1] * 64, "std": [0.4] * 64}))
    scan(data, data / "manifest.json", ScanOptions("sample", validation="anna_1")).save(data / "manifest.json")
    labels = {
        path.stem.removesuffix("_seq"): json.loads(path.read_text()) for path in data.glob("styletalk/speech/*.json")
    }
    _placed(folder, "relabelled/labels.json", json.dumps(labels))
    _placed(folder, "config/paper.json", miniature().to_json())
    _placed(folder, "config/distillation.json", TrainingConfig("data", "w.safetensors", "run").to_json())
    voice = Utterance(np.arange(30, dtype=np.int16), motion(30, 27).astype(np.float64))
    save_utterances([voice, voice], _placed(folder, "utterances/voices.npz"))
    said = {"labels": voice.labels, "audio_features": motion(30, 27), "mouth": motion(30, 2)}
    save_prepared([Recording("take", "anna", motion(30, 64), **said)], _placed(folder, "prepared/pairs.npz"))


def _run(folder: Path) -> None:
    """A finished run of one stage, and what a distillation keeps."""
    import torch
    from paper_miniature import miniature

    from styletalk_research.training.distillation.convolution import TeacherNetwork
    from styletalk_research.training.distillation.distillation_set import DistillationSet, DistilledUtterance
    from styletalk_research.training.distillation.kernel_ridge import KernelRidge
    from styletalk_research.training.distillation.teacher import MotionSpace, Teachers
    from styletalk_research.training.distillation.teacher_config import TeacherConfig
    from styletalk_research.training.paper import solver

    torch.set_num_threads(1)
    run = folder / "run"
    solver.train(miniature(), [folder / "data"], run, "sync")
    shutil.rmtree(run / "tensorboard", ignore_errors=True)
    config = TeacherConfig(seeds=1, width=8, components=4, blocks=1)
    space = MotionSpace(motion(64, 4).astype(np.float64), motion(4, 64).astype(np.float64))
    kernel = KernelRidge(
        torch.from_numpy(motion(2, 9)), torch.from_numpy(motion(2, 4)), "labels", torch.zeros(2, dtype=torch.int64), 1
    )
    Teachers([TeacherNetwork(config)], [kernel], space, config).save(_placed(folder, "teachers/teachers.pt"))
    spoken = DistilledUtterance(np.zeros(9, np.int16), None, motion(9, 4)[None], np.zeros(9), 1.0)
    DistillationSet((spoken,), motion(4, 64), motion(2, 4).reshape(2, 4, 1, 1)).save(
        _placed(folder, "distilled/set.npz")
    )


def _from_shared(folder: Path) -> None:
    """Other makers' files; and, in damaged/, those on which an earlier version fell."""
    kinds = {".npz": "style", ".mat": "mat", ".csv": "live_link", ".TextGrid": "alignment", ".vtt": "transcript",
             ".txt": "transcript", ".wav": "wav", ".flac": "sound", ".m4a": "sound"}  # fmt: skip
    for path in sorted(SHARED.glob("field/*")):
        kind = "style" if "style" in path.name else kinds.get(path.suffix)
        if kind:
            shutil.copyfile(path, _placed(folder, f"{kind}/field_{path.name}"))
    for path in sorted(SHARED.glob("damaged/*")):
        shutil.copyfile(path, _placed(folder, f"damaged/{path.name}"))
