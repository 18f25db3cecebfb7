# SPDX-License-Identifier: Apache-2.0
"""Other people's phonemes and mouth shapes as the nearest of ours, as data.

Nearest by what is seen: first the rounding of the lips, then where lips and teeth touch, then how wide the jaw opens.
Own knowledge of phonetics (the IPA chart, X-SAMPA, TIMIT's alphabet, the documentation of each mouth set).
"""

from ...phonemes import SILENCE

_SILENT = """
    sil sp spn nsn pau pause noise silence breath br bp inhale exhale laugh laughter lau cough epi eps h# # _ __ + ssil
    sp1 sil1 sent-start sent-end !enter !exit !sil garbage gbg xxx -- usb vnoise vns lg cg hes
"""
SILENT_SYMBOLS = {"", *_SILENT.split()}
ARPABET_EXTRAS = {
    "AX": "AH", "AXR": "ER", "IX": "IH", "UX": "UW", "DX": "T", "NX": "N", "EL": "L", "EM": "M", "EN": "N", "HV": "HH",
    "WH": "W", "Q": "HH", "AXH": "AH", "AX-H": "AH", "ENG": "NG", "BCL": "B", "DCL": "D", "GCL": "G", "PCL": "P",
    "TCL": "T", "KCL": "K", "OH": "AA", "IA": "IH", "EA": "EH", "UA": "UH", "H": "HH",
}  # fmt: skip
"""Symbols of larger ARPAbets (TIMIT's, Festival's) as the nearest of ours."""
_LETTERS = {
    "AA": "aɑäᴀɑа", "AE": "æӕ", "AH": "ɐʌəɤǝә", "ER": "ɜɝɚ", "AO": "ɔɒœɶɞ", "OW": "o", "EH": "ɛɘεᴇ", "EY": "e",
    "IH": "ɪɨᵻɯıɩɿʅ", "IY": "i", "UH": "ʊᵿʏøɵɷö", "UW": "uʉyüʮʯ",
    "P": "pʘʬ", "B": "bʙɓβ", "M": "m", "F": "f", "V": "vʋɱⱱѵ", "W": "wʍɥɸφ",
    "TH": "θ", "DH": "ðδ", "T": "tʈǀǃǂʇʭƭȶʗ", "D": "dɖɾɗᶑɽȡ", "N": "nɲɳȵñ", "S": "sʦʪ", "Z": "zʣʫ",
    "L": "lɫʎɭʟɬɮɺǁʖȴλł", "R": "rɹɻɼ", "SH": "ʃʂɕɧʆšśş∫", "ZH": "ʒʐʑʓžźż", "CH": "ʧʨꭧčć", "JH": "ʤʥꭦǰǧ",
    "Y": "jʝ", "K": "kcqxχƙƈʠ", "G": "gɡɟɢɣɰʄɠʛγʁʀ", "NG": "ŋɴʩ", "HH": "hɦħʜçʔʕʡʢ",
}  # fmt: skip
IPA = {letter: ours for ours, letters in _LETTERS.items() for letter in letters}
"""One letter each, without length, stress, tone, and secondary articulation; with letters of older conventions."""
SEQUENCES: dict[str, str] = {
    "əw": "OW", "əʊ": "OW", "əu": "OW", "ɵw": "OW", "øy": "OY", "ɔy": "OY", "ɔʏ": "OY", "ɔø": "OY", "œy": "OW",
    "œʏ": "OW",
    **dict.fromkeys(("ɐw", "ɐʊ", "ʌu", "ʌʊ", "ʌw"), "AW"), **dict.fromkeys(("ɐj", "ɐɪ", "ɐi", "ʌɪ", "ʌi"), "AY"),
    "əj": "EY", "əɪ": "EY", "ae": "AY", "ao": "AW", "oe": "OY", "pf": "F", "bv": "V", "tɬ": "L", "dɮ": "L",
    "ts": "S", "dz": "Z", "kp": "P", "gb": "B", "mb": "B", "nd": "D", "mp": "P", "nt": "T", "nk": "K", "nz": "Z",
    "kw": "K", "gw": "G", "kx": "K", "ng": "NG", "ŋg": "G", "ŋɡ": "G", "tr": "CH", "dr": "JH",
}  # fmt: skip
"""Two sounds that one symbol names, where `blended` would make something else of them."""
GLIDES = {
    ("AA", "I"): "AY", ("AE", "I"): "AY", ("AH", "I"): "AY", ("EH", "I"): "EY", ("EY", "I"): "EY", ("AO", "I"): "OY",
    ("OW", "I"): "OY", ("AA", "U"): "AW", ("AE", "U"): "AW", ("AH", "U"): "AW", ("AO", "U"): "OW", ("OW", "U"): "OW",
}  # fmt: skip
"""A vowel that glides towards a close one, spread or rounded."""
CLOSE = {"IY": "I", "IH": "I", "Y": "I", "UW": "U", "UH": "U", "W": "U"}
OPENNESS: dict[str, int] = {
    **dict.fromkeys(("AA", "AE", "AO", "AY", "AW", "OY"), 4), **dict.fromkeys(("EH", "EY", "OW", "ER"), 3),
    **dict.fromkeys(("IY", "IH", "UH", "UW"), 2), "AH": 1,
}  # fmt: skip
"""Vowels; of several in one symbol the most open one is seen, and a neutral one last."""
SAMPA = {
    "@": "ə", "S": "ʃ", "Z": "ʒ", "N": "ŋ", "T": "θ", "D": "ð", "I": "ɪ", "E": "ɛ", "{": "æ", "A": "ɑ", "O": "ɔ",
    "U": "ʊ", "V": "ʌ", "Q": "ɒ", "3": "ɜ", "6": "ɐ", "9": "œ", "2": "ø", "Y": "ʏ", "C": "ç", "R": "ʁ", "X": "χ",
    "J": "ɲ", "L": "ʎ", "1": "ɨ", "}": "ʉ", "H": "ɥ", "G": "ɣ", "B": "β", "M": "ɯ", "?": "ʔ", "&": "ɶ", "7": "ɤ",
    "8": "ɵ", "4": "ɾ", "5": "ɫ", "P": "ʋ", "F": "ɱ", "K": "ɬ", "W": "ʍ",
    "r\\": "ɹ", "s\\": "ɕ", "z\\": "ʑ", "j\\": "ʝ", "h\\": "ɦ", "p\\": "ɸ", "B\\": "ʙ", "G\\": "ɢ", "H\\": "ʜ",
    "J\\": "ɟ", "K\\": "ɮ", "L\\": "ʟ", "M\\": "ɰ", "N\\": "ɴ", "O\\": "ʘ", "R\\": "ʀ", "X\\": "ħ", "?\\": "ʕ",
    "x\\": "ɧ", "v\\": "ʋ", "l\\": "ɺ", "@\\": "ɘ", "3\\": "ɞ", "I\\": "ᵻ", "U\\": "ᵿ", "|\\": "ǀ", "!\\": "ǃ",
    "=\\": "ǂ", "<\\": "ʢ", ">\\": "ʡ", "@`": "ɚ", "3`": "ɝ",
    "s`": "ʂ", "z`": "ʐ", "r\\`": "ɻ",
}  # fmt: skip
"""SAMPA and X-SAMPA as IPA; what follows "_" is secondary."""
DISC = {
    "&": "a", "A": "a", ")": "ɛ", "|": "ø", "/": "œ", "^": "œ", "~": "ɔ", "q": "ɑ", "c": "æ", "$": "ɔ", "#": "ɑ",
    "+": "pf", "=": "ts", "J": "tʃ", "_": "dʒ", "W": "aɪ", "B": "aʊ", "X": "ɔʏ",
}  # fmt: skip
"""CELEX's alphabet, one sign for each sound, where it is another than SAMPA's. Prosodylab's German has it."""
_PINYIN = """
    b B, p P, m M, f F, d D, t T, n N, l L, g G, k K, h HH, j JH, q CH, x SH, zh JH, ch CH, sh SH, r R, z Z, c S, s S,
    ng NG, y Y, w W, a AA, o AO, e AH, i IY, u UW, v UW, ii IH, er ER, ai AY, ei EY, ao AW, ou OW, ia AA, ie EH, iao AW,
    io OW, iou OW, ua AA, uo AO, uai AY, ue AH, uei EY, va AA, ve EH, an AA, en AH, ang AA, eng AH, ong UH, ian EH,
    in IY, iang AA, ing IY, iong UH, uan AA, uen AH, uang AA, ueng AH, van EH, vn UW
"""
PINYIN = {written: ours for written, ours in map(str.split, _PINYIN.split(","))}
"""Initials and finals of Mandarin without their tone digits."""
_LATIN = """
    tsch CH, sch SH, ch CH, sh SH, zh ZH, th TH, dh DH, ng NG, ny N, gn N, nj N, lj L, lh L, ph F, kh K, gh G, qu K,
    ck K, tz S, ts S, dz Z, cz CH, sz SH, rz ZH, dj JH, dg JH, ae EH, oe UH, ue UW, oo UW, ee IY, ii IY, uu UW, aa AA,
    eu OY, au AW, ao AW, ai AY, ay AY, ei EY, ey EY, ou OW, ow OW, oi OY, oy OY
"""
LATIN = {written: ours for written, ours in map(str.split, _LATIN.split(","))}
"""Spellings that pronouncing dictionaries use instead of IPA (GlobalPhone, Prosodylab, pinyin)."""

