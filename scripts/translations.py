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
    "api.py", "blas.py", "errors.py", "files", "kept_hearing.py", "motion",
    "face/people.py", "rigs", "speech", "styles", "track_edits.py", "face/take.py", "face/live_link_file.py",
)  # fmt: skip
"""Of the product: what has sentences that come into the panel."""
SHOWN_KEYWORDS = ("name", "description", "text", "bl_label", "placeholder", "message", "title")
SHOWN_CALLS = {"Format": 1, "Slider": 1, "Row": 0, "existing_file": 1}
"""Called with texts as they are shown, from this argument on."""
STAGES = ("progress", "tell", "stage")
"""What is said while one waits: the last argument of these, or assigned to one; the panel capitalises it."""
MADE_LABELS = (
    "As in “{word}”",
    *("heard", "words, then alignment", "transcript ({language}), aligned", "corrected by hand"),
    *("{keys} hand-edited keys on {count} channels", "{keys} hand-edited keys on 1 channel"),
    "1 hand-edited key on 1 channel",
    *("Young woman", "Young man", "Middle aged woman", "Middle aged man", "Old woman", "Old man"),
    *("Short", "Cropped", "Bob", "Brown", "Black", "Blond", "Red", "Grey", "Hazel", "Green", "Blue"),
    *("Age", "Masculine", "Weight", "Face Length", "Jaw Width", "Chin", "Cheekbones", "Brow Height", "Eye Size"),
    *(
        "Character",
        "Starting",
        "Starting the worker",
        "Cancelled",
        "Looking for faces",
        "Finding the lag",
        "Fitting the face",
    ),
    *("Eye Distance", "Nose Width", "Nose Length", "Nose Bridge", "Mouth Width", "Lip Fullness", "Ear Size"),
)
"""Labels that the code makes of names such as old_woman. One that is missing here is found inside Blender."""
SAME_EVERYWHERE = (
    *(
        "Alembic",
        "ARKit",
        "OpenEXR",
        "PNG",
        "NLA",
        "NumPy",
        "PyTorch",
        "StyleTalk",
        "USD",
        "Unity (FBX)",
        "Unreal (FBX)",
    ),
    *("VRM Animation (VRMA)", "Live Link Face (CSV)", "ACTION", "EXACT", "OWN", "TRACK_TO", "LOCKED_TRACK"),
    *("{rate} fps", "{fraction} {text}", "{capitalize} {sure}", "{fraction}", "{start_s}"),
)
"""Proper names and identifiers."""
NODE_NAMES = (
    r"Base Color|Specular IOR Level|Subsurface \w+|ShaderNode\w+|MixShader|Fresnel|UVMap|Basis|StyleTalk [\w{].*"
    r"|Set Aside"
)
CODE = (
    r"\w+\[|File type =|Object class =|No module named \[|\{shape\} frames|Praat chronological|.*\| PhonemeTrack"
    r"|A picture is|\{rows\} rows of coefficients|Live Link Face has|Sides are"
)
"""Names of data-blocks and nodes, and what only looks like a text."""
NOT_KEYWORDS = ("help", "metavar", "flag", "subtype", "group", "path", "type")
MIN_WORDS = 2
NAMES = re.compile(r"\{(\w+)\}")


def texts() -> dict[str, str]:
    """Every text that the interface may show → where it stands first."""
    found: dict[str, str] = {}
    for path in _sources():
        for text, number in _texts_of(path):
            found.setdefault(text, f"{path.relative_to(ROOT)}:{number}")
    for label in (*MADE_LABELS, *_preset_labels(), *_language_names()):
        found.setdefault(label, "made in the code")
    return {text: place for text, place in found.items() if not _is_untranslated(text)}


def languages() -> list[str]:
    """The codes of the tables that there are."""
    return sorted(path.stem for path in TABLES.glob("*.json"))


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


def _is_untranslated(text: str) -> bool:
    is_identifier = re.fullmatch(r"[A-Z_]{3,}", text) is not None
    return text in SAME_EVERYWHERE or is_identifier or re.match(rf"(?:{NODE_NAMES})$|(?:{CODE})", text) is not None


def _preset_labels() -> list[str]:
    return sorted(path.stem.capitalize() for path in (CORE / "styles" / "presets").glob("*.npz"))


def _language_names() -> list[str]:
    """The values of LANGUAGES in request.py."""
    tree = ast.parse((CORE / "request.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LANGUAGES":
            return list(ast.literal_eval(node.value).values())
    return []


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
    shown = set(_shown(tree)) if in_addon or path.name == "people.py" else set()
    yield from _stages(tree)
    for node in ast.walk(tree):
        if id(node) in hidden or not isinstance(node, ast.JoinedStr | ast.Constant):
            continue
        for text in _spoken(node):
            is_spoken = _is_sentence(text) and (in_addon or text.endswith("."))
            if is_spoken or (id(node) in shown and re.search(r"[A-Za-z]{2}", NAMES.sub("", text))):
                yield text, node.lineno


def _stages(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in STAGES and node.args:
            said = node.args[-1]
        elif _target(node) in STAGES:
            said = node.value  # type: ignore[attr-defined]
        else:
            continue
        if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
            yield said.value.capitalize(), node.lineno


def _target(node: ast.AST) -> str:
    """The name that something is assigned to, "" where it is not."""
    if isinstance(node, ast.Assign):
        return getattr(node.targets[0], "attr", "")
    return getattr(node.target, "id", "") if isinstance(node, ast.AnnAssign) else ""


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
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in SHOWN_CALLS:
            yield from (id(each) for each in node.args[SHOWN_CALLS[node.func.id] :])  # type: ignore[attr-defined]
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
    enough = len(words) >= MIN_WORDS or (bool(words) and text.endswith(".") and "{" in text)
    return bool(re.match(r'["“A-Z{]', text)) and " " in text and enough and "\n" not in text


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
    said_now = texts()
    kept = {text: known[text] for text in sorted(known) if text in said_now}
    path = TABLES / f"{language}.json"
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
