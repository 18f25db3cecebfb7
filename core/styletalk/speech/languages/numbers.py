# SPDX-License-Identifier: Apache-2.0
"""Figures and signs in a text → words of its language."""

import re
from collections.abc import Callable, Mapping, Sequence

from ...errors import MissingPackageError
from ...request import LANGUAGES

MAX_DIGITS = 15
"""Longer numbers (cards, serial numbers) are read digit by digit."""
POINT_BEFORE_DECIMALS = {"hi", "zh", "ja", "ko"}
"""1,234.5; the others write 1.234,5, some with a blank for the first sign."""
SIGN_FIRST = {"%": {"tr", "zh"}}
"""Signs that are read before the number that they are written behind."""
_HINDI = """
    शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
    बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस
    पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस
    सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ
    बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर
    छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी
    नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे
"""
HINDI = _HINDI.split()
"""0 to 99, each of which has a name of its own."""
HINDI_GROUPS = ((10**7, "करोड़"), (10**5, "लाख"), (1000, "हज़ार"), (100, "सौ"))
CHINESE = "零一二三四五六七八九"
CHINESE_GROUPS = ((10**12, "兆"), (10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))
GERMAN_MONTHS = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_ORDINALS = {
    "de": rf"\b(\d{{1,2}})\.(?= ?(?:{GERMAN_MONTHS}))", "fr": r"\b(\d+)(?:er|ère|ème|e)\b", "es": r"\b(\d+)[ºª]",
    "it": r"\b(\d+)[ºª]", "pt": r"\b(\d+)[ºª]", "nl": r"\b(\d+)(?:ste|de|e)\b",
}  # fmt: skip


def spelled_numbers(text: str, language: str, signs: Mapping[str, str], decimal_sign: str) -> str:
    """`text` with its figures in words of `language` and with `signs` by name. Raises MissingPackageError."""
    number = r"\d+(?:,\d{2,3})*(?:\.\d+)?" if language in POINT_BEFORE_DECIMALS else _NUMBER
    for sign in signs:
        if sign in text:
            behind = language not in SIGN_FIRST.get(sign, ()) and sign not in "&+"
            if behind:
                text = re.sub(rf"{re.escape(sign)}\s?({number})", rf"\1 {signs[sign]} ", text)
            elif sign in SIGN_FIRST:
                text = re.sub(rf"({number})\s?{re.escape(sign)}", rf" {signs[sign]} \1", text)
            text = text.replace(sign, f" {signs[sign]} ")
    if not re.search(r"\d", text):
        return text
    text = re.sub(r"(?<=\d)h(?=\d\d\b|\b)", " heures ", text) if language == "fr" else text
    text = re.sub(r"\d{4}(?=年)", lambda found: _digits(found.group(), language), text) if language == "zh" else text
    if language in _ORDINALS:
        text = re.sub(_ORDINALS[language], lambda found: f" {_words(int(found[1]), language, 'ordinal')} ", text)
    return re.sub(number, lambda found: f" {_spoken(found.group(), language, decimal_sign)} ", text)


_NUMBER = r"\d{1,3}(?:[. \u00a0\u202f]\d{3})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?"


def _spoken(written: str, language: str, decimal_sign: str) -> str:
    """One number, without and with decimals."""
    point = "." if language in POINT_BEFORE_DECIMALS else ","
    whole, _, decimals = written.partition(point)
    whole = re.sub(r"\D", "", whole)
    long = len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0")
    is_year = language == "de" and re.fullmatch("1[1-9]..", written) is not None  # neunzehnhundert
    spoken = _digits(whole, language) if long else _cardinal(whole, language, "year" if is_year else "cardinal")
    return f"{spoken} {decimal_sign} {_digits(decimals, language)}" if decimals else spoken


def _digits(digits: str, language: str) -> str:
    return " ".join(_cardinal(digit, language) for digit in digits)


def _cardinal(digits: str, language: str, to: str = "cardinal") -> str:
    number = int(digits)
    return _OWN[language](number) if language in _OWN else _words(number, language, to)


def _words(number: int, language: str, to: str) -> str:
    try:
        from num2words import num2words
    except ImportError as error:
        raise MissingPackageError(
            f"Figures in a transcript in {LANGUAGES[language]} need the package num2words. Install it with "
            "`pip install num2words` (for Blender, into the Python that its preferences name as External Python), or "
            "write the numbers out."
        ) from error
    return num2words(number, to=to, lang="pt_BR" if language == "pt" else language).replace(",", " ")


def _by_groups(
    number: int, names: Sequence[str], groups: Sequence[tuple[int, str]], blank: str = "", zero: str = ""
) -> str:
    """A number as so many of the largest group and the rest; `zero` where the rest begins some places lower."""
    for size, name in groups:
        if number >= size:
            rest = number % size
            parts = [_by_groups(number // size, names, groups, blank, zero), name]
            parts += [zero] if zero and 0 < rest < size // 10 else []
            return blank.join([*parts, _by_groups(rest, names, groups, blank, zero)] if rest else parts)
    return names[number]


def _hindi(number: int) -> str:
    return _by_groups(number, HINDI, HINDI_GROUPS, blank=" ")


def _chinese(number: int) -> str:
    return re.sub("^一十", "十", _by_groups(number, CHINESE, CHINESE_GROUPS, zero="零"))


_OWN: dict[str, Callable[[int], str]] = {"hi": _hindi, "zh": _chinese}
