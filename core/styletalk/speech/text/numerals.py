# SPDX-License-Identifier: Apache-2.0
"""Figures in a text → English words: years, money, percentages, ordinals, times of day, fractions."""

import re
from collections.abc import Callable
from functools import lru_cache

MAX_DIGITS = 15
"""Longer numbers (cards, serial numbers) are spelled digit by digit."""
FIRST_YEAR, LAST_YEAR = 1100, 2099
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}
SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
UNITS = {
    "km": "kilometer", "cm": "centimeter", "mm": "millimeter", "kg": "kilogram", "mg": "milligram", "ml": "milliliter",
    "lb": "pound", "lbs": "pound", "oz": "ounce", "ft": "foot", "yd": "yard", "yds": "yard", "mi": "mile",
    "mph": "mile per hour", "km/h": "kilometer per hour", "kph": "kilometer per hour", "ghz": "gigahertz",
    "mhz": "megahertz", "khz": "kilohertz", "hz": "hertz", "gb": "gigabyte", "mb": "megabyte", "kb": "kilobyte",
    "tb": "terabyte", "kw": "kilowatt", "fps": "frame per second", "px": "pixel", "ms": "millisecond", "sec": "second",
    "secs": "second", "min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour", "yr": "year", "yrs": "year",
}  # fmt: skip
DEGREES = {"C": "celsius", "F": "fahrenheit"}
FIXED_PHRASES = {
    "1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters",
    "24/7": "twenty four seven", "9/11": "nine eleven",
}  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
GROUPS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_SCALE_WORD = r"(?:hundred|thousand|million|billion|trillion)"
_MONEY = re.compile(rf"((?<!\S)-)?([$£€¥₹])\s?({_NUMBER})(?:\s?({_SCALE_WORD})\b|(k|m|bn|b|tn)\b)?", re.IGNORECASE)
_UNIT = re.compile(rf"\b({_NUMBER})\s?(-)?({'|'.join(sorted(UNITS, key=len, reverse=True))})\b", re.IGNORECASE)
_COUNT = "one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|forty|fifty|sixty|few|several"
_UNIT_OF_WORD = re.compile(rf"\b({_COUNT})\s()(mins?|secs?|hrs?|yrs?|lbs?|yds?|mi|ft|oz)\.", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d-])(?:\d-)?(?:\(?\d{3}\)?[-\s])?\d{3}-\d\d(?!00)\d\d(?![\d-])")


def spoken_numbers(text: str) -> str:
    """`text` with every figure in words."""
    for pattern, spoken in _RULES:
        text = re.sub(pattern, spoken, text)
    return text


def cardinal(digits: str) -> str:
    """ "1,234.5" → "one thousand two hundred and thirty four point five"."""
    plain = digits.replace(",", "")
    whole, _, decimals = plain.partition(".")
    spoken = _digit_by_digit(whole) if _is_long(whole) else _words(int(whole))
    return f"{spoken} point {_digit_by_digit(decimals)}" if decimals else spoken


def _is_long(digits: str) -> bool:
    """A serial number rather than a quantity."""
    return len(digits) > MAX_DIGITS or (len(digits) > 1 and int(digits[0]) == 0)


def ordinal(digits: str) -> str:
    """ "21" → "twenty first"; of a serial number the last digit alone is one."""
    plain = digits.replace(",", "")
    if _is_long(plain):
        return f"{_digit_by_digit(plain[:-1])} {ordinal(plain[-1])}"
    *before, last = _words(int(plain)).split()
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return " ".join([*before, ORDINALS.get(last, regular)])


def year(digits: str) -> str:
    """1984 → nineteen eighty four; 2007 → two thousand seven; 2019 → twenty nineteen."""
    century, rest = divmod(int(digits), 100)
    if century == 20 and rest < 10:
        return f"two thousand {_words(rest)}" if rest else "two thousand"
    return f"{_words(century)} {'hundred' if not rest else f'oh {_words(rest)}' if rest < 10 else _words(rest)}"


@lru_cache(maxsize=4096)
def _words(number: int) -> str:
    """A whole number of up to MAX_DIGITS digits: one thousand two hundred and thirty four."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return f"{TENS[number // 10 - 2]} {ONES[number % 10]}" if number % 10 else TENS[number // 10 - 2]
    size, name = next(group for group in GROUPS if number >= group[0])
    count, rest = divmod(number, size)
    spoken = f"{_words(count)} {name}"
    return f"{spoken} {'and ' if rest < 100 else ''}{_words(rest)}" if rest else spoken


def _digit_by_digit(digits: str) -> str:
    return " ".join(_words(int(digit)) for digit in digits)


def _money(found: "re.Match[str]") -> str:
    sign, currency, amount, scale, letter = found.groups()
    one, many, one_part, many_parts = CURRENCIES[currency]
    minus = " minus" if sign else ""
    if scale or letter:
        return f"{minus} {cardinal(amount)} {scale or SCALES[letter.lower()]} {many} "
    whole, _, parts = amount.partition(".")
    if len(parts) not in (0, 2):
        return f"{minus} {cardinal(amount)} {many} "
    spoken = [f"{cardinal(whole)} {one if whole == '1' else many}"] if int(whole[0]) or not int(parts or 0) else []
    if int(parts or 0):
        spoken.append(f"{cardinal(str(int(parts)))} {one_part if int(parts) == 1 else many_parts}")
    return f"{minus} {' and '.join(spoken)} "


def _time(found: "re.Match[str]") -> str:
    """10:30 → ten thirty, 9:00 → nine o'clock, 7pm → seven p. m., 12:30:45 → twelve thirty forty five."""
    hour, minute, half, second = found.group(1), int(found.group(2) or 0), found.group(3), found.groups()[3:]
    spoken = _words(int(hour))
    if minute:
        spoken += f" {'oh ' if minute < 10 else ''}{_words(minute)}"
    elif not half:
        spoken += " o'clock"
    if any(second) and int(second[0]):
        spoken += f" {_words(int(second[0]))}"
    return f" {spoken} {half.lower()}. m. " if half else f" {spoken} "


