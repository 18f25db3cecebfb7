# SPDX-License-Identifier: Apache-2.0
"""Transcripts as people type them become the words that are spoken; unknown words are guessed without a network."""

import random
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletalk.errors import TranscriptError
from styletalk.phonemes import PHONEMES
from styletalk.speech.text.numerals import cardinal, ordinal, year
from styletalk.speech.text.pronunciation import dictionary, guess, pronounce
from styletalk.speech.text.transcript import normalise, parse_transcript

SPOKEN = {
    "In 1984, we met.": "in nineteen eighty four we met",
    "It was 2007; then 2019.": "it was two thousand seven then twenty nineteen",
    "In 1905 and 2000.": "in nineteen oh five and two thousand",
    "3.14 and 0.5": "three point one four and zero point five",
    "$5.50": "five dollars and fifty cents",
    "$1": "one dollar",
    "$1.2 million, £3bn": "one point two million dollars three billion pounds",
    "50% of 1,234": "fifty percent of one thousand two hundred and thirty four",
    "the 21st and 3rd": "the twenty first and third",
    "at 10:30 a.m., 9:00, 12:05": "at ten thirty a. m. nine o'clock twelve oh five",
    "the '90s": "the nineties",
    "1914–1918": "nineteen fourteen to nineteen eighteen",
    "-5 degrees; 20°C": "minus five degrees twenty degrees celsius",
    "½ a cup": "one half a cup",
    "Mr. and Mrs. Smith met Dr. O'Neil": "mister and missus smith met doctor o'neil",
    "cats vs. dogs, etc.": "cats versus dogs et cetera",
    "e.g. No. 5, i.e. #3": "for example number five that is number three",
    "NASA and the BBC": "nasa and the bbc",
    "the GPU, two CPUs": "the g. p. u. two cpu's",
    "the U.S. troops and the US": "the u. s. troops and the u. s.",
    "HELLO FROM THE US": "hello from the us",
    "“Don’t stop,” she said—‘never’!": "don't stop she said never",
    "'Bout the dogs’ o’clock": "'bout the dogs' o'clock",
    "a well-known e-mail, ultra-hypersonic": "a well-known e-mail ultra hypersonic",
    "COVID-19, B2B": "covid nineteen b two b",
    "café naïve": "cafe naive",
    "World War II": "world war two",
    "A & B": "a and b",
    "1\n00:00:01,000 --> 00:00:02,500\nHello [music] <i>there</i>\n": "hello there",
}

