# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished English sentences, matched with the templates that they were made from. Knows no Blender.

Sentences come with their values in them, many from the worker's process; tables have “{name} is not there any more.”
Several sentences one after the other are translated one by one.
"""

import re
from collections.abc import Callable, Iterable, Iterator

PLACE = re.compile(r"\{(\w+)\}")
_Template = tuple[str, str, re.Pattern[str]]
_WORDS = r"[A-Za-z][A-Za-z ]*"
"""A value right before another one, such as “sound file” before a path."""
_END = re.compile(r"(?<=[.!?…]) (?=\S)")
MIN_LETTERS = 4
"""A template with fewer letters of its own would fit anything."""


class Sentences:
    """The templates of a table, those that say most of their own first."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._plain = frozenset(text for text in texts if not PLACE.search(text))
        templates = [text for text in texts if PLACE.search(text) and len(_own(text)) >= MIN_LETTERS]
        templates.sort(key=lambda text: -len(_own(text)))
        # a value that ends a sentence is the last resort: it may have swallowed one of the next sentences
        self._strict = [(text, _longest(text), _pattern(text, r"(?:(?![.!?] \S).)*?")) for text in templates]
        self._loose = [(text, _longest(text), _pattern(text, r".*?")) for text in templates]

    def translated(self, text: str, of: Callable[[str], str]) -> str:
        """`text` as `of` translates it, or the template that it was made from; unknown parts stay as they are."""
        found = self._whole(text, of, self._strict)
        if found is not None:
            return found
        for head, rest in _splits(text):
            found = self._whole(head, of, self._strict)
            if found is not None:
                return _joined(found, self.translated(rest, of))
        found = self._whole(text, of, self._loose)
        if found is not None:
            return found
        head, *rest = _END.split(text, maxsplit=1)
        return _joined(head, self.translated(rest[0], of)) if rest else text

    def _whole(self, text: str, of: Callable[[str], str], templates: "list[_Template]") -> str | None:
        if text in self._plain:
            return of(text)
        for template, own, pattern in templates:
            if own in text and (match := pattern.fullmatch(text)) is not None:
                values = {name: self._value(name, value, of) for name, value in match.groupdict().items()}
                return filled(of(template), values)
        return None

    def _value(self, name: str, value: str, of: Callable[[str], str]) -> str:
        """A value that is a label or a sentence is translated; a name stays, though it be called like a button."""
        if name.startswith(("label", "what", "language")):
            return of(value)
        if name in ("method", "summary"):
            return self._whole(value, of, self._strict) or value
        return self.translated(value, of) if value.endswith((".", "!", "?")) and " " in value else value


def filled(template: str, values: dict[str, str]) -> str:
    """A template with its values. One that is not known stays as it stands."""
    return PLACE.sub(lambda match: values.get(match[1], match[0]), template)


def _own(template: str) -> str:
    return "".join(each for each in PLACE.sub("", template) if each.isalpha())


def _longest(template: str) -> str:
    """The longest stretch of its own, which a sentence must hold: looked for first, for that is fast."""
    return max(PLACE.split(template)[::2], key=len)


def _pattern(template: str, value: str) -> re.Pattern[str]:
    parts = PLACE.split(template)  # text, name, text, name, …, text

    def pattern(number: int) -> str:
        if number % 2 == 0:
            return re.escape(parts[number])
        before_a_value = parts[number + 1] == " " and number + 2 < len(parts)
        return f"(?P<{parts[number]}>{_WORDS if before_a_value else value})"

    return re.compile("".join(map(pattern, range(len(parts)))), re.DOTALL)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """(one sentence or several, the rest), the longest first."""
    for match in reversed(list(_END.finditer(text))):
        yield text[: match.start()], text[match.end() :]


def _joined(head: str, rest: str) -> str:
    """Chinese and Japanese have no space after a full stop."""
    return head + rest if head.endswith(("。", "！", "？")) else f"{head} {rest}"
