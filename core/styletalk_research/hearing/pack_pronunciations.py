# SPDX-License-Identifier: Apache-2.0
"""The dictionary and the network that say how words sound, out of pocketsphinx and g2p-en, packed for the product.

python -m styletalk_research.hearing.pack_pronunciations [--check WORDS]

Needs `pip install pocketsphinx==5.1.1 g2p-en==2.1.0`. --check says for how many words of the dictionary, evenly spread,
the packed network guesses what the float32 weights do.
"""

import argparse
import importlib.util
import re
from pathlib import Path

import numpy as np

import styletalk.speech.text.letters as letters
from styletalk.errors import MissingPackageError
from styletalk.files.writing import written_whole
from styletalk.speech.text.dictionary import DICTIONARY_FILE, dictionary, line_of


def package_file(package: str, name: str) -> Path:
    """A file of an installed package, which is not imported. Raises MissingPackageError."""
    spec = importlib.util.find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    for path in (folder / name for folder in folders):
        if path.is_file():
            return path
    raise MissingPackageError(f"The package {package} with {name} is not installed. Install it with pip.")


def packed_dictionary(path: Path) -> np.ndarray:
    """(bytes,) uint8: the text of `Dictionary`, of lines such as "read(2) R IY D"."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phonemes = line.split()
        found.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(tuple(phonemes))
    lines = (line_of(word, tuple(found[word])) for word in sorted(found, key=str.encode))
    return np.frombuffer("\n".join(["", *lines, ""]).encode(), np.uint8)


def packed_network(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors that `letters` takes, float32, of g2p-en's: what an embedding is multiplied by goes into it."""
    tensors = {name: arrays[name] for name in ("fc_w", "fc_b", *(f"{p}_{k}_hh" for p in ("enc", "dec") for k in "wb"))}
    for part in ("enc", "dec"):
        tensors[f"{part}_in"] = arrays[f"{part}_emb"] @ arrays[f"{part}_w_ih"].T + arrays[f"{part}_b_ih"]
    return tensors


def guesses(words: list[str], weights: dict[str, np.ndarray]) -> list[tuple[str, ...]]:
    """What the network with these weights guesses."""
    shipped = letters._weights
    try:
        letters._weights = lambda: weights  # type: ignore[assignment]
        return [letters.guess.__wrapped__(word) for word in words]
    finally:
        letters._weights = shipped


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m styletalk_research.hearing.pack_pronunciations", description=__doc__
    )
    parser.add_argument("--check", type=int, default=0, metavar="WORDS")
    options = parser.parse_args(arguments)
    with np.load(package_file("g2p_en", "checkpoint20.npz"), allow_pickle=False) as stored:
        exact = packed_network({name: stored[name] for name in stored.files})
    rounded = {name: tensor.astype(np.float16) for name, tensor in exact.items()}
    text = packed_dictionary(package_file("pocketsphinx", "model/en-us/cmudict-en-us.dict"))
    for path, content in ((DICTIONARY_FILE, {"text": text}), (letters.WEIGHTS_FILE, rounded)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, **content)
    if options.check:
        words = [*dictionary()][:: max(len(dictionary()) // options.check, 1)]
        read_back = {name: tensor.astype(np.float32) for name, tensor in rounded.items()}
        same = sum(a == b for a, b in zip(guesses(words, read_back), guesses(words, exact), strict=True))
        print(f"{same} of {len(words)} words are guessed alike.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
