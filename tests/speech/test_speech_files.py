# SPDX-License-Identifier: Apache-2.0
"""Alignments of other programs are read as they mean it, ours come back as they were, damaged ones are refused."""

import json

import numpy as np
import pytest

from styletalk.errors import PhonemeFileError
from styletalk.phonemes import (
    PHONEME_INDEX,
    PHONEMES,
    VISEME_OF_PHONEME,
    VISEMES,
    PhonemeSegment,
    PhonemeTrack,
    WordSegment,
)
from styletalk.speech.formats.alignment_files import read_alignment, write_seq, write_textgrid
from styletalk.speech.formats.symbols import phoneme_symbol, sampa_symbol

TRACK = PhonemeTrack(
    (PhonemeSegment("HH", 0.1, 0.2), PhonemeSegment("AY", 0.2, 0.55), PhonemeSegment("M", 0.7, 0.8)),
    1.0,
    words=(WordSegment('"hi"', 0.1, 0.55), WordSegment("m", 0.7, 0.8)),
)
LONG_TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1.0
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "speaker 1 - words"
        xmin = 0
        xmax = 1.0
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.4
            text = "big"
        intervals [2]:
            xmin = 0.4
            xmax = 1.0
            text = ""
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 1.0
        points: size = 1
        points [1]:
            number = 0.5
            mark = "click 2"
    item [3]:
        class = "IntervalTier"
        name = "speaker 1 - phones"
        xmin = 0
        xmax = 1.0
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.1
            text = "B"
        intervals [2]:
            xmin = 0.1
            xmax = 0.3
            text = "IH1"
        intervals [3]:
            xmin = 0.3
            xmax = 0.4
            text = "ɟ"
        intervals [4]:
            xmin = 0.4
            xmax = 1.0
            text = "spn"
"""
SHORT_TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
1
<exists>
1
"IntervalTier"
"phones"
0
1
2
0
0.25
"t\u0361\u0283"
0.25
1
"ej"
"""


def segments(track: PhonemeTrack) -> list[tuple[str, float, float]]:
    return [(s.phoneme, s.start_s, s.end_s) for s in track.segments if s.phoneme != "SIL"]


def test_the_published_alphabet():
    assert len(PHONEMES) == 41
    assert list(PHONEMES) == sorted(PHONEMES)
    assert (PHONEME_INDEX["AA"], PHONEME_INDEX["NSN"], PHONEME_INDEX["SIL"], PHONEME_INDEX["ZH"]) == (0, 24, 31, 40)


def test_every_phoneme_has_one_of_seven_visemes():
    assert len(VISEMES) == 7
    assert sorted(symbol for members in VISEMES.values() for symbol in members) == list(PHONEMES)
    assert VISEME_OF_PHONEME[PHONEME_INDEX["P"]] == VISEME_OF_PHONEME[PHONEME_INDEX["M"]]


def test_labels_are_one_frame_late():
    """A sound in frame 3 (0.1 to 0.1333 s) is label 4."""
    track = PhonemeTrack((PhonemeSegment("M", 3 / 30, 4 / 30),), 0.3)
    assert np.flatnonzero(track.labels() == PHONEME_INDEX["M"]).tolist() == [4]
    assert len(track.labels()) == 9
    assert len(track.labels(rows=20)) == 20


@pytest.mark.parametrize("start_s", np.linspace(0.1, 0.2, 11))
def test_no_closure_is_too_short_to_be_shown(start_s):
    track = PhonemeTrack((PhonemeSegment("AA", 0.0, start_s), PhonemeSegment("P", start_s, start_s + 0.005)), 0.5)
    shown = np.flatnonzero(track.labels() == PHONEME_INDEX["P"])
    assert shown.tolist() == [int((start_s + 0.0025) * 30) + 1]


def test_labels_survive_the_way_to_segments_and_back():
    labels = np.random.default_rng(0).integers(0, 41, 300).astype(np.int16)
    track = PhonemeTrack.from_labels(labels)
    assert np.array_equal(track.labels(), labels)
    assert np.array_equal(PhonemeTrack.from_labels(track.labels()).labels(), labels)


@pytest.mark.parametrize("labels", [[], [41], [-1], [0.5, 1.0], [[1, 2]], ["A"]])
def test_labels_that_are_none_are_refused(labels):
    with pytest.raises(PhonemeFileError):
        PhonemeTrack.from_labels(labels)


def test_segments_that_overlap_or_run_backwards_are_refused():
    with pytest.raises(PhonemeFileError, match="overlaps"):
        PhonemeTrack((PhonemeSegment("AA", 0.0, 0.5), PhonemeSegment("M", 0.3, 0.6)), 1.0)
    with pytest.raises(PhonemeFileError):
        PhonemeTrack((PhonemeSegment("AA", 0.5, 0.2),), 1.0)


