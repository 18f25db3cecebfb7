# SPDX-License-Identifier: Apache-2.0
"""What a script holds besides what is said: who speaks, when, how, and what else is heard or seen.

In doubt a word stays: a wrong word is heard by the aligner, a missing one leaves the face still.
"""

import re
from collections import Counter

from .abbreviations import NO_NAMES

_SAID = """
    remember note notice warning caution attention danger question answer example reminder important update breaking
    news spoiler disclaimer tip hint fact truth reason result conclusion summary problem solution lesson moral rule
    step part chapter act scene section page volume episode season day week month year level round phase item point
    number figure table case option plan task exercise test verdict score total price cost address location title
    subject topic theme goal aim mission status error success failure first second third fourth fifth next last final
    finally firstly secondly also however therefore meanwhile anyway besides otherwise still today tomorrow yesterday
    tonight morning monday tuesday wednesday thursday friday saturday sunday here's there's that's what's it's imagine
    think consider guess listen watch read repeat think picture suppose say said says asked replied added know
    beware careful quick true false correct wrong right left maybe perhaps sure exactly indeed simply only again ever
    bonus quote unquote recap ps p.s etc ingredients directions instructions requirements advantages disadvantages
    pros cons fyi todo nb aka psa tldr time date place name phone email
    translation definition meaning namely everyone everybody nobody somebody something nothing everything
    people friends folks ladies gentlemen guys sorry wow alright right seriously honestly basically actually
"""
SAID = NO_NAMES.union(_SAID.split())
"""What may stand before a colon, and is said; no name begins so."""
ROLES = {"q", "a", "man", "woman", "boy", "girl", "speaker", "voice", "host", "guest", "narrator", "interviewer", "all"}
PRONOUNS = {"i", "me", "you", "he", "she", "him", "her", "they", "them", "we", "us", "r"}
"""Names in a script, of which most lines have one."""
_JOINING = {"of", "the", "de", "van", "von", "der", "da", "del", "la", "le", "and", "&", "y"}
_LINE_START = r"^[ \t]{0,20}(?:[>\-–—•*#]{1,3}[ \t]{0,5})?"
_NAME = r"([^\W\d_][\w.'’\-]{0,30}(?:[ \t]{1,3}[\w.'’&#/\-]{1,30}){0,3})"
_SPEAKER = re.compile(
    rf"(?:{_LINE_START}|(?<=[.!?…\"”)])[ \t]){_NAME}\*{{0,3}}[ \t]?(?:\([^()\n]{{0,40}}\)[ \t]?)?:\*{{0,3}}(?=\s|$)",
    re.MULTILINE,
)
_SPEAKER_AND_TIME = re.compile(rf"^{_NAME}[ \t]{{2,5}}\(?\d{{1,2}}(?::\d\d){{1,2}}\)?[ \t]*$", re.MULTILINE)
_LINE_TIME = re.compile(
    r"^[ \t]{0,20}\(?(\d{1,2})(?::\d\d){1,2}(?:[.,]\d{1,3})?\)?(?:[ \t]*[-–—][ \t]|[ \t]|$)", re.MULTILINE
)
_SCREENPLAY = re.compile(
    r"^(?:[ \t]{8,60}[A-Z][A-Z .'’\-]{1,30}(?:\([^()\n]{0,30}\))?|[ \t]{0,9}(?:INT|EXT|INT\./EXT)\.[^\n]*)[ \t]*$",
    re.MULTILINE,
)
"""The name of who speaks, indented, in capitals, on a line of its own; and the headings of scenes."""
_FOUNTAIN = re.compile(
    r"(?:\A|(?<=\n\n))([A-Z][A-Z'’\-]{1,20}(?: [A-Z'’\-]{1,20}){0,2})(?:[ \t]?\([^()\n]{0,30}\))?[ \t]*(?=\n[ \t]*\S)"
)
"""The same without indent: after an empty line, and before what is said."""
_MARK_UP = re.compile(r"\[[^\[\]\x1f]*\]|\{[^{}\x1f]*\}|</?[a-zA-Z\d][^<>\x1f]*>")
_AT_LINE_START = re.compile(r"^[ \t]{0,20}\([a-zA-Z ,.']{1,200}\)", re.MULTILINE)
_ASIDE = re.compile(r"\(([^()\x1f]{1,60})\)|\*{1,2}([^*\n]{1,60})\*{1,2}|(?<!\w)_([^_\n]{1,60})_(?!\w)")
_STAGE = re.compile(
    r"\b(?:laugh|chuckl|giggl|snigger|cackl|cough|sigh|sniff|sob(?:s|bing)\b|cry(?:ing)?\b|cries\b|weep|gasp|groan|"
    r"moan|grunt|growl|yawn|scream|shout|yell|whisper|mumbl|mutter|stammer|stutter|clear\w* (?:\w+ )?throat|"
    r"paus(?:e|es|ing)\b|beat\b|silence|music|applau|cheer(?:s|ing)\b|clap(?:s|ping)\b|inaudible|unintelligible|"
    r"indistinct|crosstalk|overlapping|footsteps|knock(?:s|ing)\b|ring(?:s|ing)\b|slam|clos(?:es|ing)\b|exhal|inhal|"
    r"open(?:s|ing)\b|breath|snor|sneez|burp|hiccup|gulp|swallow|nod(?:s|ding)\b|smil(?:es|ing)\b|shrug|"
    r"grin(?:s|ning)\b|wink(?:s|ing)\b|off[- ]?(?:screen|camera|stage)|on the phone|v\.? ?o\b|o\.? ?s\b|o\.? ?c\b|"
    r"cont'?d|continu(?:ed|ing|es)\b|singing|sings|hum(?:s|ming)\b|whistl|static|beep|bleep|foreign language|"
    r"speaking \w+|to (?:him|her|them|it)sel[fv]|quietly|softly|loudly|angrily|sadly|happily|excitedly|sarcastically|"
    r"nervously|slowly|firmly|aside)", re.IGNORECASE
)  # fmt: skip
MAX_STAGE_WORDS = 6


