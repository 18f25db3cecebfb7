# SPDX-License-Identifier: Apache-2.0
"""Edits of JSON, tables and other texts, and how each is told."""

import json
import random
import re
from typing import Any

INTEGERS = (0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 1000, 2**15 - 1, 2**15, 2**16 - 1, 44100, 4_000_000, 2**24,
            2**31 - 1, 2**31, 2**32 - 1, 2**32 - 8, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
NUMBERS = ("nan", "inf", "-inf", "1e999", "-1", "0", "-0", "1e-320", "1e308", "3.5e38", "1e15", "9" * 5000, "0x10",
           "1_0", "٣", "1,5", "", " ", "x", "30.0.1", "1e", "--1", "1e400", "9" * 20)  # fmt: skip
TEXTS = ("", "\x00", "\ud800", "a\nb", "\u2028", "é" * 300, "x" * 70_000, "%s{0}", '"', "\x1b[31m",
         "\ufeff", "🙂" * 50, "AA", "SIL", "1" * 5000)  # fmt: skip
RAW_JSON = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, "1" + "0" * 400, "[" * 100_000,
            '{"a":' * 50_000, "[" * 900 + "]" * 900, '{"a":1,"a":[]}', "tru", '"\\ud800"', "-", "1e-999")  # fmt: skip
PLAIN_JSON = (None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 0.5, -0.0, 1e308, 1e-320, "", "x", [], {}, [[]], [None])


def edit_json(content: bytes, rng: random.Random) -> bytes:
    """A node of the tree replaced, removed, doubled, moved or nested; texts that no encoder would write."""
    tree = json.loads(content)
    places: list[tuple[Any, Any]] = []
    _places(tree, places)
    raw = rng.choice(RAW_JSON)
    if not places or rng.random() < 0.05:
        return rng.choice((raw, json.dumps(rng.choice(PLAIN_JSON)), f"[{raw}]")).encode()
    parent, key = rng.choice(places)
    kind = rng.randrange(9)
    if kind < 3:
        parent[key] = rng.choice((*PLAIN_JSON, *TEXTS))
    elif kind == 3:
        parent[key] = "@raw@"
    elif kind == 4:
        del parent[key]
    elif kind == 5:
        other, place = rng.choice(places)
        parent[key] = json.loads(json.dumps(other[place]))
    elif kind == 6 and isinstance(parent, dict):
        parent[rng.choice((*TEXTS, "id", "type", key + " "))] = parent.pop(key)
    elif kind == 7:
        parent[key] = [parent[key]] * rng.choice((1, 2, 1000))
    else:
        parent[key] = {"a": parent[key]} if rng.random() < 0.5 else rng.choice((-1, 1, 1000)) * 1e9
    text = json.dumps(tree, ensure_ascii=rng.random() < 0.9)
    return text.replace('"@raw@"', raw).encode("utf-8", rng.choice(("surrogatepass", "replace")))


def _places(node: Any, found: "list[tuple[Any, Any]]") -> None:
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys[:60]:
        found.append((node, key))
        _places(node[key], found)


def edit_table(content: bytes, rng: random.Random) -> bytes:
    """Cells, columns and lines of comma or tab separated text."""
    text = content.decode("utf-8")
    mark = "\t" if "\t" in text else ","
    lines = [line.split(mark) for line in text.split("\n")]
    line = rng.choice(lines[:3] if rng.random() < 0.4 else lines)
    at = rng.randrange(len(line))
    kind = rng.randrange(10)
    if kind < 4:
        line[at] = rng.choice(
            (*NUMBERS, *TEXTS, f'"{line[at]}', "00:00:00:00", "99:99:99:99.9", "0:0:0;0", "1" * 400 + ":0:0:0")
        )
    elif kind == 4:
        for each in lines:
            del each[at : at + 1]
    elif kind == 5:
        lines.remove(line)
    elif kind == 6:
        lines += [line] * rng.choice((1, 30, 20_000))
    elif kind == 7:
        line += line * rng.choice((1, 3000))
    elif kind == 8:
        rng.shuffle(lines)
    else:
        return recoded("\n".join(map(mark.join, lines)), rng)
    return "\n".join(map(mark.join, lines)).encode("utf-8", "surrogatepass")


def edit_text(content: bytes, rng: random.Random) -> bytes:
    """Numbers, quotes, lines and encodings of a text such as a TextGrid or a transcript."""
    text = content.decode("utf-8")
    kind = rng.randrange(8)
    if kind < 3 and (found := list(re.finditer(r"-?\d+(?:\.\d+)?", text))):
        one = rng.choice(found)
        number = rng.choice((*NUMBERS, str(rng.choice(INTEGERS)), f"-{one[0]}"))
        return (text[: one.start()] + number + text[one.end() :]).encode()
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    if kind == 3:
        lines[at:at] = lines[rng.randrange(len(lines)) :][: rng.randrange(20)] * rng.choice((1, 2, 2000))
    elif kind == 4:
        del lines[at : at + rng.choice((1, 4, 40))]
    elif kind == 5:
        return text.replace('"', rng.choice(('""', "", '"!', "<", "“")), rng.choice((1, 2, -1))).encode()
    elif kind == 6:
        lines[at] += rng.choice(
            (*TEXTS, "<exists>", "<absent>", '"' * 4001, "(" * 9999, "[1]" * 9999, "$1e9", "1/0", "1984" * 999)
        )
    else:
        return recoded(text, rng)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def recoded(text: str, rng: random.Random) -> bytes:
    """The text in another encoding, with or without its mark."""
    return text.encode(rng.choice(("utf-16", "utf-16-be", "utf-8-sig", "utf-32", "cp1252", "utf-7")), "replace")


def is_json(content: bytes) -> bool:
    in_lines = b"}\n{" in content
    return content[:1] in (b"[", b"{") and content.rstrip()[-1:] in (b"]", b"}") and not in_lines


def is_table(content: bytes) -> bool:
    head = content[:400]
    return b"\0" not in head and b"ooTextFile" not in head and (head.count(b",") > 3 or head.count(b"\t") > 3)


def is_text(content: bytes) -> bool:
    return bool(content) and b"\0" not in content[:4000] and all(byte < 128 for byte in content[:100])