WITH_ABBREVIATIONS_AND_FIGURES = {
    "Thanks, hon.": "thanks hon", "Main St.": "main street", "a fig.": "a fig",
    "He ate a fig. Then left.": "he ate a fig then left", "one more rep.": "one more rep",
    "Give me a min.": "give me a min", "St. John": "saint john", "Dr. Smith": "doctor smith", "Elm Dr.": "elm drive",
    "I live on Main St. in Ohio.": "i live on main street in ohio",
    "We met on Main St. It was late.": "we met on main street it was late",
    "We met on Main St. Bob was late.": "we met on main street bob was late", "I love St. Louis.": "i love saint louis",
    "In St. Louis": "in saint louis", "to Port St. Lucie": "to port saint lucie", "the Dr. is in": "the doctor is in",
    "Thanks, Dr.": "thanks doctor", "12 Elm Dr. Call her.": "twelve elm drive call her",
    "Ask Dr. Smith.": "ask doctor smith", "Hello Dr. Smith": "hello doctor smith",
    "42nd St. was busy": "forty second street was busy",
    "Gen. Smith and Sen. Warren": "general smith and senator warren", "Lt. Col. Jones": "lieutenant colonel jones",
    "the new gen. is here": "the new gen is here", "Hon. Judge Judy": "honorable judge judy",
    "fig. 2 and vol. 3": "figure two and volume three", "no. 5": "number five",
    "I said no. Five people": "i said no five people", "Is it yes or no.": "is it yes or no", "5 min.": "five minutes",
    "1 min.": "one minute", "five min. later": "five minutes later", "Wait a sec.": "wait a sec",
    "30 sec. left": "thirty seconds left", "See you on Mon.": "see you on monday", "The sun. It": "the sun it",
    "Jan. 5th": "january fifth", "This is Jan.": "this is jan", "in Jan. we": "in january we",
    "Dec. 25": "december twenty fifth", "Smith & Co. Inc.": "smith and company incorporated",
    "Rev. Jones": "reverend jones", "ms. jones": "ms jones", "Ms. Jones": "miz jones", "5 ms.": "five milliseconds",
    "5 apples,th": "five apples th", "10am": "ten a. m.", "at 5 PM.": "at five p. m.", "7:00pm": "seven p. m.",
    "at 9:00": "at nine o'clock", "1,000,000th": "one millionth", "99999999999999999999th": "nine " * 19 + "ninth",
    "$0.99": "ninety nine cents", "-$5": "minus five dollars", "5€": "five euros",
    "$10-$20": "ten dollars to twenty dollars", "$.50": "fifty cents", "we paid US$5": "we paid u. s. five dollars",
    "50¢": "fifty cents", "1½ cups": "one and one half cups", "2 1/2 cups": "two and one half cups",
    "555-1234": "five five five one two three four", "24/7": "twenty four seven", "9/11": "nine eleven",
    "2024-12-25": "december twenty fifth twenty twenty four", "July 4, 1776": "july fourth seventeen seventy six",
    "12/25/2024": "twelve twenty five twenty twenty four", "version 3.14.2": "version three point fourteen point two",
    ".5 kg": "point five kilograms", "1 kg": "one kilogram", "60mph": "sixty miles per hour",
    "a 6-ft man": "a six foot man", "6 ft. tall": "six feet tall", "5 in. of snow": "five inches of snow",
    "the 1500s": "the fifteen hundreds", "the 00s": "the zero zeros", "747s": "seven hundred and forty sevens",
    "A. Smith": "a. smith", "J. R. R. Tolkien": "j. r. r. tolkien", "U.S.A": "u. s. a.",
    "Ph.D. Smith": "p. h. d. smith", "smørrebrød": "smorrebrod", "ﬁne": "fine", "Ｈｅｌｌｏ": "hello",
    "10²": "ten squared", "the 21 st pass": "the twenty one st pass",
    "№ 5": "number five", "Straße": "strasse", "end.Next one": "end next one",
    "bob@example.com": "bob at example dot com", "Dr.Smith": "doctor smith", "10 a.m. EST.": "ten a. m. est",
    "It's 100%": "it's one hundred percent", "percent %": "percent percent",
    "on main st. there": "on main street there", "i love st. louis": "i love saint louis",
    "Dr. and Mrs. King": "doctor and missus king", "Prof. Dr. Lee": "professor doctor lee", "Yes, prof.": "yes prof",
    "Good night, rev.": "good night rev", "Turn onto Oak Dr. Then stop.": "turn onto oak drive then stop",
    "Martin Luther King Jr. spoke": "martin luther king junior spoke", "Mt. Everest": "mount everest",
    "Ft. Worth": "fort worth", "He gave it to Col. Mustard": "he gave it to colonel mustard",
    "the 3rd of Jan. 2020": "the third of january twenty twenty", "Est. 1990": "established nineteen ninety",
    "Sat. 5 May": "saturday five may", "They sat. Then": "they sat then",
    "He is a Gov. employee": "he is a gov employee", "Vol. VI": "vol six", "St. Patrick's Day": "saint patrick's day",
    "Wall St. fell": "wall street fell", "5th Ave.": "fifth avenue",
    "(555) 123-4567": "five five five one two three four five six seven",
    "500-1000 people": "five hundred to one thousand people", "the Rep. from Ohio": "the rep from ohio",
    "the rep. said": "the rep said", "Sen. (ret.) Bob": "sen ret bob",
    "350°F. Then": "three hundred and fifty degrees fahrenheit then", "NASA's rockets": "nasa's rockets",
    "Louis XIV": "louis fourteen", "Mon., Tues.": "monday tuesday",
    "MAIN ST. AT 5 PM. DR. SMITH": "main street at five p. m. doctor smith", "GIVE ME A MIN.": "give me a min",
    "Two Maj. Lees": "two major lees", "She is next gen.": "she is next gen",
    "Do one more rep. Then rest.": "do one more rep then rest",
    "come here, hon. I love you": "come here hon i love you", "Mt. St. Helens": "mount saint helens",
    "to Elm St. Bob came": "to elm street bob came", "on Rodeo Dr. in May": "on rodeo drive in may",
    "St Andrews, Oxford St": "saint andrews oxford street", "Turn up the vol.": "turn up the vol",
    "1 hr. 5 min.": "one hour five minutes", "2.4 GHz": "two point four gigahertz",
    "192.168.1.1": "one hundred and ninety two point one hundred and sixty eight point one point one",
    "999,999,999,999,999,999th": "nine " * 17 + "ninth",
}  # fmt: skip
IN_DOUBT_AS_WRITTEN = {
    "Main St. Station is closed.": "main street station is closed", "Main St. Cafe opens.": "main street cafe opens",
    "Wall St. Journal": "wall street journal", "MAIN ST. BRIDGE": "main street bridge",
    "Visit St. Louis": "visit saint louis", "I LOVE ST. LOUIS": "i love saint louis",
    "Thanks, Hon. Bob is here.": "thanks hon bob is here",
    "Do one more Rep. John counts.": "do one more rep john counts",
    "ONE MORE REP. JOHN.": "one more rep john", "He is a Gen. Z": "he is a gen z", "Gen. Z kids": "gen z kids",
    "Yesterday, Gen. Smith left": "yesterday general smith left", "the Rev. King": "the reverend king",
    "Thank you, Mr. Bob": "thank you mister bob",
    "See you later, bros.": "see you later bros", "Warner Bros. made it": "warner brothers made it",
    "Look at the Sun. 5 planets orbit it.": "look at the sun five planets orbit it",
    "I love you, Jan. 3 cheers for you.": "i love you jan three cheers for you",
    "We left Jan. 3, in snow": "we left january third in snow", "Jan. 3 of that year": "january third of that year",
    "Oh, Jan. 3 in the morning": "oh january third in the morning",
    "He can eat a fig. 3 times": "he can eat a fig three times", "the fig. 3 times": "the fig three times",
    "See the fig. 3 here": "see the figure three here",
    "The team won one vol. 2 were lost.": "the team won one vol two were lost", "Sun. morning": "sunday morning",
}  # fmt: skip
MARKED_UP = {
    "NARRATOR: And so": "and so",
    "Speaker 1: Hello.\n>> BOB: Hi.": "hello hi",
    "He said: hello": "he said hello",
    "(quietly, to himself) And so": "and so",
    "Yes.\n(He laughs.) No.": "yes no",
    "I (really) mean it": "i really mean it",
    "Tom &amp; Jerry": "tom and jerry",
    "WEBVTT\nKind: captions\n\nNOTE by me\n\nfirst\n00:00.200 --> 00:07.000 align:start\nAnd so\n\n"
    "00:01:00.000 --> 00:01:01.000\nit <c>ends</c>": "and so it ends",
    "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\nTwo\n5 more": "one two five more",
}
SCRIPTS = {
    "Anna: Hello there.": "hello there", "Dr. Smith: Hello": "hello", "[Anna]: Hi": "hi", "ANNA (V.O.): Hi": "hi",
    "**Anna:** hi there": "hi there", "SPEAKER_00: a b": "a b", "anna: hi\nbob: hey": "hi hey",
    "Anna: Hello. Bob: Hi.": "hello hi", "Old man: yes\nYoung man: no": "yes no", "Anna Smith  0:05\nHello": "hello",
    "Remember: never look back.": "remember never look back", "NOTE: Read this": "note read this",
    "The truth: it bites": "the truth it bites", "Chapter 1: The boy": "chapter one the boy",
    "Hey John: come here": "hey john come here", "my sister: hello": "my sister hello",
    "Me: hi\nYou: ho\nMe: he": "hi ho he", "FYI: it": "fyi it", "The Doctor: hi": "hi", "Time: now": "time now",
    "INT. HOUSE - DAY\n\n          ANNA\n      (softly)\nHello you.": "hello you",
    "ANNA\n(softly)\nHello you.\n\nBOB (O.S.)\nNo.": "hello you no",
    "CHAPTER ONE\nHello you.\n\nCHAPTER TWO\nNo.": "chapter one hello you chapter two no",
    "0:00\nhello\n0:05\nthere": "hello there",
    "11:00 we left.\n12:00 we ate": "eleven o'clock we left twelve o'clock we ate",
    "I (really) mean (coughs) it": "i really mean it", "Yes *sighs* no *really* yes": "yes no really yes",
    "Hello [laughs [loudly]] there": "hello there", "<v.loud Anna Smith>Hi": "hi", "{\\an8}Hi": "hi",
}  # fmt: skip
CODES = {
    "3/5/2024": "three five twenty twenty four", "05.03.2024": "five three twenty twenty four",
    "March 5th, 2024": "march fifth twenty twenty four", "Mar 5": "march fifth", "2024-03-05":
    "march fifth twenty twenty four", "https://www.example.co.uk/a-b?x=1.":
    "w w w dot example dot co dot u k slash a dash b question mark x equals one",
    "bob_9@x-y.io": "bob underscore nine at x dash y dot i o", "+44 20 7946 0958":
    "plus four four two zero seven nine four six zero nine five eight", "555.123.4567":
    "five five five one two three four five six seven", "A113": "a. one thirteen", "X-15, v2.0":
    "x fifteen v two point zero", "C-3PO, MP3, US-101": "c three p o m p three u s one oh one",
    "flight BA2490, Room 101B": "flight b a. twenty four ninety room one oh one b", "1080p": "ten eighty p.",
    "12:30:45": "twelve thirty forty five", "$5-10": "five to ten dollars", "50/50": "fifty fifty",
    "β-test": "beta test",
    "2024/03/05": "march fifth twenty twenty four", "Dec 25th": "december twenty fifth", "2×3": "two times three",
    "25 Dec 2024": "twenty five december twenty twenty four",
    "₹500": "five hundred rupees", "3pm–5pm": "three p. m. to five p. m.", "C# 6'2": "c sharp six foot two",
}  # fmt: skip
ALL = SCRIPTS | CODES | SPOKEN | WITH_ABBREVIATIONS_AND_FIGURES | IN_DOUBT_AS_WRITTEN | MARKED_UP
ODDITIES = [
    *"0123456789.,:;-'/%$€#@&+=()[]<>°½²№ß\u00e9\u4f60\u0663\u216b\u2460\ud800\u200b\n\t\0", "th", "st", "s", " am",
    "9" * 400, "1,", "St.", "Dr.", "-->", "00:01.0 --> 00:02.0", "NOTE", " in. ", "Mar.", "\u1100", "\U0001f600",
]  # fmt: skip