RHUBARB = {"A": "M", "B": "S", "C": "EH", "D": "AA", "E": "ER", "F": "UW", "G": "F", "H": "L", "X": SILENCE}
"""Rhubarb's mouth shapes as one phoneme each that opens the mouth like it: closed, clenched teeth, open, wide open,
slightly rounded, puckered, lip on teeth, tongue up, idle. Nine shapes for forty phonemes: some detail is lost."""
PRESTON_BLAIR = {
    "AI": "AA", "E": "EH", "O": "OW", "U": "UW", "WQ": "W", "L": "L", "MBP": "M", "FV": "F", "etc": "S",
    "rest": SILENCE,
}  # fmt: skip
"""Mouths of Papagayo, and of Rhubarb's export to Moho."""
_AZURE = "SIL AH AA AO EH ER IY UW OW AW OY AY HH R L S SH DH F T K P"
AZURE = tuple(_AZURE.split())
"""By Azure's viseme id, 0 to 21."""
POLLY = {
    "p": "P", "t": "T", "S": "SH", "T": "TH", "f": "F", "k": "K", "i": "IY", "r": "R", "s": "S", "u": "UW", "@": "AH",
    "a": "AA", "e": "EY", "E": "EH", "o": "OW", "O": "AO", "J": "N", "l": "L", "sil": SILENCE,
}  # fmt: skip
"""Visemes of Amazon Polly's speech marks."""
OCULUS = {
    "sil": SILENCE, "PP": "P", "FF": "F", "TH": "TH", "DD": "D", "kk": "K", "CH": "CH", "SS": "S", "nn": "N", "RR": "R",
    "aa": "AA", "E": "EH", "ih": "IH", "oh": "OW", "ou": "UW",
}  # fmt: skip
