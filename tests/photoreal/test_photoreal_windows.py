# SPDX-License-Identifier: Apache-2.0
"""Windows and batches: right at the edges, constant in memory, and able to do with less of it."""

import itertools

import numpy as np
import pytest
import torch
from photoreal_reference import SIDE_PX, random_renderer, rendered_frames

from styletalk.cli import main
from styletalk.errors import CoefficientShapeError, RenderError
from styletalk.photoreal.neural import frames as photoreal
from styletalk.photoreal.neural.networks.checkpoint import save_renderer
from styletalk.photoreal.neural.windows import coefficient_windows

ROWS = 5
ROUNDING = 1e-4
"""Batches of other sizes are summed in other orders, and a photo of noise magnifies what flow differs by."""


@pytest.fixture(scope="module")
def renderer():
    return random_renderer()


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).uniform(-1, 1, (3, SIDE_PX, SIDE_PX)).astype(np.float32)


@pytest.fixture(scope="module")
def windows():
    random = np.random.default_rng(2)
    return coefficient_windows(random.normal(size=(ROWS, 64)), random.normal(size=(ROWS, 9)))


def rendered(*arguments, **options):
    return np.stack(list(rendered_frames(*arguments, **options)))


def test_each_window_is_centred_on_its_row_and_repeats_the_edges():
    rows = 40
    coefficients = np.arange(rows, dtype=np.float32)[:, None] + np.zeros(64, np.float32)
    pose9 = 1000 + np.arange(9, dtype=np.float32) + np.zeros((rows, 1), np.float32)
    windows = coefficient_windows(coefficients, pose9)
    assert windows.shape == (rows, 73, 27)
    for row in (0, 5, 20, rows - 1):
        np.testing.assert_array_equal(windows[row, 7], np.clip(np.arange(row - 13, row + 14), 0, rows - 1))
        np.testing.assert_array_equal(windows[row, 64:, 3], 1000 + np.arange(9))
    assert (coefficient_windows(coefficients[:1], pose9[:1])[0, :64] == 0).all()


def test_windows_of_an_hour_take_the_memory_of_its_rows():
    rows = 3600 * 30
    windows = coefficient_windows(np.zeros((rows, 64), np.float32), np.zeros((rows, 9), np.float32))
    start, end = np.lib.array_utils.byte_bounds(windows) if hasattr(np.lib, "array_utils") else np.byte_bounds(windows)
    assert end - start <= (rows + 26) * 73 * 4


@pytest.mark.parametrize(
    ("coefficients", "pose9", "sentence"),
    [
        (np.zeros((4, 63)), np.zeros((4, 9)), r"\(4, 63\) and \(4, 9\)"),
        (np.zeros((4, 64)), np.zeros((5, 9)), r"\(4, 64\) and \(5, 9\)"),
        (np.zeros((0, 64)), np.zeros((0, 9)), r"\(0, 64\)"),
        (np.zeros(64), np.zeros(9), "same rows"),
        (np.float32(3), np.float32(3), "same rows"),
        (np.zeros((4, 64)), np.full((4, 9), np.nan), "Row 0 has values that are missing"),
    ],
)
def test_rows_that_are_none_are_refused(coefficients, pose9, sentence):
    with pytest.raises(CoefficientShapeError, match=sentence):
        coefficient_windows(coefficients, pose9)


def test_batches_and_layouts_make_no_difference(renderer, image, windows):
    one_by_one = rendered(renderer, image, windows, batch=1, device="cpu")
    assert one_by_one.shape == (ROWS, 3, SIDE_PX, SIDE_PX)
    assert one_by_one.dtype == np.float32
    assert np.abs(np.diff(one_by_one, axis=0)).max(axis=(1, 2, 3)).min() > 100 * ROUNDING  # frames do differ
    np.testing.assert_allclose(rendered(renderer, image, windows, batch=3, device="cpu"), one_by_one, atol=ROUNDING)
    channels_last = rendered(renderer, image.transpose(1, 2, 0), windows, device="cpu")
    np.testing.assert_allclose(channels_last, one_by_one, atol=ROUNDING)
    with torch.no_grad():
        alone = renderer(torch.from_numpy(image)[None], torch.from_numpy(windows[2:3].copy())).image
    np.testing.assert_allclose(alone[0].numpy(), one_by_one[2], atol=ROUNDING)


