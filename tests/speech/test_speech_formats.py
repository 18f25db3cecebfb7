# SPDX-License-Identifier: Apache-2.0
"""Whatever program made an alignment, and however its file is called, the same words move the same mouth."""

import json
from itertools import pairwise
from pathlib import Path

import alignment_samples as samples
import pytest

from styletalk.errors import PhonemeFileError
from styletalk.phonemes import PhonemeSegment, PhonemeTrack, WordSegment
from styletalk.speech.formats.alignment_files import read_alignment, write_textgrid
from styletalk.speech.formats.textgrid import textgrid_tiers


@pytest.fixture
def read(tmp_path):
    """Read a text as an alignment of a sound of 1.5 s, by default under a name that says nothing."""

    def reading(content: "str | bytes", name: str = "a.xyz", part: str = "") -> PhonemeTrack:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_alignment(tmp_path / (name + part), samples.DURATION_S)

    return reading


def spoken(track: PhonemeTrack) -> list[tuple[str, float, float]]:
    return [(s.phoneme, round(s.start_s, 3), round(s.end_s, 3)) for s in track.segments if s.phoneme != "SIL"]


def words(track: PhonemeTrack) -> list[tuple[str, float, float]]:
    return [(w.word.lower().rstrip("."), round(w.start_s, 3), round(w.end_s, 3)) for w in track.words]


@pytest.mark.parametrize("name", samples.WITH_PHONES)
def test_phonemes_are_read_with_their_times(read, name):
    track = read(samples.WITH_PHONES[name])
    assert spoken(track) == samples.PHONES
    assert track.note == ""
    assert not track.words or words(track) == samples.WORDS


@pytest.mark.parametrize("name", samples.WITH_SHAPES)
def test_mouth_shapes_are_read_with_their_times_and_the_note_says_that_they_tell_less(read, name):
    track = read(samples.WITH_SHAPES[name], part="#30" if name.endswith(".dat") else "")
    shown = spoken(track)
    assert [(s, a, b) for s, a, b in shown if s in "MP" and a == 0.4] in ([("M", 0.4, 0.6)], [("P", 0.4, 0.6)])
    assert (shown[0][1], shown[-1][2]) == (0.2, 1.0) or "azure" in name
    assert shown[-1][0] in "MP"
    assert "coarsely" in track.note


@pytest.mark.parametrize("name", samples.WITH_WORDS)
def test_words_are_read_with_their_times_and_pronounced(read, name):
    track = read(samples.WITH_WORDS[name])
    assert words(track) == samples.WORDS
    assert [symbol for symbol, _, _ in spoken(track)] == ["DH", "AH", "M", "AE", "P"]
    assert spoken(track)[2] == ("M", 0.4, 0.6)
    assert "same length" in track.note


@pytest.mark.parametrize(
    ("said", "phonemes"),
    [
        (("die", "Bäume", "sind", "schön"), "D IY B OY M AH Z IH N T SH UH N"),
        (("привет", "мир"), "P D IY V IH T M IY D"),
    ],
)
def test_words_are_pronounced_in_the_language_of_the_file(read, said, phonemes):
    track = read("".join(f"{k}\t{k + 1}\t{word}\n" for k, word in enumerate(said)))
    assert [symbol for symbol, _, _ in spoken(track)] == phonemes.split()


def test_a_word_that_an_aligner_did_not_find_is_said_with_its_neighbour(read):
    track = read(samples.GENTLE)
    assert spoken(track) == samples.PHONES[2:]
    assert words(track) == [("the map", 0.4, 1.0)]


