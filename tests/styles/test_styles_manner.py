# SPDX-License-Identifier: Apache-2.0
"""A manner: measured from people, kept in style files, foretold where no head was seen, mixed, and scaled."""

from dataclasses import replace

import numpy as np
import pytest

from styletalk.errors import StyleError
from styletalk.files.npz import read_npz, write_npz
from styletalk.styles.blend import blended
from styletalk.styles.clip import StyleClip
from styletalk.styles.library import read_style
from styletalk.styles.manner import MANNER_DIM, Manner, mixed
from styletalk.styles.manner_measure import Motion, blinks_in, measured, speed_of
from styletalk.styles.manners import manner_of, predicted_manner
from styletalk.styles.presets import preset_names

ROWS = 300
RNG = np.random.default_rng(0)
CLIP = np.cumsum(RNG.normal(size=(ROWS, 64)), axis=0).astype(np.float32) * 0.01


def swaying(pitch=4.0, size=3.0, hz=0.6):
    """A head that is held `pitch` low and nods by sines, degrees → radians (T, 3)."""
    wave = size * np.sqrt(2) * np.sin(2 * np.pi * hz * np.arange(ROWS) / 30)
    return np.radians(np.stack([pitch + wave, 20 + 0.5 * wave, -2 + 0.25 * wave], axis=1)).astype(np.float32)


def opening(rows=ROWS, blinks=(40, 120, 200)):
    """Eyes that shut for a sixth of a second, and are narrowed for two seconds at the end."""
    track = np.ones(rows)
    for row in blinks:
        track[row - 2 : row + 3] = (0.6, 0.2, 0.05, 0.3, 0.7)
    track[-60:] = 0.5
    return track


def test_level_size_and_speed_are_those_of_the_head():
    found = measured(Motion(swaying()), Manner())
    assert found.level_deg == pytest.approx((4.0, 0.0, -2.0), abs=0.05)  # turned aside is where the camera stood
    assert found.size_deg == pytest.approx((3.0, 1.5, 0.75), rel=0.02)
    mean_speed = 3.0 * np.sqrt(2) * 2 * np.pi * 0.6 * 2 / np.pi
    assert found.speed == pytest.approx((mean_speed, mean_speed / 2, mean_speed / 4), rel=0.05)


def test_a_trackers_noise_counts_in_part():
    still, noisy = np.degrees(swaying()), np.degrees(swaying()) + RNG.normal(0, 0.2, (ROWS, 3))
    raw = np.abs(np.diff(noisy, axis=0)).mean(0) * 30
    assert np.all(speed_of(noisy) < raw) and np.all(speed_of(noisy) > speed_of(still))


def test_blinks_are_quick_dips_and_not_narrow_eyes():
    assert list(blinks_in(opening())) == [40, 120, 200]
    assert len(blinks_in(np.ones(2))) == 0
    rate = measured(Motion(swaying(), opening=opening()), replace(Manner(), blinks=17.0)).blinks
    assert 15 < rate < 19  # three in ten seconds are 18


def test_what_is_not_seen_is_as_expected_otherwise():
    otherwise = replace(Manner(), blinks=33.0, looks=0.4, nod=0.6)
    found = measured(Motion(swaying()), otherwise)
    assert (found.blinks, found.looks, found.nod, found.sway_mm) == (33.0, 0.4, 0.6, otherwise.sway_mm)
    assert measured(Motion(swaying()[:20]), otherwise) == otherwise


def test_a_style_file_keeps_its_manner_and_old_files_have_none(tmp_path):
    manner = replace(Manner(), level_deg=(9.0, 0.0, 3.0), blinks=30.0)
    StyleClip(CLIP, "me", manner=manner).save(tmp_path / "new.npz")
    np.testing.assert_array_equal(StyleClip.load(tmp_path / "new.npz").manner.vector(), manner.vector())
    StyleClip(CLIP, "me").save(tmp_path / "old.npz")
    assert StyleClip.load(tmp_path / "old.npz").manner is None


def test_a_damaged_manner_is_refused_in_one_sentence(tmp_path):
    StyleClip(CLIP, "me", manner=Manner()).save(tmp_path / "a.npz")
    with read_npz(tmp_path / "a.npz", StyleError) as data:
        arrays = dict(data)
    for broken in (np.full(MANNER_DIM, np.nan), np.zeros(3), np.zeros((2, MANNER_DIM))):
        write_npz(tmp_path / "b.npz", {**arrays, "manner": broken})
        with pytest.raises(StyleError, match="manner"):
            StyleClip.load(tmp_path / "b.npz")


def test_no_number_of_a_manner_goes_beyond_what_a_head_can_do():
    wild = Manner.of_vector(np.full(MANNER_DIM, 1e6))
    assert max(wild.level_deg) <= 22 and max(wild.size_deg) <= 12 and wild.blinks <= 55 and wild.nod < 1
    for intensity in (0.0, 0.5, 2.0):
        assert np.isfinite(wild.at(intensity).vector()).all()


@pytest.mark.parametrize("name", preset_names())
def test_intensity_scales_the_head_from_stillness(name):
    manner = manner_of(read_style(name))
    sizes = [np.linalg.norm(manner.at(k).size_deg) for k in (0.0, 0.5, 1.0, 2.0)]
    assert sizes[0] < 1.2 and np.all(np.diff(sizes) > 0)
    assert manner.at(0.0).level_deg == (0.0, 0.0, 0.0) and manner.at(1.0) == manner
    assert manner.at(0.0) == manner_of(read_style("neutral")).at(0.0)


def test_presets_hold_the_head_as_their_mood_does():
    of = {name: manner_of(read_style(name)) for name in preset_names()}
    assert of["sad"].level_deg[0] > 6 and of["surprised"].level_deg[0] < -4 and of["furious"].level_deg[0] > 4
    speed = {name: np.linalg.norm(each.speed) for name, each in of.items()}
    assert speed["tired"] < speed["sad"] < speed["neutral"] < speed["happy"] < speed["furious"]
    assert of["tired"].blink_s > of["neutral"].blink_s and of["furious"].looks < of["neutral"].looks
    assert len({each.sentence() for each in of.values()}) == len(of)


def test_livelier_faces_are_expected_to_have_livelier_heads():
    quiet, lively = predicted_manner(0.3 * CLIP), predicted_manner(3 * CLIP)
    assert np.linalg.norm(lively.size_deg) > np.linalg.norm(quiet.size_deg)
    assert manner_of(StyleClip(CLIP, "me")) == predicted_manner(CLIP)


def test_a_blend_moves_between_its_styles():
    class Engine:
        weights_hash = "none"

        def encode_style(self, clip):
            return np.zeros(4, np.float32)

    styles = [read_style("sad"), read_style("furious")]
    found = blended(styles, [3, 1], "both", Engine()).manner
    assert found == mixed([manner_of(each) for each in styles], [0.75, 0.25])


@pytest.mark.shared
def test_a_published_clip_brings_its_own_manner(shared_dir):
    clips = shared_dir / "data" / "styletalk" / "style_clips"
    names = ("furious_talk1_clip2", "sad_emotion_clip1")
    furious, sad = (read_style(str(clips / f"{name}.mat")).manner for name in names)
    assert furious.level_deg[0] == pytest.approx(14.0, abs=0.1) and sad.level_deg[0] == pytest.approx(11.1, abs=0.1)
    assert np.linalg.norm(furious.speed) > np.linalg.norm(sad.speed)
