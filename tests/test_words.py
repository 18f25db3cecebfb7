# SPDX-License-Identifier: Apache-2.0
"""Code, docs and messages use the field's words: a reader from graphics, speech or machine learning finds them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("core", "blender_addon", "tests", "docs", "scripts", "bfm_assets", "typings", ".ci")
TEXTS = {".py", ".pyi", ".md", ".toml", ".txt", ".json", ".yaml", ".yml", ".sh", ".cfg", ".ini"}
PLAIN_WORDS = {
    "hearsay": "pseudo-labels",
    "yardstick": "linear baseline",
    "tutor": "expert, TeacherEnsemble",
    "deafen": "strip the audio input",
    "with(out)?_ears": "with or without an audio input",
    "face_?ruler": "mesh_metrics",
    "last_?few": "LRU cache",
    "nobody waits": "Cancelled.",
    "heeded": "background, raising_with",
    "rehearse": "run",
    "dismissed": "dropped, left out, refused",
    "milliard": "a thousand million, 1e9",
    r"leave (it|them) away": "omit it",
    r"says? nothing to us": "Unknown file type '.foo'. Use ...",
    r"(?<![a-z])mend(s|ed|ing)?(?![a-z])": "fix, correct, repair, prevent",
}
"""Pattern, matched inside names too and in any case -> what to say instead."""
CLASS_NAMES = {r"\bAhead\b": "background"}
"""The same, but in this case alone: the word is plain English otherwise."""


def texts() -> list[Path]:
    """Every text of the repository but licences, this file, and the package seen through the add-on's link to it."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    beside = [path for path in ROOT.iterdir() if not path.name.startswith(("LICENSE", "."))]
    return sorted(
        path
        for path in {*inside, *beside}
        if (path.suffix in TEXTS or path.name == "Makefile")
        and path.is_file()
        and path != Path(__file__).resolve()
        and not {"__pycache__", "build", "dist"} & set(path.parts)
        and "blender_addon/styletalk" not in path.as_posix()
    )


def findings(pattern: "re.Pattern[str]") -> list[str]:
    """Where a pattern occurs: file:line of its text, or the file alone for its name."""
    found = []
    for path in texts():
        name = path.relative_to(ROOT).as_posix()
        found += [name] if pattern.search(name) else []
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{name}:{number} {line.strip()[:100]}" for number, line in enumerate(lines, 1) if pattern.search(line)
        ]
    return found


def test_the_whole_repository_is_looked_through():
    names = {path.relative_to(ROOT).as_posix() for path in texts()}
    assert {"README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "core/styletalk/api.py"} <= names
    assert len(names) > 300


@pytest.mark.parametrize("word", PLAIN_WORDS)
def test_no_private_word_is_used(word):
    found = findings(re.compile(word, re.IGNORECASE))
    assert found == [], f"say: {PLAIN_WORDS[word]}"


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_no_former_class_name_is_used(name):
    found = findings(re.compile(name))
    assert found == [], f"say: {CLASS_NAMES[name]}"


@pytest.mark.parametrize(
    ("line", "private"),
    [("It mends the file.", True), ("test_mending_keeps", True), ("YardstickClip", True), ("unheeded_by", True),
     ("We recommend to amend it.", False), ("What lies ahead", False), ("Mendel, a commendable man", False)],
)  # fmt: skip
def test_parts_of_other_words_are_no_private_words(line, private):
    patterns = [*(re.compile(word, re.IGNORECASE) for word in PLAIN_WORDS), *map(re.compile, CLASS_NAMES)]
    assert any(pattern.search(line) for pattern in patterns) is private