def test_no_more_is_rendered_than_is_asked_for(image, windows):
    renderer, batches = random_renderer(), []
    renderer.register_forward_hook(lambda module, inputs, output: batches.append(len(inputs[0])))
    frames = rendered_frames(renderer, image, windows[np.zeros(1000, int)], batch=2, device="cpu")
    assert batches == []
    assert len(list(itertools.islice(frames, 3))) == 3
    assert batches == [2, 2]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"image": np.zeros((3, 30, 32), np.float32)}, "other multiples of 8"),
        ({"image": np.zeros((32, 32), np.float32)}, r"it is \(32, 32\)"),
        ({"image": np.zeros((3, 32, 32), np.uint8)}, "divide 0..255 by 127.5"),
        ({"image": np.full((3, 32, 32), 200.0)}, "divide 0..255 by 127.5"),
        ({"image": np.full((3, 32, 32), np.nan)}, "finite"),
        ({"windows": np.zeros((4, 73, 26), np.float32)}, r"these have \(4, 73, 26\)"),
        ({"batch": 0}, "A batch of 0"),
        ({"device": "abacus"}, "no device abacus"),
    ],
)
def test_what_cannot_be_rendered_is_refused_at_the_call(renderer, image, windows, change, sentence):
    with pytest.raises(RenderError, match=sentence):
        rendered_frames(**{"renderer": renderer, "image": image, "windows": windows, **change})


def test_a_window_with_missing_values_is_named(renderer, image, windows):
    holed = windows.copy()
    holed[3, 0, 0] = np.nan
    frames = rendered_frames(renderer, image, holed, batch=2, device="cpu")
    assert len(list(itertools.islice(frames, 2))) == 2
    with pytest.raises(RenderError, match="Window 3 "):
        list(frames)


class SmallMemory:
    """Stands in for the computation: refuses batches beyond what a device holds, and remembers what was tried."""

    def __init__(self, gpu: int, cpu: int = 99) -> None:
        self.room, self.tried = {"cuda": gpu, "cpu": cpu}, []

    def __call__(self, renderer, picture, chunk, device):
        self.tried.append((device, len(chunk)))
        if len(chunk) > self.room[device]:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real_rendered(renderer, picture, chunk, "cpu")


real_rendered = photoreal._rendered


@pytest.fixture
def starve(monkeypatch):
    """Put a GPU and a memory in the place of what this machine has."""

    def put(memory):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(photoreal, "_rendered", memory)
        return memory

    return put


def test_a_gpu_that_runs_out_of_memory_goes_on_in_smaller_batches(renderer, image, windows, starve):
    wanted, notes = rendered(renderer, image, windows, device="cpu"), []
    memory = starve(SmallMemory(gpu=2))
    found = rendered(renderer, image, windows, batch=8, notify=notes.append)
    np.testing.assert_allclose(found, wanted, atol=ROUNDING)
    assert memory.tried == [("cuda", 5), ("cuda", 4), ("cuda", 2), ("cuda", 2), ("cuda", 1)]
    assert notes == [
        "The GPU ran out of memory with 8 frames at a time; going on with 4.",
        "The GPU ran out of memory with 4 frames at a time; going on with 2.",
    ]


def test_a_gpu_without_room_for_one_frame_leaves_the_rest_to_the_cpu(renderer, image, windows, starve):
    wanted, notes = rendered(renderer, image, windows, device="cpu"), []
    memory = starve(SmallMemory(gpu=0))
    np.testing.assert_allclose(rendered(renderer, image, windows, batch=2, notify=notes.append), wanted, atol=ROUNDING)
    assert memory.tried == [("cuda", 2), ("cuda", 1)] + [("cpu", 1)] * ROWS
    assert len(notes) == 2
    assert "the CPU renders the rest" in notes[1]


