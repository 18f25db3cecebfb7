# SPDX-License-Identifier: Apache-2.0
"""Known words onto what is heard: which of them are said, when, and where something else is."""

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import TranscriptError
from styletalk.phonemes import PHONEME_INDEX, SILENCE_INDEX, PhonemeTrack
from styletalk.speech.align import path as viterbi
from styletalk.speech.align import transcripts
from styletalk.speech.align.aligner import Alignment, align_words
from styletalk.speech.align.graph import graph_of
from styletalk.speech.align.path import best_way, gains_of
from styletalk.speech.align.stretches import LAST_STRETCH
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, Audio, load_audio
from styletalk.speech.hearing.listening import Heard, listen
from styletalk.speech.text.pronunciation import pronunciations
from styletalk.speech.text.transcript import Cue, Transcript, normalise

DEMO = Path(__file__).resolve().parents[2] / "core" / "styletalk" / "demo"
FRAME_RATE_HZ = 100
WORD_LIST = normalise((DEMO / "line.txt").read_text(encoding="utf-8"))
OTHERS = normalise(
    "completely different sentences stand here and nobody says a word of them because the quick brown fox jumps over "
    "every lazy dog that sleeps beside this yellow garden fence"
)


@pytest.fixture(scope="module")
def line() -> Audio:
    return load_audio(DEMO / "line.wav")


@pytest.fixture(scope="module")
def heard(line) -> Heard:
    return listen(line)


@pytest.fixture(scope="module")
def known(heard) -> dict[str, tuple[float, float]]:
    """Each word of the line, where the whole line puts it; "to" is in it twice."""
    found = aligned(heard, WORD_LIST).words
    return {word.word: (word.start_s, word.end_s) for word in found}


def aligned(heard: Heard, words: Sequence[str]) -> Alignment:
    return align_words(heard, words, 0.0, len(heard.log_probabilities) / FRAME_RATE_HZ)


def of_frames(log_probabilities: np.ndarray) -> Heard:
    return Heard(np.zeros((0, 1), np.float32), np.zeros(0, bool), log_probabilities)


def pieces(heard: Heard, *spans_s: tuple[float, float]) -> Heard:
    """These parts of what is heard, one after the other."""
    frames = [heard.log_probabilities[round(a * FRAME_RATE_HZ) : round(b * FRAME_RATE_HZ)] for a, b in spans_s]
    return of_frames(np.concatenate(frames))


def silence(seconds: float) -> np.ndarray:
    frames = np.full((round(seconds * FRAME_RATE_HZ), 41), -20.0, np.float16)
    frames[:, SILENCE_INDEX] = 0.0
    return frames


def texts(alignment: Alignment | PhonemeTrack) -> list[str]:
    return [word.word for word in alignment.words]


