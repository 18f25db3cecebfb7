# SPDX-License-Identifier: Apache-2.0
"""From a sound to timed phonemes by every method, and what each does with bad input."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from styletalk.errors import AudioError, Cancelled, TranscriptError
from styletalk.phonemes import CLOSED_LIPS, PHONEMES
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.track import phoneme_track
from styletalk.timeline import FRAME_RATE_HZ, film_row_time_s

DEMO = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo"
LABEL_LEAD_ROWS = 3  # row i of the published clips shows label i + 3
SENTENCES = {
    "Bob Palmer made my big puppet pop up before me.": "slt",
    "The happy puppy jumped over a purple map.": "rms",
    "My mom bought a small box of pepper and butter.": "awb",
}


@pytest.fixture(scope="module")
def line() -> Audio:
    return load_audio(DEMO / "line.wav")


@pytest.fixture(scope="module")
def line_text() -> str:
    return (DEMO / "line.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=SENTENCES)
def known_speech(request, tmp_path_factory):
    """Synthetic speech, its text, and the synthesiser's own phonemes with their times: (symbol, start, end)."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("needs flite, which prints its own phone times: apt-get install flite")
    text = request.param
    path = tmp_path_factory.mktemp("flite") / "known.wav"
    command = [flite, "-voice", SENTENCES[text], "-psdur", "-t", text, "-o", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    phones, start_s = [], 0.0
    for entry in printed:
        name, end = entry.split(":")
        phones.append((name.upper().replace("AX", "AH").replace("PAU", "SIL"), start_s, float(end)))
        start_s = float(end)
    return load_audio(path), text, phones


def test_onsets_are_where_the_synthesiser_put_them(known_speech):
    audio, text, phones = known_speech
    track = phoneme_track(audio, text)
    known = [phone for phone in phones if phone[0] != "SIL"]
    assert len(track.segments) == len(known)
    errors_s = np.array(
        [segment.start_s - start_s for segment, (_, start_s, _) in zip(track.segments, known, strict=True)]
    )
    assert abs(np.median(errors_s)) < 0.012
    assert np.median(np.abs(errors_s)) < 0.015
    assert np.percentile(np.abs(errors_s), 90) < 1.0 / FRAME_RATE_HZ


def test_every_closure_is_shown_within_one_frame_of_its_sound(known_speech):
    """Through the convention for rows: a film's row i is at film_row_time_s(i), with label i + 3."""
    audio, text, phones = known_speech
    labels = phoneme_track(audio, text).labels()
    rows = np.arange(len(labels) - LABEL_LEAD_ROWS)
    closed = np.isin([PHONEMES[label] for label in labels[rows + LABEL_LEAD_ROWS]], CLOSED_LIPS)
    times_s = film_row_time_s(rows)
    frame_s = 1.0 / FRAME_RATE_HZ
    closures = [(start_s, end_s) for symbol, start_s, end_s in phones if symbol in CLOSED_LIPS]
    for start_s, end_s in closures:
        near = (times_s > start_s - frame_s) & (times_s < end_s + frame_s)
        assert closed[near].any(), f"the lips stay open at {start_s:.2f} s"
    for time_s in times_s[closed]:
        distance_s = min(max(start_s - time_s, time_s - end_s, 0.0) for start_s, end_s in closures)
        assert distance_s <= 1.5 * frame_s, f"the lips close at {time_s:.2f} s, where the sound has no closure"


def test_the_bundled_line_with_its_transcript(line, line_text):
    track = phoneme_track(line, line_text)
    assert track.method == "transcript (English), aligned"
    assert track.note == ""
    assert [word.word for word in track.words[:4]] == ["and", "mister", "john", "dashwood"]
    assert len(track.labels()) == 213
    assert 0 < track.segments[0].start_s < 0.6 < 6.0 < track.segments[-1].end_s <= line.duration_s


def test_the_bundled_line_without_its_transcript(line, line_text):
    """Most of what is recognised must be what the transcript gives, or recognition is broken."""
    track = phoneme_track(line, recogniser="words")
    assert track.method == "words, then alignment" and track.note == ""
    assert (track.labels() == phoneme_track(line, line_text).labels()).mean() > 0.7


@pytest.mark.parametrize(
    "text",
    ["hello", "the quick brown fox jumps over the lazy dog", "completely other words are here " * 5, "no " * 400],
)
def test_the_transcript_of_another_sentence_is_one_sentence(line, text):
    with pytest.raises(TranscriptError, match=r"does not match the speech in line\.wav") as caught:
        phoneme_track(line, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recogniser", ["words", "heard"])
@pytest.mark.parametrize("text", [None, "hello"])
def test_silence_is_one_sentence(tmp_path, recogniser, text):
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros(2 * SAMPLE_RATE_HZ, np.float32), SAMPLE_RATE_HZ)
    with pytest.raises(AudioError, match="silent"):
        phoneme_track(load_audio(path), text, recogniser=recogniser)


@pytest.mark.parametrize("shape", ["8 kHz", "7 channels"])
def test_telephone_sound_and_many_channels_give_the_same_words(tmp_path, line, line_text, shape):
    path = tmp_path / "line.wav"
    if shape == "8 kHz":
        soundfile.write(path, line.samples[::2], SAMPLE_RATE_HZ // 2)
    else:
        soundfile.write(path, np.repeat(line.samples[:, None], 7, axis=1), SAMPLE_RATE_HZ)
    labels = phoneme_track(load_audio(path), line_text).labels()
    assert (labels == phoneme_track(line, line_text).labels()).mean() > (0.7 if shape == "8 kHz" else 0.99)


def test_unknown_words_are_aligned(line):
    text = "And Mister John Dashwoodd had then leisure to consider how much there myght be "
    text += "prudently in his power to do for them"
    track = phoneme_track(line, text)
    assert "dashwoodd" in [word.word for word in track.words]


def test_a_language_that_is_not_used_is_said(tmp_path, line):
    path = tmp_path / "line.lab"
    path.write_text("0.0 0.5 AH\n0.5 0.9 M\n")
    assert phoneme_track(line, phonemes=path).note == ""
    note = phoneme_track(line, phonemes=path, language="de").note
    assert note == "The language is not used: the phonemes are read from line.lab."


def test_a_progress_callback_can_stop_the_work(line):
    def stop(fraction: float, stage: str):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        phoneme_track(line, recogniser="words", progress=stop)