def without_directions(text: str) -> str:
    """The text without tags, [stage directions], (coughs), *sighs*, times, and the names of who speaks."""
    for _ in range(3):  # brackets in brackets
        text = _MARK_UP.sub(" ", text)
    text = _SPEAKER_AND_TIME.sub(" ", text)
    times = _LINE_TIME.findall(text)
    if len(times) > 1 and int(times[0]) == 0:  # of the recording, not of a day
        text = _LINE_TIME.sub("", text)
    if text.upper() != text:
        text = _SCREENPLAY.sub(" ", text)
        named = [each for each in _FOUNTAIN.findall(text) if not SAID.intersection(each.lower().split())]
        text = _FOUNTAIN.sub(lambda found: " " if found[1] in named else found[0], text) if len(named) > 1 else text
    text = _without_speakers(text)
    return _ASIDE.sub(_aside, _AT_LINE_START.sub(" ", text))


def _without_speakers(text: str) -> str:
    found = list(_SPEAKER.finditer(text))
    at_line_start = [_is_at_line_start(each) for each in found]
    names = Counter(each[1].lower() for each in found)
    lines = sum(1 for line in text.split("\n") if line.strip())
    script = lines > 1 and 2 * sum(at_line_start) > lines

    def spoken(this: "re.Match[str]") -> str:
        repeated = names[this[1].lower()] > 1 or (script and len(names) > 1)
        if not _is_at_line_start(this) and not any(at_line_start):
            return this[0]
        in_script = script and this[1].lower() in PRONOUNS
        return " " if in_script or _is_speaker(this[1], repeated) else this[0]

    return _SPEAKER.sub(spoken, text)


def _is_at_line_start(found: "re.Match[str]") -> bool:
    return found.start() == 0 or found.string[found.start() - 1] == "\n"


def _is_speaker(name: str, repeated: bool) -> bool:
    words = name.split()
    if len(words) > 1 and words[0].lower() == "the" and words[1][0].isupper():  # The Doctor, not the truth
        del words[0]
    first = words[0].lower().rstrip(".")
    if first in ROLES and len(words) < 3:
        return True
    if first in SAID or words[-1].lower() in SAID:
        return False
    if any(word.endswith(".") and len(word) > 6 for word in words):  # the end of a sentence
        return False
    capitalised = all(not word[0].islower() or word in _JOINING for word in words)
    return capitalised or repeated


def _aside(found: "re.Match[str]") -> str:
    """What stands in brackets or asterisks: its words, unless they tell how something is said or what is heard."""
    in_brackets, *in_marks = found.groups()
    inner = in_brackets or next(filter(None, in_marks))
    if len(inner.split()) <= MAX_STAGE_WORDS and _STAGE.search(inner):
        return " "
    return found[0] if in_brackets else inner
