# SPDX-License-Identifier: Apache-2.0
"""What was heard of a sound is kept: another style makes nobody listen again, another sound does."""

import shutil

import numpy as np
import pytest

from styletalk.api import AnimationRequest, animate
from styletalk.demo import LINE
from styletalk.kept_hearing import KeptHearing
from styletalk.speech import track
from styletalk.speech.hearing import listening


@pytest.fixture
def heard(monkeypatch) -> list[str]:
    """What is done with the sound, in order."""
    done = []
    listen, find = listening.heard, track.phoneme_track
    monkeypatch.setattr(listening, "heard", lambda *a: done.append("listened") or listen(*a))
    monkeypatch.setattr(track, "phoneme_track", lambda *a, **k: done.append("found words") or find(*a, **k))
    return done


def test_another_style_of_a_line_is_made_without_listening(heard, tmp_path):
    first = animate(AnimationRequest(audio=LINE))
    heard.clear()
    shutil.copyfile(LINE, tmp_path / LINE.name)  # as Blender decodes a sound anew for every bake
    angry = animate(AnimationRequest(audio=tmp_path / LINE.name, style="angry", intensity=1.4))
    assert heard == [] and angry.track == first.track


def test_what_is_kept_changes_nothing(heard):
    request = AnimationRequest(audio=LINE, style="sad", intensity=0.7)
    first, again = animate(request), animate(request)
    for name in ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))


def test_other_words_are_aligned_without_listening_again(heard):
    animate(AnimationRequest(audio=LINE))
    heard.clear()
    said = animate(AnimationRequest(audio=LINE, transcript="And Mister John Dashwood had then pleasure to consider."))
    assert heard == ["found words"] and "pleasure" in [each.word for each in said.track.words]


def test_a_file_of_the_same_name_with_another_content_is_another_sound(tmp_path):
    kept, path = KeptHearing(), tmp_path / "line.wav"
    shutil.copyfile(LINE, path)
    sound = kept.sound(path)
    assert kept.sound(path) is sound
    content = bytearray(path.read_bytes())
    content[-2000:] = bytes(2000)
    path.write_bytes(content)
    assert kept.sound(path) is not sound and kept.sound(path).sha256 != sound.sha256


def test_no_more_is_kept_than_was_said(tmp_path):
    """The line lasts 7.1 s: two fit into 15 s, a third one pushes out the one that was not used for longest."""
    kept, paths = KeptHearing(max_s=15.0), [tmp_path / f"{number}.wav" for number in range(3)]
    for path in paths:
        shutil.copyfile(LINE, path)
    first, second = kept.sound(paths[0]), kept.sound(paths[1])
    assert kept.sound(paths[0]) is first
    kept.sound(paths[2])
    assert kept.sound(paths[0]) is first and kept.sound(paths[1]) is not second
    assert KeptHearing(max_s=5.0).sound(paths[0], in_file=True).audio.duration_s == pytest.approx(7.1, abs=0.2)
