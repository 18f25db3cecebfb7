# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: both formats round trip, and every bad file gets its own sentence."""

import dataclasses
import hashlib
import json
import re
import zipfile

import numpy as np
import pytest
import safetensors.numpy
import torch
from networks_reference import TINY, random_generator

from styletalk.errors import MissingPackageError, OutputError, WeightsError
from styletalk.networks.checkpoints.generator import (
    DEFAULT_WEIGHTS,
    load_generator,
    read_weights,
    save_generator,
    weights_hash,
)
from styletalk.networks.checkpoints.layout import POSITION_TABLES, config_from_shapes, expected_shapes
from styletalk.networks.config import GeneratorConfig
from styletalk.networks.modules.generator import StyleTalkGenerator

PUBLISHED_PARAMETERS = {"content_encoder": 2.41e6, "style_encoder": 2.45e6, "decoder": 17.58e6}
CONFIGS = {
    "published": GeneratorConfig(),
    "tiny": TINY,
    "with audio": dataclasses.replace(TINY, audio_dim=6),
    "uneven": dataclasses.replace(TINY, audio_layers=1, style_layers=3, decoder_layers=2, window=3, style_frames=99),
}


def shapes_of(module):
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


@pytest.fixture
def published_file(tmp_path, tiny_generator):
    path = tmp_path / "tiny.pth"
    torch.save({"model_state_dict": tiny_generator.state_dict()}, path)
    return path


@pytest.fixture
def written(tmp_path):
    """Write what a test makes of the tiny state dict, as the published format, and return the path."""

    def write(change):
        state = random_generator(TINY).state_dict()
        change(state)
        torch.save({"model_state_dict": state}, tmp_path / "changed.pth")
        return tmp_path / "changed.pth"

    return write


def test_the_published_sizes_have_the_published_parameter_counts():
    module = StyleTalkGenerator()
    for part, count in PUBLISHED_PARAMETERS.items():
        parameters = sum(parameter.numel() for parameter in getattr(module, part).parameters())
        assert parameters == pytest.approx(count, rel=0.003)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_the_layout_is_the_modules_own(config):
    assert expected_shapes(config) == shapes_of(StyleTalkGenerator(config))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_shapes_tell_the_config(config):
    assert config_from_shapes(expected_shapes(config), nhead=config.nhead) == config


@pytest.mark.parametrize(("width", "heads"), [(16, 2), (32, 4), (64, 8), (128, 8), (256, 8), (512, 8), (20, 2), (6, 1)])
def test_heads_that_nothing_tells_follow_the_rule(width, heads):
    config = dataclasses.replace(TINY, d_model=width, nhead=1)
    assert config_from_shapes(expected_shapes(config)).nhead == heads


def test_a_config_beside_the_checkpoint_tells_the_heads(published_file):
    assert load_generator(published_file)[1].nhead == 2
    beside = published_file.parent / "config.json"
    beside.write_text(json.dumps({"styletalk": {"d_model": TINY.d_model, "nhead": 4}}))
    assert load_generator(published_file)[1].nhead == 4
    assert load_generator(published_file, nhead=8)[1].nhead == 8
    beside.write_text(json.dumps({"styletalk": {"d_model": 999, "nhead": 4}}))
    assert load_generator(published_file)[1].nhead == 2
    beside.write_text("not JSON")
    assert load_generator(published_file)[1].nhead == 2


@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_published_format_round_trips(tmp_path, tiny_generator, prefix):
    state = {prefix + name: tensor for name, tensor in tiny_generator.state_dict().items()}
    torch.save({"model_state_dict": state, "epoch": 3}, tmp_path / "g.pth")
    module, config = load_generator(tmp_path / "g.pth")
    assert config == TINY
    assert not module.training
    for name, tensor in tiny_generator.state_dict().items():
        assert torch.equal(module.state_dict()[name], tensor), name


@pytest.mark.parametrize(("half", "tolerance"), [(True, 2**-11), (False, 0)])
def test_safetensors_round_trip(tmp_path, tiny_generator, half, tolerance):
    config = dataclasses.replace(TINY, nhead=4)  # shapes alone would say 2
    path = tmp_path / "g.safetensors"
    save_generator(path, tiny_generator, config, {"data": "none", "seeds": [1, 2]}, half=half)
    module, found = load_generator(path)
    assert found == config
    for name, tensor in tiny_generator.state_dict().items():
        loaded = module.state_dict()[name]
        assert loaded.dtype == torch.float32
        torch.testing.assert_close(loaded, tensor, rtol=tolerance, atol=1e-7)
    metadata = read_weights(path).metadata
    assert (metadata["data"], json.loads(metadata["seeds"])) == ("none", [1, 2])


def test_position_tables_of_their_own_are_kept(tmp_path):
    module = random_generator(TINY)
    module.decoder.pos_embed.pos_table.add_(0.25)
    save_generator(tmp_path / "g.safetensors", module, TINY, half=False)
    found = read_weights(tmp_path / "g.safetensors").tensors
    for name in POSITION_TABLES:
        np.testing.assert_array_equal(found[name], module.state_dict()[name].numpy())


