# SPDX-License-Identifier: Apache-2.0
"""What the paper's training learns from: which rows, which phonemes, in whose style."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from paper_miniature import ALONE, miniature, write_clip, write_data
from scipy.io import savemat

from styletalk.networks.config import GeneratorConfig
from styletalk.phonemes import SILENCE_INDEX
from styletalk.speech.features.prosody import PROSODY_DIM
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.pairs import windows
from styletalk_research.datasets.recordings import Recording
from styletalk_research.datasets.scan import ScanOptions, scan
from styletalk_research.training.paper.batches import SpeechBatches, StyleBatches, SyncBatches, padded, sequence_of
from styletalk_research.training.paper.corpus import (
    Stretch,
    audio_windows,
    label_windows,
    labelled,
    load_corpus,
    make_corpus,
)
from styletalk_research.training.paper.solver import train
from styletalk_research.training.recipes import train_by

PAPER = GeneratorConfig()
RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def corpus(data_dir):
    return load_corpus(data_dir, 0.2)


def recording(name: str, rows: int = 100, style: str = "", audio_features: np.ndarray | None = None) -> Recording:
    expression = RNG.normal(size=(rows, 64)).astype(np.float32)
    labels = RNG.integers(0, 41, rows).astype(np.int16)
    return Recording(name, name, expression, labels, audio_features, style=style or name)


def equal(one, two) -> None:
    for field in dataclasses.fields(one):
        torch.testing.assert_close(getattr(one, field.name), getattr(two, field.name))


def test_the_end_of_every_recording_is_held_out(corpus):
    assert corpus.styles == ("anna", "bert", "carl", "glad", "grim")
    for known, end in zip(corpus.train, corpus.held_out, strict=True):
        assert known.recording is end.recording
        assert known.stop == end.start
        assert len(known) + len(end) == len(known.recording.expression)
    assert len(labelled(corpus.train)) == 3
    everything = np.concatenate([stretch.rows for stretch in corpus.train])
    np.testing.assert_allclose(corpus.mean, everything.mean(0), rtol=1e-5)


def _without_numbers(folder):
    faces = np.random.default_rng(0).normal(0, 0.3, (300, 64))
    faces[7] = np.nan
    write_clip(folder / "speech/anna_1.mat", faces)


def _relabelled(change):
    def write(folder):
        path = folder / "speech/anna_1_seq.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return write


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_without_numbers, r"anna_1\.mat .* row 7"),
        (lambda folder: (folder / "speech/anna_1.mat").write_text("no mat"), r"anna_1\.mat .* not a MATLAB file"),
        (lambda folder: savemat(folder / "speech/anna_1.mat", {"coeff": np.ones((300, 7))}), r"anna_1\.mat .* 7 wide"),
        (lambda folder: write_clip(folder / "style_clips/glad_clip1.mat", np.zeros((90, 64))), "glad_clip1.* not move"),
        (_relabelled(lambda labels: [99, *labels[1:]]), r"anna_1\.mat .* 99"),
        (_relabelled(lambda labels: [0.5, *labels[1:]]), r"anna_1\.mat .* whole numbers"),
        (_relabelled(lambda labels: labels[:100]), r"anna_1\.mat .* 100 labels for 300 rows"),
    ],
)  # fmt: skip
def test_a_broken_sample_clip_is_named_and_not_learnt_from(break_it, said, tmp_path):
    """A row without numbers spoilt the mean of all, and the stage that failed first took the blame."""
    data = write_data(tmp_path)
    break_it(data / "styletalk")
    with pytest.raises(TrainingDataError, match=said):
        load_corpus(data, 0.2)


def sentences(style: str, count: int) -> list[Recording]:
    return [dataclasses.replace(recording(f"{style}_{k}", 90, style), speaker=style[0]) for k in range(count)]


def test_a_recording_without_sound_is_named_before_the_first_step():
    """Chance may draw it after hours."""
    sound = np.zeros((400, PROSODY_DIM), np.float32)
    recordings = [
        recording("a", 400, audio_features=sound),
        recording("b", 400, audio_features=sound),
        recording("silent", 40, "a"),
    ]
    with_sound = dataclasses.replace(miniature().generator, audio_dim=PROSODY_DIM)
    config = miniature(generator=with_sound)
    corpus = make_corpus(recordings, [], 0.2)
    with pytest.raises(TrainingDataError, match="silent has no audio features"):
        SpeechBatches(corpus.train, corpus, config)
    narrow = dataclasses.replace(config, generator=dataclasses.replace(with_sound, audio_dim=3))
    with pytest.raises(TrainingDataError, match=f"{PROSODY_DIM} numbers a frame, not 3"):
        SpeechBatches(corpus.train, corpus, narrow)


def test_of_clips_as_short_as_sentences_whole_ones_are_held_out():
    """MEAD's clips last three seconds: their ends say nothing, and without others nothing could be judged."""
    corpus = make_corpus([*sentences("a_sad", 20), *sentences("a_angry", 7), *sentences("b_sad", 3)], [], 0.15)
    held_out = [stretch.recording.name for stretch in corpus.held_out]
    assert held_out == ["a_sad_17", "a_sad_18", "a_sad_19", "a_angry_6"]
    assert not {stretch.recording.name for stretch in corpus.train} & {*held_out}
    assert all(len(stretch) == 90 for stretch in (*corpus.train, *corpus.held_out))
    assert corpus.styles == ("a_angry", "a_sad", "b_sad")
    config = miniature(frames=64)
    SpeechBatches(corpus.held_out, corpus, config).draw(0, range(2))
    StyleBatches(corpus.held_out, corpus, config).draw(0, range(2))
    SyncBatches(corpus.held_out, miniature()).draw(0, range(4))


