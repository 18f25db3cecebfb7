# SPDX-License-Identifier: Apache-2.0
"""How words sound: all that the dictionary says, what is guessed, and that both are read as other files are."""

import numpy as np
import pytest

from styletalk.errors import TranscriptError, WeightsError
from styletalk.phonemes import PHONEMES
from styletalk.speech.text import dictionary as dictionary_module
from styletalk.speech.text import letters
from styletalk.speech.text.dictionary import LINES_PER_BLOCK, Dictionary, dictionary, line_of
from styletalk.speech.text.letters import MAX_LETTERS, guess
from styletalk.speech.text.pronunciation import pronounce, pronunciations

READ = (("R", "EH", "D"), ("R", "IY", "D"))


def test_every_pronunciation_of_a_word_is_known_the_usual_one_first():
    assert pronunciations("read") == READ
    assert pronounce("read") == READ[0]
    assert len(dictionary()) == 126_052
    assert sum(map(len, dictionary().values())) == 134_860


def test_a_possessive_is_said_as_its_stem_is():
    assert pronunciations("zorp's") == ((*guess("zorp"), "S"),)
    assert "read's" in dictionary()
    assert pronunciations("either's") == tuple((*each, "Z") for each in pronunciations("either"))


@pytest.mark.parametrize("word", ["", "a" * 1000, "zzzzzz", "'", "aaaa", "read REd", "\ud800", "é", "read\n"])
def test_what_is_no_word_is_not_in_the_dictionary(word):
    assert word not in dictionary()
    with pytest.raises(KeyError):
        dictionary()[word]
    assert 5 not in dictionary()


def test_every_word_is_found_also_at_the_edges_of_blocks():
    words = sorted({"".join(each) for each in np.random.default_rng(2).choice([*"abc'.-"], (200, 5))}, key=str.encode)
    made = Dictionary("\n".join(["", *(line_of(word, READ) for word in words), ""]).encode())
    assert len(words) > 3 * LINES_PER_BLOCK
    assert list(made) == words
    assert all(made[word] == READ and word in made for word in words)
    assert not any(word[:-1] in made or f"{word}a" in made for word in words)


def test_all_that_is_said_are_phonemes():
    spoken = {phoneme for variants in dictionary().values() for each in variants for phoneme in each}
    assert spoken == set(PHONEMES) - {"SIL", "NSN"}


def test_a_word_of_a_thousand_letters_is_read_no_further_than_a_word_goes():
    assert guess("ab" * 500) == guess(("ab" * 500)[:MAX_LETTERS])


def test_a_word_without_letters_is_one_sentence():
    with pytest.raises(TranscriptError, match="no Latin letters"):
        pronunciations("1234")


@pytest.mark.parametrize(
    ("module", "name", "read"),
    [(dictionary_module, "DICTIONARY_FILE", "dictionary"), (letters, "WEIGHTS_FILE", "_weights")],
)
@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"text"])
def test_damaged_data_is_one_sentence(tmp_path, monkeypatch, module, name, read, content):
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    monkeypatch.setattr(module, name, path)
    with pytest.raises(WeightsError, match=r"data\.npz"):
        getattr(module, read).__wrapped__()


@pytest.mark.parametrize(
    ("module", "name", "read", "tensors"),
    [
        (dictionary_module, "DICTIONARY_FILE", "dictionary", {"text": np.zeros(9, np.uint8)}),
        (dictionary_module, "DICTIONARY_FILE", "dictionary", {"text": np.frombuffer(b"\nthe\n", np.uint8)}),
        (letters, "WEIGHTS_FILE", "_weights", {"enc_b_hh": np.zeros(6)}),
        (letters, "WEIGHTS_FILE", "_weights", {name: np.zeros((6, 6)) for name in letters._shapes(2)}),
    ],
)
def test_data_of_another_model_is_one_sentence(tmp_path, monkeypatch, module, name, read, tensors):
    path = tmp_path / "data.npz"
    np.savez(path, **tensors)
    monkeypatch.setattr(module, name, path)
    with pytest.raises(WeightsError, match=r"data\.npz"):
        getattr(module, read).__wrapped__()