@pytest.mark.parametrize(
    "words",
    [
        [(0.3, 0.1)],
        [(0.5, 0.6), (0.1, 0.2)],
        [(0.1, 0.6), (0.4, 0.8)],
        [(0.1, 2.2)],
        [(0.2, 0.2)],
        [(float("nan"), 0.5)],
    ],
)
def test_words_that_run_backwards_overlap_or_outlast_the_sound_are_refused(words):
    with pytest.raises(PhonemeFileError, match="word “x”"):
        PhonemeTrack((), 1.0, words=tuple(WordSegment("x", *times) for times in words))


def test_words_may_outlast_the_sound_as_phonemes_may_and_touch_where_stretches_meet():
    PhonemeTrack((PhonemeSegment("M", 0.5, 1.9),), 1.0, words=(WordSegment("x", 0.1, 0.52), WordSegment("y", 0.5, 1.9)))


@pytest.mark.parametrize("duration_s", [float("nan"), float("inf"), -1.0, 1e9])
def test_a_sound_of_days_is_none(duration_s):
    with pytest.raises(PhonemeFileError, match="too long, or none"):
        PhonemeTrack((), duration_s)


@pytest.mark.parametrize("text", ["\n" * 300_000, '"' * 300_001, "1" * 300_000, '"a""' * 100_000, "! " * 100_000])
def test_a_textgrid_is_gone_through_once(tmp_path, text):
    """With a pattern that begins anew at each place, these would take hours."""
    path = tmp_path / "a.TextGrid"
    path.write_text(LONG_TEXTGRID + text)
    assert segments(read_alignment(path, 1.0)) == [("B", 0.0, 0.1), ("IH", 0.1, 0.3), ("G", 0.3, 0.4)]
    path.write_text(text + LONG_TEXTGRID)
    try:
        read_alignment(path, 1.0)
    except PhonemeFileError as error:
        assert "TextGrid" in str(error)


def test_a_word_of_a_textgrid_beyond_the_sound_is_refused(tmp_path):
    path = tmp_path / "a.TextGrid"
    for times in ("xmin = 0\n            xmax = 9", "xmin = 0.4\n            xmax = 0.1"):
        path.write_text(LONG_TEXTGRID.replace("xmin = 0\n            xmax = 0.4", times))
        with pytest.raises(PhonemeFileError, match="word “big”"):
            read_alignment(path, 1.0)


def test_our_textgrid_comes_back_as_it_was(tmp_path):
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, TRACK)
    back = read_alignment(path, 1.0)
    assert segments(back) == segments(TRACK)
    assert back.words == TRACK.words


def test_our_seq_comes_back_as_it_was(tmp_path):
    path = tmp_path / "line_seq.json"
    write_seq(path, TRACK)
    assert np.array_equal(read_alignment(path, 1.0).labels(), TRACK.labels())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_long_textgrid_of_an_aligner(tmp_path, encoding):
    path = tmp_path / "mfa.TextGrid"
    path.write_text(LONG_TEXTGRID, encoding=encoding)
    track = read_alignment(path, 1.0)
    assert segments(track) == [("B", 0.0, 0.1), ("IH", 0.1, 0.3), ("G", 0.3, 0.4)]
    assert track.words == (WordSegment("big", 0.0, 0.4),)


def test_the_short_textgrid(tmp_path):
    path = tmp_path / "short.textgrid"
    path.write_text(SHORT_TEXTGRID, encoding="utf-8")
    assert segments(read_alignment(path, 1.0)) == [("CH", 0.0, 0.25), ("EY", 0.25, 1.0)]


@pytest.mark.parametrize(
    ("symbol", "ours"),
    [("AH0", "AH"), ("zh", "ZH"), ("sil", "SIL"), ("", "SIL"), ("spn", "SIL"), ("pʰ", "P"), ("iː", "IY"), ("ɝ", "ER"),
     ("t", "T"), ("dʒ", "JH"), ("aw", "AW"), ("ts", "S"), ("a˥˩", "AA"), ("ʈʂʰ", "CH"),
     ("AX", "AH"), ("ŋ", "NG"), ("ɫ̩", "L"), ("ð", "DH"),
     ("7", None), ("qq", None)],
)  # fmt: skip
def test_symbols_of_other_programs(symbol, ours):
    assert phoneme_symbol(symbol) == ours


@pytest.mark.parametrize(
    ("symbol", "ours"),
    [
        ("@", "AH"),
        ("u:", "UW"),
        ("S", "SH"),
        ("tS", "CH"),
        ("aI", "AY"),
        ("<p:>", "SIL"),
        ("", "SIL"),
        ("s`", "SH"),
        ("§", None),
    ],
)
def test_symbols_of_webmaus(symbol, ours):
    assert sampa_symbol(symbol) == ours


