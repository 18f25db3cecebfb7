# SPDX-License-Identifier: Apache-2.0
"""What every use of pocketsphinx shares: how a decoder is made, and how it decodes one stretch of sound."""

from typing import TYPE_CHECKING, Any

from ...errors import MissingPackageError

if TYPE_CHECKING:
    from pocketsphinx import Decoder

FRAME_RATE_HZ = 100
"""pocketsphinx's frames a second."""
LATENESS_S = 0.012
"""Its boundaries lie this much early, measured against synthetic speech with known phone times."""


def make_decoder(**settings: Any) -> "Decoder":
    """A decoder with the bundled English model, silent on stderr. Raises MissingPackageError."""
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MissingPackageError(
            "Finding phonemes in sound needs the package pocketsphinx. Install it with `pip install pocketsphinx`, "
            "or give a phoneme file."
        ) from error
    return Decoder(**{"loglevel": "FATAL", "cmn": "batch", **settings})


def decode(decoder: "Decoder", pcm: bytes) -> None:
    """Decode one stretch of 16-bit sound at 16 kHz."""
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()


def decode_finds_path(decoder: "Decoder", pcm: bytes) -> bool:
    """Decode one stretch of sound; False where the decoder found no path through it."""
    decode(decoder, pcm)
    return decoder.hyp() is not None


def frame_time_s(frame: int, offset_s: float) -> float:
    """The time in the sound, in seconds, of a boundary at `frame` of a stretch that begins at offset_s."""
    return offset_s + frame / FRAME_RATE_HZ + LATENESS_S
