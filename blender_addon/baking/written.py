# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bake wrote into an action stands in the action itself, packed: so it goes wherever the action goes, through
renaming, copying, appending, saving and undo, and what differs from it is the animator's."""

import contextlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..styletalk.files.json_text import parse_json
from ..styletalk.motion.hand_edits import Keys, has_own_handle
from .nla import ORIGIN_MARK

WRITTEN_MARK = "styletalk_written"
"""Custom property of our actions: bytes, see `packed`."""
MAX_BYTES = 256_000_000
"""Of what is unpacked: an hour of a face on every frame is a third of that."""
FAST = 1
"""Of zlib's levels: others take five times as long for a tenth less."""
_VERSION = 1

Channels = dict[tuple[str, int], Keys]
"""By data path and index."""


def remember(action: Any, channels: Mapping[tuple[str, int], Keys]) -> None:
    """Let an action know what was written into it. Its origin must stand there already."""
    action.pop(WRITTEN_MARK, None)  # bytes that replace bytes come out empty from 4.2 on
    action[WRITTEN_MARK] = packed(channels, float(action[ORIGIN_MARK]))


def remembered(action: Any | None) -> Channels | None:
    """What was written into an action, on the frames where its line lies now; None where it does not say."""
    if action is None:
        return None
    content, origin = action.get(WRITTEN_MARK), action.get(ORIGIN_MARK)
    if not isinstance(content, bytes) or not isinstance(origin, (int, float)):
        return None
    with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, zlib.error):
        channels, then = unpacked(content)
        moved = round(origin - then)
        return {which: keys.at(0.0, float(moved)) for which, keys in channels.items()}
    return None


def packed(channels: Mapping[tuple[str, int], Keys], origin: float) -> bytes:
    """A line of JSON that says which channels have how many keys, then all their numbers, column by column; small, for
    handles that follow from other keys are left out."""
    head = {
        "version": _VERSION, "origin": origin,
        "curves": [[path, index, len(keys)] for (path, index), keys in channels.items()],
    }  # fmt: skip
    body = [array for keys in channels.values() for array in _columns(keys)]
    return zlib.compress(json.dumps(head).encode() + b"\n" + b"".join(array.tobytes() for array in body), FAST)


def _columns(keys: Keys) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = keys.points.astype("<f4")
    for side in (1, 2):
        points[~has_own_handle(keys.kinds[:, side]), 2 * side : 2 * side + 2] = 0.0
    return points.T, keys.kinds.T, keys.ease.astype("<f4").T


def unpacked(content: bytes) -> tuple[Channels, float]:
    """(what `packed` was given, the origin). Raises ValueError, KeyError, TypeError or zlib.error for what it did not
    make."""
    opened = zlib.decompressobj()
    found = opened.decompress(content, MAX_BYTES)
    if opened.unconsumed_tail:
        raise ValueError("it is too large")
    head, _, body = found.partition(b"\n")
    said = parse_json(head.decode())
    if said["version"] != _VERSION:
        raise ValueError("it is of another version")
    channels, at = {}, 0
    for path, index, count in said["curves"]:
        size = count * (6 * 4 + 5 + 3 * 4)
        channels[str(path), int(index)] = _keys(body[at : at + size], count)
        at += size
    return channels, float(said["origin"])


def _keys(body: bytes, count: int) -> Keys:
    points = np.frombuffer(body, "<f4", 6 * count).reshape(6, count).T
    kinds = np.frombuffer(body, np.uint8, 5 * count, 24 * count).reshape(5, count).T
    ease = np.frombuffer(body, "<f4", 3 * count, 29 * count).reshape(3, count).T
    return Keys(points.astype(np.float32), kinds, ease.astype(np.float32))
