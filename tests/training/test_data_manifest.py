# SPDX-License-Identifier: Apache-2.0
"""`styletalk manifest`: what people have on disk is found, split by speaker, and read back as recordings."""

import json
import shutil
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile
from scipy.io import savemat

from styletalk.cli import main
from styletalk_research.datasets.clip import Clip
from styletalk_research.datasets.errors import ClipError, ManifestError
from styletalk_research.datasets.identity import (
    Identity,
    blendshape_identity,
    hdtf_identity,
    mead_identity,
    sample_identity,
)
from styletalk_research.datasets.manifest import Manifest, load_manifest
from styletalk_research.datasets.pairs import load_recordings
from styletalk_research.datasets.recordings import Recording
from styletalk_research.datasets.scan import ScanOptions, scan
from styletalk_research.datasets.splits import validation_speakers

SECONDS = 4
ROWS = 30 * SECONDS


def face(seed: int, frames: int = ROWS) -> np.ndarray:
    """(frames, 64) of a face that moves smoothly, within what real clips do."""
    generator = np.random.default_rng(seed)
    phase, pace = generator.uniform(0, 6, 64), generator.uniform(0.5, 2, 64)
    return (0.5 * np.sin(np.arange(frames)[:, None] / 30 * pace + phase)).astype(np.float32)


def write_mat(path: Path, expression: np.ndarray, variable: str = "coeff", width: int = 257) -> None:
    table = np.zeros((len(expression), width), np.float32)
    start = 80 if width in (144, 257) else 0
    table[:, start : start + 64] = expression
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {variable: table, "transform_params": np.zeros((len(table), 5))}, do_compression=True)