@pytest.fixture()
def track(monkeypatch) -> Callable[..., PhonemeTrack]:
    """The track of a transcript of what is heard, however long, without a sound that long."""

    def made(heard: Heard, words: Sequence[str], cues: Sequence[Cue] = ()) -> PhonemeTrack:
        monkeypatch.setattr(transcripts, "listen", lambda audio, progress: heard)
        samples = np.zeros(len(heard.log_probabilities) * SAMPLE_RATE_HZ // FRAME_RATE_HZ, np.float32)
        return transcripts.align_transcript(Audio(samples, Path("long.wav")), Transcript(tuple(words), tuple(cues)))

    return made


def test_all_words_of_the_line_are_found_in_order(heard):
    alignment = aligned(heard, WORD_LIST)
    assert tuple(texts(alignment)) == WORD_LIST
    assert alignment.score > 0.9
    assert alignment.gaps == ()
    ends = [segment.end_s for segment in alignment.segments]
    assert all(a <= b.start_s + 1e-9 for a, b in zip(ends, alignment.segments[1:], strict=False))


def test_a_stretch_is_in_seconds_of_the_whole_sound(heard, known):
    alignment = align_words(heard, ("how", "much", "there", "might", "be"), 3.3, 5.0)
    assert texts(alignment) == ["how", "much", "there", "might", "be"]
    assert alignment.words[0].start_s == pytest.approx(known["how"][0], abs=0.03)


def test_the_pronunciation_that_is_said_is_taken():
    """Of "read", which has two, the frames choose; they are made to say R IY D."""
    frames = np.full((60, 41), -8.0, np.float16)
    for phoneme, start, end in (("SIL", 0, 15), ("R", 15, 25), ("IY", 25, 38), ("D", 38, 45), ("SIL", 45, 60)):
        frames[start:end, PHONEME_INDEX[phoneme]] = 0.0
    alignment = aligned(of_frames(frames), ("read",))
    assert [segment.phoneme for segment in alignment.segments] == ["R", "IY", "D"]
    assert alignment.segments[1].start_s == pytest.approx(0.245, abs=0.001), "the boundary is not where the two cross"
    assert len(pronunciations("read")) == 2


def test_a_word_that_is_not_said_is_left_out(heard):
    words = (*WORD_LIST[:10], "yesterday", *WORD_LIST[10:])
    assert tuple(texts(aligned(heard, words))) == WORD_LIST


def test_a_word_that_is_missing_from_the_text_leaves_a_gap_with_phonemes_as_heard(heard, known):
    words = tuple(word for word in WORD_LIST if word not in ("leisure", "dashwood"))
    alignment = aligned(heard, words)
    assert len(alignment.words) >= len(words) - 3
    start_s, end_s = known["dashwood"]
    assert any(a < end_s and start_s < b for a, b in alignment.gaps)
    inside = [each for each in alignment.segments if start_s <= each.start_s < end_s]
    assert len(inside) >= 4


def test_words_that_are_said_twice_are_there_twice(heard, known):
    """The speaker says "had then leisure to consider", and again from "had" on."""
    again_s = known["had"][0] - 0.02
    said = pieces(heard, (0.0, known["consider"][1]), (again_s, 7.0))
    found = texts(aligned(said, WORD_LIST))
    first, last = WORD_LIST.index("had"), WORD_LIST.index("consider") + 1
    assert tuple(found) == WORD_LIST[:last] + WORD_LIST[first:]


def test_what_is_said_beside_the_text_is_as_heard_and_named(heard, known, track):
    """The line's own middle stands between its halves as an ad-lib; the text has the halves alone."""
    first, second = WORD_LIST[:4], WORD_LIST[9:]
    found = track(heard, first + second)
    assert tuple(texts(found)) == first + second
    assert found.note == "Between 2 and 3 s the transcript is not what is said: there it is as heard."
    middle = [each for each in found.segments if known["had"][0] < each.start_s < known["consider"][0]]
    assert len(middle) > 8


def test_half_a_wrong_transcript_keeps_its_good_half(heard, track):
    found = track(heard, WORD_LIST[:10] + OTHERS[:12])
    assert tuple(texts(found))[:10] == WORD_LIST[:10]
    assert len(found.words) <= 11
    assert found.note.startswith("Between 4 and 7 s the transcript is not what is said: there it is as heard.")
    assert "words of the transcript are not said" in found.note
    assert len([each for each in found.segments if each.start_s > 4.0]) > 20


@pytest.mark.parametrize("words", [OTHERS, ("hello",), ("no",) * 400, OTHERS * 30])
def test_a_wholly_wrong_transcript_is_one_sentence(heard, track, words):
    with pytest.raises(TranscriptError, match=r"does not match the speech in long\.wav"):
        track(heard, words)


def test_a_transcript_longer_than_anyone_could_say_is_refused(heard, track):
    with pytest.raises(TranscriptError, match="more than can be said in 7 s"):
        track(heard, ("word",) * 100_000)


def test_a_transcript_of_a_part_of_the_recording_is_found_there(heard, known, track):
    part = ("how", "much", "there", "might", "be", "prudently", "in", "his", "power")
    found = track(heard, part)
    assert tuple(texts(found)) == part
    assert found.words[0].start_s == pytest.approx(known["how"][0], abs=0.05)
    assert "Between 0 and 4 s" in found.note or "Between 0 and 3 s" in found.note


def test_a_recording_of_a_part_of_a_long_text_is_found_in_it(heard, track):
    found = track(heard, OTHERS * 20 + WORD_LIST + OTHERS * 20)
    assert tuple(texts(found)) == WORD_LIST


def test_one_word_alone_is_aligned(heard, known, track):
    start_s, end_s = known["dashwood"]
    found = track(pieces(heard, (start_s - 0.1, end_s + 0.1)), ("dashwood",))
    assert texts(found) == ["dashwood"]
    assert found.words[0].start_s == pytest.approx(0.1, abs=0.07)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.3])