def test_other_programs_read_our_safetensors_and_we_read_theirs(tmp_path, tiny_generator):
    save_generator(tmp_path / "ours.safetensors", tiny_generator, TINY)
    tensors = safetensors.numpy.load_file(tmp_path / "ours.safetensors")
    assert {tensor.dtype.name for tensor in tensors.values()} == {"float16"}
    assert set(tensors) == set(expected_shapes(TINY)) - set(POSITION_TABLES)
    state = {name: tensor.numpy() for name, tensor in tiny_generator.state_dict().items()}
    safetensors.numpy.save_file(state, tmp_path / "theirs.safetensors")  # no config: the shapes tell it
    assert load_generator(tmp_path / "theirs.safetensors")[1] == TINY


def test_bfloat16_is_read(tmp_path, tiny_generator):
    import safetensors.torch

    state = {name: tensor.bfloat16() for name, tensor in tiny_generator.state_dict().items()}
    safetensors.torch.save_file(state, tmp_path / "g.safetensors")
    tensors = read_weights(tmp_path / "g.safetensors").tensors
    for name, tensor in state.items():
        np.testing.assert_array_equal(tensors[name], tensor.float().numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_published_format_is_read_in_any_precision(tmp_path, tiny_generator, dtype):
    state = {name: tensor.to(dtype) for name, tensor in tiny_generator.state_dict().items()}
    torch.save({"model_state_dict": state}, tmp_path / "g.pth")
    module, config = load_generator(tmp_path / "g.pth")
    assert config == TINY
    for name, tensor in state.items():
        assert torch.equal(module.state_dict()[name], tensor.float()), name


def test_equal_weights_make_equal_files(tmp_path, tiny_generator):
    for name in ("a", "b"):
        save_generator(tmp_path / name, tiny_generator, TINY)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert weights_hash(tmp_path / "a") == weights_hash(tmp_path / "b")
    save_generator(tmp_path / "b", random_generator(TINY, seed=9), TINY)
    assert weights_hash(tmp_path / "a") != weights_hash(tmp_path / "b")
    assert hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest().startswith(weights_hash(tmp_path / "a"))


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "g.safetensors"
    save_generator(path, random_generator(TINY), TINY)
    before = path.read_bytes()
    broken = random_generator(TINY)
    with torch.no_grad():
        broken.decoder.lower_decoder.norm.weight[0] = 1e6  # beyond float16
    with pytest.raises(WeightsError, match=r"not finite.*lower_decoder\.norm"):
        save_generator(path, broken, TINY)
    with pytest.raises(WeightsError, match="does not fit its config"):
        save_generator(path, broken, dataclasses.replace(TINY, feedforward=25))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError):
        save_generator(tmp_path / "absent" / "g.safetensors", random_generator(TINY), TINY)


def test_missing_unexpected_and_wrong_tensors_are_named(written):
    name = "decoder.upper_tail_fc.4.bias"
    with pytest.raises(WeightsError, match=f"lacks {name}"):
        load_generator(written(lambda state: state.pop(name)))
    with pytest.raises(WeightsError, match=r"unexpected extra\.weight"):
        load_generator(written(lambda state: state.update({"extra.weight": torch.ones(1)})))
    with pytest.raises(WeightsError, match=rf"{name} \[3\] instead of \[51\]"):
        load_generator(written(lambda state: state.update({name: torch.ones(3)})))
    with pytest.raises(WeightsError, match=r"ph_embedding\.weight is missing"):
        load_generator(written(lambda state: state.pop("content_encoder.ph_embedding.weight")))
    with pytest.raises(WeightsError, match=r"lacks .* and \d+ more"):
        load_generator(written(lambda state: [state.pop(key) for key in list(state) if "upper" in key]))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(written, value):
    def spoil(state):
        state["style_encoder.increase_embed_dim.bias"][3] = value

    with pytest.raises(WeightsError, match=r"not finite, in style_encoder\.increase_embed_dim\.bias"):
        load_generator(written(spoil))


@pytest.mark.parametrize("kept", [0, 7, 30, 200, 0.5, 0.999])
@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_cut_off_files_are_refused(tmp_path, published_file, tiny_file, ending, kept):
    content = (published_file if ending == "pth" else tiny_file).read_bytes()
    path = tmp_path / f"cut.{ending}"
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(WeightsError, match=r"cut off|not a checkpoint|is empty") as caught:
        load_generator(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [40, 2000, 0.5, 0.999])
