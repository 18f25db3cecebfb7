# SPDX-License-Identifier: Apache-2.0
"""requirements/: every dependency by version and hash, for every extra, and no address of where it comes from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([\w.-]+)==\S+(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def pinned(path: Path) -> set[str]:
    """The names that a file pins, those of the files that it takes in among them."""
    text = path.read_text(encoding="utf-8")
    below = (pinned(path.with_name(name)) for name in re.findall(r"^-r (\S+)$", text, re.MULTILINE))
    return {name for name, _ in PIN.findall(text)}.union(*below)


def project() -> dict:
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def named(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line)[0].lower() for line in requirements}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_a_version_with_its_hashes(path):
    """What pip cannot check, or would fetch from elsewhere, has no place there."""
    rest = PIN.sub("", path.read_text(encoding="utf-8"))
    assert [line for line in rest.splitlines() if line and not re.fullmatch(r"#.*|-r [\w-]+\.txt", line)] == []


def test_every_extra_has_a_file_that_pins_what_it_names():
    about = project()
    for extra, requirements in about["optional-dependencies"].items():
        assert named(about["dependencies"]) | named(requirements) <= pinned(ROOT / "requirements" / f"{extra}.txt")


def test_torch_without_cuda_is_the_same_release():
    """scripts/setup.sh takes either."""
    texts = [(ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in ("torch", "torch-cpu")]
    one, other = (re.search(r"^torch==([\d.]+)", text, re.MULTILINE)[1] for text in texts)
    assert one == other