@pytest.mark.parametrize("text", ALL)
def test_a_transcript_becomes_what_is_said(text):
    assert " ".join(normalise(text)) == ALL[text]


@pytest.mark.parametrize("seed", range(10))
def test_whatever_is_typed_becomes_words_or_one_sentence(seed):
    """Sentences of the tables joined, cut and sprinkled with digits, marks and letters of other scripts."""
    rng = random.Random(seed)
    for _ in range(40):
        typed = "".join(rng.sample(sorted(ALL), 2))
        for _ in range(rng.randrange(1, 9)):
            at = rng.randrange(len(typed) + 1)
            typed = typed[:at] + rng.choice(ODDITIES) + typed[at + rng.randrange(3) :]
        try:
            words = normalise(typed)
        except TranscriptError:
            continue
        for word in words:
            assert set(pronounce(word)) <= set(PHONEMES), typed


@pytest.mark.parametrize("text", ["", "  \n", "...?!", "(coughs)", "ANNA:", "[music]"])
def test_a_transcript_without_words_is_one_sentence(text):
    with pytest.raises(TranscriptError, match="no words"):
        normalise(text)


@pytest.mark.parametrize("text", ["你好，世界", "Say Москва now", "नमस्ते", "你" * 2000])
def test_words_in_other_letters_are_named_and_the_sentence_says_what_to_do(text):
    with pytest.raises(TranscriptError, match=r"(Chinese|Cyrillic|Devanagari) letters .* language.* omit"):
        normalise(text)


