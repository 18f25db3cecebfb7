# SPDX-License-Identifier: Apache-2.0
"""`styletalk import-checkpoint`: both networks in, and for anything else one sentence."""

import hashlib
import json
import zipfile

import numpy as np
import pytest

from styletalk.checkpoint_import import import_checkpoint
from styletalk.cli import main
from styletalk.errors import OutputError, WeightsError
from styletalk.networks.checkpoints.generator import load_generator, read_weights, save_generator
from styletalk.networks.config import GeneratorConfig
from styletalk.photoreal.neural.networks.checkpoint import load_renderer, save_renderer
from styletalk.photoreal.neural.networks.config import RendererConfig

torch = pytest.importorskip("torch")

GENERATOR = GeneratorConfig(
    d_model=16, nhead=2, audio_layers=1, style_layers=1, decoder_layers=1, feedforward=8, kernels=2, phoneme_dim=4,
    style_frames=20,
)  # fmt: skip
RENDERER = RendererConfig(
    descriptor=4, widest=8, style_hidden=3, mapping_layers=1, warping_base=2, warping_down=2, warping_up=1,
    editing_base=2, editing_layers=1, editing_blocks=1,
)  # fmt: skip


def new_generator():
    from styletalk.networks.modules.generator import StyleTalkGenerator

    return StyleTalkGenerator(GENERATOR)


def new_renderer():
    from styletalk.photoreal.neural.networks.renderer import PhotorealRenderer

    return PhotorealRenderer(RENDERER)


NETWORKS = {
    "generator": ("model_state_dict", new_generator, load_generator, GENERATOR),
    "renderer": ("net_G_ema", new_renderer, load_renderer, RENDERER),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_published_checkpoints_become_equal_safetensors_beside_them(tmp_path, kind):
    key, new, load, config = NETWORKS[kind]
    module = new()
    torch.save({key: module.state_dict(), "epoch": 7}, tmp_path / "weights.pth")
    report = import_checkpoint(tmp_path / "weights.pth")
    assert report.output == tmp_path / "weights.safetensors"
    assert (report.kind, report.config) == (kind, config)
    assert report.tensors == len(module.state_dict())
    assert report.parameters == sum(parameter.numel() for parameter in module.parameters())
    found, found_config = load(report.output)
    assert found_config == config
    for name, tensor in module.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor), name


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "kind"), [("styletalk_checkpoint.pth", "generator"), ("renderer_checkpoint.pt", "renderer")]
)
def test_the_command_imports_the_published_files(shared_dir, tmp_path, capsys, file, kind):
    source = shared_dir / "fixtures" / "official_small" / file
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    for name in ("a.safetensors", "b.safetensors"):
        assert main(["import-checkpoint", str(source), "-o", str(tmp_path / name), "--json"]) == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert event["kind"] == kind
    assert event["output"] == str(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("kind", NETWORKS)
def test_safetensors_are_imported_with_what_they_say(tmp_path, kind):
    save = {"generator": save_generator, "renderer": save_renderer}[kind]
    save(tmp_path / "a.safetensors", NETWORKS[kind][1](), NETWORKS[kind][3], {"licence": "CC0"}, half=True)
    report = import_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert (report.kind, report.config) == (kind, NETWORKS[kind][3])
    if kind == "generator":
        assert read_weights(report.output).metadata["licence"] == "CC0"


def test_a_file_is_not_written_over_itself(tmp_path):
    path = tmp_path / "r.safetensors"
    save_renderer(path, new_renderer(), RENDERER)
    with pytest.raises(OutputError, match="one of the files to read"):
        import_checkpoint(path)


CONTENTS = {
    r"no state dict under model_state_dict \(StyleTalk generator\) or net_G_ema": {"state_dict": {"a": 1}, "epoch": 3},
    r"not a StyleTalk generator: its tensors are layer1\.weight, layer2\.weight\.": {
        "model_state_dict": {"layer1.weight": torch.ones(1), "layer2.weight": torch.ones(1)}
    },
    r"not floating-point tensors \(mapping_net\.x\)": {"net_G_ema": {"mapping_net.x": 1}},
    r"not floating-point tensors \(mapping_net\.y\)": {"net_G_ema": {"mapping_net.y": torch.ones(2, dtype=torch.int8)}},
}


@pytest.mark.parametrize("sentence", CONTENTS)
def test_other_checkpoints_are_refused(tmp_path, sentence):
    torch.save(CONTENTS[sentence], tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=sentence) as caught:
        import_checkpoint(tmp_path / "other.pth")
    assert str(caught.value).startswith(str(tmp_path / "other.pth"))
    assert [path.name for path in tmp_path.iterdir()] == ["other.pth"]


@pytest.mark.filterwarnings("ignore:.*TorchScript", "ignore:.*torch.jit.script")
def test_other_archives_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", vertices=np.zeros(3), faces=np.zeros(3))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("weights/model.pth", "x")
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "c.pt"))
    for name in ("a.npz", "b.zip", "c.pt"):
        with pytest.raises(WeightsError, match=r"is not a checkpoint that can be read .it was not written by PyTorch"):
            import_checkpoint(tmp_path / name)
    torch.save(torch.nn.Linear(2, 2), tmp_path / "d.pt")
    with pytest.raises(WeightsError, match="Python objects beside tensors"):
        import_checkpoint(tmp_path / "d.pt")


def test_another_models_safetensors_are_refused(tmp_path):
    header = json.dumps({"unet.w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(WeightsError, match=r"another model's checkpoint: its tensors are unet\.w"):
        import_checkpoint(tmp_path / "x.safetensors", tmp_path / "y.safetensors")


@pytest.mark.parametrize("name", ["y.txt", "y.pth", "y"])
def test_safetensors_are_written_under_their_own_ending_alone(tmp_path, capsys, name):
    torch.save({"model_state_dict": new_generator().state_dict()}, tmp_path / "x.pth")
    assert main(["import-checkpoint", str(tmp_path / "x.pth"), "-o", str(tmp_path / name)]) == 1
    sentence = f"Unknown file type {(tmp_path / name).suffix!r}. Use .safetensors."
    assert capsys.readouterr().err.strip().endswith(sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["x.pth"]
    assert main(["import-checkpoint", str(tmp_path / "x.pth"), "-o", str(tmp_path / "y.SAFETENSORS")]) == 0


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_sentence_goes_on_after_the_files_name(tmp_path, kind):
    """No capital after the colon."""
    path = tmp_path / "hollow.pth"
    torch.save({NETWORKS[kind][0]: {}}, path)
    with pytest.raises(WeightsError, match=f"^{path}: this is not a "):
        import_checkpoint(path)


def test_a_failed_import_is_one_sentence_and_exit_code_1(tmp_path, capsys):
    (tmp_path / "page.pth").write_text("<html>sign in</html>")
    assert main(["import-checkpoint", str(tmp_path / "page.pth")]) == 1
    complaint = capsys.readouterr().err.strip()
    assert "is not a checkpoint" in complaint
    assert len(complaint.splitlines()) == 1
