# SPDX-License-Identifier: Apache-2.0
"""A second style, a blend and styles that change along a line: what is asked for, and what the face makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.animation import FaceAnimation
from styletalk.api import animate
from styletalk.demo import LINE, TRANSCRIPT
from styletalk.errors import IntensityCurveError, StyleError
from styletalk.motion.style_changes import read_style_changes
from styletalk.motion.style_plan import FADE_S, style_plan
from styletalk.request import AnimationRequest

TEXT = TRANSCRIPT.read_text(encoding="utf-8")
PLAIN = AnimationRequest(LINE, transcript=TEXT, style="sad", pose="none", blinks=False, gaze=False, engine="numpy")


def coefficients_in(folder, content: str = "", **options: object) -> FaceAnimation:
    """The line, its style changes as in `content`."""
    path = folder / "changes.csv"
    path.write_text(content, encoding="utf-8")
    given = {"style_changes": path} if content else {}
    return animate(replace(PLAIN, micro_movement=False, accents=False, swell=False, **given, **options))


def test_a_blend_of_nothing_is_the_first_style_and_a_whole_one_the_second(tmp_path):
    sad, happy = coefficients_in(tmp_path), coefficients_in(tmp_path, style="happy")
    for blend, alone in ((0.0, sad), (1.0, happy)):
        both = coefficients_in(tmp_path, second_style="happy", style_blend=blend)
        np.testing.assert_allclose(both.coefficients, alone.coefficients, atol=1e-5)
        np.testing.assert_allclose(both.upper, alone.upper, atol=1e-5)


def test_a_blend_that_is_keyed_goes_from_one_style_to_the_other_along_the_line(tmp_path):
    (tmp_path / "blend.csv").write_text("seconds,blend\n1.0,0\n2.0,1\n")
    plan = style_plan(replace(PLAIN, second_style="happy", style_blend_keys=tmp_path / "blend.csv"))
    shares = plan.shares(np.array([0.0, 1.0, 1.25, 1.5, 2.0, 9.0]))
    np.testing.assert_allclose(shares, [[1, 1, 0.75, 0.5, 0, 0], [0, 0, 0.25, 0.5, 1, 1]], atol=1e-6)


def test_from_a_change_on_the_line_is_what_it_would_be_in_that_style_alone(tmp_path):
    """Far from the change on either side; across it nothing jumps more than within either style."""
    changed = coefficients_in(tmp_path, "seconds,style\n3.0,happy\n")
    sad, happy = coefficients_in(tmp_path), coefficients_in(tmp_path, style="happy")
    before, after = changed.times_s < 3.0 - FADE_S, changed.times_s > 3.0 + FADE_S
    inside = (changed.times_s > 1.0) & (changed.times_s < 5.0)
    np.testing.assert_allclose(changed.upper[before & inside], sad.upper[before & inside], atol=1e-3)
    np.testing.assert_allclose(changed.upper[after & inside], happy.upper[after & inside], atol=1e-3)
    step = np.abs(np.diff(changed.upper[:, :11], axis=0)).max()
    assert step < 0.4 * np.abs((happy.upper - sad.upper)[inside, :11]).max(), "a fade, and no jump"


def test_a_word_of_its_own_style_gives_the_line_back_after_it(tmp_path):
    (tmp_path / "words.json").write_text(
        '[{"seconds": 1, "until": 2, "style": "happy", "intensity": 1.5},'
        ' {"seconds": 2, "until": 2.5, "style": "angry"}]'
    )
    plan = style_plan(replace(PLAIN, style_changes=tmp_path / "words.json"))
    names = [style.name for style in plan.styles]
    times = np.array([0.5, 1.5, 2.0, 2.25, 3.0])
    shares = dict(zip(names, plan.shares(times), strict=True))
    np.testing.assert_allclose(shares["sad"], [1, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(shares["happy"], [0, 1, 0.5, 0, 0], atol=1e-6)
    np.testing.assert_allclose(plan.shares(np.linspace(0, 4, 200)).sum(axis=0), 1.0, atol=1e-6)
    np.testing.assert_allclose(plan.intensities(times)[[0, 1, 3, 4]], [1, 1.5, 1, 1], atol=1e-6)


def test_an_intensity_in_keys_is_swelled_by_the_line_and_comes_and_goes_with_it(tmp_path):
    (tmp_path / "keys.csv").write_text("0,0.5\n6,0.5\n")
    keyed = animate(replace(PLAIN, intensity_keys=tmp_path / "keys.csv"))
    plain = animate(replace(PLAIN, intensity=0.5))
    np.testing.assert_allclose(keyed.intensity, plain.intensity, atol=1e-5)
    assert keyed.intensity[0] == 0.0 and keyed.metadata["over_time_sha256"]


def test_the_head_goes_from_one_styles_level_to_the_others_no_faster_than_heads_do(tmp_path):
    (tmp_path / "changes.csv").write_text("seconds,style\n3.5,surprised\n")
    moved = animate(replace(PLAIN, pose="auto", style_changes=tmp_path / "changes.csv"))
    sad, surprised = (animate(replace(PLAIN, pose="auto", style=style)) for style in ("sad", "surprised"))
    early, late = (moved.times_s > 1) & (moved.times_s < 2.5), (moved.times_s > 4.5) & (moved.times_s < 6)
    pitch = [each.head_pose[:, 0] for each in (moved, sad, surprised)]
    assert abs((pitch[0] - pitch[1])[early].mean()) < 0.01 < abs((pitch[1] - pitch[2])[early].mean())
    assert abs((pitch[0] - pitch[2])[late].mean()) < abs((pitch[1] - pitch[2])[late].mean())


def test_two_styles_are_two_runs_of_the_networks_beside_the_neutral_one(tmp_path, monkeypatch):
    """So that a line with two styles costs half as much again, and changes to neutral or to what is there nothing."""
    from styletalk.networks.engine.inference import Engine

    runs = []
    original = Engine.coefficients_of_styles

    def counted(self, labels, codes, *rest):
        runs.append(len(codes))
        return original(self, labels, codes, *rest)

    monkeypatch.setattr(Engine, "coefficients_of_styles", counted)
    coefficients_in(tmp_path)
    coefficients_in(tmp_path, second_style="happy")
    coefficients_in(tmp_path, "seconds,style\n1,neutral\n2,sad\n3,\n")
    assert runs == [2, 3, 2]


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("a.csv", "seconds,style\nx,happy\n", "is no number"), ("b.csv", "when,style\n1,happy\n", "“when”"),
        ("c.json", "{}", "no list"), ("d.json", '[{"style": "happy"}]', "seconds and a style"),
        ("e.csv", "seconds,style,until\n2,happy,1\n", "ends before"), ("f.txt", "", "no style changes"),
        ("g.csv", "seconds,style,intensity\n1,happy,9\n", "from 0 to 2"), ("h.json", "[", "style changes"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_read_are_refused_in_a_sentence(tmp_path, name, content, reason):
    (tmp_path / name).write_text(content)
    with pytest.raises(StyleError, match=reason) as caught:
        read_style_changes(tmp_path / name)
    assert name in str(caught.value)


def test_styles_blends_and_intensities_that_are_none_are_refused(tmp_path):
    (tmp_path / "changes.csv").write_text("seconds,style\n1,gloomy\n")
    with pytest.raises(StyleError, match="gloomy"):
        style_plan(replace(PLAIN, style_changes=tmp_path / "changes.csv"))
    (tmp_path / "blend.csv").write_text("0,0\n1,1.5\n")
    with pytest.raises(StyleError, match="0 to 1"):
        style_plan(replace(PLAIN, second_style="happy", style_blend_keys=tmp_path / "blend.csv"))
    (tmp_path / "keys.csv").write_text("0,9\n")
    with pytest.raises(IntensityCurveError):
        style_plan(replace(PLAIN, intensity_keys=tmp_path / "keys.csv"))
