# SPDX-License-Identifier: Apache-2.0
"""Transcripts as people type them become the words that are spoken; unknown words are guessed without a network."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from styletalk.errors import TranscriptError
from styletalk.phonemes import PHONEMES
from styletalk.speech.text.pronunciation import dictionary, guess, pronounce
from styletalk.speech.text.transcript import normalise

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
    "the GPU, two CPUs": "the g. p. u. two c. p. u.'s",
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


@pytest.mark.parametrize("text", SPOKEN)
def test_a_transcript_becomes_what_is_said(text):
    assert " ".join(normalise(text)) == SPOKEN[text]


@pytest.mark.parametrize("text", ["", "  \n", "...?!", "你好，世界", "[music]"])
def test_a_transcript_without_words_is_one_sentence(text):
    with pytest.raises(TranscriptError, match="no words"):
        normalise(text)


def test_every_normalised_word_can_be_pronounced_with_our_phonemes():
    for text in SPOKEN:
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
    assert sum(guess(word) == dictionary()[word] for word in words) > 0.6 * len(words)


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