@pytest.mark.parametrize(
    "text", ["word " * 50_000, "9" * 2000, "[" * 2000, "1\n00:00:01,000 --> 00:00:02,000\nx\n" * 15_001]
)
def test_more_than_can_be_said_is_refused_before_it_is_worked_on(text):
    with pytest.raises(TranscriptError, match=r"two hours|letters"):
        parse_transcript(text)


def test_every_normalised_word_can_be_pronounced_with_our_phonemes():
    for text in ALL:
        for word in normalise(text):
            assert set(pronounce(word)) <= set(PHONEMES) - {"SIL", "NSN"}


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("puppet", "P AH P AH T"),
        ("activationist", "AE K T IH V EY SH AH N IH S T"),  # the example of the network's own authors
        ("blorbix's", "B L AO R B IH K S IH Z"),
        ("zorp's", "Z AO R P S"),
    ],
)
def test_known_and_unknown_words_are_pronounced(word, phonemes):
    assert " ".join(pronounce(word)) == phonemes


def test_the_guess_agrees_with_the_dictionary_on_most_phonemes():
    """The network was trained on such a dictionary: of 60 words it must spell most as that does."""
    words = [word for word in dictionary() if word.isalpha() and len(word) == 6][:12000:200]
    assert sum(guess(word) == pronounce(word) for word in words) > 0.6 * len(words)


def test_unknown_words_need_no_network_and_no_nltk(monkeypatch):
    def refuse(*args: object, **kwargs: object):
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    guess.cache_clear()
    assert pronounce("flumoxity")
    script = (
        "import sys\nfrom styletalk.speech import track\nfrom styletalk.speech.text.pronunciation import pronounce\n"
        "pronounce('flumoxity')\n"
        "print(sorted({'nltk', 'g2p_en', 'torch', 'pocketsphinx', 'scipy'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert run.stderr == ""


def test_numbers_are_those_of_num2words():
    num2words = pytest.importorskip("num2words").num2words
    rng = np.random.default_rng(4)
    numbers = [*range(1200), *(int(10 ** rng.uniform(3, 15)) for _ in range(500)), 10**6, 10**6 + 1, 10**9 + 10**5]
    for number in numbers:
        assert cardinal(str(number)).split() == re.split(r"[-, ]+", num2words(number)), number
        assert ordinal(str(number)).split() == re.split(r"[-, ]+", num2words(number, to="ordinal")), number
    for number in (*range(1100, 2000), *range(2010, 2100)):
        assert year(str(number)).split() == re.split(r"[-, ]+", num2words(number, to="year")), number
