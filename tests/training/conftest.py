# SPDX-License-Identifier: Apache-2.0
"""One thread, so that runs can be compared to the last bit, and the miniature data set."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    torch = sys.modules.get("torch")  # tests of data alone do without it
    before = torch and torch.get_num_threads()
    if torch:
        torch.set_num_threads(1)
    yield
    if torch:
        torch.set_num_threads(before)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To read only; who changes it writes its own."""
    from paper_miniature import write_data

    return write_data(tmp_path_factory.mktemp("data"))