def test_a_third_of_a_second_and_less(heard, known, track, seconds):
    """It is aligned where the word fits, and refused where it does not; nothing else is raised."""
    start_s = known["how"][0]
    short = pieces(heard, (start_s, start_s + seconds))
    assert isinstance(aligned(short, ("how",)), Alignment)
    try:
        assert texts(track(short, ("how",))) == ["how"]
    except TranscriptError:
        assert seconds < 0.3


def test_a_long_silence_between_words_is_silence(heard, known, track):
    cut_s = (known["consider"][1] + known["how"][0]) / 2
    frames = heard.log_probabilities
    cut = round(cut_s * FRAME_RATE_HZ)
    paused = of_frames(np.concatenate([frames[:cut], silence(90.0), frames[cut:]]))
    found = track(paused, WORD_LIST)
    assert tuple(texts(found)) == WORD_LIST
    assert found.note == ""
    assert not [each for each in found.segments if cut_s + 0.1 < each.start_s < cut_s + 89.9]


def three_minutes(heard: Heard) -> Heard:
    return of_frames(np.concatenate([heard.log_probabilities] * 26))


def test_a_long_recording_has_every_word_where_it_is(heard, track):
    once = aligned(heard, WORD_LIST)
    found = track(three_minutes(heard), WORD_LIST * 26)
    assert tuple(texts(found)) == WORD_LIST * 26
    length_s = len(heard.log_probabilities) / FRAME_RATE_HZ
    starts_s = [k * length_s + word.start_s for k in range(26) for word in once.words]
    errors_s = np.abs(np.array([word.start_s for word in found.words]) - starts_s)
    assert np.percentile(errors_s, 95) < 0.05


def test_a_bad_stretch_of_a_long_recording_leaves_the_rest(heard, track):
    """Twenty seconds in the middle are another order of the same phonemes, which no text has."""
    frames = three_minutes(heard).log_probabilities.copy()
    blocks = frames[8000:10000].reshape(200, 10, 41)
    frames[8000:10000] = blocks[np.random.default_rng(5).permutation(200)].reshape(-1, 41)
    found = track(of_frames(frames), WORD_LIST * 26)
    outside = [word for word in found.words if word.end_s < 79.0 or word.start_s > 101.0]
    assert len(outside) > 0.97 * (26 - 3) * len(WORD_LIST)
    assert re.match(r"Between (79|80|81) and (99|100|101) s the transcript is not what is said", found.note)
    assert len([each for each in found.segments if 81.0 < each.start_s < 99.0]) > 50


def test_a_text_of_which_nothing_is_said_for_a_while_is_found_again(heard, track):
    """Six hundred words are left out by the speaker; then he goes on."""
    found = track(three_minutes(heard), WORD_LIST * 10 + OTHERS * 24 + WORD_LIST * 16)
    assert len(found.words) > 0.97 * 26 * len(WORD_LIST)
    where = " ".join((OTHERS * 24)[:4])
    assert f"words of the transcript are not said, the most in a row from “{where}” on." in found.note


def test_a_text_that_ends_long_before_the_recording_is_found(heard, track):
    """The speaker says it more often than it is written."""
    found = track(three_minutes(heard), WORD_LIST * 10)
    assert tuple(texts(found))[: 10 * len(WORD_LIST)] == WORD_LIST * 10
    assert found.segments[-1].end_s > 180.0
    assert re.match(r"Between \d\d and 18[45] s the transcript is not what is said", found.note)


