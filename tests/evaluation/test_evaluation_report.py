# SPDX-License-Identifier: Apache-2.0
"""The whole report on made-up pairs, as the shell command writes it."""

import importlib.util
import json
import os
import re

import numpy as np
import pytest

from styletalk.cli import main
from styletalk.errors import OutputError, RequestError
from styletalk.networks.engine.inference import load_engine
from styletalk_research.evaluation.blends import blend_rows, line_labels, smoothness, strip
from styletalk_research.evaluation.comparison import METRICS
from styletalk_research.evaluation.options import DEFAULT_PARTS, EvaluationOptions
from styletalk_research.evaluation.report import Report, check_report_path, evaluate, write_report
from styletalk_research.evaluation.style_space import mood_of
from styletalk_research.metrics.tables import number, percent, table


@pytest.fixture(scope="module")
def report(made_pairs):
    options = EvaluationOptions(
        made_pairs, ("motion", "lips", "style"), presets=("happy",), intensities=(1.0,), blends=(("happy", "sad"),)
    )
    return evaluate(options)


def test_every_metric_stands_beside_baselines_and_a_control_and_knows_a_perfect_copy(report):
    speech = report.sections["motion"]
    kinds = {system.kind for system in speech.systems}
    assert kinds == {"model", "recording", "baseline", "control"}
    own = speech.of("recording")
    perfect = {metric.key: float(metric.aim) for metric in METRICS if metric.key not in ("closures", "level")}
    for key, aim in perfect.items():
        assert own.mean(key) == pytest.approx(aim, abs=1e-5), key
    assert speech.of("linear model").mean("gap") > 0.5 > speech.of("mean face").mean("gap") == 0
    assert set(speech.baseline) == {"clip", "speaker"}


def test_the_linear_model_of_the_table_is_the_linear_baseline(report):
    speech = report.sections["motion"]
    linear = speech.of("linear model")
    assert (linear.mean("gap"), linear.mean("width")) == pytest.approx(speech.baseline["clip"], abs=0.02)


def test_the_text_begins_with_a_summary_and_names_what_is_missing(report):
    text = report.as_markdown()
    assert re.search(r"\n1\. \*\*Lip sync\*\*", text) and "\n5. **Style**" in text and "\n6. " not in text
    for missing in ("av_offsets.json", "calibration", "openfacefx"):
        assert missing in text.split("## Speech")[0], missing
    assert "happy" in text.split("## Lips")[1]


def test_lips_close_after_motion_and_their_rate_before_stands_beside_it(report):
    lips = report.sections["lips"]
    assert {style.style for style in lips.styles} == {"recording", "happy"}
    assert all(style.after.closed >= style.before.closed for style in lips.styles)
    assert lips.lowest_rate > 0.9 and lips.segments > 0


def test_style_figures_stand_beside_chance(report):
    space = report.sections["style"]
    assert 0 < space.chance < 1 and 0 <= space.recall <= 1 and space.asked == 8  # each clip is cut in two
    assert {kept.system for kept in space.kept} >= {"networks alone", "recording", "mean face"}
    assert len(space.components) == len(space.points)


def test_the_shell_writes_a_folder_with_text_figures_and_pictures(pairs_dir, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    assert main(["evaluate", str(pairs_dir), "-o", str(out), "--only", "motion", "--only", "style", "--only", "lips",
                 "--preset", "happy", "--intensity", "1"]) == 0  # fmt: skip
    text = (out / "report.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[\w+\]\((\w+\.png)\)", text)
    assert set(shown) == {"speech.png", "tracks.png", "shifts.png", "liveliness.png", "lips.png", "style_pca.png",
                          *(["style_tsne.png"] if importlib.util.find_spec("sklearn") else [])}  # fmt: skip
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in shown)
    figures = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert figures["motion"]["means"]["recording"]["gap"] == pytest.approx(1)
    assert capsys.readouterr().out.startswith("# How well it speaks")


def test_one_file_is_written_where_a_file_is_named(pairs_dir, tmp_path):
    for name in ("report.md", "report.json"):
        assert main(["evaluate", str(pairs_dir), "-o", str(tmp_path / name), "--only", "blends"]) == 0
    assert "happy → sad" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text())["blends"]["blends"]


