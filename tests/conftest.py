# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every area of the tests uses."""

from pathlib import Path

import pytest

from styletalk.kept_hearing import KEPT_HEARING

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The sample data beside the checkout (../shared). Tests that ask for it skip where it is missing."""
    if not (_SHARED / "data").is_dir():
        pytest.skip("needs the sample data: put it beside the checkout, as ../shared")
    return _SHARED


@pytest.fixture(autouse=True)
def nothing_heard_yet() -> None:
    """Each test hears its sounds anew, as in a process of its own."""
    KEPT_HEARING.forget()
