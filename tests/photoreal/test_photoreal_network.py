# SPDX-License-Identifier: Apache-2.0
"""The renderer's numbers are the published ones, and its weights survive every format."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from photoreal_reference import SIDE_PX, TINY, random_renderer, rendered_frames

from styletalk.errors import OutputError, WeightsError
from styletalk.files.tensors import read_tensors
from styletalk.networks.checkpoints.generator import load_generator
from styletalk.photoreal.neural.networks.checkpoint import load_renderer, save_renderer
from styletalk.photoreal.neural.networks.config import RendererConfig
from styletalk.photoreal.neural.networks.layout import config_from_shapes
from styletalk.photoreal.neural.networks.renderer import PhotorealRenderer
from styletalk.photoreal.neural.networks.warping import warped
from styletalk.photoreal.neural.windows import coefficient_windows

TOLERANCE = 1e-3
PUBLISHED_PARAMETERS = 22.52e6
CONFIGS = {
    "published": RendererConfig(),
    "tiny": TINY,
    "shallow": dataclasses.replace(TINY, mapping_layers=1, warping_down=1, warping_up=1, editing_layers=1),
    "full resolution": dataclasses.replace(TINY, warping_down=4, warping_up=4, editing_blocks=3),
}


def shapes_on_paper(config):
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in PhotorealRenderer(config).state_dict().items()}


def outputs(module):
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(2, 3, SIDE_PX, SIDE_PX, generator=generator) * 2 - 1
    with torch.no_grad():
        return module(images, torch.randn(2, 73, 27, generator=generator))


@pytest.fixture(scope="module")
def fixture_dir(shared_dir):
    return shared_dir / "fixtures" / "official_small"


@pytest.fixture(scope="module")
def published(fixture_dir):
    return load_renderer(fixture_dir / "renderer_checkpoint.pt")


@pytest.fixture(scope="module")
def expected(fixture_dir):
    with np.load(fixture_dir / "expected.npz") as data:
        return dict(data)


@pytest.fixture(scope="module")
def photo(fixture_dir, shared_dir):
    """(256, 256, 3) float32 in -1..1."""
    pillow = pytest.importorskip("PIL.Image")
    name = json.loads((fixture_dir / "config.json").read_text())["image"]
    with pillow.open(shared_dir / "data" / "styletalk" / "photos" / name) as picture:
        return np.asarray(picture.convert("RGB"), np.float32) / 127.5 - 1


@pytest.mark.shared
def test_flow_warped_and_final_image_are_the_published_ones(published, expected, photo):
    module, _ = published
    windows = torch.from_numpy(expected["render_windows"])
    images = torch.from_numpy(photo).permute(2, 0, 1).expand(len(windows), -1, -1, -1)
    with torch.no_grad():
        rendering = module(images, windows)
    for found, name in zip(rendering, ("flow", "warp_image", "fake_image"), strict=True):
        np.testing.assert_allclose(found.numpy(), expected[name].astype(np.float32), rtol=0, atol=TOLERANCE)


@pytest.mark.shared
def test_coefficients_and_pose_become_the_published_frames(published, expected, photo, tmp_path):
    """From the decoder's rows, through our own safetensors, in batches that do not divide the clip."""
    save_renderer(tmp_path / "r.safetensors", *published)
    module, config = load_renderer(tmp_path / "r.safetensors")
    assert config == published[1]
    windows = coefficient_windows(expected["expression"], expected["pose"])[expected["render_frames"]]
    np.testing.assert_array_equal(windows, expected["render_windows"])
    frames = np.stack(list(rendered_frames(module, photo, windows, batch=3, device="cpu")))
    np.testing.assert_allclose(frames, expected["fake_image"].astype(np.float32), rtol=0, atol=TOLERANCE)


@pytest.mark.shared
def test_the_config_is_read_off_the_published_shapes(published, fixture_dir):
    stated = json.loads((fixture_dir / "config.json").read_text())["renderer"]
    config = published[1]
    assert {
        "common": {
            "descriptor_nc": config.descriptor, "image_nc": config.image_channels, "max_nc": config.widest,
            "use_spect": False,
        },
        "editing_net": {
            "base_nc": config.editing_base, "layer": config.editing_layers, "num_res_blocks": config.editing_blocks,
        },
        "mapping_net": {
            "coeff_nc": config.coefficients, "descriptor_nc": config.descriptor, "layer": config.mapping_layers,
        },
        "warpping_net": {
            "base_nc": config.warping_base, "decoder_layer": config.warping_up, "encoder_layer": config.warping_down,
        },
    } == stated  # fmt: skip


