# SPDX-License-Identifier: Apache-2.0
"""Abbreviations in a transcript → the words they stand for, where the words around them show that they are meant.

A full stop proves nothing: "Thanks, hon." and "a fig." end sentences. Titles need a name behind them, "fig." and "vol."
a figure, "Mon." a date; "St." and "Dr." are streets behind a street's name and a saint and a doctor before a person's.
In doubt the word itself is spoken, for a wrong reading is worse than none.
"""

import re

PLAIN = {
    "mr": "mister", "mrs": "missus", "jr": "junior", "sr": "senior", "sgt": "sergeant", "capt": "captain",
    "lt": "lieutenant", "cmdr": "commander", "mt": "mount", "ave": "avenue", "blvd": "boulevard", "rd": "road",
    "hwy": "highway", "dept": "department", "govt": "government", "univ": "university", "inc": "incorporated",
    "ltd": "limited", "corp": "corporation", "co": "company", "vs": "versus", "etc": "et cetera",
    "approx": "approximately", "feb": "february", "apr": "april", "aug": "august", "sept": "september",
    "oct": "october", "nov": "november", "dec": "december", "tues": "tuesday", "thurs": "thursday",
}  # fmt: skip
"""No words of their own: with a full stop always abbreviated."""
WITHOUT_STOP = {"mr", "mrs", "vs", "etc", "ltd", "blvd", "sgt", "capt", "dr", "prof", "ms", "mt", "st"}
"""Written without a full stop, too."""
TITLES = {
    "prof": "professor", "rev": "reverend", "hon": "honorable", "gen": "general", "col": "colonel", "sen": "senator",
    "rep": "representative", "gov": "governor", "pres": "president", "ms": "miz", "maj": "major", "fr": "father",
    "ft": "fort",
}  # fmt: skip
"""Capitalised and before a name, where one can stand."""
ADDRESSES = {"hon", "rev", "prof", "gov", "rep", "pres", "fr"}
"""Also what people are called without a name: no title after a comma."""
COUNTED = {
    "no": "number", "nos": "numbers", "vol": "volume", "fig": "figure", "figs": "figures", "p": "page", "pp": "pages",
    "ch": "chapter", "ext": "extension", "apt": "apartment", "est": "established",
}  # fmt: skip
"""Before a figure."""
DATES = {
    "jan": "january", "mar": "march", "jun": "june", "jul": "july", "mon": "monday", "tue": "tuesday",
    "wed": "wednesday", "thu": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
"""Capitalised and beside a figure, before a comma, or after one of DATED."""
DATED = {"on", "in", "until", "till", "since", "every", "each", "next", "last", "early", "late", "mid", "before"}
PARTS_OF_DAYS = {"morning", "noon", "afternoon", "evening", "night", "mornings", "evenings", "nights"}
COUNTING = {"a", "an", "one", "two", "three", "more", "another", "each", "every", "per"}
POINTING = {"the", "this", "that", "my", "your", "his", "her", "its", "our", "their", "no", "some", "any"}
"""Before a word of its own: one more rep, a fig, the sun."""
STREETS = {"st": ("saint", "street"), "dr": ("doctor", "drive")}
"""(before a person's name, behind a street's)."""
ON_A_STREET = {"on", "onto", "down", "along", "off", "up", "across", "near", "at", "to", "from", "corner"}
SAINTLY = {"mount", "mont", "mt", "port", "fort", "lake", "cape", "north", "south", "east", "west"}
"""Between a preposition and St. where the place is called after a saint: Port St. Lucie."""
_SAINTS = """
    andrew andrews anne anthony augustine barts bernard catherine catherines charles christopher clair cloud
    croix david elizabeth francis george germain helena helens ives james john johns johnsbury joseph kilda
    kitts lawrence louis lucia lucie luke marie mark martin mary matthew michael moritz nicholas patrick
    patricks paul pauls peter peters petersburg regis stephen teresa thomas tropez vincent
"""
SAINTS = set(_SAINTS.split())
"""Behind St. where the street's name before it may be a verb that begins the sentence: Visit St. Louis."""
_COMMON_WORDS = """
    i you he she it we they this that these those there here the a an and but or so if when while because as in of with
    without by for about into my your his her its our their who what where why how which is are was were be do does did
    have has had will would can could should may might must not no yes never always then than now just let see come go
    get call ask tell look wait turn stop walk please thanks thank hello hi hey dear ok okay oh well all any some every
    each both most many much more one two good great after before until
"""
NO_NAMES = ON_A_STREET.union(_COMMON_WORDS.split())
"""Words that begin sentences in capitals and name nobody."""
_LISTED = sorted({*PLAIN, "bros", *TITLES, *COUNTED, *DATES, *STREETS}, key=len, reverse=True)
_ABBREVIATION = re.compile(rf"(?<![\w'.-])({'|'.join(_LISTED)})(\.(?!(?-i:[a-z]))|(?![\w'.-]))", re.IGNORECASE)
_NEXT_WORD = re.compile(r"[^\S\n]*\n?[^\S\n]*([^\W\d_][\w'-]*)")
_LAST_WORD = re.compile(r"([\w'-]+)[ \t-]+$")
_NEAR = 80
"""Characters on either side that are looked at."""
_DATE = re.compile(
    r"\s*\d+(?:st|nd|rd|th)?(?:\s*$|\s*[.,;:!?)\n-]|\s+(?:\d|(?-i:(?:Ja|Fe|Ma|Ap|Ju|Au|Se|Oc|No|De)[a-z]+\b)|"
    r"(?:of|in|at|on|to|till|until|through|for|from|by|before|after|since|and|or)\b))", re.IGNORECASE
)  # fmt: skip
"""A figure that nothing is counted with."""
_COUNT = re.compile(r"\s*\d+\s+(?:[a-z]{2,}s|people|men|women|children|were|are)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\d+(?:st|nd|rd|th)")


def spelled_out(text: str, shouted: bool = False) -> str:
    """`text` with its abbreviations in words. shouted: all of it is in capitals, which then tell nothing."""

    def meaning(found: "re.Match[str]") -> str:
        written, stop = found.groups()
        initialism = written.isupper() and len(written) > 1 and not shouted and written.lower() not in WITHOUT_STOP
        if initialism or not (stop or (written.lower() in WITHOUT_STOP and written != "st")):
            return found.group()
        start, end = found.span()
        spoken = _meaning(written, text[max(start - _NEAR, 0) : start], text[end : end + _NEAR])
        return found.group() if spoken is None else f"{spoken} "

    return _ABBREVIATION.sub(meaning, text)


def _meaning(written: str, before: str, after: str) -> str | None:
    """What an abbreviation between two texts stands for; None where it is a word of its own."""
    short, capital = written.lower(), written[0].isupper()
    counted_after, counted_before = re.match(r"\s*#?\d", after), re.search(r"\d\s*$", before)
    if short in STREETS:
        return STREETS[short][_is_street(written, before, after)]
    if short in COUNTED:
        return COUNTED[short] if counted_after and not _is_counted(before, after) else None
    if short in TITLES:
        return TITLES[short] if capital and not counted_before and _is_title(short, before, after) else None
    if short in DATES:
        return DATES[short] if capital and (counted_before or _is_date(before, after)) else None
    if short == "bros":
        return "brothers" if capital and _is_name(_last_word(before)) else None
    return PLAIN[short]


def _is_counted(before: str, after: str) -> bool:
    """Whether a word before a figure is a noun that ends its sentence: a fig. 3 times, one vol. 2 were lost."""
    last = _last_word(before).lower()
    return last in COUNTING or (last in POINTING and _COUNT.match(after) is not None)


def _is_title(short: str, before: str, after: str) -> bool:
    """Whether a name follows, and what precedes is not what makes the title a noun or an address."""
    last, name = _last_word(before).lower(), _next_word(after)
    if not _is_name(name) or len(name) == 1:  # Gen. Z
        return False
    if last in COUNTING - {"two", "three"} or (last in POINTING and not (last == "the" and short in {"rev", "hon"})):
        return False
    return not (short in ADDRESSES and before.rstrip().endswith(","))


def _is_date(before: str, after: str) -> bool:
    """Whether a day or month stands beside what only dates have."""
    last = _last_word(before).lower()
    if last in DATED or _next_word(after) in PARTS_OF_DAYS or after[:1] in (",", ";"):
        return True
    return last not in POINTING | COUNTING and _DATE.match(after) is not None


def _is_street(written: str, before: str, after: str) -> bool:
    """Whether St. or Dr. ends a street's name rather than begins a person's."""
    last, following = _last_word(before), _next_word(after)
    if not last or _NUMBERED.fullmatch(last):
        return bool(last)
    named = last.lower() not in NO_NAMES and not last.isdigit()
    if written.lower() == "st" and last[0].isupper() and following.lower().partition("'")[0] not in SAINTS:
        return named and last.lower() not in SAINTLY
    if following and (_is_name(following) or written.islower()):
        return named and last.lower() not in SAINTLY and _is_on_a_street(before)
    return named and (last[0].isupper() or written.lower() == "st" or _is_on_a_street(before))


def _is_on_a_street(before: str) -> bool:
    """Whether a preposition or a house number leads to one to three words at the end: "on Long Hill ", "12 Elm "."""
    words = re.split(r"\s+", before.strip())[-4:-1]
    for word in reversed(words):
        if word.lower() in ON_A_STREET or word.isdigit():
            return True
        if not word[:1].isupper():
            return False
    return False


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.lower().partition("'")[0] not in NO_NAMES


def _next_word(after: str) -> str:
    """The word that follows without punctuation between, or ""."""
    found = _NEXT_WORD.match(after)
    return found[1] if found else ""


def _last_word(before: str) -> str:
    """The word that precedes without punctuation between, or ""."""
    found = _LAST_WORD.search(before)
    return found[1] if found else ""
