# SPDX-License-Identifier: Apache-2.0
"""What is written but is no word or quantity → as people say it: addresses of the web and of mail, telephone numbers,
dates in figures, codes such as A113 and X-15."""

import re
from collections.abc import Callable

_WORDS_IN_ADDRESSES = {
    ".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "?": " question mark ", "=": " equals ",
    "&": " and ", "#": " hash ", "~": " tilde ", "+": " plus ", ":": " colon ", "%": " percent ", "@": " at ",
}  # fmt: skip
SAID_DOMAINS = {"co", "me", "in", "it", "is", "be", "so", "to", "at"}
"""Last parts of a host of two letters that are read as a word; others are spelled."""
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}[a-z]{2,12}"
_PATH = r"(?:/[\w./?=&#~+:%@-]{0,300})?"
_BARE_HOST = r"(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|edu|gov|io|info|co\.[a-z]{2})\b"
_DAY = r"(?:[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,\s\d{4})?\s*(?:[.,;:!?)]|$)"
_DIGITS = re.compile(r"\d")
_SHOWN_NUMBER = r"(?:Room|Flight|Highway|Route|Suite|Area|Gate|Bus|Boeing|Airbus|Unit|Apartment)"
MONTHS = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June", "Jul": "July", "Aug": "August",
    "Sep": "September", "Sept": "September", "Oct": "October", "Nov": "November", "Dec": "December",
}  # fmt: skip


def spoken_codes(text: str) -> str:
    """`text` with what the rules below know in words, and in numbers that are said as quantities are."""
    if text.isalpha():
        return text
    for pattern, spoken in _RULES:
        text = pattern.sub(spoken, text)
    return text


def _address(found: "re.Match[str]") -> str:
    """www.example.co.uk/a-b. → w w w dot example dot co dot u k slash a dash b ."""
    written = found[0].rstrip(".,;:!?-")
    host, _, path = re.sub(r"^https?://", "", written, flags=re.IGNORECASE).partition("/")
    user, at, domain = host.rpartition("@")
    *parts, last = domain.lower().split(".")
    spelled = len(last) == 2 and last not in SAID_DOMAINS
    parts = [_letters(part) if part == "www" else _signs(part) for part in parts]
    spoken = f"{_signs(user)} at " if at else ""
    spoken += " dot ".join([*parts, _letters(last) if spelled else last]) + (f" slash {_signs(path)}" if path else "")
    return f" {spoken} {found[0][len(written) :]}"


def _signs(text: str) -> str:
    return "".join(_WORDS_IN_ADDRESSES.get(char, char) for char in text)


def _letters(text: str) -> str:
    """A letter alone is a word of the dictionary, but for the article."""
    return " ".join("a." if letter == "a" else letter for letter in text.lower())


def _telephone(found: "re.Match[str]") -> str:
    return f" {'plus ' if found[0].startswith('+') else ''}{' '.join(_DIGITS.findall(found[0]))} "


def _code(found: "re.Match[str]") -> str:
    """A113 → a. one thirteen, R2 → r two, MP3 → m p three."""
    before, number, after = found.groups()
    return f" {_letters(before)} {code_number(number)} {_letters(after)} "


def _shown_number(found: "re.Match[str]") -> str:
    return f"{found[1]} {code_number(found[2])} {code_number(found[3]) if found[3] else ''} "


def code_number(digits: str) -> str:
    """In pairs, as codes are read: 113 → 1 13, 101 → 1 oh 1, 2490 → 24 90; short and round ones as they are."""
    if len(digits) in (3, 4) and digits[0] != "0" and not digits.endswith("00"):
        head, tail = digits[:-2], digits[-2:]
        return f"{head} oh {tail[1]}" if tail[0] == "0" else f"{head} {tail}"
    return " ".join(digits) if len(digits) > 4 or digits[0] == "0" else digits


def _date(found: "re.Match[str]") -> str:
    """05.03.2024 → 5 3 2024."""
    return f" {int(found[1])} {int(found[2])} {found[3]} "


_RULES: tuple[tuple["re.Pattern[str]", "str | Callable[[re.Match[str]], str]"], ...] = (
    (re.compile(rf"(?<![\w@])[\w.+-]{{1,64}}@{_HOST}\b", re.IGNORECASE), _address),
    (re.compile(rf"(?<![\w@.])https?://{_HOST}(?::\d{{1,5}})?{_PATH}", re.IGNORECASE), _address),
    (re.compile(rf"(?<![\w@.])www\.{_HOST}{_PATH}", re.IGNORECASE), _address),
    (re.compile(rf"(?<![\w@.]){_BARE_HOST}{_PATH}"), _address),
    (re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d\d)\b"), _date),
    (re.compile(rf"\b({'|'.join(MONTHS)})\.?\s(?={_DAY})"), lambda m: f"{MONTHS[m[1]]} "),
    (re.compile(rf"(?<=\d)(st|nd|rd|th|)\s({'|'.join(MONTHS)})\b\.?(?=\s|$)"), lambda m: f"{m[1]} {MONTHS[m[2]]}"),
    (re.compile(r"\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\d.])"), _telephone),
    (re.compile(r"(?<![\d.-])0\d{2,4}[ -]\d{3,4}[ -]?\d{2,4}(?![\d.-])"), _telephone),
    (re.compile(r"(?<![\d.-])(?:1[.-])?\d{3}\.\d{3}\.\d{4}(?![\d.-])"), _telephone),
    (re.compile(r"\b([A-Z]{1,3})-?(\d{1,5})([A-Z]{0,2})(?![\w.]*\d|\w)"), _code),
    (re.compile(r"\b(\d{3,4})([pi])\b"), lambda m: f" {code_number(m[1])} {m[2]}. "),
    (re.compile(rf"\b({_SHOWN_NUMBER})\s(\d{{3,4}})(?:-(\d{{3,4}}))?(?=[A-Z]?\b)"), _shown_number),
    (re.compile(r"(?<=[ap]m)\s?-\s?(?=\d)"), " to "),
    (re.compile(r"(?<![\w/])(\d\d)/\1(?![\w/])"), r" \1 \1 "),
    (re.compile(r"([$£€¥₹])(\d[\d,.]{0,15})\s?-\s?(?=\d)"), r" \2 to \1"),
    (re.compile(r"\b([4-8])'\s?(\d{1,2})\b(?!')"), r" \1 foot \2 "),
    (re.compile(r"\b([A-G])#(?!\w)"), r" \1 sharp "),
)  # fmt: skip
