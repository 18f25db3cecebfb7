# SPDX-License-Identifier: Apache-2.0
"""The one check of a file that is about to be read."""

import os
from pathlib import Path

from ..errors import StyleTalkError


def existing_file(path: Path, what: str, error: type[StyleTalkError]) -> Path:
    """The path, where a file lies there. what: it is, in words. Raises `error` for nothing, a folder, or a pipe."""
    path = Path(path)
    if os.path.isfile(path):  # Path.is_file raises for names that are too long
        return path
    if os.path.isdir(path):
        raise error(f"{path} is a folder. Give a {what}.")
    if os.path.exists(path):
        raise error(f"{path} is a pipe or device. Give a {what} on disk.")
    raise error(f"There is no {what} {path}. Check the path.")