def test_memory_that_shrinks_midway_loses_and_doubles_no_frame(renderer, image, windows, starve):
    wanted = rendered(renderer, image, windows, device="cpu")
    memory = starve(SmallMemory(gpu=2))
    frames = rendered_frames(renderer, image, windows, batch=2)
    first = list(itertools.islice(frames, 2))
    memory.room["cuda"] = 0
    np.testing.assert_allclose(np.stack([*first, *frames]), wanted, atol=ROUNDING)


def test_a_computer_without_room_for_one_frame_says_so(renderer, image, windows, starve):
    starve(SmallMemory(gpu=0, cpu=0))
    with pytest.raises(RenderError, match="not enough memory to render a single frame"):
        rendered(renderer, image, windows)


def test_other_failures_are_not_taken_for_want_of_memory(renderer, image, windows, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(photoreal, "_rendered", fail)
    with pytest.raises(RuntimeError, match="illegal"):
        rendered(renderer, image, windows)


def test_a_gpu_that_is_not_there_is_said(renderer, image, windows):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    notes = []
    assert len(rendered(renderer, image, windows[:1], device="cuda", notify=notes.append)) == 1
    assert notes == ["PyTorch sees no CUDA device here, so the CPU renders."]


@pytest.fixture
def files(tmp_path, renderer, image, windows):
    """A renderer, a photo and windows on disk; the photo goes through eight bits."""
    pillow = pytest.importorskip("PIL.Image")
    save_renderer(tmp_path / "r.safetensors", renderer, renderer.config)
    eight_bits = np.round((image.transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)
    pillow.fromarray(eight_bits).save(tmp_path / "photo.png")
    np.savez(tmp_path / "windows.npz", windows=windows)
    return tmp_path, eight_bits.astype(np.float32) / 127.5 - 1


def command(folder, source="windows.npz", photo="photo.png"):
    options = {"--photo": photo, "--renderer": "r.safetensors", "-o": "out.npz"}
    given = [word for option, name in options.items() for word in (option, str(folder / name))]
    return main(["render-windows", str(folder / source), *given, "--batch", "2", "--device", "cpu"])


def test_the_command_writes_flow_warped_photo_and_frames(files, renderer, windows):
    folder, photo = files
    assert command(folder) == 0
    with np.load(folder / "out.npz") as found, torch.no_grad():
        images = torch.from_numpy(photo).permute(2, 0, 1).expand(ROWS, -1, -1, -1)
        for name, part in zip(
            ("flow", "warped", "image"), renderer(images, torch.from_numpy(windows.copy())), strict=True
        ):
            np.testing.assert_allclose(found[name], part.numpy(), atol=ROUNDING)


def test_the_command_takes_an_animation(files):
    from styletalk.animation import FaceAnimation

    folder, _ = files
    FaceAnimation.still(np.ones((3, 64)), np.zeros(3)).save(folder / "animation.npz")
    assert command(folder, "animation.npz") == 0
    with np.load(folder / "out.npz") as found:
        assert found["image"].shape == (3, 3, SIDE_PX, SIDE_PX)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"photo": "absent.png"}, "There is no photo"),
        ({"photo": "windows.npz"}, "not a picture that can be read"),
        ({"source": "photo.png"}, "neither windows nor an animation"),
        ({"source": "empty.npz"}, "holds no windows"),
        ({"source": "other.npz"}, "neither windows nor an animation"),
    ],
)
def test_files_of_another_kind_are_one_sentence(files, capsys, change, sentence):
    folder, _ = files
    np.savez(folder / "empty.npz", windows=np.zeros((0, 73, 27)))
    np.savez(folder / "other.npz", x=np.zeros(3))
    assert command(folder, **change) == 1
    complaint = capsys.readouterr().err.strip()
    assert sentence in complaint
    assert len(complaint.splitlines()) == 1
    assert not (folder / "out.npz").exists()
