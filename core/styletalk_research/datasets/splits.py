# SPDX-License-Identifier: Apache-2.0
"""Which speakers are kept for validation: nobody's face is on both sides."""

import hashlib
from collections.abc import Iterable

from .errors import ManifestError

TRAIN, VALIDATION = "train", "validation"
DEFAULT_SHARE = 0.1


def validation_speakers(speakers: Iterable[str], wanted: str | float = DEFAULT_SHARE) -> frozenset[str]:
    """The speakers to validate on. wanted: names separated by commas, or a share of all of them, 0 for none.

    A share goes by a hash of each name, so that a speaker stays on its side when others come or go; if it falls on
    nobody, the one with the lowest hash is taken, unless there is one speaker only. Raises ManifestError.
    """
    known = sorted(set(speakers))
    share = _share(wanted)
    if share is None:
        names = frozenset(name.strip() for name in str(wanted).split(",") if name.strip())
        unknown = names - set(known)
        if unknown or not names:
            raise ManifestError(
                f"There is no usable clip of {', '.join(sorted(unknown)) or wanted}. Speakers: {', '.join(known)}."
            )
        return names
    if share == 0 or len(known) < 2:
        return frozenset()
    chosen = frozenset(name for name in known if _place(name) < share)
    if not chosen or len(chosen) == len(known):
        chosen = frozenset(sorted(known, key=_place)[: 1 if not chosen else len(known) - 1])
    return chosen


def _share(wanted: str | float) -> float | None:
    try:
        share = float(wanted)
    except ValueError:
        return None
    if not 0 <= share < 1:
        raise ManifestError(f"A share of speakers lies between 0 and 1, not {wanted}.")
    return share


def _place(speaker: str) -> float:
    """Where a name falls in 0..1, the same everywhere and always."""
    return int.from_bytes(hashlib.sha256(speaker.encode()).digest()[:8], "big") / 2**64