@pytest.mark.parametrize("name", ["short.TextGrid", "elan.eaf", "audacity.txt", "whisper.json", "moho.dat"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_every_encoding_and_line_end_is_read(read, name, encoding, line_end):
    content = samples.ALL[name]
    assert read(content.replace("\n", line_end).encode(encoding)).segments == read(content).segments


TWO = [("ann - phones", "AE"), ("bob - phones", "M"), ("bob - words", "me")]


def grid(*tiers: tuple[str, str]) -> str:
    texts = "".join(f'"IntervalTier"\n"{name}"\n0\n1\n1\n0\n0.5\n"{text}"\n' for name, text in tiers)
    return f'File type = "ooTextFile short"\n"TextGrid"\n\n0\n1\n<exists>\n{len(tiers)}\n{texts}'


def test_of_two_speakers_one_is_read_the_note_says_how_to_get_the_other_and_that_works(read):
    track = read(grid(*TWO))
    assert spoken(track)[0][0] == "AE"
    assert "bob - phones" in track.note
    assert "#bob" in track.note
    for part in ("#bob", "#BOB", "#bob - phones"):
        other = read(grid(*TWO), part=part)
        assert spoken(other)[0][0] == "M"
    assert words(read(grid(*TWO), part="#bob"))[0][0] == "me"
    with pytest.raises(PhonemeFileError, match="'eve'; its tiers: 'ann - phones'"):
        read(grid(*TWO), part="#eve")


def test_of_tiers_that_are_called_by_speakers_the_first_is_read(read):
    tiers = grid(("Ann", "hello there"), ("Bob", "good day"))
    assert [word for word, _, _ in words(read(tiers))] == ["hello", "there"]
    assert "#Bob" in read(tiers).note
    assert [word for word, _, _ in words(read(tiers, part="#bob"))] == ["good", "day"]


def test_a_file_whose_own_name_has_the_sign_is_itself(read):
    assert spoken(read(grid(*TWO), name="line#2.TextGrid"))[0][0] == "AE"


def test_two_tiers_of_one_name_are_both_known(read):
    assert len(textgrid_tiers(grid(("phones", "AE"), ("phones", "M")))) == 2


def test_of_a_recording_with_speakers_all_is_read_or_one(read):
    said = [
        {"word": "the", "start": 0.2, "end": 0.4, "speaker": "A"},
        {"word": "map", "start": 0.4, "end": 1, "speaker": "B"},
    ]
    content = json.dumps({"segments": [{"start": 0.2, "end": 1.0, "text": "the map", "words": said}]})
    assert words(read(content)) == samples.WORDS
    assert "#A" in read(content).note
    assert words(read(content, part="#B")) == samples.WORDS[1:]


@pytest.mark.parametrize("name", ["MAU", "Ann/phoneTier_phones", "IPA", "anything"])
def test_a_tier_of_phonemes_is_found_by_its_name_or_its_labels(read, name):
    assert spoken(read(grid((name, "m"), ("ORT-MAU", "map"), ("KAN-MAU", "m{p"))))[0][0] == "M"


def test_an_unknown_symbol_is_guessed_and_named(read):
    track = read(grid(("phones", "qqß")))
    assert [symbol for symbol, _, _ in spoken(track)] == ["S"]
    assert "'qqß' as S" in track.note


def test_whole_sentences_are_words_one_after_the_other(read):
    track = read("1\n00:00:00,200 --> 00:00:01,200\nThe map, $5.\n")
    assert [word for word, _, _ in words(track)] == ["the", "map", "five", "dollars"]
    assert (track.words[0].start_s, round(track.words[-1].end_s, 6)) == (0.2, 1.2)


def test_words_that_overlap_or_have_no_length_come_one_after_the_other(read):
    said = [("the", 0.2, 0.5), ("map", 0.4, 0.4), ("ends", 0.4, 1.0)]
    track = read(json.dumps([{"word": w, "start": a, "end": b} for w, a, b in said]))
    assert [word for word, _, _ in words(track)] == ["the", "map", "ends"]
    ends = [word.end_s for word in track.words]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("RIFF", "Give a Praat TextGrid"),
        ("", "Give a Praat TextGrid"),
        ("The map is here.", "Give a Praat TextGrid"),
        ("{", "not JSON"),
        ('{"a": 1}', "words or phonemes with times"),
        ("<svg></svg>", "svg"),
        ("<a>", "not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        ("<a>" * 60, "nests more than"),
        ("0.1\t0.2\tm\nx\n", "line 2"),
        ("0.1\tA\nx\n", "line 2"),
        ('[{"word": "שלום", "start": 0, "end": 1}]', "'שלום' cannot be read in English"),
        (json.dumps([{"word": "the map " * 30_000, "start": 0, "end": 1}]), "two hours"),
        ("0.2 9.0 m\n", "ends at 9.0 s"),
        (grid(("notes", ""), ("more", "")), "no text; its tiers: 'notes', 'more'"),
        ("SPEAKER f 1 0.2 0.4 <NA> <NA> ann <NA> <NA>\n", "who speaks"),
        (b"\x00\x01\x02\x03", "not a text file"),
        ("0 1 m\n" * 200_001, "200,001 labels"),
        ("MohoSwitch1\n" + "1 rest\n" * 200_000, "200,001 labels"),
        ("[" + "[]," * 200_000 + "0]", "200,001 labels"),
        ('"ooTextFile"\n"TextGrid"\n' + '"a"\n' * 200_000, "200,002 labels"),
        ("<ANNOTATION_DOCUMENT>" + "<TIER/>" * 1001 + "</ANNOTATION_DOCUMENT>", "1,000 tiers"),
        (json.dumps([{"word": f"{k}", "start": k} for k in range(12_500)]), "two hours"),
        (json.dumps([{"word": "9" * 900, "start": k, "n": k} for k in range(75)]), "labels, more than"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_what_cannot_be_read_says_why_in_one_sentence(read, content, reason):
    with pytest.raises(PhonemeFileError, match=reason) as caught:
        read(content)
    assert len(str(caught.value)) <= 300
    assert "damaged" not in str(caught.value)


def test_xml_and_words_of_no_dictionary_are_bounded(read, monkeypatch):
    monkeypatch.setattr("styletalk.files.xml_text.MAX_XML_PARTS", 10)
    with pytest.raises(PhonemeFileError, match="10 elements"):
        read("<a>" + "<b/>" * 10 + "</a>")
    monkeypatch.setattr("styletalk.speech.formats.tracks.MAX_UNKNOWN_WORDS", 2)
    said = [{"word": word, "start": start} for start, word in enumerate(("zorp", "the", "blorb", "quoz", "zorp"))]
    assert read(json.dumps(said[:3])).words
    with pytest.raises(PhonemeFileError, match="more than 2 words that no dictionary has"):
        read(json.dumps(said))


def invariants(path: Path) -> None:
    """What praatio, textgrid, tgt, and Praat demand of a file."""
    text = path.read_text(encoding="utf-8")
    xmax = float(text.split("xmax = ")[1].split("\n")[0])
    assert "e-" not in text.lower().replace("file type", "")
    for tier in textgrid_tiers(text):
        bounds = [(each.start_s, each.end_s) for each in tier.intervals]
        assert (bounds[0][0], bounds[-1][1]) == (0.0, xmax)
        assert all(start < end for start, end in bounds)
        assert all(one[1] == other[0] for one, other in pairwise(bounds))


@pytest.mark.parametrize(
    "said",
    [
        [("a", 0.0, 0.4), ("b", 0.37, 0.9)],
        [("a", -0.5, 0.4), ("b", 0.4 + 1e-9, 1.7)],
        [("a", 0.00001, 1.0 - 1e-9)],
        [("a", 0.5, 1.2), ("b", 1.2, 1.4)],
        [],
    ],
)
def test_what_is_written_has_neither_gaps_nor_overlaps_nor_outlasts_the_sound(tmp_path, said):
    path = tmp_path / "line.TextGrid"
    phones = (PhonemeSegment("M", 0.00001, 0.1), PhonemeSegment("AA", 0.1, 1.3))
    write_textgrid(path, PhonemeTrack(phones, 1.0, words=tuple(WordSegment(*each) for each in said)))
    invariants(path)


def test_a_transcript_chosen_as_alignment_is_called_so(read):
    with pytest.raises(PhonemeFileError, match=r"Text without times is a transcript\.") as caught:
        read("Hello there, how are you?")
    assert len(str(caught.value)) <= 300