@pytest.mark.parametrize("share", [0.15, 0.5, 0.99])
def test_every_style_keeps_a_recording_to_learn_from(share):
    corpus = make_corpus([*sentences("a_sad", 4), recording("long", 400, "a_sad"), *sentences("b_sad", 1)], [], share)
    assert {stretch.recording.style for stretch in corpus.train} == {"a_sad", "b_sad"}
    rows = [len(stretch) for stretch in (*corpus.train, *corpus.held_out)]
    assert sum(rows) == 5 * 90 + 400
    assert min(rows) > 0


def test_where_nothing_is_held_out_every_stage_says_so(tmp_path):
    corpus = make_corpus([*sentences("a_sad", 2), *sentences("b_sad", 2)], [], 0.1)
    with pytest.raises(TrainingDataError, match="judge the style discriminator"):
        StyleBatches(corpus.held_out, corpus, miniature())
    with pytest.raises(TrainingDataError, match="judge it by"):
        SyncBatches(corpus.held_out, miniature())
    data = write_data(tmp_path / "data")
    for stage in ("sync", "style", "generator"):
        with pytest.raises(TrainingDataError, match="held_out_share"):
            train(miniature(held_out_share=0.01, weights=ALONE), data, tmp_path / stage, stage)


def test_several_manifests_are_learnt_from_together(tmp_path):
    """The paper learns from MEAD and HDTF at once; each is scanned by itself."""
    paths = []
    for name in ("one", "two"):
        data, path = write_data(tmp_path / name) / "styletalk", tmp_path / f"{name}.json"
        for file in data.rglob("*_*"):
            file.rename(file.with_name(f"{name}{file.name}"))
        (data / "av_offsets.json").unlink(missing_ok=True)
        manifest = scan(data, path, ScanOptions(kind="sample", without_sound=True, validation=f"{name}anna_1"))
        manifest.save(path)
        paths.append(path)
    both, apart = load_corpus(paths, 0.2), [load_corpus(path, 0.2) for path in paths]
    names = [stretch.recording.name for stretch in both.train]
    assert names == [stretch.recording.name for corpus in apart for stretch in corpus.train]
    assert {*both.styles} == {*apart[0].styles, *apart[1].styles}
    assert [stretch.recording.name for stretch in both.unseen] == ["oneanna_1", "twoanna_1"]
    assert both.facts["digest"] not in {corpus.facts["digest"] for corpus in apart}
    with pytest.raises(TrainingDataError, match="Two recordings are named one"):
        load_corpus([paths[0], paths[0]], 0.2)
    assert len(train_by("paper", paths, tmp_path / "run", _config(tmp_path), "generator")[0]) == 1
    with pytest.raises(TrainingDataError, match="takes one folder"):
        train_by("distillation", paths, tmp_path / "other", None)


