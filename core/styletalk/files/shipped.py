# SPDX-License-Identifier: Apache-2.0
"""Where the data folders lie that ship beside the code: in a checkout, an installed package, or inside the add-on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import StyleTalkError

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder `styletalk`: core/styletalk in a checkout, site-packages/styletalk, or styletalk inside the add-on."""


def shipped_folder(name: str) -> Path:
    """The folder `name` that ships with this copy of the package; where it is missing, where it ought to be.

    An installed package holds it inside, the add-on beside the package, a checkout two floors up.
    """
    places = [parent / name for parent in (PACKAGE, PACKAGE.parent, PACKAGE.parent.parent)]
    return next((place for place in places if place.is_dir()), places[0])


@contextlib.contextmanager
def reading_shipped(path: Path, error: type[StyleTalkError]) -> Iterator[None]:
    """What the block complains about is a file of ours, which the user has neither chosen nor can repair: says so."""
    try:
        yield
    except StyleTalkError as failure:
        state = "damaged" if path.is_file() else "missing"
        raise error(f"{path.name}, a file of StyleTalk itself, is {state}. Install StyleTalk again.") from failure