def write_sound(path: Path, seconds: float = SECONDS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.2 * np.sin(np.arange(round(seconds * 16000)) / 16000 * 2 * np.pi * 150)
    soundfile.write(path, samples, 16000)


def write_labels(path: Path, rows: int = ROWS, label: int = 3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([label] * (rows // 2) + [31] * (rows - rows // 2)))


def mead_tree(root: Path) -> Path:
    """Two speakers, two styles each, faces, sounds and labels in parallel trees."""
    for seed, (speaker, emotion, level) in enumerate(
        (s, e, n) for s in ("M003", "W009") for e, n in (("neutral", 1), ("angry", 3))
    ):
        place = f"{emotion}/level_{level}/001"
        write_mat(root / f"{speaker}/3dmm/front/{place}.mat", face(seed))
        write_sound(root / f"{speaker}/audio/{place}.wav")
        write_labels(root / f"{speaker}/phoneme/{place}_seq.json", label=seed)
    return root


def found(root: Path, tmp_path: Path, **options) -> Manifest:
    return scan(root, tmp_path / "manifest.json", ScanOptions(**options))


def opened(root: Path, tmp_path: Path, **options) -> tuple[tuple[Clip, ...], list[Recording]]:
    """What the manifest says of the clips, and their recordings."""
    manifest = found(root, tmp_path, **options)
    manifest.save(tmp_path / "manifest.json")
    return manifest.clips, load_manifest(tmp_path / "manifest.json")


MEAD = Identity("M003_angry_level_3_001", "M003", "M003_angry_level_3")


@pytest.mark.parametrize(
    ("read", "path", "identity"),
    [
        *((mead_identity, path, MEAD) for path in (
            "M003/front/angry/level_3/001.mat", "M003_front_angry_level3_001.mat", "M003#angry#level_3#001.npy",
            "M003_ang_3_001.mat", "mead/3dmm/M003/angry/level_3/001_seq.json")),
        (mead_identity, "W009/neutral/014.mat", Identity("W009_neutral_level_1_014", "W009", "W009_neutral_level_1")),
        *((hdtf_identity, f"3DMM/{name}.mat", Identity(name, speaker, speaker)) for name, speaker in (
            ("RD_Radio1_000", "RD_Radio1"), ("WDA_BarackObama_000", "WDA_BarackObama"), ("WRA_X_000_012", "WRA_X"))),
        *((sample_identity, f"speech/{name}.mat", Identity(name, speaker, speaker)) for name, speaker in (
            ("Obama_clip1", "Obama"), ("andrew_clip_2", "andrew"), ("feifeili_clip2_short", "feifeili"),
            ("Kristi", "Kristi"))),
        (blendshape_identity, "20260801_Anna_7/Anna_7_iPhone.csv", Identity("Anna_7", "phone", "phone_Anna")),
        (blendshape_identity, "anna/take_7.csv", Identity("anna_take_7", "anna", "anna_take")),
    ],
)  # fmt: skip
def test_who_speaks_and_how_is_told_by_place_and_name(read, path: str, identity: Identity) -> None:
    """A neutral clip of MEAD needs no level, and a take's own folder is not a speaker."""
    assert read(PurePosixPath(path), "phone") == identity


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("angry/level_3/001.mat", "speaker"), ("M003/angry/001.mat", "level"),
     ("M003/left_30/angry/level_1/1.mat", "side")],
)  # fmt: skip
def test_mead_names_that_say_too_little(name: str, sentence: str) -> None:
    with pytest.raises(ClipError, match=sentence):
        mead_identity(PurePosixPath(name))


def test_a_mead_tree_is_found_checked_and_split_by_speaker(tmp_path: Path) -> None:
    manifest = found(mead_tree(tmp_path / "mead"), tmp_path)
    assert manifest.kind == "mead" and not manifest.left_out
    assert [clip.style for clip in manifest.clips] == [
        "M003_angry_level_3", "M003_neutral_level_1", "W009_angry_level_3", "W009_neutral_level_1"
    ]  # fmt: skip
    for clip in manifest.clips:
        assert all(clip.speaker in str(path) for path in (clip.source, clip.sound, clip.labels))
        assert (clip.rows, clip.rate_hz, clip.av_offset) == (ROWS, 30.0, 1)
    sides = {split: {c.speaker for c in manifest.clips if c.split == split} for split in ("train", "validation")}
    assert sides["train"] and sides["validation"] and not sides["train"] & sides["validation"]


def test_recordings_hold_what_was_written(tmp_path: Path) -> None:
    """Row i goes with label i + 3: an extraction's row i, at i / 30 s, goes with i + 1, so its labels move by two."""
    _, recordings = opened(mead_tree(tmp_path / "mead"), tmp_path)
    angry = recordings[2]
    assert angry.style == "W009_angry_level_3"
    assert np.array_equal(angry.expression, face(3))
    assert angry.labels is not None and angry.labels.dtype == np.int16
    assert angry.labels.tolist() == [31, 31] + [3] * 60 + [31] * 58
    assert angry.audio is not None and angry.audio.is_file()
    assert angry.audio_features is None
    assert [recording.speaker for recording in recordings] == ["M003", "M003", "W009", "W009"]


def test_prosody_moves_with_the_labels(tmp_path: Path) -> None:
    from styletalk.speech.audio.sound_file import load_audio
    from styletalk.speech.features.prosody import prosody

    root = mead_tree(tmp_path / "mead")
    opened(root, tmp_path)
    recording = load_manifest(tmp_path / "manifest.json", sound_columns=27)[0]
    plain = prosody(load_audio(root / "M003/audio/angry/level_3/001.wav"), ROWS)
    assert recording.audio_features is not None
    assert np.array_equal(recording.audio_features[2:], plain[:-2])


def test_validation_speakers_by_name_and_by_share(tmp_path: Path) -> None:
    root = mead_tree(tmp_path / "mead")
    manifest = found(root, tmp_path, validation="W009")
    assert {clip.speaker for clip in manifest.clips if clip.split == "validation"} == {"W009"}
    assert not any(clip.split == "validation" for clip in found(root, tmp_path, validation=0).clips)
    with pytest.raises(ManifestError, match="M999"):
        found(root, tmp_path, validation="M999")
    speakers = [f"M{k:03d}" for k in range(200)]
    share = validation_speakers(speakers, 0.2)
    assert 20 <= len(share) <= 60
    assert validation_speakers(speakers[:100], 0.2) == share & set(speakers[:100])  # more data moves nobody across


def test_the_same_folder_gives_the_same_manifest(tmp_path: Path) -> None:
    root = mead_tree(tmp_path / "mead")
    assert found(root, tmp_path) == found(root, tmp_path)


def test_a_manifest_moves_with_its_data(tmp_path: Path) -> None:
    root = mead_tree(tmp_path / "here" / "mead")
    found(root, tmp_path).save(tmp_path / "here" / "manifest.json")
    (tmp_path / "here").rename(tmp_path / "there")
    assert len(load_manifest(tmp_path / "there" / "manifest.json", "all")[0].expression) == ROWS


@pytest.mark.parametrize(
    ("variable", "width"),
    [("coeff", 257), ("coeff", 144), ("coeff", 73), ("coeff", 64), ("full_3dmm", 257), ("coeff_3dmm", 73),
     ("coeff_3dmm", 70), ("exp", 64)],
)  # fmt: skip
def test_every_layout_of_coefficients_gives_the_same_64(tmp_path: Path, variable: str, width: int) -> None:
    write_mat(tmp_path / "hdtf/3DMM/WDA_A_000.mat", face(1), variable, width)
    write_sound(tmp_path / "hdtf/wav/WDA_A_000.wav")
    _, (recording,) = opened(tmp_path / "hdtf", tmp_path)
    assert np.array_equal(recording.expression, face(1)) and recording.speaker == "WDA_A"


def test_a_folder_of_frames_is_a_clip(tmp_path: Path) -> None:
    """Deep3DFaceRecon writes one .mat a frame; the folder has the clip's name, and no frame may be missing."""
    folder = tmp_path / "hdtf/3DMM/WDA_A_000"
    for number, row in enumerate(face(1)):
        write_mat(folder / f"{number:06d}.mat", row[None], "exp", 64)
    write_sound(tmp_path / "hdtf/wav/WDA_A_000.wav")
    (clip,), (recording,) = opened(tmp_path / "hdtf", tmp_path)
    assert clip.source == "3DMM/WDA_A_000" and np.array_equal(recording.expression, face(1))
    (folder / "000050.mat").unlink()
    assert "frame 50 of 0..119 is missing" in found(tmp_path / "hdtf", tmp_path).left_out[0].reason


def test_links_to_other_disks_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    mead_tree(tmp_path / "disk")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/M003").symlink_to(tmp_path / "disk/M003")
    (tmp_path / "disk/M003/again").symlink_to(tmp_path / "data")
    assert len(found(tmp_path / "data", tmp_path).clips) == 2


def test_25_frames_a_second_are_noticed_and_keep_the_clock(tmp_path: Path) -> None:
    slow = face(1, 25 * SECONDS)
    slow[:, 0] = np.sin(2 * np.pi * np.arange(25 * SECONDS) / 25)  # 1 Hz
    write_mat(tmp_path / "hdtf/WDA_A_000.mat", slow)
    write_sound(tmp_path / "hdtf/WDA_A_000.wav")
    write_labels(tmp_path / "hdtf/WDA_A_000_seq.json", 25 * SECONDS)  # one for each frame of the source
    (clip,), (recording,) = opened(tmp_path / "hdtf", tmp_path)
    expression, labels = recording.expression, recording.labels
    assert clip.rate_hz == 25
    assert len(expression) == clip.rows == 119  # the last frame, 99, is at 3.96 s
    assert np.abs(expression[10:-10, 0] - np.sin(2 * np.pi * np.arange(10, 109) / 30)).max() < 0.02
    assert labels is not None and np.count_nonzero(labels == 3) == 60  # two seconds


def test_a_rate_that_is_said_is_held_to(tmp_path: Path) -> None:
    write_mat(tmp_path / "hdtf/WDA_A_000.mat", face(1, 240))
    write_sound(tmp_path / "hdtf/WDA_A_000.wav")
    assert found(tmp_path / "hdtf", tmp_path, rate_hz=60.0).clips[0].rate_hz == 60
    refused = found(tmp_path / "hdtf", tmp_path, rate_hz=25.0)
    assert not refused.clips and "25 fps" in refused.left_out[0].reason


def test_a_blendshape_recording_gives_recordings(tmp_path: Path) -> None:
    lines = ["jawOpen,mouthFunnel"] + [f"{0.5 + 0.4 * np.sin(k / 9):.4f},0.1" for k in range(60 * SECONDS)]
    (tmp_path / "phone").mkdir()
    (tmp_path / "phone/take_1.csv").write_text("\n".join(lines))
    write_sound(tmp_path / "phone/take_1.wav")
    (clip,), (recording,) = opened(tmp_path / "phone", tmp_path)
    assert clip.rate_hz == 60 and recording.expression.shape == (ROWS, 64)
    assert recording.labels is None and recording.speaker == "phone"
    assert (clip.explained or 0) > 0.9


@pytest.mark.shared
def test_the_sample_clips_are_the_pairs_that_distillation_knows(shared_dir: Path, tmp_path: Path) -> None:
    found(shared_dir / "data/styletalk", tmp_path).save(tmp_path / "manifest.json")
    recordings = load_manifest(tmp_path / "manifest.json", "all", sound_columns=27)
    pairs = load_recordings(shared_dir / "data")
    assert [recording.name for recording in recordings] == [pair.name for pair in pairs]
    for recording, pair in zip(recordings, pairs, strict=True):
        assert recording.speaker == pair.speaker
        assert np.array_equal(recording.expression, pair.expression)
        assert recording.labels is not None and np.array_equal(recording.labels, pair.labels)
        assert recording.audio_features is not None and pair.audio_features is not None
        assert np.array_equal(recording.audio_features, pair.audio_features)


@pytest.mark.shared
def test_labels_can_be_recognised_and_are_kept(shared_dir: Path, tmp_path: Path, monkeypatch) -> None:
    """Made from the sound once; a second scan recognises nothing, another sound is recognised again."""
    source = shared_dir / "data/styletalk/speech"
    (tmp_path / "hdtf").mkdir()
    for ending in (".mat", ".wav"):
        shutil.copy(source / f"feifeili_clip1{ending}", tmp_path / f"hdtf/WDA_F_000{ending}")
    (clip,), (recording,) = opened(tmp_path / "hdtf", tmp_path, recogniser="heard")
    labels = recording.utterance.labels
    assert clip.recognised and len(labels) == 300 and len(np.unique(labels)) > 15

    def never(*_arguments, **_options):
        raise AssertionError("the sound was recognised again")

    monkeypatch.setattr("styletalk.speech.track.phoneme_track", never)
    _, (again,) = opened(tmp_path / "hdtf", tmp_path, recogniser="heard")
    assert np.array_equal(again.utterance.labels, labels)
    write_sound(tmp_path / "hdtf/WDA_F_000.wav", 10)
    with pytest.raises(AssertionError, match="recognised again"):
        found(tmp_path / "hdtf", tmp_path, recogniser="heard")


def test_the_command_prints_a_summary_and_every_reason(tmp_path: Path, capsys) -> None:
    root = mead_tree(tmp_path / "mead")
    write_mat(root / "M003/3dmm/front/sad/level_2/001.mat", face(9))
    assert main(["manifest", str(root), "-o", str(tmp_path / "m.json"), "--validation-speakers", "M003"]) == 0
    printed = capsys.readouterr().out
    assert "4 clips" in printed and "validation: 2 clips" in printed and "(M003)" in printed
    assert "sad/level_2/001.mat: there is no sound" in printed
    assert len(load_manifest(tmp_path / "m.json", "train")) == 2


def test_the_command_fails_where_nothing_can_be_used(tmp_path: Path, capsys) -> None:
    write_mat(tmp_path / "hdtf/WDA_A_000.mat", face(1))
    assert main(["manifest", str(tmp_path / "hdtf"), "-o", str(tmp_path / "m.json")]) == 1
    said = capsys.readouterr()
    assert "no sound" in said.out and "None of 1 clips" in said.err
    assert not (tmp_path / "m.json").exists()
    assert main(["manifest", str(tmp_path), "-o", str(tmp_path / "m.json"), "--json"]) == 1


def test_the_command_does_not_write_over_a_file_that_it_found(tmp_path: Path, capsys) -> None:
    root = mead_tree(tmp_path / "mead")
    labels = sorted(root.rglob("*.json"))[0]
    before = labels.read_bytes()
    assert main(["manifest", str(root), "-o", str(labels)]) == 1
    assert "one of the files to read" in capsys.readouterr().err and labels.read_bytes() == before
    for _ in range(2):  # a manifest among its data is written again
        assert main(["manifest", str(root), "-o", str(root / "manifest.json")]) == 0


def test_several_kinds_in_one_folder_are_not_guessed_at(tmp_path: Path) -> None:
    write_mat(tmp_path / "all/WDA_A_000.mat", face(1))
    (tmp_path / "all/take.csv").write_text("jawOpen\n0\n")
    with pytest.raises(ManifestError, match="hdtf, blendshapes"):
        found(tmp_path / "all", tmp_path)
    with pytest.raises(ManifestError, match="folder"):
        found(tmp_path / "nowhere", tmp_path)


def test_a_sound_of_another_speaker_is_never_taken(tmp_path: Path) -> None:
    """anna/1 has no sound; ben's, of the same name, lies nearer to ben's face."""
    for speaker in ("anna", "ben"):
        write_mat(tmp_path / f"d/3DMM/{speaker}/clip.mat", face(1))
    write_sound(tmp_path / "d/wav/ben/clip.wav")
    manifest = found(tmp_path / "d", tmp_path, kind="hdtf")
    assert [left.source for left in manifest.left_out] == ["3DMM/anna/clip.mat"]
    assert [clip.sound for clip in manifest.clips] == ["wav/ben/clip.wav"]


def test_a_clip_that_breaks_after_the_scan_is_named(tmp_path: Path) -> None:
    root = mead_tree(tmp_path / "mead")
    clips, _ = opened(root, tmp_path)
    (root / clips[1].source).write_bytes(b"")
    with pytest.raises(ClipError, match="M003_neutral_level_1_001"):
        load_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "[]", '{"version": 9}', '{"version": 1, "kind": "mead"}'])
def test_other_files_are_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ManifestError, match="not a manifest"):
        load_manifest(tmp_path / "m.json", "all")
