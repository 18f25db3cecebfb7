# SPDX-License-Identifier: Apache-2.0
"""Figures in a text → how they are said, in English: years, money, percentages, ordinals, times of day, fractions."""

import re

from ...errors import MissingPackageError

MAX_DIGITS = 15
"""Longer numbers (cards, serial numbers) are said digit by digit."""
FIRST_YEAR, LAST_YEAR = 1100, 2099
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
}
SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
UNITS = {
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms", "mg": "milligrams", "lb": "pounds",
    "lbs": "pounds", "oz": "ounces", "ft": "feet", "mph": "miles per hour", "km/h": "kilometers per hour",
    "ghz": "gigahertz", "mhz": "megahertz", "hz": "hertz", "gb": "gigabytes", "mb": "megabytes", "tb": "terabytes",
    "fps": "frames per second", "px": "pixels", "ms": "milliseconds",
}  # fmt: skip
DEGREES = {"C": "celsius", "F": "fahrenheit"}
FRACTIONS = {"1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters"}
_GLYPHS = {"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4"}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE_WORD = r"(?:hundred|thousand|million|billion|trillion)"
_MONEY = re.compile(rf"([$£€¥])\s?({_NUMBER})(?:\s?({_SCALE_WORD})\b|(k|m|bn|b|tn)\b)?", re.IGNORECASE)
_UNIT = re.compile(rf"\b({_NUMBER})\s?({'|'.join(sorted(UNITS, key=len, reverse=True))})\b", re.IGNORECASE)


def spoken_numbers(text: str) -> str:
    """`text` with every figure in words. Raises MissingPackageError where num2words is missing."""
    if not re.search(r"\d|[½⅓⅔¼¾]", text):
        return text.replace("%", " percent ")
    for glyph, written in _GLYPHS.items():
        text = text.replace(glyph, written)
    for pattern, spoken in _RULES:
        text = re.sub(pattern, spoken, text)
    return text


def cardinal(digits: str) -> str:
    """ "1,234.5" → "one thousand, two hundred and thirty-four point five", without the punctuation."""
    plain = digits.replace(",", "")
    whole, _, decimals = plain.partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        said = _digit_by_digit(whole)
    else:
        said = _words(int(whole))
    return f"{said} point {_digit_by_digit(decimals)}" if decimals else said


def year(digits: str) -> str:
    """1984 → nineteen eighty four; 2007 → two thousand seven; 2019 → twenty nineteen."""
    number = int(digits)
    if 2000 <= number < 2010:
        return f"two thousand {_words(number - 2000)}" if number > 2000 else "two thousand"
    return _words(number, to="year")


def _words(number: int, to: str = "cardinal") -> str:
    try:
        from num2words import num2words
    except ImportError as error:
        raise MissingPackageError(
            "Numbers in a transcript need the package num2words. "
            "Install it with `pip install num2words`, or write the numbers out."
        ) from error
    return re.sub(r"[-,]", " ", num2words(number, to=to))


def _digit_by_digit(digits: str) -> str:
    return " ".join(_words(int(digit)) for digit in digits)


def _money(found: "re.Match[str]") -> str:
    one, many, one_part, many_parts = CURRENCIES[found.group(1)]
    amount, scale, letter = found.group(2), found.group(3), found.group(4)
    if scale or letter:
        return f" {cardinal(amount)} {scale or SCALES[letter.lower()]} {many} "
    whole, _, parts = amount.partition(".")
    said = f" {cardinal(whole)} {one if whole == '1' else many} "
    if len(parts) == 2 and int(parts):
        said += f"and {cardinal(str(int(parts)))} {one_part if int(parts) == 1 else many_parts} "
    return said if len(parts) in (0, 2) else f" {cardinal(amount)} {many} "


def _time(found: "re.Match[str]") -> str:
    hour, minute = int(found.group(1)), int(found.group(2))
    if minute == 0:
        after = "" if re.match(r"\s*[ap]\b", found.string[found.end() :], re.IGNORECASE) else " o'clock"
        return f" {_words(hour)}{after} "
    return f" {_words(hour)} {'oh ' if minute < 10 else ''}{_words(minute)} "


def _ordinal(found: "re.Match[str]") -> str:
    return f" {_words(int(found.group(1).replace(',', '')), to='ordinal')} "


def _decade(found: "re.Match[str]") -> str:
    """1990s → nineteen nineties, '80s → eighties, 2000s → two thousands."""
    digits = found.group(1)
    said = year(digits) if len(digits) == 4 else _words(int(digits))
    return f" {said[:-1]}ies " if said.endswith("y") else f" {said}s "


def _plain(found: "re.Match[str]") -> str:
    digits = found.group()
    is_year = digits.isdigit() and len(digits) == 4 and FIRST_YEAR <= int(digits) <= LAST_YEAR
    return f" {year(digits) if is_year else cardinal(digits)} "


_RULES = (
    (_MONEY, _money),
    (re.compile(r"\b(\d{1,2}):(\d{2})(?::\d{2})?(?=\D|$)"), _time),
    (re.compile(r"'?\b(\d{2}|\d{4})'?s\b"), _decade),
    (re.compile(r"\b([\d,]+)(?:st|nd|rd|th)\b", re.IGNORECASE), _ordinal),
    (re.compile(r"\b(1/2|1/3|2/3|1/4|3/4)\b"), lambda m: f" {FRACTIONS[m[1]]} "),
    (re.compile(r"(\d)\s?%"), r"\1 percent "),
    (re.compile(r"(\d)\s?°\s?([CF]?)\b"), lambda m: f"{m[1]} degrees {DEGREES.get(m[2], '')} "),
    (_UNIT, lambda m: f" {cardinal(m[1])} {UNITS[m[2].lower()]} "),
    (re.compile(r"#\s?(?=\d)"), " number "),
    (re.compile(r"(?<=\d)-(?=\d)"), " to "),
    (re.compile(r"(?:(?<=\s)|^)-(?=\d)"), " minus "),
    (re.compile(r"(?<=\d)\s?/\s?(?=\d)"), " over "),
    (re.compile(r"(?<![\d.])\.(?=\d)"), " point "),
    (re.compile(_NUMBER), _plain),
)