def _config(folder):
    path = folder / "config.json"
    path.write_text(miniature(weights=ALONE, steps=1).to_json())
    return path


def test_a_recording_left_out_is_nowhere(data_dir):
    corpus = load_corpus(data_dir, 0.2, ("bert_1",))
    assert "bert_1" not in {stretch.recording.name for stretch in (*corpus.train, *corpus.held_out)}
    with pytest.raises(TrainingDataError, match="nobody"):
        load_corpus(data_dir, 0.2, ("nobody",))
    silent = dataclasses.replace(recording("a"), labels=None)
    with pytest.raises(TrainingDataError, match="phoneme labels"):
        make_corpus([silent], [], 0.2)


def test_a_manifest_keeps_its_validation_speakers_apart(tmp_path):
    folder, path = write_data(tmp_path, with_sound=True) / "styletalk", tmp_path / "manifest.json"
    scan(folder, path, ScanOptions(validation="bert_1")).save(path)
    corpus = load_corpus(path, 0.2)
    assert {stretch.recording.speaker for stretch in (*corpus.train, *corpus.held_out)} == {"anna_1", "carl_1"}
    assert [(stretch.recording.speaker, len(stretch)) for stretch in corpus.unseen] == [("bert_1", 300)]
    assert corpus.styles == ("anna_1", "carl_1")
    assert corpus.train[0].recording.audio_features is None
    with_sound = load_corpus(path, 0.2, sound_columns=27).train[0].recording
    assert with_sound.audio_features is not None
    assert with_sound.audio_features.shape == (300, PROSODY_DIM)
    scan(folder, path, ScanOptions(validation="0")).save(path)
    assert load_corpus(path, 0.2).unseen == ()


def test_labels_round_any_rows_are_those_of_the_whole_recording():
    spoken = recording("a")
    whole = windows(spoken.labels, 5)
    for start, stop in ((0, 1), (0, 100), (3, 40), (97, 100), (50, 51)):
        np.testing.assert_array_equal(label_windows(spoken, start, stop, GeneratorConfig()), whole[start:stop])
        later = label_windows(spoken, start, stop, GeneratorConfig(lookahead=2))
        np.testing.assert_array_equal(later[:, :-2], whole[start:stop, 2:])
    assert label_windows(spoken, 0, 1, GeneratorConfig())[0, :5].tolist() == [SILENCE_INDEX] * 5
    assert label_windows(spoken, 99, 100, GeneratorConfig(lookahead=2))[0, 4:].tolist() == [SILENCE_INDEX] * 7


def test_prosody_round_rows_is_cut_as_labels_are_and_must_be_there():
    track = RNG.normal(size=(100, 3)).astype(np.float32)
    cut = audio_windows(recording("a", audio_features=track), 0, 100, GeneratorConfig(audio_dim=3))
    assert cut.shape == (100, 11, 3)
    np.testing.assert_array_equal(cut[:, 5], track)
    np.testing.assert_array_equal(cut[20], track[15:26])
    assert not cut[0, :5].any()
    with pytest.raises(TrainingDataError, match="no audio features"):
        audio_windows(recording("a"), 0, 100, GeneratorConfig(audio_dim=3))