def test_an_output_that_cannot_be_written_is_said_before_the_work(pairs_dir, tmp_path):
    for path in (tmp_path / "report.txt", tmp_path / "absent" / "report.md", tmp_path / "absent" / "folder"):
        with pytest.raises(OutputError):
            check_report_path(path)
    assert main(["evaluate", str(pairs_dir), "-o", str(tmp_path / "report.txt")]) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--checkpoint", "none.safetensors"), "none.safetensors"),
        (("--checkpoint", "text"), "text"),
        (("--folds", "folds"), "ann_one"),
        (("--preset", "sleepy"), "sleepy"),
        (("--blend", "happy", "sleepy"), "sleepy"),
        (("--intensity", "-1"), "The intensity -1"),
        (("--intensity", "nan"), "The intensity nan"),
        (("--videos", "films"), "no films"),
        (("--only", "motion", "--only", "face"), "Jacobian"),
        (("--sync-weights", "text"), "text"),
        (("--videos", "film", "--syncnet", "text"), "text"),
        (("--videos", "film", "--syncnet", "none"), "no file"),
    ],
)
def test_what_is_given_and_wrong_is_said_in_a_sentence_before_the_work(
    pairs_dir, tmp_path, monkeypatch, capsys, options, says
):
    """A report without what was asked for, after minutes, would be no answer."""
    if "--syncnet" in options or "--sync-weights" in options:
        pytest.importorskip("torch", reason="needs PyTorch, which reads these files")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "a.mp4").write_bytes(b"")
    monkeypatch.setattr(
        "styletalk_research.evaluation.systems.Predictions.of", lambda *_: pytest.fail("it has begun to work")
    )
    assert main(["evaluate", str(pairs_dir), "-o", "out", *options]) == 1
    sentence = capsys.readouterr().err.strip()
    assert says in sentence and "\n" not in sentence and "Unexpected" not in sentence
    assert not (tmp_path / "out").exists()


def test_one_pair_is_enough_for_every_part_that_needs_no_other(pairs_dir, tmp_path):
    for path in (pairs_dir / "speech").glob("*"):
        if not path.name.startswith("ann_one"):
            path.unlink()
    parts = [word for part in ("motion", "lips", "style") for word in ("--only", part)]
    assert main(["evaluate", str(pairs_dir), "-o", str(tmp_path / "one.md"), *parts, "--preset", "sad"]) == 0
    text = (tmp_path / "one.md").read_text(encoding="utf-8")
    assert "linear model is not in the tables: one clip alone leaves nothing to learn from.\n" in text
    assert "| recording |" in text.split("## Style")[1] and "| linear model |" not in text.split("## Style")[1]


def test_a_picture_that_fails_leaves_no_half_written_report(tmp_path):
    def fails() -> None:
        """Killed here, the process leaves what the next run removes, for it knows whose it was."""
        assert [f"-{os.getpid()}-" in path.name for path in tmp_path.iterdir()] == [True]
        raise ValueError("ink")

    good = np.zeros((4, 4, 3), np.uint8)
    report = Report({}, pictures={"part": {"good": lambda: good, "bad": fails}})
    with pytest.raises(ValueError, match="ink"):
        write_report(report, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    write_report(Report({}, pictures={"part": {"good": lambda: good}}), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.png", "report.json", "report.md"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_calibration_the_face_is_left_out_and_named_and_refused_when_asked_for(pairs_dir, monkeypatch):
    assert main(["evaluate", str(pairs_dir), "--only", "face"]) == 1
    monkeypatch.setattr("styletalk_research.evaluation.options.DEFAULT_PARTS", ("blends", "face"))
    report = evaluate(EvaluationOptions(pairs_dir))
    assert list(report.sections) == ["blends"] and any(note.startswith("face.") for note in report.notes)


def test_parts_follow_the_files_that_are_given(tmp_path):
    assert EvaluationOptions(tmp_path).parts() == DEFAULT_PARTS
    given = EvaluationOptions(tmp_path, videos=tmp_path, sync_weights=tmp_path / "sync.pt", syncnet=tmp_path / "s")
    assert given.parts() == (*DEFAULT_PARTS, "sync", "syncnet", "videos")
    for part in ("sync", "syncnet", "videos"):
        with pytest.raises(RequestError, match="needs"):
            EvaluationOptions(tmp_path, (part,))
    with pytest.raises(RequestError, match="--videos"):
        EvaluationOptions(tmp_path, real_videos=tmp_path)


def test_a_blend_goes_evenly_from_end_to_end():
    assert smoothness(np.linspace(0, 1, 7)[:, None, None] * np.ones((1, 5, 64))) == pytest.approx((1, 1))
    switch = np.zeros((7, 5, 64))
    switch[3:] = 1
    assert smoothness(switch) == pytest.approx((6, 1))
    assert smoothness(np.zeros((7, 5, 64))) == (1, 1)
    engine = load_engine()
    rows = blend_rows(engine, "neutral", "happy")
    assert rows.shape == (7, len(line_labels()), 64) and smoothness(rows)[0] < 2


def test_a_strip_shows_every_share_and_moment():
    picture = strip(load_engine(), "happy", "sad", pixels=32)
    assert picture.dtype == np.uint8 and picture.shape == (3 * 36 + 4, 7 * 36 + 4, 3) and picture.std() > 10


def test_moods_are_told_by_names():
    assert [mood_of(name) for name in ("W015_angry_level3_001", "sadgirl_clip1", "lecture")] == [
        "angry", "sad", "speech"]  # fmt: skip


def test_tables_and_numbers_read_well():
    assert table(["a", "b"], [["x", "1"]]) == ["| a | b |", "| --- | ---: |", "| x | 1 |"]
    assert (number(-0.0001), number(float("nan")), number(1.234, 1), percent(0.975)) == ("0.00", "–", "1.2", "98 %")