def _day(found: "re.Match[str]") -> str:
    return f"{found.group(1)} {ordinal(found.group(2))} "


def _iso_date(found: "re.Match[str]") -> str:
    """2024-12-25 → december twenty fifth twenty twenty four."""
    years, month, day = found.groups()
    return f" {MONTHS[int(month) - 1]} {ordinal(str(int(day)))} {year(years)} "


def _plural(found: "re.Match[str]") -> str:
    """1990s → nineteen nineties, '80s → eighties, 2000s → two thousands."""
    digits = found.group(1)
    spoken = _plain_number(digits)
    if spoken.endswith("y"):
        return f" {spoken[:-1]}ies "
    return f" {spoken}{'es' if spoken.endswith('x') else 's'} "


def _unit(found: "re.Match[str]") -> str:
    """1 km → one kilometer, 60 mph → sixty miles per hour, 6 ft → six feet, a 6-ft man → a six foot man."""
    amount, hyphen, short = found.groups()
    one, _, rest = UNITS[short.lower()].partition(" ")
    many = "feet" if one == "foot" else one if one.endswith("hertz") else f"{one}s"
    spoken = cardinal(amount) if amount[0].isdigit() else amount
    return f" {spoken} {one if hyphen or amount.lower() in ('1', 'one') else many} {rest} "


def _plain_number(digits: str) -> str:
    is_year = digits.isdigit() and len(digits) == 4 and FIRST_YEAR <= int(digits) <= LAST_YEAR
    return year(digits) if is_year else cardinal(digits)


_RULES: tuple[tuple["re.Pattern[str]", "str | Callable[[re.Match[str]], str]"], ...] = (
    (re.compile(rf"\d{{{MAX_DIGITS + 1},}}"), lambda m: " ".join(m[0])),
    (re.compile(r"(?<=[$£€¥₹])\.(?=\d)"), "0."),
    (re.compile(r"(?<![\w.])\.(?=\d)"), " point "),
    (re.compile(rf"({_NUMBER})\s?([£€¥₹])(?!\s?\d)"), r"\2\1"),
    (re.compile(r"\b(\d{4})[-/.](0[1-9]|1[0-2])[-/.](0[1-9]|[12]\d|3[01])\b"), _iso_date),
    (_PHONE, lambda m: f" {' '.join(re.findall('[0-9]', m[0]))} "),
    (re.compile(r"(?<=\d)-(?=[$£€¥₹]?\d)"), " to "),
    (_MONEY, _money),
    (re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?\s?m\b\.?", re.IGNORECASE), _time),
    (re.compile(r"\b(\d{1,2}):(\d{2})()(?::(\d{2}))?(?=\D|$)"), _time),
    (re.compile(r"'?\b(\d+)'?s\b"), _plural),
    (re.compile(r"\b(\d+(?:,\d{3})*)(?:st|nd|rd|th)\b", re.IGNORECASE), lambda m: f" {ordinal(m[1])} "),
    (re.compile(rf"\b({'|'.join(MONTHS)})\s+([1-9]|[12]\d|3[01])\b(?![:.]\d|,\d{{3}})", re.IGNORECASE), _day),
    (re.compile(r"(?<=\d)\s(?=\d/\d\b)"), " and "),
    (re.compile(rf"(?<!/)\b({'|'.join(FIXED_PHRASES)})\b(?!/)"), lambda m: f" {FIXED_PHRASES[m[1]]} "),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b"), r"\1 \2 \3"),
    (re.compile(r"%"), " percent "),
    (re.compile(r"(\d)\s?¢"), r"\1 cents "),
    (re.compile(r"(\d)\s?°\s?([CF]?)\b"), lambda m: f"{m[1]} degrees {DEGREES.get(m[2], '')} "),
    (_UNIT, _unit),
    (_UNIT_OF_WORD, _unit),
    (re.compile(r"(\d) in\.(?=\s[a-z])"), r"\1 inches "),
    (re.compile(r"#\s?(?=\d)"), " number "),
    (re.compile(r"(?:(?<=\s)|^)-(?=\d)"), " minus "),
    (re.compile(r"(?<=\d)\s?/\s?(?=\d)"), " over "),
    (re.compile(r"(?<=\d)\.(?=\d+\.\d)"), " point "),
    (re.compile(_NUMBER), lambda m: f" {_plain_number(m[0])} "),
)
