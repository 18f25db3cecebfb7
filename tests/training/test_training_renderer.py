# SPDX-License-Identifier: Apache-2.0
"""The training of the photoreal renderer, on films of a bar that follows a coefficient."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat

from styletalk.errors import Cancelled, WeightsError
from styletalk.photoreal.neural.alignment import LOOSE
from styletalk.photoreal.neural.networks.checkpoint import load_renderer
from styletalk.photoreal.neural.networks.config import RendererConfig
from styletalk_research.datasets.errors import TrainingDataError
from styletalk_research.datasets.footage import load_footage
from styletalk_research.training import renderer as training
from styletalk_research.training.recipes import train_by
from styletalk_research.training.renderer import objectives
from styletalk_research.training.renderer.config import RendererLosses, RendererTraining
from styletalk_research.training.renderer.learner import RendererLearner
from styletalk_research.training.renderer.solver import train

SIZE, ROWS, LEAD = 32, 60, 2
NETWORK = RendererConfig(
    descriptor=8, widest=8, style_hidden=8, mapping_layers=1, warping_base=4, warping_down=2, warping_up=2,
    editing_base=4, editing_layers=1, editing_blocks=1,
)  # fmt: skip
SMALL = RendererTraining(
    network=NETWORK, losses=RendererLosses(warped=1, final=1, style=0, reconstruction=1, adversarial=0.05), size=SIZE,
    scales=1, warm_up=3, steps=6, batch=2, learning_rate=2e-3, units="deviation", discriminator_width=4,
    evaluate_every=6, save_every=2, log_every=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """One clip of a grey bar whose height is a coefficient; its first two pictures show no row, as the samples'."""
    av = pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("films") / "speech"
    folder.mkdir()
    rng = np.random.default_rng(5)
    coefficients = np.zeros((ROWS, 257), np.float32)
    coefficients[:, 143] = 0.1
    coefficients[:, 80] = np.repeat(rng.uniform(-1, 1, ROWS // 6), 6)
    coefficients[:, 224:] = 0.01
    crop = np.tile(np.array([256, 256, 1, 128, 128], np.float32), (ROWS, 1))
    savemat(folder / "bar.mat", {"coeff": coefficients, "transform_params": crop})
    with av.open(str(folder / "bar.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "10"})
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for level in [0.0] * LEAD + list(coefficients[:, 80]):
            picture = np.full((SIZE, SIZE, 3), 40, np.uint8)
            picture[round(SIZE / 2 + 12 * level) :] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return folder.parent


def held_out_figures(run: Path) -> dict[str, float]:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == "held out"][-1]


def test_a_run_that_was_stopped_ends_in_the_same_weights(films, tmp_path):
    whole, _ = train(SMALL, films, tmp_path / "whole")
    calls = 0

    def stop(fraction: float, stage: str) -> None:
        nonlocal calls
        calls += fraction > 0.02
        if calls == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(SMALL, films, tmp_path / "stopped", stop)
    resumed, note = train(SMALL, films, tmp_path / "stopped")
    assert resumed.read_bytes() == whole.read_bytes()
    assert "frames differ from the film by" in note
    terms = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert "final" not in terms[0]  # the editing net joins after the warm-up
    assert {"warped", "final", "reconstruction", "adversarial", "discriminator"} <= terms[4].keys()


def test_it_learns_to_beat_the_photo_on_what_it_has_not_seen(films, tmp_path):
    config = dataclasses.replace(
        SMALL, losses=RendererLosses(warped=1, final=1, style=0, reconstruction=2), warm_up=20, steps=100, batch=4,
        evaluate_every=100, save_every=100, learning_rate=4e-3,
    )  # fmt: skip
    settings = tmp_path / "config.json"
    settings.write_text(config.to_json())
    (weights,), _ = train_by("renderer", [films], tmp_path / "run", settings)
    figures = held_out_figures(tmp_path / "run")
    assert figures["error"] < 0.8 * figures["still"]
    renderer, found = load_renderer(weights)
    assert found == dataclasses.replace(NETWORK, picture=SIZE) and not renderer.training


def test_weights_in_published_units_compute_what_was_trained():
    torch.manual_seed(0)
    mean, deviation = torch.randn(73), torch.rand(73) + 0.5
    learner = RendererLearner(NETWORK, mean, deviation).eval()
    photos, windows = torch.rand(2, 3, SIZE, SIZE) * 2 - 1, torch.randn(2, 73, 27)
    with torch.no_grad():
        _, wanted = learner(photos, windows, True)
        found = learner.in_published_units()(photos, windows).image
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_the_perceptual_distance_is_zero_for_the_same_picture_and_sees_edges():
    picture = torch.rand(1, 3, 16, 16)
    assert objectives.perceptual_distance(objectives.pixels_and_edges, picture, picture, 2) == 0
    brighter = objectives.perceptual_distance(objectives.pixels_and_edges, picture + 0.1, picture, 1)
    assert brighter.item() == pytest.approx(0.1, abs=1e-5)  # an even change has no edges


def test_a_gram_matrix_is_of_features_and_not_of_places():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # two channels, two places
    expected = torch.tensor([[[5.0, 11.0], [11.0, 25.0]]]) / 4
    torch.testing.assert_close(objectives.gram(maps), expected)
    torch.testing.assert_close(objectives.gram(maps.flip(3)), expected)


def test_vgg_weights_are_the_users_and_must_be_vggs(tmp_path):
    path = tmp_path / "vgg19.pth"
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    with pytest.raises(WeightsError, match="does not hold the weights of VGG-19"):
        objectives.load_vgg19(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"size": 30}, "no multiple of 4"),
        ({"warm_up": 6}, "leaves no steps for the editing net"),
        ({"scales": 4}, "too many for pictures of 32 pixels"),
        ({"losses": RendererLosses(-1.0)}, "a negative weight"),
    ],
)
def test_settings_that_contradict_themselves_are_named(change, complaint):
    with pytest.raises(TrainingDataError, match=complaint):
        dataclasses.replace(SMALL, **change)


