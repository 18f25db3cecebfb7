# SPDX-License-Identifier: Apache-2.0
"""What all readers of files share."""

import os
from pathlib import Path

from ..errors import StyleTalkError


class UnusableContent(ValueError):
    """What a file holds cannot be used; the message says why in a few words, for the brackets of a sentence."""


def existing_file(path: Path, what: str, error: type[StyleTalkError]) -> Path:
    """The path, where a file lies there. what: it is, in words. Raises `error` for nothing, a folder, or a pipe."""
    path = Path(path)
    if os.path.isfile(path):  # Path.is_file raises for names that are too long
        return path
    if os.path.isdir(path):
        raise error(f"{path} is a folder. Give the {what} in it.")
    if os.path.exists(path):
        raise error(f"{path} is a pipe or device. Give the {what} as a file.")
    raise error(f"There is no {what} {path}. Check the path.")
