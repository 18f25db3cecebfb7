# SPDX-License-Identifier: Apache-2.0
"""The adapter to the public SyncNet: shapes and names of its state, its ears, its distances."""

from pathlib import Path

import numpy as np
import pytest
from scipy.fft import dct

from styletalk.errors import WeightsError
from styletalk_research.evaluation import syncnet_inputs
from styletalk_research.evaluation.syncnet_inputs import FilmInputs, frames_at_25, mel_bands, mfcc

torch = pytest.importorskip("torch")
from styletalk_research.evaluation.syncnet import build_syncnet, embeddings, film_sync, lip_sync_error, load_syncnet  # noqa: E402

RNG = np.random.default_rng(11)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the published format with random weights."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model"
    torch.save(build_syncnet().state_dict(), path)
    return path


def test_the_state_has_the_published_names_and_shapes(weights):
    state = torch.load(weights, weights_only=True)
    expected = {
        "netcnnaud.0.weight": (64, 1, 3, 3), "netcnnaud.4.weight": (192, 64, 3, 3),
        "netcnnaud.8.weight": (384, 192, 3, 3), "netcnnaud.18.weight": (512, 256, 5, 4),
        "netcnnlip.0.weight": (96, 3, 5, 7, 7), "netcnnlip.4.weight": (256, 96, 1, 5, 5),
        "netcnnlip.18.weight": (512, 256, 1, 6, 6), "netfcaud.0.weight": (512, 512),
        "netfcaud.3.weight": (1024, 512), "netfclip.3.bias": (1024,), "netcnnaud.1.running_mean": (64,),
    }  # fmt: skip
    assert {name: tuple(state[name].shape) for name in expected} == expected


def test_a_second_and_a_half_of_film_becomes_embeddings_always_the_same(weights):
    network = load_syncnet(weights)
    inputs = FilmInputs(RNG.integers(0, 255, (24, 224, 224, 3), np.uint8), RNG.normal(size=(98, 13)))
    faces, sounds = embeddings(network, inputs)
    assert faces.shape == sounds.shape == (20, 1024)
    again = embeddings(network, inputs)
    np.testing.assert_array_equal(faces, again[0])
    np.testing.assert_array_equal(sounds, again[1])
    figures = film_sync("film", network, inputs)
    assert np.isfinite([figures.distance, figures.confidence, figures.control]).all() and abs(figures.offset) <= 15


def test_a_film_that_is_too_short_is_refused(weights):
    inputs = FilmInputs(np.zeros((9, 224, 224, 3), np.uint8), np.zeros((30, 13)))
    with pytest.raises(ValueError, match="too short"):
        embeddings(load_syncnet(weights), inputs)


def test_files_that_are_not_syncnet_are_refused_in_a_sentence(tmp_path):
    for name, content in (("text", b"hello"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError):
            load_syncnet(tmp_path / name)
    torch.save({"other": torch.zeros(3)}, tmp_path / "other")
    with pytest.raises(WeightsError, match="syncnet_v2"):
        load_syncnet(tmp_path / "other")


@pytest.mark.parametrize("count", [1, 19, 21, 300])
def test_the_face_is_looked_for_all_over_a_film_in_a_few_pictures(count):
    chosen = syncnet_inputs.spread((np.full(1, k) for k in range(count)), 10)
    places = np.array([picture[0] for picture in chosen])
    assert min(count, 10) <= len(places) <= 20 and places[0] == 0
    assert np.diff(places, append=count).max() <= max(1, count / 10)


@pytest.mark.parametrize("early", [-4, 0, 6])
def test_the_offset_is_found_and_confidence_is_high_where_sound_and_face_agree(early):
    faces = RNG.normal(size=(80, 16))
    distance, confidence, offset = lip_sync_error(faces, np.roll(faces, -early, axis=0))
    assert offset == early and distance < 0.6 and confidence > 3
    assert lip_sync_error(faces, RNG.normal(size=(80, 16)))[1] < 0.5


def test_cepstra_agree_with_another_transform_and_band_energies_of_a_tone():
    t = np.arange(16000) / 16000
    tone = 0.3 * np.sin(2 * np.pi * 1000 * t)
    made = mfcc(tone)
    assert made.shape == (99, 13)
    sound = np.append(tone[0], tone[1:] - 0.97 * tone[:-1]) * 32768
    frame = np.abs(np.fft.rfft(sound[160 * 50 : 160 * 50 + 400], 512)) ** 2 / 512
    bands = np.log(mel_bands() @ frame)
    expected = dct(bands, type=2, norm="ortho")[:13] * (1 + 11 * np.sin(np.pi * np.arange(13) / 22))
    expected[0] = np.log(frame.sum())
    np.testing.assert_allclose(made[50], expected, rtol=1e-6)
    peak_hz = mel_bands()[np.argmax(mel_bands() @ frame)].argmax() * 16000 / 512
    assert abs(peak_hz - 1000) < 120


def test_a_crop_beyond_the_edges_keeps_its_size_and_is_grey_there():
    picture = np.full((10, 12, 3), 7, np.uint8)
    crop = syncnet_inputs.cut_out(picture, (-3, 8, 5, 16))
    assert crop.shape == (11, 11, 3) and (crop[3:, :7] == 7).all()
    assert (crop[:3] == 110).all() and (crop[:, 7:] == 110).all()
    np.testing.assert_array_equal(syncnet_inputs.cut_out(picture, (0, 10, 0, 12)), picture)


def test_a_film_of_thirty_frames_a_second_is_seen_at_twenty_five(tmp_path):
    from test_evaluation_pictures import write_film

    write_film(tmp_path / "a.mp4", [np.full((64, 64), 4.0 * k) for k in range(60)])
    frames = list(frames_at_25(tmp_path / "a.mp4"))
    assert len(frames) == 50
    brightness = np.array([frame.mean() for frame in frames])
    shown = 4.0 * np.floor(np.arange(len(frames)) * 30 / 25 + 1e-6)  # at k / 25 s, the last of 30 a second
    assert np.abs(brightness - shown).max() < 2
    box, note = syncnet_inputs.face_box(frames[:3])
    assert box == (0, 64, 0, 64) and note