def test_the_published_sizes_have_the_published_parameter_count():
    count = sum(int(np.prod(shape)) for shape in shapes_on_paper(RendererConfig()).values())
    assert count == pytest.approx(PUBLISHED_PARAMETERS, rel=0.0003)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_shapes_tell_the_config(config):
    """All but a cap on widths that no layer reaches."""
    widest = max(*config.warping_widths, *config.editing_widths)
    assert config_from_shapes(shapes_on_paper(config)) == dataclasses.replace(config, widest=widest)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_configs_survive_json(config):
    assert RendererConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"wide": 3}', "unknown fields: wide"),
        ('{"descriptor": 0}', "descriptor = 0; it must be a whole number"),
        ('{"mapping_layers": 4}', "rows for 3 at most"),
        ('{"warping_up": 6}', "cannot exceed warping_down"),
        ('{"widest": 16}', "cannot exceed widest"),
        ('{"coefficients": 64}', "must be 73"),
    ],
)
def test_configs_that_contradict_themselves_are_refused(text, sentence):
    with pytest.raises(WeightsError, match=sentence):
        RendererConfig.from_json(text)


def test_every_size_renders():
    for config in (CONFIGS["shallow"], CONFIGS["full resolution"]):
        rendering = outputs(random_renderer(config))
        side = SIDE_PX // 2 ** (config.warping_down - config.warping_up)
        assert rendering.flow.shape == (2, 2, side, side)
        assert rendering.image.shape == rendering.warped.shape == (2, 3, SIDE_PX, SIDE_PX)
        assert rendering.image.abs().max() <= 1


def test_no_flow_enlarges_the_photo_by_half_a_pixel_a_side():
    """A grid from the middle of the first pixel to that of the last, looked up as if it were the outer edges."""
    column = torch.arange(16.0)
    images = column.expand(1, 3, 16, 16)
    moved = warped(images, torch.zeros(1, 2, 16, 16))[0, 0, 8]
    torch.testing.assert_close(moved[1:-1], column[1:-1] * 16 / 15 - 0.5, rtol=0, atol=1e-4)


def test_flow_points_right_and_down_in_its_own_pixels():
    row, column = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    images = torch.stack([column, row, row])[None]
    flow = torch.zeros(1, 2, 8, 8)
    still = warped(images, flow)
    flow[:, 0], flow[:, 1] = 1.0, -0.5
    moved = (warped(images, flow) - still)[0, :, 12:20, 12:20]  # away from the black outside
    pixel = 32 / 7  # one of the flow's pixels, of which it counts seven from edge to edge
    torch.testing.assert_close(moved[0], torch.full((8, 8), pixel), rtol=0, atol=1e-3)
    torch.testing.assert_close(moved[1], torch.full((8, 8), -pixel / 2), rtol=0, atol=1e-3)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(("half", "tolerance"), [(False, 0), (True, 2e-3)])
def test_the_published_format_is_read_in_any_precision(tmp_path, prefix, half, tolerance):
    module = random_renderer()
    state = {prefix + name: tensor.half() if half else tensor for name, tensor in module.state_dict().items()}
    torch.save({"net_G_ema": state, "current_epoch": 3}, tmp_path / "r.pt")
    found, config = load_renderer(tmp_path / "r.pt")
    assert config == TINY
    assert not found.training
    for name, tensor in found.state_dict().items():
        assert tensor.dtype == torch.float32
        torch.testing.assert_close(tensor, module.state_dict()[name], rtol=0, atol=tolerance)