def short_textgrid(*tiers: tuple[str, str]) -> str:
    """One interval of half a second in each tier: (its name, its text)."""
    texts = "".join(f'"IntervalTier"\n"{name}"\n0\n1\n1\n0\n0.5\n"{text}"\n' for name, text in tiers)
    return f'File type = "ooTextFile short"\n"TextGrid"\n\n0\n1\n<exists>\n{len(tiers)}\n{texts}'


def test_the_header_of_old_praat_and_the_sampa_of_webmaus(tmp_path):
    path = tmp_path / "maus.TextGrid"
    path.write_text(short_textgrid(("ORT-MAU", "she"), ("MAU", "S")), encoding="utf-8")
    track = read_alignment(path, 1.0)
    assert segments(track) == [("SH", 0.0, 0.5)]
    assert track.words == (WordSegment("she", 0.0, 0.5),)


def test_latin_1_is_read(tmp_path):
    path = tmp_path / "latin.TextGrid"
    path.write_text(short_textgrid(("words", "café"), ("phones", "K")), encoding="latin-1")
    assert read_alignment(path, 1.0).words[0].word == "café"


def test_another_speakers_tiers_are_left_out_and_the_note_names_them(tmp_path):
    path = tmp_path / "two.TextGrid"
    tiers = ("ann - words", "a"), ("bob - words", "b"), ("bob - phones", "B"), ("ann - phones", "AH")
    path.write_text(short_textgrid(*tiers), encoding="utf-8")
    track = read_alignment(path, 1.0)
    assert (track.words[0].word, segments(track)[0][0]) == ("b", "B")
    assert "ann - phones" in track.note
    path.write_text(short_textgrid(*tiers[2:3]), encoding="utf-8")
    assert read_alignment(path, 1.0).note == ""


def test_no_interval_outlasts_the_textgrid_that_it_stands_in(tmp_path):
    """A recogniser's last word may end a few milliseconds after the sound."""
    path = tmp_path / "line.TextGrid"
    write_textgrid(path, PhonemeTrack(TRACK.segments, 0.75, words=(WordSegment("hi", 0.1, 0.9),)))
    times_s = [float(line.split("=")[1]) for line in path.read_text().splitlines() if "xmax" in line]
    assert max(times_s) == 0.75


def test_rhubarb_in_both_formats(tmp_path):
    cues = [(0.0, 0.2, "X"), (0.2, 0.5, "D"), (0.5, 0.6, "A"), (0.6, 1.0, "X")]
    tsv, jsn = tmp_path / "r.tsv", tmp_path / "r.json"
    tsv.write_text("".join(f"{start}\t{shape}\n" for start, _, shape in cues))
    jsn.write_text(json.dumps({"mouthCues": [{"start": a, "end": b, "value": v} for a, b, v in cues]}))
    for path in (tsv, jsn):
        track = read_alignment(path, 1.0)
        assert segments(track) == [("AA", 0.2, 0.5), ("M", 0.5, 0.6)]
        assert "nine" in track.note


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", "{"),
        ("a.json", "{}"),
        ("a.json", "[1, 2.5]"),
        ("a.json", "[true]"),
        ("a.json", "[99]"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"mouthCues": [{"start": 0, "end": 1, "value": "Q"}]}'),
        ("a.json", '{"mouthCues": [{"start": "x", "end": 1, "value": "A"}]}'),
        ("a.json", json.dumps([1] * 3000)),
        ("a.tsv", ""),
        ("a.tsv", "0.0\tA\nnonsense\n"),
        ("a.tsv", "0.5\tA\n0.1\tB\n"),
        ("a.TextGrid", "not a grid"),
        ("a.TextGrid", LONG_TEXTGRID[:400]),
        ("a.TextGrid", LONG_TEXTGRID.replace('"IntervalTier"', '"TextTier"')),
        ("a.json", json.dumps({"mouthCues": [{"start": "x" * 5000, "end": 1, "value": "A"}]})),
        ("a.TextGrid", LONG_TEXTGRID.replace("xmax = 0.3", "xmax = 0.05")),
        ("a.wav", "RIFF"),
    ],
    ids=lambda value: value[:12],
)
def test_a_damaged_file_is_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(PhonemeFileError) as caught:
        read_alignment(path, 1.0)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_missing_or_binary_file_is_one_sentence(tmp_path):
    with pytest.raises(PhonemeFileError):
        read_alignment(tmp_path / "none.json", 1.0)
    (tmp_path / "b.json").write_bytes(bytes(range(256)))
    with pytest.raises(PhonemeFileError):
        read_alignment(tmp_path / "b.json", 1.0)
