# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the interface is not translated yet: reads the sources, and the tables in blender_addon/translations.

    python scripts/translations.py             what is missing or left over, language by language
    python scripts/translations.py --missing de    the missing texts as JSON, to be filled in and merged
    python scripts/translations.py --merge de FILE    put a filled JSON file into the table, sorted

A text with values in it is a template: “{name} is not a talking face” with the names that the source gives the values.
"""

import argparse
import ast
import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDON, CORE = ROOT / "blender_addon", ROOT / "core" / "styletalk"
TABLES = ADDON / "translations"
NOT_SEEN = ("headless", "headless.py", "translations", "styletalk", "numpy_path.py", "__init__.py")
"""Of the add-on: what no window shows."""
SEEN_OF_CORE = (
    "animation.py", "api.py", "blas.py", "errors.py", "files", "kept_hearing.py", "motion", "phonemes.py", "request.py",
    "rigs", "speech", "styles", "track_edits.py", "worker.py", "face/take.py", "face/live_link_file.py",
)  # fmt: skip
"""Of the product: what has sentences that come into the panel."""
SHOWN_KEYWORDS = ("name", "description", "text", "bl_label", "placeholder", "message", "title")
NOT_KEYWORDS = ("help", "metavar", "flag", "subtype", "group", "path", "type")
MIN_WORDS = 2
NAMES = re.compile(r"\{(\w+)\}")


def texts() -> dict[str, str]:
    """Every text that the interface may show → where it stands first."""
    found: dict[str, str] = {}
    for path in _sources():
        for text, number in _texts_of(path):
            found.setdefault(text, f"{path.relative_to(ROOT)}:{number}")
    return {text: place for text, place in found.items() if text not in _ignored()}


def languages() -> list[str]:
    """The codes of the tables that there are."""
    return sorted(path.stem for path in TABLES.glob("*.json") if path.stem != "ignored")


def table(language: str) -> dict[str, str]:
    """English → that language."""
    path = TABLES / f"{language}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def missing(language: str) -> dict[str, str]:
    """The texts that a table lacks → where they stand."""
    known = table(language)
    return {text: place for text, place in texts().items() if text not in known}


def left_over(language: str) -> list[str]:
    """What a table translates and no source says any more."""
    return sorted(set(table(language)) - set(texts()))


def _ignored() -> set[str]:
    path = TABLES / "ignored.json"
    return set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def _sources() -> Iterator[Path]:
    for path in sorted(ADDON.rglob("*.py")):
        if path.relative_to(ADDON).parts[0] not in NOT_SEEN:
            yield path
    for name in SEEN_OF_CORE:
        yield from sorted((CORE / name).rglob("*.py")) if (CORE / name).is_dir() else [CORE / name]


def _texts_of(path: Path) -> Iterator[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    in_addon = ADDON in path.parents
    if in_addon:
        yield from _of_classes(tree)
    hidden = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    hidden |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    hidden |= {
        id(part)
        for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in NOT_KEYWORDS
        for part in ast.walk(node.value)
    }  # fmt: skip
    shown = set(_shown(tree)) if in_addon else set()
    for node in ast.walk(tree):
        if id(node) in hidden or not isinstance(node, ast.JoinedStr | ast.Constant):
            continue
        for text in _spoken(node):
            if id(node) in shown and re.search(r"[A-Za-z]{2}", text) or _is_sentence(text):
                yield text, node.lineno


def _of_classes(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Tooltips of operators and menus: their docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and re.match(r"STYLETALK_(OT|MT)_", node.name):
            documented = ast.get_docstring(node, clean=False)
            if documented:
                yield documented, node.lineno


def _shown(tree: ast.AST) -> Iterator[int]:
    """Constants of any length that are shown: labels, names and descriptions of properties, choices."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "bl_label" for each in node.targets):
            yield id(node.value)
        elif isinstance(node, ast.keyword) and node.arg in SHOWN_KEYWORDS:
            yield from _branches(node.value)
        elif isinstance(node, ast.Tuple) and _is_choice(node):
            yield from (id(each) for each in node.elts[1:3])


def _branches(node: ast.expr) -> Iterator[int]:
    if isinstance(node, ast.IfExp):
        yield from itertools.chain(_branches(node.body), _branches(node.orelse))
    else:
        yield id(node)


def _is_choice(node: ast.Tuple) -> bool:
    """(identifier, name, description), perhaps with icon and number."""
    words = [each for each in node.elts[1:3] if isinstance(each, ast.Constant | ast.JoinedStr)]
    named = len(words) == 2 and len(node.elts) in (3, 4, 5)
    texts = [text for each in words for text in _spoken(each)]
    return named and bool(texts) and texts[0][:1].isupper() and all(isinstance(each, str) for each in texts)


def _spoken(node: ast.JoinedStr | ast.Constant) -> list[str]:
    """The texts of a constant or of an f-string, each of its alternatives one."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    found = []
    for parts in itertools.product(*map(_alternatives, node.values)):
        seen: dict[str, int] = {}
        found.append("".join(_named(part, seen) for part in parts))
    return found


def _alternatives(node: ast.expr) -> list[str | tuple[str]]:
    """What may stand there: a text, or (name,) of a value."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.FormattedValue):
        return _alternatives(node.value)
    if isinstance(node, ast.IfExp):
        return [*_alternatives(node.body), *_alternatives(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return [text for text in _spoken(node)]
    return [(_name(node),)]


def _named(part: str | tuple[str], seen: dict[str, int]) -> str:
    if isinstance(part, str):
        return part
    seen[part[0]] = seen.get(part[0], 0) + 1
    return "{" + part[0] + (str(seen[part[0]]) if seen[part[0]] > 1 else "") + "}"


def _name(node: ast.expr) -> str:
    """A word for a value, from how the source calls it."""
    if isinstance(node, ast.Name):
        return node.id.lstrip("_")
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    if isinstance(node, ast.Call):
        return "count" if getattr(node.func, "id", "") == "len" else _name(node.func)
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return "value"


def _is_sentence(text: str) -> bool:
    words = re.findall(r"[a-z]{2,}", NAMES.sub("", text))
    return bool(re.match(r'["“A-Z{]', text)) and " " in text and len(words) >= MIN_WORDS and "\n" not in text


def main() -> int:
    """See the top."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--missing", metavar="LANGUAGE")
    parser.add_argument("--merge", nargs=2, metavar=("LANGUAGE", "FILE"))
    options = parser.parse_args()
    if options.missing:
        json.dump(dict.fromkeys(missing(options.missing), ""), sys.stdout, ensure_ascii=False, indent=1)
        return 0
    if options.merge:
        return _merge(*options.merge)
    for language in languages():
        lacks, spare = missing(language), left_over(language)
        print(f"{language}: {len(table(language))} texts, {len(lacks)} missing, {len(spare)} left over")
        for text, place in lacks.items():
            print(f"  missing    {place}: {text}")
        for text in spare:
            print(f"  left over  {text}")
    return 1 if any(missing(each) for each in languages()) else 0


def _merge(language: str, file: str) -> int:
    """What a source no longer says is dropped."""
    filled = json.loads(Path(file).read_text(encoding="utf-8"))
    known = {**table(language), **{text: said for text, said in filled.items() if said}}
    kept = {text: known[text] for text in sorted(known) if text in texts()}
    path = TABLES / f"{language}.json"
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