def test_clips_that_are_not_there_are_named(films, tmp_path):
    with pytest.raises(TrainingDataError, match=r"no film nobody\.mp4"):
        train(dataclasses.replace(SMALL, clips=("nobody",)), films, tmp_path / "run")


def test_training_goes_on_from_given_weights(films, tmp_path):
    first, _ = train(SMALL, films, tmp_path / "first")
    torch.manual_seed(0)
    learner = RendererLearner(NETWORK, torch.randn(73), torch.rand(73) + 0.5)
    given, _ = load_renderer(first)
    learner.adopt(given)
    for name, tensor in learner.in_published_units().state_dict().items():
        torch.testing.assert_close(tensor, given.state_dict()[name], atol=1e-5, rtol=1e-4)
    other = dataclasses.replace(SMALL, network=dataclasses.replace(NETWORK, descriptor=9), start=str(first))
    with pytest.raises(TrainingDataError, match="of other sizes"):
        train(other, films, tmp_path / "other")


@pytest.mark.parametrize(
    ("name", "millions"), [("renderer", 22.52), ("renderer_small", 1.24), ("renderer_small_person", 1.24)]
)
def test_the_configurations_in_the_tree_can_be_read_and_built(name, millions):
    config = RendererTraining.load(Path(training.__file__).parents[1] / "configs" / f"{name}.json")
    learner = RendererLearner(config.network, torch.zeros(73), torch.ones(73))
    count = sum(parameter.numel() for parameter in learner.parameters())
    assert count / 1e6 == pytest.approx(millions, rel=0.01)


@pytest.mark.shared
def test_a_tracked_film_is_cut_about_its_face(shared_dir, tmp_path):
    (film,) = sorted((shared_dir / "data/video").glob("Hangz*Audio_Source_00373.mp4"))
    (clip,) = load_footage(film.parent, 64, (film.stem,), tmp_path / "tracks")
    assert clip.frames.shape[1:] == (64, 64, 3) and clip.frames.dtype == np.uint8
    assert len(clip.frames) == len(clip.coefficients) == len(clip.pose9) > 100
    assert clip.rate_hz == pytest.approx(25, abs=0.5)
    np.testing.assert_allclose(np.median(clip.pose9[:, 6:], axis=0), (LOOSE, 128, 122), rtol=0.1)