def test_files_of_old_torch_are_read_and_cut_off_ones_refused(tmp_path, tiny_generator, kept):
    path, state = tmp_path / "old.pth", tiny_generator.state_dict()
    torch.save({"model_state_dict": state}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert set(read_weights(path).tensors) == set(state)
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(WeightsError, match="is cut off or damaged"):
        read_weights(path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    cases = {
        "is a photoreal renderer's checkpoint": {"net_G_ema": {"mapping_net.first.0.weight": torch.ones(2)}},
        "no state dict under model_state_dict": {"state_dict": {}, "epoch": 1},
        "no state dict under model_state_dict .StyleTalk generator.": torch.ones(3),
        "not floating-point tensors .content_encoder.a.": {"model_state_dict": {"content_encoder.a": 3}},
        "no state dict under model_state_dict .StyleTalk generator. or net_G_ema": {"model_state_dict": None},
        "has no state dict": {"model_state_dict": torch.ones(3)},
        f"^{path}: this is not a StyleTalk generator": {"model_state_dict": {}},
        "not a StyleTalk generator: its tensors are conv1.weight": {
            "model_state_dict": {"conv1.weight": torch.ones(3)}
        },
        "is damaged: the tensor content_encoder.ph_embedding.weight is missing": {"model_state_dict": {}},
    }
    for sentence, content in cases.items():
        torch.save(content, path)
        with pytest.raises(WeightsError, match=sentence):
            load_generator(path)
    for content in (b"\x89PNG\r\n\x1a\n" + bytes(500), b"hello\n", b"{}" * 99, b"\x80\x04N.", bytes(range(256)) * 9):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="is not a checkpoint"):
            load_generator(path)
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(WeightsError, match="Git LFS pointer"):
        load_generator(path)
    with pytest.raises(WeightsError, match="no weights file"):
        load_generator(tmp_path / "absent.pth")
    with pytest.raises(WeightsError, match=f"^{tmp_path} is a folder. Give the weights file in it.$"):
        load_generator(tmp_path)


@pytest.mark.parametrize("wanted", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_numpys_numbers_beside_the_tensors_are_read(tmp_path, tiny_generator, wanted):
    """As NumPy 1 and NumPy 2 name what makes them."""
    numbers = {"best": np.float64(0.25), "epoch": np.int64(7), "half": np.float16(1), "done": np.bool_(True)}
    torch.save({"model_state_dict": tiny_generator.state_dict(), **numbers}, tmp_path / "here.pth")
    with zipfile.ZipFile(tmp_path / "here.pth") as here, zipfile.ZipFile(tmp_path / "there.pth", "w") as there:
        for name in here.namelist():
            content = here.read(name)
            if name.endswith("data.pkl"):
                assert b"multiarray\nscalar" in content
                content = re.sub(rb"numpy\._?core\.multiarray", wanted.encode(), content)
            there.writestr(name, content)
    module, _ = load_generator(tmp_path / "there.pth")
    for name, tensor in tiny_generator.state_dict().items():
        assert torch.equal(module.state_dict()[name], tensor)


def test_numpys_numbers_let_no_objects_in(tmp_path, tiny_generator):
    for stranger in (Payload(tmp_path / "written"), np.array([1, "a"], object), np.datetime64("2020-01-01")):
        beside = {"best": np.float64(0.25), "x": stranger}
        torch.save({"model_state_dict": tiny_generator.state_dict(), **beside}, tmp_path / "x.pth")
        with pytest.raises(WeightsError, match="Python objects"):
            load_generator(tmp_path / "x.pth")
    assert not (tmp_path / "written").exists()
    assert np.dtype not in torch.serialization.get_safe_globals(), "allowed for the one reading alone"


class Payload:
    """Unpickling this would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled(tmp_path):
    torch.save({"model_state_dict": {"x": Payload(tmp_path / "written")}}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match="Python objects"):
        load_generator(tmp_path / "evil.pth")
    assert not (tmp_path / "written").exists()


def safetensors_bytes(header):
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return len(text).to_bytes(8, "little") + text + bytes(64)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"{not JSON}", "header cannot be read"),
        ({"__metadata__": 3}, "metadata is not a table"),
        ({"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}, "not F16, F32, F64 or BF16"),
        ({"a": {"dtype": "F32", "shape": [1]}}, "the tensor a is not"),
        ({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, "does not fill its place"),
        ({"a": {"dtype": "F32", "shape": [-2, -1], "data_offsets": [0, 8]}}, "does not fill its place"),
        ({"a": {"dtype": "F32", "shape": [99], "data_offsets": [0, 396]}}, "cut off: the tensor a"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, "not a StyleTalk generator"),
        ({"__metadata__": {"config": "{}"}}, "lacks"),
        ({"__metadata__": {"config": '{"d_model": 7}'}}, "must divide"),
        ({"__metadata__": {"config": '{"decoder_layers": 1000000000}'}}, "whole number in"),
    ],
)
def test_damaged_safetensors_are_refused(tmp_path, header, sentence):
    (tmp_path / "bad.safetensors").write_bytes(safetensors_bytes(header))
    with pytest.raises(WeightsError, match=sentence):
        read_weights(tmp_path / "bad.safetensors")


def test_a_pth_without_torch_names_the_command(published_file, tiny_file, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    assert read_weights(tiny_file).config == TINY
    with pytest.raises(MissingPackageError, match="pip install torch"):
        read_weights(published_file)


def test_bundled_weights_are_complete():
    """Where the bundled weights lie in this checkout, they load."""
    if not DEFAULT_WEIGHTS.is_file():
        pytest.skip("the bundled weights are not trained yet")
    assert load_generator(DEFAULT_WEIGHTS)[1].d_model >= 16
