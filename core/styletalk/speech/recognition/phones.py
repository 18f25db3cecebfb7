# SPDX-License-Identifier: Apache-2.0
"""Phone recognition without words, where no words are found; a third of the lip accuracy is lost."""

from ...phonemes import PHONEME_INDEX, SILENCE, PhonemeSegment
from ..align.decoder import decode_finds_path, frame_time_s, make_decoder
from ..text.pronunciation import model_folder

# On real speech these find four times the phonemes that the decoder's own settings find.
SETTINGS = {"lw": 1.0, "pip": 1.0, "beam": 1e-20, "pbeam": 1e-20}


class PhoneDecoder:
    """A free phone decoder for many stretches of sound."""

    def __init__(self) -> None:
        self._decoder = make_decoder(lm=None, allphone=str(model_folder() / "en-us-phone.lm.bin"), **SETTINGS)

    def decode(self, pcm: bytes, offset_s: float = 0.0) -> tuple[PhonemeSegment, ...]:
        """The phonemes of 16-bit sound that begins at offset_s, silence and noise left out."""
        if not decode_finds_path(self._decoder, pcm):
            return ()
        return tuple(
            PhonemeSegment(
                phone.word, frame_time_s(phone.start_frame, offset_s), frame_time_s(phone.end_frame + 1, offset_s)
            )
            for phone in self._decoder.seg()
            if phone.word in PHONEME_INDEX and phone.word != SILENCE
        )
