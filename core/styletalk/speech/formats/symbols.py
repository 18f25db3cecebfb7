# SPDX-License-Identifier: Apache-2.0
"""Other people's phoneme symbols → ours: ARPAbet with stress digits, IPA, SAMPA, Rhubarb's mouth shapes."""

import unicodedata

from ...phonemes import PHONEME_INDEX, SILENCE

SILENT_SYMBOLS = {"", "sil", "sp", "spn", "nsn", "noise", "<eps>", "<sil>", "<p:>", "h#", "pau", "_", "#"}
ARPABET_EXTRAS = {
    "AX": "AH", "AXR": "ER", "IX": "IH", "UX": "UW", "DX": "T", "NX": "N", "EL": "L", "EM": "M", "EN": "N", "HV": "HH",
    "WH": "W", "Q": "T", "AXH": "AH", "ENG": "NG", "BCL": "B", "DCL": "D", "GCL": "G", "PCL": "P", "TCL": "T",
    "KCL": "K",
}  # fmt: skip
"""Symbols of larger ARPAbets (TIMIT's) as the nearest of ours."""
IPA = {
    "ɑ": "AA", "ɒ": "AA", "a": "AA", "æ": "AE", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɜ": "ER", "ɝ": "ER", "ɚ": "ER",
    "ɔ": "AO", "o": "OW", "aw": "AW", "aʊ": "AW", "aj": "AY", "aɪ": "AY", "ɑj": "AY", "ɛ": "EH", "e": "EY", "ej": "EY",
    "eɪ": "EY", "ɪ": "IH", "ɨ": "IH", "i": "IY", "ow": "OW", "oʊ": "OW", "əw": "OW", "əʊ": "OW", "ɔj": "OY", "ɔɪ": "OY",
    "oj": "OY", "ʊ": "UH", "u": "UW", "ʉ": "UW", "ɯ": "UW", "b": "B", "p": "P", "m": "M", "ɱ": "M", "f": "F", "v": "V",
    "ʋ": "V", "θ": "TH", "ð": "DH", "t": "T", "ʈ": "T", "d": "D", "ɖ": "D", "ɾ": "T", "ʔ": "T", "n": "N", "ɲ": "N",
    "ŋ": "NG", "s": "S", "z": "Z", "ʃ": "SH", "ɕ": "SH", "ʒ": "ZH", "ʑ": "ZH", "tʃ": "CH", "ʧ": "CH", "tɕ": "CH",
    "dʒ": "JH", "ʤ": "JH", "dʑ": "JH", "k": "K", "c": "K", "g": "G", "ɡ": "G", "ɟ": "G", "x": "K", "h": "HH", "ç": "HH",
    "ɦ": "HH", "l": "L", "ɫ": "L", "ʎ": "L", "r": "R", "ɹ": "R", "ɻ": "R", "ʁ": "R", "j": "Y", "w": "W", "ʍ": "W",
    "y": "UW", "ʏ": "UH", "ø": "UH", "œ": "UH", "ɵ": "UH", "ɤ": "AH", "ɔʏ": "OY", "ɔy": "OY", "β": "B", "ɣ": "G",
    "χ": "K", "ʀ": "R", "ʂ": "SH", "ʐ": "ZH", "ʈʂ": "CH", "ɥ": "Y", "ts": "S", "dz": "Z", "pf": "F",
}  # fmt: skip
"""Without length, stress and secondary articulation; sounds that English lacks as what the lips do most like."""
RHUBARB = {"A": "M", "B": "S", "C": "EH", "D": "AA", "E": "ER", "F": "UW", "G": "F", "H": "L", "X": SILENCE}
"""Rhubarb's mouth shapes as one phoneme each that opens the mouth like it: closed, clenched teeth, open, wide open,
slightly rounded, puckered, lip on teeth, tongue up, idle. Nine shapes for forty phonemes: some detail is lost."""
_MODIFIERS = "ːˑʰʲʷˠˤˀ̃ˈˌ͜͡'ˡⁿ˥˦˧˨˩"
_SAMPA = str.maketrans({
    "@": "ə", "S": "ʃ", "Z": "ʒ", "N": "ŋ", "T": "θ", "D": "ð", "I": "ɪ", "E": "ɛ", "{": "æ", "A": "ɑ", "O": "ɔ",
    "U": "ʊ", "V": "ʌ", "Q": "ɒ", "3": "ɜ", "6": "ɐ", "9": "œ", "2": "ø", "Y": "ʏ", "C": "ç", "R": "ʁ", "X": "χ",
    "J": "ɲ", "L": "ʎ", "1": "ɨ", "}": "ʉ", "H": "ɥ", "G": "ɣ", "B": "β", "M": "ɯ", "?": "ʔ", ":": "ː",
    **dict.fromkeys("=~_^%\""),
})  # fmt: skip


def phoneme_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for an ARPAbet or IPA symbol, SIL for pauses and noise, None for what is neither."""
    plain = symbol.strip()
    if plain.lower() in SILENT_SYMBOLS:
        return SILENCE
    arpabet = plain.upper().rstrip("0123456789")
    if plain.isascii() and len(arpabet) > 0 and (plain == plain.upper() or len(plain) > 1):
        if arpabet in PHONEME_INDEX:
            return arpabet
        if arpabet in ARPABET_EXTRAS:
            return ARPABET_EXTRAS[arpabet]
    return _from_ipa(plain)


def sampa_symbol(symbol: str) -> str | None:
    """One of our 41 symbols for one of SAMPA, which WebMAUS writes: IPA in ASCII, "S" for ʃ and "@" for ə."""
    plain = symbol.strip()
    return SILENCE if plain.lower() in SILENT_SYMBOLS else _from_ipa(plain.translate(_SAMPA))


def _from_ipa(symbol: str) -> str | None:
    if "\u02de" in symbol:  # rhoticity hook
        return "ER"
    letters = unicodedata.normalize("NFC", symbol) if "ç" in symbol else unicodedata.normalize("NFD", symbol)
    plain = "".join(c for c in letters if c not in _MODIFIERS and unicodedata.category(c) != "Mn")
    return IPA.get(plain) or next((IPA[part] for part in (plain[:2], *plain) if part in IPA and len(plain) > 1), None)