@pytest.mark.parametrize("half", [False, True])
def test_safetensors_round_trip(tmp_path, half):
    path, module = tmp_path / "r.safetensors", random_renderer()
    save_renderer(path, module, TINY, {"licence": "none", "seeds": [1, 2]}, half=half)
    found, config = load_renderer(path)
    assert config == TINY
    for name, tensor in found.state_dict().items():
        torch.testing.assert_close(tensor, module.state_dict()[name], rtol=0, atol=1e-3 if half else 0)
    metadata = read_tensors(path)[1]
    assert (metadata["licence"], json.loads(metadata["seeds"])) == ("none", [1, 2])
    assert path.stat().st_size < (2.5 if half else 4.5) * sum(p.numel() for p in module.parameters()) + 60_000


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_renderer_trained_with_spectral_norm_computes_the_same_without(tmp_path):
    module = random_renderer().train()
    kinds = (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.Conv1d)
    layers = {name: part for name, part in module.named_modules() if isinstance(part, kinds)}
    for part in layers.values():
        torch.nn.utils.spectral_norm(part)
    outputs(module)  # a step of the power iteration, as in training
    wanted, state = outputs(module.eval()), module.state_dict()
    torch.save({"net_G_ema": state}, tmp_path / "r.pt")
    plain, config = load_renderer(tmp_path / "r.pt")
    assert config == TINY
    idle = ".conv1"  # the editing net's first convolutions: torch normalises a weight only when it is used
    for name, part in layers.items():
        if name.endswith(idle):
            continue
        torch.testing.assert_close(plain.get_submodule(name).weight, part.weight, rtol=1e-5, atol=1e-6)
    for found, value in zip(outputs(plain), wanted, strict=True):
        torch.testing.assert_close(found, value, rtol=0, atol=1e-3)
    lost = "editing_net.decoder.final.model.0.weight_v"
    del state[lost]
    torch.save({"net_G_ema": state}, tmp_path / "r.pt")
    with pytest.raises(WeightsError, match=f"lacks {lost}"):
        load_renderer(tmp_path / "r.pt")


@pytest.fixture
def written(tmp_path):
    """Write what a test makes of a tiny renderer's state dict, as the published format, and return the path."""

    def write(change):
        state = random_renderer().state_dict()
        change(state)
        torch.save({"net_G_ema": state}, tmp_path / "changed.pt")
        return tmp_path / "changed.pt"

    return write


def test_missing_unexpected_and_wrong_tensors_are_named(written):
    name = "warpping_net.flow_out.2.bias"
    with pytest.raises(WeightsError, match=f"lacks {name}"):
        load_renderer(written(lambda state: state.pop(name)))
    with pytest.raises(WeightsError, match=rf"{name} \[3\] instead of \[2\]"):
        load_renderer(written(lambda state: state.update({name: torch.ones(3)})))
    with pytest.raises(WeightsError, match=r"mapping_net\.first\.0\.weight is missing"):
        load_renderer(written(lambda state: state.pop("mapping_net.first.0.weight")))
    with pytest.raises(WeightsError, match=r"lacks mapping_net\.encoder0\.1\.weight, mapping_net\.encoder0\.1\.bias"):
        load_renderer(written(lambda state: [state.pop(key) for key in list(state) if "net.encoder0.1" in key]))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(written, value):
    def spoil(state):
        state["editing_net.decoder.final.model.0.bias"][1] = value

    with pytest.raises(WeightsError, match=r"not finite, in editing_net\.decoder\.final"):
        load_renderer(written(spoil))


def test_a_failed_save_leaves_nothing(tmp_path):
    broken = random_renderer()
    with torch.no_grad():
        broken.mapping_net.first[0].bias[0] = 1e6  # beyond float16
    with pytest.raises(WeightsError, match=r"not finite, in mapping_net\.first"):
        save_renderer(tmp_path / "r.safetensors", broken, TINY, half=True)
    with pytest.raises(WeightsError, match="This module does not fit its config"):
        save_renderer(tmp_path / "r.safetensors", broken, dataclasses.replace(TINY, style_hidden=6))
    with pytest.raises(OutputError):
        save_renderer(tmp_path / "absent" / "r.safetensors", random_renderer(), TINY)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_is_not_taken_for_a_renderer_nor_the_other_way(tmp_path):
    torch.save({"model_state_dict": {"content_encoder.x": torch.ones(2)}}, tmp_path / "g.pth")
    with pytest.raises(WeightsError, match=r"is a StyleTalk generator's checkpoint.* with net_G_ema"):
        load_renderer(tmp_path / "g.pth")
    save_renderer(tmp_path / "r.safetensors", random_renderer(), TINY)
    with pytest.raises(WeightsError, match="not a StyleTalk generator: its tensors are a photoreal renderer's"):
        load_generator(tmp_path / "r.safetensors")
    for ending in ("pt", "safetensors"):
        (tmp_path / f"cut.{ending}").write_bytes((tmp_path / "r.safetensors").read_bytes()[:9000])
        with pytest.raises(WeightsError, match="cut off"):
            load_renderer(tmp_path / f"cut.{ending}")