def cued(heard: Heard, late_s: float, lines: int) -> list[Cue]:
    length_s = len(heard.log_probabilities) / FRAME_RATE_HZ
    count = len(WORD_LIST)
    return [
        Cue(k * count, (k + 1) * count, max(k * length_s + late_s, 0.0), (k + 1) * length_s + late_s)
        for k in range(lines)
    ]


@pytest.mark.parametrize("late_s", [0.0, 0.7, 9.0, 60.0])
def test_subtitles_do_no_harm_whether_right_or_shifted(heard, track, late_s):
    found = track(three_minutes(heard), WORD_LIST * 26, cued(heard, late_s, 26))
    assert tuple(texts(found)) == WORD_LIST * 26


def test_progress_never_goes_back(heard):
    told = []
    transcript = Transcript(WORD_LIST * 26, tuple(cued(heard, 9.0, 26)))
    frames = three_minutes(heard).log_probabilities
    transcripts.place(transcript, frames, pronunciations, lambda fraction, _: told.append(fraction))
    assert told == sorted(told)
    assert told[0] > 0.0 and told[-1] <= 1.0


def test_subtitles_say_which_of_two_equal_lines_is_meant(heard, track):
    """One line is said of a text that has it three times; its subtitle says that it is the second."""
    length_s = len(heard.log_probabilities) / FRAME_RATE_HZ
    words, cues = WORD_LIST * 3, cued(heard, 0.0, 3)
    said = of_frames(np.concatenate([silence(length_s), heard.log_probabilities, silence(length_s)]))
    placed = transcripts.place(Transcript(words, tuple(cues)), said.log_probabilities, pronunciations)
    numbers = [word.number for run in placed.runs for word in run]
    assert numbers == list(range(len(WORD_LIST), 2 * len(WORD_LIST)))


def test_memory_is_bounded_however_long_the_recording_is(heard, track, monkeypatch):
    sizes = []
    forward = viterbi._forward

    def watched(graph, gains, window):
        sizes.append(len(gains) * len(graph.phonemes))
        return forward(graph, gains, window)

    monkeypatch.setattr(viterbi, "_forward", watched)
    track(three_minutes(heard), WORD_LIST * 26)
    assert len(sizes) > 4
    assert max(sizes) <= LAST_STRETCH * 2500


def test_the_best_way_is_the_best_of_all(heard):
    """Beside a search through every way that a small graph allows: the words in order, pauses between them."""
    rng = np.random.default_rng(3)
    graph = graph_of(("a", "be"), lambda word: (("AH",),) if word == "a" else (("B", "IY"),))
    frames = np.log(rng.dirichlet(np.full(41, 0.05), 12) + 1e-6).astype(np.float32)
    gains = gains_of(frames)
    way = best_way(graph, gains)
    found = sum(gains[a:b, p].sum() for passed in way for p, a, b in phonemes_of(graph, passed))
    assert found >= best_in_order(graph, gains) - 1e-3


def phonemes_of(graph, passed):
    said = graph.phonemes[graph.first[passed.unit] : graph.end[passed.unit]]
    return zip(said.tolist(), passed.bounds, passed.bounds[1:], strict=False)


def best_in_order(graph, gains) -> float:
    """SIL AH SIL B IY SIL, each pause optional, each phoneme MIN_FRAMES or longer: by trying all lengths."""
    best = -np.inf
    for first, second, third in itertools.product((["SIL"], []), repeat=3):
        names = [*first, "AH", *second, "B", "IY", *third]
        for cuts in itertools.combinations(range(1, len(gains)), len(names) - 1):
            bounds = [0, *cuts, len(gains)]
            if min(np.diff(bounds)) >= viterbi.MIN_FRAMES:
                spans = zip(names, bounds, bounds[1:], strict=False)
                best = max(best, sum(float(gains[a:b, PHONEME_INDEX[name]].sum()) for name, a, b in spans))
    return best
