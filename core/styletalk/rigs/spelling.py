# SPDX-License-Identifier: Apache-2.0
"""The spellings of one shape's name: `eyeBlinkLeft`, `Eye_Blink_L`, `eye.blink-left` are one."""

import re
import unicodedata
from dataclasses import dataclass

LEFT, RIGHT = "L", "R"
_SIDES = {"left": LEFT, "l": LEFT, "lf": LEFT, "lt": LEFT, "right": RIGHT, "r": RIGHT, "rt": RIGHT}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_COPY = re.compile(r"\.\d{3}$")
"""What Blender adds to a name that is taken."""
_RUN_ON = re.compile(r"^(.{3,}?)(left|right)$")


@dataclass(frozen=True)
class Spelling:
    """A name without its typography. words: lower case, sides taken out. sides: LEFT and RIGHT in order."""

    words: tuple[str, ...]
    sides: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> "Spelling":
        """Of any name. A name that is one letter is a word, not a side."""
        plain = unicodedata.normalize("NFKC", _COPY.sub("", name))
        found = [part.lower() for part in _PARTS.findall(plain)] or [plain.strip().lower()]
        words: list[str] = []
        sides: list[str] = []
        for part in found:
            run_on = _RUN_ON.match(part)
            if part in _SIDES and len(found) > 1:
                sides.append(_SIDES[part])
            elif run_on:
                words.append(run_on[1])
                sides.append(_SIDES[run_on[2]])
            else:
                words.append(part)
        return cls(tuple(words), tuple(sides))

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What two spellings of one name share."""
        return "".join(self.words), self.sides

    def without_prefix(self, count: int) -> "Spelling":
        """Without its first `count` words, such as the mesh's name."""
        return Spelling(self.words[count:], self.sides)