@pytest.mark.parametrize("kind", ["sync", "style", "speech"])
def test_a_batch_is_the_sum_of_its_halves_whoever_draws_them(kind, corpus):
    config = miniature(style_rows=(20, 20))
    batches = {
        "sync": lambda: SyncBatches(corpus.train, config), "style": lambda: StyleBatches(corpus.train, corpus, config),
        "speech": lambda: SpeechBatches(corpus.train, corpus, config),
    }[kind]()  # fmt: skip
    whole, first, second = (batches.draw(7, items) for items in (range(8), range(4), range(4, 8)))
    equal(whole, batches.draw(7, range(8)))
    for field in dataclasses.fields(whole):
        parts = [getattr(half, field.name) for half in (first, second)]
        if field.name in ("clips", "padding"):  # anchors, same and other styles stand behind each other
            parts = [torch.cat(thirds) for thirds in zip(*(part.chunk(3) for part in parts), strict=True)]
        torch.testing.assert_close(torch.cat(parts), getattr(whole, field.name))
    other = batches.draw(8, range(8))
    first_field = dataclasses.fields(whole)[0].name
    assert not torch.equal(getattr(other, first_field), getattr(whole, first_field))


def test_half_is_in_sync_a_quarter_shifted_a_quarter_foreign():
    marked = [recording(name) for name in "ab"]
    for index, clip in enumerate(marked):  # every label tells its clip, every coefficient its row
        clip.labels[:] = np.arange(100) % 20 + 20 * index
        clip.expression[:] = np.arange(100)[:, None] + 1000 * index
    config = miniature()
    batch = SyncBatches([Stretch(clip, 0, 100) for clip in marked], config).draw(0, range(200))
    clip, row = batch.expression[:, 1, 0] // 1000, batch.expression[:, 1, 0] % 1000
    label = batch.windows[:, 5]
    right = (label == row % 20 + 20 * clip).bool()
    assert batch.together.sum() == 100
    assert batch.shifted.sum() == 50
    assert right[batch.together.bool()].all()
    same_clip = label // 20 == clip
    assert same_clip[batch.shifted].all()
    foreign = ~batch.together.bool() & ~batch.shifted
    assert not same_clip[foreign].any()
    assert not (batch.windows[batch.shifted] == torch.from_numpy(
        np.stack([label_windows(marked[int(c)], int(r), int(r) + 1, PAPER)[0] for c, r in zip(clip, row, strict=True)])
    )[batch.shifted]).all(1).any()  # fmt: skip


def test_style_clips_are_in_the_style_the_same_and_another():
    styles = {name: recording(name, style=name) for name in "abc"}
    for index, clip in enumerate(styles.values()):
        clip.expression[:] = index
    corpus = make_corpus(list(styles.values()), [], 0.3)
    batch = SpeechBatches(corpus.train, corpus, miniature()).draw(0, range(60))
    present = ~batch.padding
    assert present.sum(1).min() >= 20
    assert present.sum(1).max() <= 40
    shown = (batch.clips[..., 0] * present).sum(1) / present.sum(1)
    anchor, same, other = shown.chunk(3)
    torch.testing.assert_close(anchor, batch.styles.float())
    torch.testing.assert_close(same, batch.styles.float())
    assert (other != anchor).all()
    assert {(int(a), int(o)) for a, o in zip(anchor, other, strict=True)} == {
        (a, o) for a in range(3) for o in range(3) if a != o
    }


def test_a_short_clip_is_played_there_and_back():
    clip = recording("a", rows=10)
    sequence = sequence_of(Stretch(clip, 0, 10), 25, np.random.default_rng(0))
    np.testing.assert_array_equal(sequence[:10], clip.expression)
    np.testing.assert_array_equal(sequence[10:19], clip.expression[8::-1])


def test_padding_is_true_behind_each_end():
    together, padding = padded([np.ones((3, 64), np.float32), np.ones((5, 64), np.float32)])
    assert together.shape == (2, 5, 64)
    assert padding.tolist() == [[False] * 3 + [True] * 2, [False] * 5]
    assert together[0, 3:].abs().sum() == 0


def test_data_that_is_too_short_is_said_in_a_sentence():
    short = make_corpus([recording("a", 40), recording("b", 40)], [], 0.1)
    with pytest.raises(TrainingDataError, match="64 rows"):
        SpeechBatches(short.train, short, miniature(frames=64))
    alone = make_corpus([recording("a", 200)], [], 0.2)
    with pytest.raises(TrainingDataError, match="two styles"):
        SpeechBatches(alone.train, alone, miniature())
